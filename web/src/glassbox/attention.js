// What one head looked at when it wrote the token that is selected.

import { h } from "../dom.js";
import { percent, shadeOfWeight, tokenText } from "../format.js";
import { t } from "../language.js";

const TOLD = 5;

// `rows[n]` are the weights of the ids in front of the answer's token `n`.
export function attentionOf(facts, rows, selected) {
  const tokens = [...facts.prompt, ...facts.chosen.map((one) => one.token)];
  const weights = rows[selected];
  const reader = facts.prompt.length + selected;
  const most = weights.map((weight, place) => [weight, place]).sort((one, other) => other[0] - one[0]).slice(0, TOLD);
  return h(
    "div",
    {},
    h("p", { class: "lead" }, t("looked"), " ", h("span", { class: "token plain" }, tokenText(tokens[reader])), t("lookedEnd")),
    h(
      "div",
      { class: "tokens looked", role: "img", tabindex: "0", "aria-label": most.map(([weight, place]) => `${tokenText(tokens[place])} ${percent(weight)}`).join(", ") },
      weights.map((weight, place) =>
        h("span", { class: `token h${shadeOfWeight(weight)}`, title: percent(weight) }, tokenText(tokens[place])),
      ),
    ),
    h(
      "ol",
      { class: "most" },
      most.map(([weight, place]) => h("li", {}, h("span", { class: "token plain" }, tokenText(tokens[place])), ` ${percent(weight)}`)),
    ),
  );
}

// Two choices, a layer out of `shape.layers` and one of its heads, each counted from 0.
export function heads(shape, chosen, change) {
  const select = (name, numbers) =>
    h(
      "label",
      {},
      `${t(name)} `,
      h(
        "select",
        { id: name, onchange: (event) => change({ ...chosen, [name]: Number(event.target.value) }) },
        numbers.map((n) => h("option", { value: String(n), selected: n === chosen[name] }, String(n))),
      ),
    );
  return h("p", { class: "heads" }, select("layer", shape.layers), select("head", [...Array(shape.heads).keys()]));
}
