// One chart: lines over the tokens seen, drawn as SVG in the page's own colours.

import { h, svg } from "./dom.js";
import { t } from "./language.js";

const WIDTH = 480;
const HEIGHT = 250;
const LEFT = 52;
const BOTTOM = 34;
const TOP = 8;
const ACROSS = [LEFT, WIDTH - 10];
const UPWARDS = [HEIGHT - BOTTOM, TOP + 8];
const FAR = 10; // times as large as another is what would hide it
const CUT = 0.95; // above this quantile a chart ends that begins with a spike

// `lines`: [{name, points: [[x, y], …], colour, dash}].
export function chart(key, lines, { fromZero, marked, cut, log }) {
  const drawn = lines.filter((line) => line.points.length);
  if (!drawn.length) return null;
  const x = across(drawn.map((line) => [line.points[0][0], line.points.at(-1)[0]]));
  const values = drawn.flatMap((line) => line.points.map((point) => point[1]));
  const tops = drawn.map((line) => (cut ? quantile(line.points.map((point) => point[1]), CUT) : Math.max(...line.points.map((point) => point[1]))));
  const low = fromZero ? 0 : Math.min(...values);
  const high = Math.max(...tops);
  const y = log && apart(tops) ? powers([Math.min(...values), high], UPWARDS) : evenly([low, high], UPWARDS);
  const label = `${t(`curve-${key}`)}: ${drawn.map(ends).join("; ")}`;
  return h(
    "figure",
    {},
    h("figcaption", {}, t(`curve-${key}`), h("span", { class: "note" }, t("comma") + t(`unit-${key}`))),
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label },
      axis(y.ticks, (value) => rule(y(value), short(value))),
      axis(x.ticks, (value) => bottom(x(value), short(value))),
      svg("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 3, class: "unit", "text-anchor": "middle" }, t("tokensSeen")),
      drawn.map((line) => path(line, x, y, marked)),
    ),
  );
}

function path({ points, colour, dash }, x, y, marked) {
  const seen = points.map(([a, b]) => [x(a).toFixed(1), Math.max(y(b), TOP).toFixed(1)]);
  const line = svg("polyline", { points: seen.map((pair) => pair.join(",")).join(" "), class: `curve run-${colour} dash-${dash}` });
  return marked ? [line, ...seen.map(([a, b]) => svg("circle", { cx: a, cy: b, r: 2.6, class: `dot run-${colour}` }))] : line;
}

const ends = (line) =>
  t("fromTo", { name: line.name, from: line.points[0][1].toPrecision(4), to: line.points.at(-1)[1].toPrecision(4) });

const axis = (values, draw) => svg("g", { class: "axis", "aria-hidden": "true" }, values.map(draw));

const rule = (y, text) => [
  svg("line", { x1: LEFT, x2: WIDTH - 10, y1: y, y2: y }),
  svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text),
];

const bottom = (x, text) => svg("text", { x, y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" }, text);

const scale = ([from, to], [start, end]) => (value) => start + ((value - from) / (to - from || 1)) * (end - start);
const evenly = (domain, place) => Object.assign(scale(domain, place), { ticks: ticks(...domain) });
const apart = (ends) => Math.max(...ends) >= FAR * Math.min(...ends);

// In powers of ten, so that what is small is seen beside what is large.
function powers(domain, place) {
  const log = (value) => Math.log10(Math.max(value, 1));
  const [low, high] = domain.map(log);
  const even = scale([low, high], place);
  const whole = Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, n) => 10 ** (Math.ceil(low) + n));
  return Object.assign((value) => even(log(value)), { ticks: whole });
}

// From nothing to the longest run; where that would hide the shortest, in powers of ten from its first point.
function across(spans) {
  const ends = spans.map(([, end]) => end);
  const longest = Math.max(...ends);
  return apart(ends) ? powers([Math.min(...spans.map(([start]) => start)), longest], ACROSS) : evenly([0, longest], ACROSS);
}

// About five round numbers within a stretch.
export function ticks(from, to) {
  const rough = (to - from) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, n) => (first + n) * step);
}

export function short(value) {
  const [unit, sign] = Math.abs(value) >= 1e9 ? [1e9, " G"] : Math.abs(value) >= 1e6 ? [1e6, " M"] : Math.abs(value) >= 1e4 ? [1e3, " k"] : [1, ""];
  return `${Number((value / unit).toPrecision(3))}${sign}`;
}

function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(share * (sorted.length - 1))];
}
