// The tree of a beam search in lanes. The answer is the first lane; every other stretch is a beginning as far
// as nobody shares it, and hangs below the token that it left. Stretches share a lane where they do not meet.

import { h } from "../dom.js";
import { percent, shadeOf, tokenText } from "../format.js";
import { t } from "../language.js";

const MARKS = { answer: "★", finished: "●", cut: "×" };

export function beamTree(tree) {
  const cells = lanes(stretches(tree.nodes, tree.leaf)).flatMap(({ path, column, lane, above }) => [
    ...path.map((node, place) => cell(tree.nodes[node], lane + 1, column + place)),
    above === null ? null : edge(above + 1, lane + 1, column),
    mark(tree.nodes[path.at(-1)].fate, lane + 1, column + path.length),
  ]);
  return h(
    "div",
    {},
    h("p", { class: "lead" }, t("beamAnswer", { width: tree.width, score: tree.score.toFixed(2).replace("-", "−") })),
    h("pre", { tabindex: "0", "aria-label": t("beamText") }, h("code", {}, tree.text)),
    h("div", { class: "tree", tabindex: "0", role: "region", "aria-label": t("beamTree") }, h("div", { class: "lanes" }, cells)),
    h("p", { class: "note" }, t("beamNote"), " ", Object.entries(MARKS).map(([name, sign]) => `${sign} ${t(`fate-${name}`)}`).join("   ")),
  );
}

// Paths of node numbers; `column` (from 1) is that of the first, `parent` the stretch that it left. A stretch
// that branches off later comes first, and always after its parent.
export function stretches(nodes, leaf) {
  const children = new Map([[null, []]]);
  nodes.forEach((node, number) => {
    children.set(number, []);
    children.get(node.parent).push(number);
  });
  const onAnswer = new Set();
  for (let node = leaf; node !== null; node = nodes[node].parent) onAnswer.add(node);
  const best = (places) => places.reduce((one, other) => (nodes[other].logprob > nodes[one].logprob ? other : one));
  const main = (places) => places.find((place) => onAnswer.has(place)) ?? best(places);
  const found = [];
  const walk = (siblings, column, parent, first = main(siblings)) => {
    const path = [first];
    while (children.get(path.at(-1)).length) path.push(main(children.get(path.at(-1))));
    const number = found.push({ path, column, parent }) - 1;
    for (let n = path.length - 1; n >= 0; n -= 1) {
      const others = children.get(path[n]).filter((child) => child !== path[n + 1]);
      others.forEach((child) => walk(null, column + n + 1, number, child));
    }
    return first;
  };
  const roots = children.get(null);
  const first = walk(roots, 1, null);
  roots.filter((root) => root !== first).forEach((root) => walk(null, 1, null, root));
  return found;
}

// Each stretch in the first lane where neither it nor the line up to its parent meets another.
export function lanes(found) {
  const taken = [];
  const free = (lane, from, to) => !(taken[lane] ?? []).some(([start, end]) => start <= to && from <= end);
  const take = (lane, from, to) => (taken[lane] ??= []).push([from, to]);
  const placed = [];
  for (const { path, column, parent } of found) {
    const above = parent === null ? null : placed[parent].lane;
    let lane = above === null ? 0 : above + 1;
    const line = () => Array.from({ length: above === null ? 0 : lane - above - 1 }, (_, n) => above + 1 + n);
    while (!free(lane, column, column + path.length) || !line().every((one) => free(one, column, column))) lane += 1;
    take(lane, column, column + path.length);
    line().forEach((one) => take(one, column, column));
    placed.push({ path, column, lane, above });
  }
  return placed;
}

function cell(node, row, column) {
  const hint = `${percent(node.probability)}, ${t("logprob")} ${node.logprob.toFixed(2)}`;
  return h(
    "span",
    { class: `token node h${shadeOf(node.probability)}`, title: `${tokenText(node.token)}  ${hint}`, style: { "grid-row": row, "grid-column": column } },
    tokenText(node.token),
  );
}

function edge(from, to, column) {
  return h("span", { class: "edge", "aria-hidden": "true", style: { "grid-row": `${from + 1} / ${to + 1}`, "grid-column": column } });
}

function mark(fate, row, column) {
  if (!MARKS[fate]) return null;
  return h("span", { class: `fate ${fate}`, title: t(`fate-${fate}`), style: { "grid-row": row, "grid-column": column } }, MARKS[fate]);
}
