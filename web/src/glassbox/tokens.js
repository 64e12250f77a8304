// Tokens in a row, each in the colour of how much it surprised the model.

import { h, roving } from "../dom.js";
import { edges, percent, shadeOf, tokenText } from "../format.js";
import { t } from "../language.js";

// The answer's tokens; hovering over one or going to it by the arrows tells of it.
export function answerTokens({ chosen, kept }, selected, choose) {
  const items = chosen.map((one, place) => {
    const beyond = place >= kept;
    const hint = [percent(one.probability), one.repeats ? t("repeats") : "", beyond ? t("beyond") : ""].filter(Boolean).join(", ");
    return h(
      "span",
      {
        role: "option",
        class: `token h${shadeOf(one.probability)}${one.repeats ? " repeats" : ""}${beyond ? " beyond" : ""}`,
        tabindex: place === selected ? "0" : "-1",
        "aria-selected": String(place === selected),
        "aria-label": `${tokenText(one.token)}: ${hint}`,
        onmouseenter: () => choose(place),
        onclick: () => choose(place),
        onfocus: () => choose(place),
      },
      tokenText(one.token),
    );
  });
  roving(items, choose);
  return h("div", { role: "listbox", class: "tokens", "aria-label": t("answerTokens"), "aria-orientation": "horizontal" }, items);
}

// The prompt's tokens, with their ids or without.
export function promptTokens(prompt, ids) {
  return h(
    "ol",
    { class: "tokens prompt", tabindex: "0", "aria-label": t(ids ? "promptIds" : "promptTokens") },
    prompt.map((token) =>
      h(
        "li",
        { class: `token ${token.kind}`, title: `${token.id}` },
        h("span", {}, tokenText(token)),
        ids ? h("span", { class: "id" }, String(token.id)) : null,
      ),
    ),
  );
}

export function legend({ chosen, kept }) {
  const bounds = [null, ...edges].map((edge) => (edge === null ? 1 : 2 ** -edge));
  const label = (shade) => (shade === 7 ? `< ${percent(bounds[7])}` : `> ${percent(bounds[shade + 1])}`);
  return h(
    "ul",
    { class: "legend", "aria-label": t("legend") },
    bounds.map((_, shade) => h("li", { class: `token h${shade}` }, label(shade))),
    chosen.some((one) => one.repeats) ? h("li", { class: "token repeats" }, t("repeats")) : null,
    kept < chosen.length ? h("li", { class: "token beyond" }, t("beyond")) : null,
  );
}
