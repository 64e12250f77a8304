// The playground: an editor with ghost text, and beside it how the last suggestion came about.

import { h, replace, roving } from "./dom.js";
import { KEYS, editor } from "./editor.js";
import { attentionOf, heads } from "./glassbox/attention.js";
import { beamTree } from "./glassbox/beams.js";
import { choice } from "./glassbox/choice.js";
import { provenance, shownText, time } from "./glassbox/text.js";
import { answerTokens, legend, promptTokens } from "./glassbox/tokens.js";
import { grammarOf } from "./grammars.js";
import { onLanguage, store, stored, t } from "./language.js";
import { ask } from "./server.js";
import { shell } from "./shell.js";

const PAUSE = 250; // milliseconds without a key, after which the model is asked
const CODE = "codekiln-language-of-code";
const FIRST = "def fib(n):\n    ";
const VIEWS = ["probabilities", "beams", "attention", "provenance", "time", "prompt"];

const DOCUMENT = Math.random().toString(36).slice(2); // so that two windows do not cancel each other's requests

const state = { model: null, id: "", pieces: [], request: null, facts: null, selected: 0, view: "probabilities", beams: null, rows: new Map(), looking: null };
let code = stored(CODE) || "python";
let timer = null;
let asked = null; // gives up the request that is under way
let edit = null;

// --- asking ---------------------------------------------------------------------------------------------

function changed(update) {
  const along = update.docChanged && edit.ghost();
  if (along) return; // who types what was suggested, or accepted a word of it, has the rest still
  clearTimeout(timer);
  if (asked) {
    asked.abort();
    asked = null;
    say("");
  }
  if (update.docChanged) timer = setTimeout(suggest, PAUSE);
}

async function suggest() {
  clearTimeout(timer);
  asked?.abort();
  asked = new AbortController();
  const { signal } = asked;
  const [prefix, suffix] = edit.around();
  if (!prefix.trim()) return;
  const request = { prefix, suffix, language: code, document: DOCUMENT };
  say(t("thinking"));
  try {
    const { id, text, context, pieces, explanation } = await ask("/suggest", request, signal);
    edit.suggest(text);
    say(text ? t("ready", { text }) : t("nothing"));
    Object.assign(state, { id, pieces, request: { ...request, context }, facts: explanation, beams: null, rows: new Map() });
    if (explanation) state.selected = Math.max(0, explanation.chosen.findIndex((one) => !one.repeats));
    draw();
  } catch (error) {
    if (!signal.aborted) say(t("failed", { message: error.message }));
  } finally {
    if (asked?.signal === signal) asked = null;
  }
}

// What became of the suggestion is kept where the server keeps such things; it matters to nobody here.
const tell = (kind) => ask("/fate", { id: state.id, kind }).catch(() => {});

const say = (text) => (document.querySelector("#status").textContent = text);

// --- the page -------------------------------------------------------------------------------------------

function frame() {
  replace(
    document.querySelector("main"),
    h(
      "section",
      { class: "write", "aria-labelledby": "editor-title" },
      h("div", { class: "bar-above" }, h("h1", { id: "editor-title" }), h("label", { id: "code" })),
      h("div", { id: "editor" }),
      h("p", { class: "note", id: "help" }),
      h("p", { class: "note", id: "status", role: "status" }),
    ),
    h("section", { class: "glass", id: "glass", "aria-labelledby": "glass-title" }),
  );
}

function labels() {
  document.querySelector("#editor-title").textContent = t("editor");
  document.querySelector("#help").textContent = t("editorHelp", KEYS);
  edit.label(t("editor"));
  const choose = (event) => {
    code = event.target.value;
    store(CODE, code);
    edit.highlight(grammarOf(code));
    suggest();
  };
  const options = state.model.languages.map((name) => h("option", { value: name, selected: name === code }, name));
  replace(document.querySelector("#code"), `${t("codeLanguage")} `, h("select", { onchange: choose }, options));
}

function draw() {
  const { facts } = state;
  const glass = document.querySelector("#glass");
  const title = h("h1", { id: "glass-title" }, t("glassBox"));
  if (!state.model.working) return replace(glass, title, h("p", {}, t("noWorking")));
  if (!facts?.chosen.length) return replace(glass, title, h("p", {}, t("waiting")));
  replace(glass, title, answerTokens(facts, state.selected, choose), legend(facts), tabs(), h("div", { id: "view", role: "tabpanel", tabindex: "0" }));
  show();
}

function choose(place) {
  if (place === state.selected) return;
  state.selected = place;
  document.querySelectorAll("#glass [role=option]").forEach((token, n) => {
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
  state.view = name;
  document.querySelectorAll("[role=tab]").forEach((tab) => {
    tab.setAttribute("aria-selected", String(tab.id === `tab-${name}`));
    tab.setAttribute("tabindex", tab.id === `tab-${name}` ? "0" : "-1");
  });
  show();
}

const views = {
  probabilities: () => [choice(state.facts.chosen[state.selected])],
  beams: () => [h("p", {}, t("step5Lead")), later(state.beams, () => ask("/beams", state.request), (found) => (state.beams = found), drawBeams)],
  attention,
  provenance: () => [shownText(state.facts), h("h2", {}, t("provenance")), provenance(state.facts)],
  time: () => [time(state.facts)],
  prompt: () => [
    h("p", {}, t("step2Lead")),
    state.facts.overlap ? h("p", {}, t("step2Healed", { bytes: state.facts.overlap })) : null,
    promptTokens(state.facts.prompt, true),
    h("h2", {}, t("contextTitle")),
    state.pieces.length
      ? h("ul", { class: "passages" }, state.pieces.map((piece) => h("li", {}, h("code", {}, piece.path), ` ${why(piece.why)}, ${t("pieceTokens", { count: piece.tokens })}`)))
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

// What is there, or else a place that is filled as soon as the server has answered.
function later(known, get, keep, shown) {
  if (known) return shown(known);
  const place = h("div", {}, h("p", { class: "note" }, t("searching")));
  const { facts } = state;
  get()
    .then((found) => {
      if (facts === state.facts) place.replaceChildren(shown(keep(found) ?? found));
    })
    .catch((error) => place.replaceChildren(h("p", { class: "warn" }, t("failed", { message: error.message }))));
  return place;
}

const drawBeams = (found) => (found.tree ? beamTree(found.tree) : h("p", { class: "note" }, t("noBeams")));

function attention() {
  const shape = state.model.attention;
  if (shape.missing) return [h("p", { class: "note" }, shape.missing)];
  state.looking ??= { layer: shape.layers - 1, head: 0 };
  const { facts, looking, rows } = state;
  const change = (chosen) => {
    state.looking = chosen;
    const focus = document.activeElement?.id;
    show();
    document.getElementById(focus)?.focus();
  };
  const ids = [...facts.prompt.map((token) => token.id), ...facts.chosen.map((one) => one.token.id)];
  const body = { ids, first: facts.prompt.length, ...looking };
  const key = `${looking.layer}.${looking.head}`;
  return [
    h("p", {}, t("attentionLead")),
    heads({ layers: [...Array(shape.layers).keys()], heads: shape.heads }, looking, change),
    later(
      rows.get(key),
      () => ask("/attention", body),
      (found) => void rows.set(key, found),
      (found) => attentionOf(facts, found.rows, state.selected),
    ),
  ];
}

// --- beginning ------------------------------------------------------------------------------------------

frame();
shell();
state.model = await ask("/model").catch((error) => {
  say(t("failed", { message: error.message }));
  throw error;
});
edit = editor(document.querySelector("#editor"), FIRST, {
  changed: (update) => changed(update),
  asked: suggest,
  accepted: () => {
    say(t("accepted"));
    if (edit.ghost()) return; // only a word of it
    tell("accepted");
    suggest();
  },
  dismissed: () => {
    say("");
    tell("dismissed");
  },
});
if (!state.model.languages.includes(code)) code = "python";
edit.highlight(grammarOf(code));
onLanguage(() => (labels(), draw()));
labels();
draw();
edit.view.focus();
suggest();
