// A beam search as a trellis: a column for each step, in it the beginnings that were kept, the likeliest on top,
// and a line from each to the one it goes on from. The answer's path is drawn thick.

import { h, svg } from "../dom.js";
import { percent, shadeOf, tokenText } from "../format.js";
import { t } from "../language.js";

const COLUMN = 112; // pixels from one column to the next
const ROW = 32;
const CELL = 84; // of a column; the rest is for the lines
const MARKS = { answer: "★", finished: "●", cut: "×" };

export function beamTree(tree) {
  const places = trellis(tree.nodes);
  const columns = Math.max(...places.map(({ column }) => column)) + 1;
  const rows = Math.max(...places.map(({ row }) => row)) + 1;
  const answer = new Set();
  for (let node = tree.leaf; node !== null; node = tree.nodes[node].parent) answer.add(node);
  return h(
    "div",
    {},
    h("p", { class: "lead" }, t("beamAnswer", { width: tree.width, score: tree.score.toFixed(2).replace("-", "−") })),
    h("pre", { tabindex: "0", "aria-label": t("beamText") }, h("code", {}, tree.text)),
    h(
      "div",
      { class: "tree", tabindex: "0", role: "region", "aria-label": t("beamTree") },
      h(
        "div",
        { class: "trellis", style: { width: `${columns * COLUMN}px`, height: `${rows * ROW}px` } },
        svg(
          "svg",
          { width: columns * COLUMN, height: rows * ROW, "aria-hidden": "true" },
          tree.nodes.map((node, number) => (node.parent === null ? null : edge(places[node.parent], places[number], answer.has(number)))),
        ),
        tree.nodes.map((node, number) => cell(node, places[number], answer.has(number))),
      ),
    ),
    h("p", { class: "note" }, t("beamNote"), " ", Object.entries(MARKS).map(([name, sign]) => `${sign} ${t(`fate-${name}`)}`).join("   ")),
  );
}

// The column and row of each node: its step, and its rank among the beginnings of that step.
export function trellis(nodes) {
  const steps = [];
  const columns = nodes.map(() => 0);
  nodes.forEach((node, number) => {
    columns[number] = node.parent === null ? 0 : columns[node.parent] + 1;
    (steps[columns[number]] ??= []).push(number);
  });
  const rows = nodes.map(() => 0);
  steps.forEach((step) => {
    step.sort((one, other) => nodes[other].logprob - nodes[one].logprob).forEach((number, rank) => (rows[number] = rank));
  });
  return nodes.map((_, number) => ({ column: columns[number], row: rows[number] }));
}

function edge(from, to, thick) {
  const [x1, x2] = [from.column * COLUMN + CELL, to.column * COLUMN];
  const [y1, y2] = [from, to].map(({ row }) => row * ROW + ROW / 2);
  const bend = (x1 + x2) / 2;
  return svg("path", { d: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`, class: thick ? "thick" : null });
}

function cell(node, { column, row }, thick) {
  const mark = MARKS[node.fate];
  const figures = `${tokenText(node.token)}  ${percent(node.probability)}, ${t("logprob")} ${node.logprob.toFixed(2)}`;
  const hint = mark ? `${figures}, ${t(`fate-${node.fate}`)}` : figures;
  return h(
    "span",
    {
      class: `node${thick ? " thick" : ""}`,
      title: hint,
      role: "img",
      "aria-label": hint,
      style: { left: `${column * COLUMN}px`, top: `${row * ROW}px`, width: `${CELL}px` },
    },
    h("span", { class: `token h${shadeOf(node.probability)}` }, tokenText(node.token)),
    mark ? h("span", { class: `fate ${node.fate}` }, mark) : null,
  );
}
