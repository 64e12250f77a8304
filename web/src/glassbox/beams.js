// A beam search as a trellis: a column for each step, in it the beginnings that were kept, the likeliest on top,
// and a line from each to the one it goes on from. The answer's path is drawn thick.

import { h, roving, svg } from "../dom.js";
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
  const told = h("p", { class: "note" });
  const cells = tree.nodes.map((node, number) => cell(node, places[number], answer.has(number)));
  const choose = (number) => {
    cells.forEach((one, n) => {
      one.setAttribute("aria-selected", String(n === number));
      one.setAttribute("tabindex", n === number ? "0" : "-1");
    });
    told.textContent = figures(tree.nodes[number]);
  };
  cells.forEach((one, number) => one.addEventListener("focus", () => choose(number)));
  roving(cells, choose, beside(places));
  choose(Math.min(...answer));
  return h(
    "div",
    {},
    h("p", { class: "lead" }, t("beamAnswer", { width: tree.width, score: tree.score.toFixed(2).replace("-", "−") })),
    h("pre", { tabindex: "0", "aria-label": t("beamText") }, h("code", {}, tree.text)),
    h(
      "div",
      { class: "tree" },
      h(
        "div",
        { class: "trellis", role: "listbox", "aria-label": t("beamTree"), style: { width: `${columns * COLUMN}px`, height: `${rows * ROW}px` } },
        svg(
          "svg",
          { width: columns * COLUMN, height: rows * ROW, "aria-hidden": "true" },
          tree.nodes.map((node, number) => (node.parent === null ? null : edge(places[node.parent], places[number], answer.has(number)))),
        ),
        cells,
      ),
    ),
    told,
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

// Left and right lead to another step, up and down to another beginning of the same; a step may have fewer.
function beside(places) {
  const last = places.length - 1;
  const rows = (column) => places.filter((place) => place.column === column).length;
  return (key, number) => {
    if (key === "Home" || key === "End") return key === "Home" ? 0 : last;
    const [right, down] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key] ?? [];
    if (right === undefined) return undefined;
    const column = places[number].column + right;
    const row = Math.min(places[number].row + down, rows(column) - 1);
    const found = places.findIndex((place) => place.column === column && place.row === row);
    return found < 0 ? number : found;
  };
}

function figures(node) {
  const fate = MARKS[node.fate] ? `, ${t(`fate-${node.fate}`)}` : "";
  return `${tokenText(node.token)}  ${percent(node.probability)}, ${t("logprob")} ${node.logprob.toFixed(2)}${fate}`;
}

function cell(node, { column, row }, thick) {
  const mark = MARKS[node.fate];
  return h(
    "span",
    {
      class: `node${thick ? " thick" : ""}`,
      title: figures(node),
      role: "option",
      "aria-label": figures(node),
      style: { left: `${column * COLUMN}px`, top: `${row * ROW}px`, width: `${CELL}px` },
    },
    h("span", { class: `token h${shadeOf(node.probability)}` }, tokenText(node.token)),
    mark ? h("span", { class: `fate ${node.fate}` }, mark) : null,
  );
}
