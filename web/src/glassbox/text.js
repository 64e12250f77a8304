// The end of the road: the text that is shown, whether it was verified, where it was learned, what took time.

import { h } from "../dom.js";
import { count, milliseconds, percent } from "../format.js";
import { t } from "../language.js";

export function shownText(facts) {
  if (facts.shown.length === facts.before.length) {
    return h("div", {}, state(facts), h("p", { class: "note" }, t("nothingShown")), written(facts));
  }
  return h(
    "div",
    {},
    state(facts),
    h("pre", { tabindex: "0", "aria-label": t("shown") }, h("code", {}, h("span", { class: "before" }, facts.before), h("mark", {}, facts.shown.slice(facts.before.length)))),
    facts.written.trimEnd() === facts.shown.slice(facts.before.length).trimEnd() ? null : written(facts),
  );
}

function state(facts) {
  const reason = facts.reason ? `: ${t(`reason-${facts.reason}`)}` : "";
  return h("p", { class: "lead" }, h("span", { class: `mark ${facts.state}` }, t(`state-${facts.state}`)), reason);
}

function written(facts) {
  return h("details", {}, h("summary", {}, t("written")), h("pre", { tabindex: "0" }, h("code", {}, facts.written)));
}

export function provenance(facts) {
  if (!facts.passages.length) return h("p", { class: "note" }, t("noPassages"));
  return h(
    "div",
    {},
    h("pre", { tabindex: "0", "aria-label": t("provenance") }, h("code", {}, marked(facts))),
    h("ol", { class: "passages" }, facts.passages.map(passage)),
  );
}

// Passages may overlap, never contain each other: each stretch is marked by the rarest one over it.
function marked(facts) {
  const shown = [...facts.shown]; // by characters, as passages are counted, which a string of JavaScript is not
  const borders = [...new Set([0, shown.length, ...facts.passages.flatMap((one) => [one.start, one.end])])].sort((a, b) => a - b);
  return borders.slice(1).map((end, n) => {
    const start = borders[n];
    const over = facts.passages.findIndex((one) => one.start <= start && one.end >= end);
    const text = shown.slice(start, end).join("");
    return over < 0 ? text : h("mark", { class: facts.passages[over].flagged ? "flagged" : "" }, text, h("sup", {}, String(over + 1)));
  });
}

function passage(one) {
  return h(
    "li",
    {},
    one.flagged ? h("strong", { class: "warn" }, `${t("flagged")} `) : null,
    t("standsAt", { count: count(one.count) }),
    h(
      "ul",
      {},
      one.places.map((place) =>
        h(
          "li",
          {},
          h("code", {}, `${place.repository ? `${place.repository}/` : ""}${place.path}:${place.line}`),
          " ",
          h("span", { class: "licence" }, place.licence || t("noLicence")),
        ),
      ),
    ),
  );
}

export function time(facts) {
  const total = facts.parts.reduce((sum, part) => sum + part.ms, 0);
  return h(
    "div",
    {},
    h(
      "div",
      { class: "stack", role: "img", "aria-label": t("time") },
      facts.parts.map((part) => h("span", { class: `part-${part.name}`, style: { width: `${(100 * part.ms) / total}%` } })),
    ),
    h(
      "table",
      { class: "parts" },
      h("caption", {}, t("timeLong", { total: milliseconds(total) })),
      h(
        "tbody",
        {},
        facts.parts.map((part) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, h("i", { class: `part-${part.name}` }), t(`part-${part.name}`)),
            h("td", { class: "n" }, milliseconds(part.ms)),
            h("td", { class: "n quiet" }, percent(part.ms / total)),
          ),
        ),
      ),
    ),
  );
}
