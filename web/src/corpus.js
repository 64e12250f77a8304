// The page of a corpus: what became of its files, and a search in those that were left out.

import { h, replace } from "./dom.js";
import { bytes, count } from "./format.js";
import { nameOf, onLanguage, t } from "./language.js";
import { ask } from "./server.js";
import { shell } from "./shell.js";

const LANGUAGES = 20;
const ROWS = 14; // bars of a chart before the rest is summed up
const REASONS = 5; // of a language's funnel; the rest is summed up
const RUNNING = {}; // what a search has found that is not answered yet

let names = null; // until they are known
let corpus = null;
let chosen = "";
let error = ""; // why what was asked for is not there
let opening = new AbortController(); // each gives up the request before it
let searching = new AbortController();
let search = { words: "", reason: "", found: null };

const left = (reason) => nameOf("left", reason);
const byCount = (counts) => Object.entries(counts).filter(([, n]) => n).sort((one, other) => other[1] - one[1]);
const reasons = () => ({ ...corpus.rejected, ...(corpus.quarantined ? { quarantined: corpus.quarantined } : {}) });
const sum = (values) => values.reduce((total, value) => total + value, 0);

function draw() {
  const lead = names ? (names.length ? "corpusLead" : "noCorpora") : error ? "" : "loading";
  replace(
    document.querySelector("main"),
    h("h1", {}, t("corpusTitle")),
    lead ? h("p", {}, t(lead)) : null,
    names?.length ? select("chooseCorpus", names, chosen, choose) : null,
    h("p", { id: "status", role: "status", class: "warn" }, error ? t("failed", { message: error }) : ""),
    ...(corpus ? [figures(), funnel(), section("reasonsTitle", "", bars(fates())), licences(), rejected()] : []),
  );
}

const fates = () => byCount({ "": corpus.kept, ...reasons() }).map(([reason, n]) => [reason ? left(reason) : t("kept"), n, count(n)]);

const section = (key, lead, ...content) => h("section", {}, h("h2", {}, t(key)), lead ? h("p", {}, t(lead)) : null, content);

function select(key, values, value, change) {
  const options = values.map((one) => (Array.isArray(one) ? one : [one, one])).map(([name, text]) => h("option", { value: name, selected: name === value }, text));
  return h("label", { class: "select" }, `${t(key)} `, h("select", { id: key, onchange: (event) => change(event.target.value) }, options));
}

function figures() {
  const held = corpus.splits.held_out;
  const told = [
    ["filesKept", count(corpus.kept)],
    ["filesSeen", count(corpus.seen)],
    ["kept", bytes(corpus.bytes)],
    ["sources", count(corpus.sources)],
    ["languages", count(Object.keys(corpus.languages).length)],
    ["licences", count(Object.keys(corpus.licences).length)],
    ["heldOut", bytes(held.bytes)],
    ["placeholders", count(sum(Object.values(corpus.redacted)))],
  ];
  return h("dl", { class: "figures" }, told.map(([key, text]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, text))));
}

function funnel() {
  const rows = Object.entries(corpus.funnel)
    .map(([language, counts]) => ({ name: language || t("otherFiles"), counts, seen: sum(Object.values(counts)), size: corpus.languages[language]?.bytes ?? 0 }))
    .sort((one, other) => other.seen - one.seen);
  const rest = rows.splice(LANGUAGES);
  if (rest.length) rows.push(together(rest));
  const heads = [["languageColumn"], [""], ["seen", "n"], ["kept", "n"], ["size", "n"], ["leftOut"]];
  return section(
    "funnel",
    "funnelLead",
    h(
      "div",
      { class: "wide", tabindex: "0", role: "region", "aria-label": t("funnel") },
      h(
        "table",
        { class: "funnel" },
        h("thead", {}, h("tr", {}, heads.map(([key, style]) => (key ? h("th", { scope: "col", class: style }, t(key)) : h("td", {}))))),
        h("tbody", {}, rows.map(funnelRow)),
      ),
    ),
  );
}

// Many rows as one.
function together(rows) {
  const counts = {};
  for (const row of rows) for (const [reason, n] of Object.entries(row.counts)) counts[reason] = (counts[reason] ?? 0) + n;
  return { name: t("otherLanguages", { count: count(rows.length) }), counts, seen: sum(rows.map((row) => row.seen)), size: sum(rows.map((row) => row.size)) };
}

function funnelRow({ name, counts, seen, size }) {
  const { kept = 0, ...lost } = counts;
  const sorted = byCount(lost).map(([reason, n]) => [left(reason), n]);
  const rest = sum(sorted.slice(REASONS).map(([, n]) => n));
  const shown = [...sorted.slice(0, REASONS), ...(rest ? [[t("otherReasons"), rest]] : [])];
  const part = ([fate, n], place) => h("span", { class: `flow-${place}`, title: `${fate} ${count(n)}`, style: { width: `${(100 * n) / seen}%` } });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, name),
    h("td", {}, h("div", { class: "flow" }, [[t("kept"), kept], ...shown].map(part))),
    h("td", { class: "n" }, count(seen)),
    h("td", { class: "n" }, count(kept)),
    h("td", { class: "n" }, bytes(size)),
    h("td", { class: "why" }, shown.map(([fate, n]) => `${fate} ${count(n)}`).join(t("comma"))),
  );
}

function licences() {
  const weighed = (sizes, named) =>
    Object.entries(sizes)
      .sort((one, other) => other[1].bytes - one[1].bytes)
      .map(([name, { bytes: size, files }]) => [named(name), size, `${bytes(size)} · ${count(files)}`]);
  const one = (key, sizes, named) => h("div", {}, h("p", { class: "note" }, t(key)), bars(weighed(sizes, named)));
  const found = (source) => nameOf("found", source);
  const pair = [one("licencesLead", corpus.licences, (licence) => licence || t("noLicence")), one("licencesFrom", corpus.licences_from, found)];
  return section("licencesTitle", "", h("div", { class: "pair" }, pair));
}

// Rows of [name, amount, text].
function bars(rows) {
  const most = Math.max(...rows.map(([, amount]) => amount), 1);
  const rest = rows.length - ROWS;
  return h(
    "table",
    { class: "bars" },
    h(
      "tbody",
      {},
      rows.slice(0, ROWS).map(([name, amount, text]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, name),
          h("td", { class: "beam" }, h("span", { style: { width: `${(100 * amount) / most}%` } })),
          h("td", { class: "n" }, text),
        ),
      ),
      rest > 0 ? h("tr", {}, h("td", { class: "quiet", colspan: "3" }, t("more", { count: rest }))) : null,
    ),
  );
}

function rejected() {
  const all = [["", t("anyReason")], ...byCount(reasons()).map(([reason, n]) => [reason, `${left(reason)} (${count(n)})`])];
  return section(
    "rejected",
    "rejectedLead",
    h(
      "form",
      { class: "search", role: "search", onsubmit: (event) => (event.preventDefault(), find()) },
      h("label", {}, `${t("searchWords")} `, h("input", { type: "search", id: "words", value: search.words, maxlength: "200" })),
      select("reason", all, search.reason, (reason) => ((search.reason = reason), find())),
      h("button", {}, t("search")),
    ),
    h("div", { id: "found", role: "status" }, results()),
  );
}

function results() {
  const { found } = search;
  if (!found) return null;
  if (found === RUNNING) return h("p", { class: "note" }, t("searching"));
  if (found.error) return h("p", { class: "warn" }, t("failed", { message: found.error }));
  if (found.missing) return h("p", { class: "warn" }, t("corpusMissing"));
  if (!found.count && found.complete) return h("p", {}, t("foundNone"));
  return [
    h("p", { class: "note" }, t(found.complete ? "foundFiles" : "foundSome", { count: count(found.count) })),
    found.files.map((file) =>
      h(
        "details",
        {},
        h("summary", {}, h("span", { class: "licence" }, left(file.reason)), " ", h("code", {}, file.path), " ", h("span", { class: "note" }, bytes(file.bytes))),
        file.detail ? h("p", { class: "note" }, file.detail) : null,
        file.head ? h("pre", { tabindex: "0" }, h("code", {}, file.head)) : null,
      ),
    ),
  ];
}

async function find() {
  searching.abort();
  searching = new AbortController();
  const { signal } = searching;
  search.words = document.querySelector("#words").value;
  show(RUNNING);
  const query = new URLSearchParams({ words: search.words, reason: search.reason });
  try {
    show(await ask(`/corpora/${encodeURIComponent(chosen)}/rejected?${query}`, null, signal));
  } catch (failure) {
    if (!signal.aborted) show({ error: failure.message });
  }
}

function show(found) {
  search.found = found;
  replace(document.querySelector("#found"), ...[results()].flat());
}

async function choose(name) {
  await open(name);
  document.querySelector("#chooseCorpus").focus();
}

async function open(name) {
  opening.abort();
  searching.abort();
  opening = new AbortController();
  const { signal } = opening;
  chosen = name;
  search = { words: "", reason: "", found: null };
  corpus = null;
  try {
    corpus = await ask(`/corpora/${encodeURIComponent(name)}`, null, signal);
    error = "";
  } catch (failure) {
    if (signal.aborted) return;
    error = failure.message;
  }
  draw();
}

shell();
onLanguage(draw);
draw();
try {
  ({ corpora: names } = await ask("/corpora"));
} catch (failure) {
  error = failure.message;
}
if (names?.length) await open(names[0]);
else draw();
