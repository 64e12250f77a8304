// The page of `codekiln explain`: the six steps of one answer, from the facts that stand in the page.

import { h, replace } from "./dom.js";
import { count } from "./format.js";
import { attentionOf, heads } from "./glassbox/attention.js";
import { beamTree } from "./glassbox/beams.js";
import { choice } from "./glassbox/choice.js";
import { provenance, shownText, time } from "./glassbox/text.js";
import { answerTokens, legend, promptTokens } from "./glassbox/tokens.js";
import { onLanguage, t } from "./language.js";
import { shell } from "./shell.js";

const { model, explanation: facts, beams, attention } = JSON.parse(document.querySelector("#facts").textContent);
let selected = Math.max(0, facts.chosen.findIndex((one) => !one.repeats));
let looking = { layer: attention.layers?.at(-1), head: 0 };

const section = (number, key, values, ...content) =>
  h("section", { id: key }, h("h2", {}, h("span", { class: "number" }, number), t(key)), h("p", {}, t(`${key}Lead`, values)), content);

function draw() {
  replace(
    document.querySelector("main"),
    h("h1", {}, t("explainTitle")),
    h("p", { class: "note" }, t("explainLead", { model: `${model.name} (${model.engine})` })),
    section("1", "step1", {}, around()),
    section("2", "step2", {}, facts.overlap ? h("p", {}, t("step2Healed", { bytes: facts.overlap })) : null, promptTokens(facts.prompt, false)),
    section("3", "step3", {}, promptTokens(facts.prompt, true)),
    section("4", "step4", { vocabulary: count(model.vocabulary) }, h("div", { id: "answer" }), legend(facts), h("div", { id: "choice" }), h("div", { id: "looked" })),
    section("5", "step5", {}, beams ? beamTree(beams) : h("p", { class: "note" }, t("noBeams"))),
    section("6", "step6", {}, shownText(facts), h("h3", {}, t("provenance")), h("p", {}, t("provenanceLead")), provenance(facts), h("h3", {}, t("time")), time(facts)),
  );
  if (facts.chosen.length) answer();
}

function around() {
  return h("pre", { tabindex: "0" }, h("code", {}, facts.prefix, h("span", { class: "caret", "aria-hidden": "true" }), facts.suffix));
}

function answer() {
  replace(document.querySelector("#answer"), answerTokens(facts, selected, choose));
  detail();
}

function choose(place) {
  if (place === selected) return;
  selected = place;
  document.querySelectorAll("#answer .token").forEach((token, n) => {
    token.setAttribute("aria-selected", String(n === place));
    token.setAttribute("tabindex", n === place ? "0" : "-1");
  });
  detail();
}

function detail() {
  replace(document.querySelector("#choice"), choice(facts.chosen[selected]));
  replace(document.querySelector("#looked"), h("h3", {}, t("attention")), ...seen());
}

function seen() {
  if (attention.missing) return [h("p", { class: "note" }, t("attentionMissing"))];
  const rows = attention.rows[looking.layer][looking.head];
  const change = (chosen) => {
    looking = chosen;
    const focus = document.activeElement?.id;
    detail();
    if (focus) document.getElementById(focus)?.focus();
  };
  return [h("p", {}, t("attentionLead")), heads(attention, looking, change), attentionOf(facts, rows, selected)];
}

shell();
onLanguage(draw);
draw();
