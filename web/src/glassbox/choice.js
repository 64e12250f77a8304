// One token of the answer: what might have come, what the model said, the index, and both together.

import { h } from "../dom.js";
import { count, percent, tokenText } from "../format.js";
import { t } from "../language.js";

const EXPERTS = ["repository", "file"];

export function choice(one) {
  return h("div", { class: "choice" }, sentence(one), shares(one), table(one), voices(one));
}

function sentence(one) {
  const rank = one.alternatives.findIndex((other) => other.token.id === one.token.id);
  return h(
    "p",
    { class: "lead" },
    h("span", { class: "token plain" }, tokenText(one.token)),
    ` ${percent(one.probability)}. `,
    rank === 0 ? t("likeliest") : rank > 0 ? t("rank", { rank: rank + 1 }) : t("drawn"),
    one.repeats ? ` ${t("repeatsLong")}` : "",
    one.read ? "" : ` ${t("drafted")}`,
  );
}

function shares(one) {
  if (!one.voices.length) return h("p", { class: "note" }, t("noVoice"));
  const parts = [["model", one.model_share], ...one.voices.map((voice) => [voice.expert, voice.share])];
  return h(
    "div",
    { class: "shares" },
    h("p", { class: "note" }, t("sharesOf")),
    h(
      "div",
      { class: "stack", role: "img", "aria-label": parts.map(([name, share]) => `${t(name)} ${percent(share)}`).join(", ") },
      parts.map(([name, share]) => h("span", { class: `of-${name}`, style: { width: `${100 * share}%` } })),
    ),
    h(
      "ul",
      { class: "key" },
      parts.map(([name, share]) => h("li", {}, h("i", { class: `of-${name}` }), `${t(name)} ${percent(share)}`)),
    ),
  );
}

function table(one) {
  const heard = EXPERTS.filter((expert) => one.voices.some((voice) => voice.expert === expert));
  const columns = ["model", ...heard, ...(heard.length ? ["mixed"] : [])];
  const bounded = one.alternatives.some((other) => Math.abs(other.probability - other.mixed) > 1e-4);
  if (bounded) columns.push("probability");
  return h(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": t("alternatives") },
    h(
      "table",
      { class: "alternatives" },
      h("caption", {}, t("alternativesLong")),
      h(
        "thead",
        {},
        h("tr", {}, [th("token"), th("id", "n"), th("logit", "n"), ...columns.map((name) => th(name, "n"))]),
      ),
      h("tbody", {}, one.alternatives.map((other) => row(one, other, columns))),
    ),
  );
}

const th = (key, style = "") => h("th", { scope: "col", class: style }, t(key));

function row(one, other, columns) {
  return h(
    "tr",
    { class: other.token.id === one.token.id ? "taken" : "" },
    h("th", { scope: "row" }, h("span", { class: "token plain" }, tokenText(other.token))),
    h("td", { class: "n quiet" }, String(other.token.id)),
    h("td", { class: "n quiet" }, other.logit.toFixed(1)),
    columns.map((name) => cell(name, value(one, other, name))),
  );
}

function value(one, other, name) {
  if (!EXPERTS.includes(name)) return other[name];
  const voice = one.voices.find((voice) => voice.expert === name);
  return voice.followers.find((follower) => follower.token.id === other.token.id)?.probability ?? null;
}

function cell(name, share) {
  if (share === null) return h("td", { class: "n quiet" }, "–");
  return h(
    "td",
    { class: "n" },
    h("span", { class: `bar of-${name}`, style: { width: `${Math.max(100 * share, 0.5)}%` } }),
    h("span", { class: "figure" }, percent(share)),
  );
}

function voices(one) {
  return h(
    "ul",
    { class: "voices" },
    one.voices.map((voice) =>
      h(
        "li",
        {},
        t(`${voice.expert}Says`, { length: voice.length, count: count(voice.count) }),
        " ",
        voice.followers.map((follower) =>
          h("span", { class: "follower" }, h("span", { class: "token plain" }, tokenText(follower.token)), ` ${count(follower.count)}×`),
        ),
      ),
    ),
  );
}
