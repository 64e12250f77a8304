// The page of a corpus: what became of its files, and a search in those that were left out.

import { h, replace } from "./dom.js";
import { bytes, count } from "./format.js";
import { onLanguage, t } from "./language.js";
import { ask } from "./server.js";
import { shell } from "./shell.js";

const LANGUAGES = 20;
const ROWS = 14; // bars of a chart before the rest is summed up
const REASONS = 5; // of a language's funnel; the rest is summed up

let names = [];
let corpus = null;
let chosen = "";
let search = { words: "", reason: "", found: null };

const byCount = (counts) => Object.entries(counts).filter(([, n]) => n).sort((one, other) => other[1] - one[1]);
const reasons = () => ({ ...corpus.rejected, ...(corpus.quarantined ? { quarantined: corpus.quarantined } : {}) });
const sum = (values) => values.reduce((total, value) => total + value, 0);

function draw() {
  replace(
    document.querySelector("main"),
    h("h1", {}, t("corpusTitle")),
    h("p", {}, t(names.length ? "corpusLead" : "noCorpora")),
    names.length ? select("chooseCorpus", names, chosen, open) : null,
    h("p", { id: "status", role: "status", class: "warn" }),
    ...(corpus ? [figures(), funnel(), section("reasonsTitle", "", bars(byCount({ [t("kept")]: corpus.kept, ...reasons() }).map(([name, n]) => [name, n, count(n)]))), licences(), rejected()] : []),
  );
}

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
    .map(([language, counts]) => ({ language, counts, seen: sum(Object.values(counts)) }))
    .sort((one, other) => other.seen - one.seen)
    .slice(0, LANGUAGES);
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

function funnelRow({ language, counts, seen }) {
  const { kept = 0, ...lost } = counts;
  const sorted = byCount(lost);
  const rest = sum(sorted.slice(REASONS).map(([, n]) => n));
  const shown = [...sorted.slice(0, REASONS), ...(rest ? [[t("otherReasons"), rest]] : [])];
  const part = ([name, n], place) => h("span", { class: `flow-${place}`, title: `${name} ${count(n)}`, style: { width: `${(100 * n) / seen}%` } });
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, language || t("otherFiles")),
    h("td", {}, h("div", { class: "flow" }, [[t("kept"), kept], ...shown].map(part))),
    h("td", { class: "n" }, count(seen)),
    h("td", { class: "n" }, count(kept)),
    h("td", { class: "n" }, bytes(corpus.languages[language]?.bytes ?? 0)),
    h("td", { class: "why" }, shown.map(([name, n]) => `${name} ${count(n)}`).join(", ")),
  );
}

function licences() {
  const weighed = (sizes) =>
    Object.entries(sizes)
      .sort((one, other) => other[1].bytes - one[1].bytes)
      .map(([name, { bytes: size, files }]) => [name, size, `${bytes(size)} · ${count(files)}`]);
  const one = (key, sizes) => h("div", {}, h("p", { class: "note" }, t(key)), bars(weighed(sizes)));
  return section("licencesTitle", "", h("div", { class: "pair" }, one("licencesLead", corpus.licences), one("licencesFrom", corpus.licences_from)));
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
  const all = [["", t("anyReason")], ...byCount(reasons()).map(([name, n]) => [name, `${name} (${count(n)})`])];
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
  if (found.missing) return h("p", { class: "warn" }, found.missing);
  if (!found.count) return h("p", {}, t("foundNone"));
  return [
    h("p", { class: "note" }, t("foundFiles", { count: count(found.count) })),
    found.files.map((file) =>
      h(
        "details",
        {},
        h("summary", {}, h("span", { class: "licence" }, file.reason), " ", h("code", {}, file.path), " ", h("span", { class: "note" }, bytes(file.bytes))),
        file.detail ? h("p", { class: "note" }, file.detail) : null,
        file.head ? h("pre", { tabindex: "0" }, h("code", {}, file.head)) : null,
      ),
    ),
  ];
}

async function find() {
  search.words = document.querySelector("#words").value;
  const place = document.querySelector("#found");
  replace(place, h("p", { class: "note" }, t("searching")));
  const query = new URLSearchParams({ words: search.words, reason: search.reason });
  try {
    search.found = await ask(`/corpora/${encodeURIComponent(chosen)}/rejected?${query}`);
    replace(place, ...[results()].flat());
  } catch (error) {
    replace(place, h("p", { class: "warn" }, t("failed", { message: error.message })));
  }
}

async function open(name) {
  chosen = name;
  search = { words: "", reason: "", found: null };
  corpus = null;
  try {
    corpus = await ask(`/corpora/${encodeURIComponent(name)}`);
    draw();
  } catch (error) {
    draw();
    document.querySelector("#status").textContent = t("failed", { message: error.message });
  }
  document.querySelector("#chooseCorpus")?.focus();
}

shell();
onLanguage(draw);
try {
  ({ corpora: names } = await ask("/corpora"));
  if (names.length) await open(names[0]);
  else draw();
} catch (error) {
  document.querySelector("#status").textContent = t("failed", { message: error.message });
}
