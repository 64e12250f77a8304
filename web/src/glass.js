// The glass box beside the editor: how the last suggestion came about, in views of which one is open.

import { h, replace, roving } from "./dom.js";
import { attentionOf, heads } from "./glassbox/attention.js";
import { beamTree } from "./glassbox/beams.js";
import { choice } from "./glassbox/choice.js";
import { provenance, shownText, time } from "./glassbox/text.js";
import { answerTokens, legend, promptTokens } from "./glassbox/tokens.js";
import { t } from "./language.js";
import { questions } from "./questions.js";

const VIEWS = ["probabilities", "beams", "attention", "provenance", "time", "prompt"];

const state = { model: null, pieces: [], request: null, facts: null, questions: questions(), selected: 0, view: "probabilities", looking: null };

export function begin(model) {
  state.model = model;
  draw();
}

// There is an answer to `request`; `pieces` of other files were given to the model.
export function answered(facts, pieces, request) {
  giveUp();
  Object.assign(state, { facts, pieces, request, questions: questions() });
  if (facts) state.selected = Math.max(0, facts.chosen.findIndex((one) => !one.repeats));
  draw();
}

// What the open view still waits for would hold up what is asked next.
export const giveUp = () => state.questions.giveUp();

export function draw() {
  const { facts } = state;
  const glass = document.querySelector("#glass");
  const title = h("h1", { id: "glass-title" }, t("glassBox"));
  if (!state.model.working) return replace(glass, title, h("p", {}, t("noWorking")));
  if (!facts?.chosen.length) return replace(glass, title, h("p", {}, t("waiting")));
  const focus = focused(glass);
  replace(glass, title, answerTokens(facts, state.selected, choose), legend(facts), tabs(), h("div", { id: "view", role: "tabpanel", tabindex: "0" }));
  show();
  if (focus) glass.querySelector(focus)?.focus();
}

// What takes the focus from an element that goes when all is drawn anew.
function focused(glass) {
  const active = document.activeElement;
  if (!glass.contains(active)) return "";
  if (active.matches("#glass > .tokens *")) return ".tokens [aria-selected=true]";
  return active.id ? `#${active.id}` : "#view";
}

function choose(place) {
  if (place === state.selected) return;
  state.selected = place;
  document.querySelectorAll("#glass > .tokens > *").forEach((token, n) => {
    token.setAttribute("aria-selected", String(n === place));
    token.setAttribute("tabindex", n === place ? "0" : "-1");
  });
  if (["probabilities", "attention"].includes(state.view)) show();
}

function tabs() {
  const items = VIEWS.map((name) =>
    h(
      "button",
      { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "view", "aria-selected": String(name === state.view), tabindex: name === state.view ? "0" : "-1", onclick: () => view(name) },
      t(`view-${name}`),
    ),
  );
  roving(items, (place) => view(VIEWS[place]));
  return h("div", { role: "tablist", class: "tabs", "aria-label": t("views") }, items);
}

function view(name) {
  if (name !== state.view) giveUp();
  state.view = name;
  document.querySelectorAll("[role=tab]").forEach((tab) => {
    tab.setAttribute("aria-selected", String(tab.id === `tab-${name}`));
    tab.setAttribute("tabindex", tab.id === `tab-${name}` ? "0" : "-1");
  });
  show();
}

const views = {
  probabilities: () => [choice(state.facts.chosen[state.selected])],
  beams: () => [h("p", {}, t("step5Lead")), later(state.questions.answer("beams", "/beams", state.request), drawBeams)],
  attention,
  provenance: () => [shownText(state.facts), h("h2", {}, t("provenance")), provenance(state.facts)],
  time: () => [time(state.facts)],
  prompt: () => [
    h("p", {}, t("step2Lead")),
    state.facts.overlap ? h("p", {}, t("step2Healed", { bytes: state.facts.overlap })) : null,
    promptTokens(state.facts.prompt, true),
    h("h2", {}, t("contextTitle")),
    state.pieces.length
      ? h("ul", { class: "passages" }, state.pieces.map((piece) => h("li", {}, h("code", {}, piece.path), ` ${why(piece.why)}${t("comma")}${t("pieceTokens", { count: piece.tokens })}`)))
      : h("p", { class: "note" }, t("noContext")),
  ],
};

// A server's reason for a piece, in the language of the page.
function why(reason) {
  const name = reason.match(/^definition of (.*)/)?.[1];
  return name ? t("why-definition", { name }) : t(`why-${reason}`);
}

function show() {
  const panel = document.querySelector("#view");
  panel.setAttribute("aria-labelledby", `tab-${state.view}`);
  replace(panel, ...views[state.view]());
}

// A place that is filled as soon as the server has answered.
function later(answer, shown) {
  const place = h("div", {}, h("p", { class: "note" }, t("searching")));
  answer.then((found) => place.replaceChildren(shown(found))).catch((error) => place.replaceChildren(instead(error)));
  return place;
}

function instead(error) {
  if (error.name === "AbortError") return h("p", { class: "note" }, t("givenUp"));
  return h("p", { class: "warn" }, t("failed", { message: error.message }));
}

const drawBeams = (found) => (found.tree ? beamTree(found.tree) : h("p", { class: "note" }, t("noBeams")));

function attention() {
  const shape = state.model.attention;
  if (shape.missing) return [h("p", { class: "note" }, t("attentionMissing"))];
  state.looking ??= { layer: shape.layers - 1, head: 0 };
  const { facts, looking } = state;
  const change = (chosen) => {
    state.looking = chosen;
    giveUp();
    const focus = document.activeElement?.id;
    show();
    document.getElementById(focus)?.focus();
  };
  const ids = [...facts.prompt.map((token) => token.id), ...facts.chosen.map((one) => one.token.id)];
  const body = { ids, first: facts.prompt.length, ...looking };
  return [
    h("p", {}, t("attentionLead")),
    heads({ layers: [...Array(shape.layers).keys()], heads: shape.heads }, looking, change),
    later(state.questions.answer(`attention ${looking.layer}.${looking.head}`, "/attention", body), (found) => attentionOf(facts, found.rows, state.selected)),
  ];
}
