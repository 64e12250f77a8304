// The playground: an editor with ghost text, and beside it the glass box with the last suggestion.

import { h, replace } from "./dom.js";
import { KEYS, editor } from "./editor.js";
import { answered, begin, draw, giveUp } from "./glass.js";
import { grammarOf } from "./grammars.js";
import { onLanguage, store, stored, t } from "./language.js";
import { ask } from "./server.js";
import { shell } from "./shell.js";

const PAUSE = 250; // milliseconds without a key, after which the model is asked
const CODE = "codekiln-language-of-code";
const FIRST = "def fib(n):\n    ";

const DOCUMENT = Math.random().toString(36).slice(2); // so that two windows do not cancel each other's requests

let code = stored(CODE) || "python";
let timer = null;
let asked = null; // gives up the request that is under way
let untold = ""; // the suggestion of which the server has not heard what became of it
let said = ["", {}]; // the status: a message and what is filled in
let edit = null;

// --- asking ---------------------------------------------------------------------------------------------

function changed(update) {
  const waited = stop(); // for what the model would have said to another text
  if (update.docChanged && edit.ghost()) {
    if (waited) say("ready", { text: edit.ghost() });
    return; // who types what was suggested, or accepted a word of it, has the rest still
  }
  say("");
  if (!update.docChanged) return;
  giveUp();
  timer = setTimeout(suggest, PAUSE);
}

// Nothing more is asked of what was going to be; true where it was being asked.
function stop() {
  clearTimeout(timer);
  const waited = Boolean(asked);
  asked?.abort();
  asked = null;
  return waited;
}

// Unless somebody `wants` it, a text of blanks is nothing to go on with.
async function suggest(wants = false) {
  stop();
  const [prefix, suffix] = edit.around();
  if (!wants && !(prefix + suffix).trim()) return say("nothing");
  giveUp();
  asked = new AbortController();
  const { signal } = asked;
  const request = { prefix, suffix, language: code, document: DOCUMENT };
  say("thinking");
  try {
    const { id, text, context, pieces, explanation } = await ask("/suggest", request, signal);
    edit.suggest(text);
    untold = id;
    say(text ? "ready" : "nothing", { text });
    answered(explanation, pieces, { ...request, context });
  } catch (error) {
    if (!signal.aborted) say("failed", { message: error.message });
  } finally {
    if (asked?.signal === signal) asked = null;
  }
}

// Who took a word has accepted, whatever becomes of the rest: the first that happens is told. The server keeps
// it where it keeps such things; whether it could matters to nobody here.
function tell(kind) {
  if (untold) ask("/fate", { id: untold, kind }).catch(() => {});
  untold = "";
}

function say(key, values = {}) {
  said = [key, values];
  drawStatus();
}

const drawStatus = () => (document.querySelector("#status").textContent = said[0] && t(...said));

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

function labels(languages) {
  document.querySelector("#editor-title").textContent = t("editor");
  document.querySelector("#help").textContent = t("editorHelp", KEYS);
  edit.label(t("editor"));
  const choose = (event) => {
    code = event.target.value;
    store(CODE, code);
    edit.highlight(grammarOf(code));
    suggest();
  };
  const options = languages.map((name) => h("option", { value: name, selected: name === code }, name));
  replace(document.querySelector("#code"), `${t("codeLanguage")} `, h("select", { onchange: choose }, options));
}

// --- beginning ------------------------------------------------------------------------------------------

frame();
shell();
onLanguage(drawStatus);
const model = await ask("/model").catch((error) => {
  say("failed", { message: error.message });
  throw error;
});
edit = editor(document.querySelector("#editor"), FIRST, {
  changed,
  asked: () => suggest(true),
  accepted: () => {
    say("accepted");
    tell("accepted");
    if (!edit.ghost()) suggest(); // else it was only a word of it
  },
  dismissed: () => {
    say("");
    tell("dismissed");
  },
  overtyped: () => tell("dismissed"),
});
if (!model.languages.includes(code)) code = "python";
edit.highlight(grammarOf(code));
onLanguage(() => (labels(model.languages), draw()));
labels(model.languages);
begin(model);
edit.view.focus();
suggest();
