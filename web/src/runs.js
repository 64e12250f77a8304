// The page of training runs: their curves over each other, what they came to and what they wrote.

import { chart } from "./chart.js";
import { h, replace } from "./dom.js";
import { count } from "./format.js";
import { onLanguage, t } from "./language.js";
import { ask } from "./server.js";
import { shell } from "./shell.js";

const AT_FIRST = 3; // runs that are shown at once
const COLOURS = 8;
const CURVES = {
  loss: { cut: true },
  held_out_loss: { marked: true },
  gradient_norm: { cut: true, fromZero: true },
  rate_scale: { fromZero: true },
  speed: { fromZero: true, log: true },
};

const runs = new Map(); // by folder, those that have been read
const errors = new Map(); // by folder, why one could not be; of the list itself by ""
let names = null; // until they are known
let chosen = [];

const colour = (name) => names.indexOf(name) % COLOURS;
const dash = (name) => Math.floor(names.indexOf(name) / COLOURS) % 3;
const line = (name) => h("span", { class: `line run-${colour(name)} dash-${dash(name)}`, "aria-hidden": "true" });

function draw() {
  const shown = chosen.map((name) => [name, runs.get(name)]).filter(([, run]) => run);
  const wrong = ["", ...chosen].filter((name) => errors.has(name)).map((name) => t("failed", { message: errors.get(name) }));
  replace(
    document.querySelector("main"),
    h("h1", {}, t("runsTitle")),
    errors.has("") ? null : h("p", {}, t(names ? (names.length ? "runsLead" : "noRuns") : "loading")),
    names?.length ? choices() : null,
    h("p", { id: "status", role: "status", class: "warn" }, wrong.join(" ")),
    ...(shown.length ? [section("howTheyLearned", curves(shown)), section("whatTheyCameTo", table(shown)), section("whatTheyWrote", shown.map(samples))] : []),
  );
}

const section = (key, ...content) => h("section", {}, h("h2", {}, t(key)), content);

function choices() {
  return h(
    "fieldset",
    { class: "names" },
    h("legend", {}, t("chooseRuns")),
    names.map((name) =>
      h(
        "label",
        {},
        h("input", { type: "checkbox", checked: chosen.includes(name), value: name, onchange: (event) => choose(name, event.target.checked) }),
        line(name),
        h("code", {}, name.replace(/\.partial$/, "")),
        name.endsWith(".partial") ? h("small", {}, t("stillTraining")) : null,
      ),
    ),
  );
}

function curves(shown) {
  const lines = (key) => shown.map(([name, run]) => ({ name: run.name, points: run.curves[key], colour: colour(name), dash: dash(name) }));
  return h("div", { class: "pair" }, Object.entries(CURVES).map(([key, look]) => chart(key, lines(key), look)));
}

function table(shown) {
  const heads = ["parameters", "tokens", "loss", "heldOutLoss", "speed", "skipped"];
  const loss = (value) => (value === null ? "–" : value.toFixed(3));
  const amount = (value) => (value === null ? "–" : value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : count(value));
  const cells = (of) => [amount(of.parameters), amount(of.tokens), loss(of.loss), loss(of.held_out_loss), count(of.tokens_per_second), count(of.skipped_steps)];
  return h(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": t("whatTheyCameTo") },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("run")), heads.map((key) => h("th", { scope: "col", class: "n" }, t(key))))),
      h(
        "tbody",
        {},
        shown.map(([name, run]) => h("tr", {}, h("th", { scope: "row" }, line(name), h("code", {}, run.name)), cells(run.figures).map((text) => h("td", { class: "n" }, text)))),
      ),
    ),
  );
}

function samples([name, run]) {
  const title = h("summary", {}, line(name), h("code", {}, run.name));
  if (!run.samples.length) return h("details", { open: true }, title, h("p", {}, t("noSamples")));
  return h(
    "details",
    { open: true },
    title,
    h("p", { class: "note" }, t("samplesLead")),
    h("pre", { tabindex: "0" }, h("code", {}, run.samples.at(-1).prompt)),
    h(
      "table",
      { class: "steps" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("step")), h("th", { scope: "col" }, t("wrote")))),
      h("tbody", {}, run.samples.map((one) => h("tr", {}, h("td", {}, count(one.step)), h("td", {}, h("pre", { tabindex: "0" }, h("code", {}, one.text)))))),
    ),
  );
}

async function choose(name, wanted) {
  chosen = names.filter((one) => (one === name ? wanted : chosen.includes(one)));
  await read();
  document.querySelector(`input[value="${CSS.escape(name)}"]`)?.focus();
}

// A run that cannot be read is shown without its curves, and asked for again when it is chosen anew.
async function read() {
  const missing = chosen.filter((name) => !runs.has(name));
  await Promise.all(missing.map((name) => get(name, `/runs/${encodeURIComponent(name)}`, (run) => runs.set(name, run))));
  draw();
}

async function get(name, path, keep) {
  errors.delete(name);
  await ask(path).then(keep, (error) => errors.set(name, error.message));
}

shell();
onLanguage(draw);
draw();
await get("", "/runs", (found) => (names = found.runs));
chosen = names?.slice(0, AT_FIRST) ?? [];
await read();
