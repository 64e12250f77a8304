// Numbers and tokens as they are shown.

import { language } from "./language.js";

// Bits of surprise at which the next stronger shade begins, as in the heat map of a report.
const EDGES = [0.5, 1, 2, 4, 6, 8, 11];
// Weights of attention at which it does; most heads spread thinly, so the first steps are small.
const WEIGHTS = [0.01, 0.03, 0.07, 0.15, 0.3, 0.5, 0.75];

export const shadeOf = (probability) => EDGES.filter((edge) => -Math.log2(Math.max(probability, 1e-30)) >= edge).length;
export const shadeOfWeight = (weight) => WEIGHTS.filter((edge) => weight >= edge).length;
export const edges = EDGES;

export function percent(share) {
  const hundredths = 100 * share;
  if (hundredths > 0 && hundredths < 0.01) return "< 0.01 %";
  const digits = hundredths >= 9.95 ? 0 : hundredths >= 0.995 ? 1 : 2;
  return `${hundredths.toFixed(digits)} %`;
}

export const milliseconds = (ms) => `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : ms.toFixed(2)} ms`;
export const count = (number) => number.toLocaleString(language() === "zh" ? "zh-CN" : "en-US");

export function bytes(number) {
  for (const unit of ["B", "kB", "MB"]) {
    if (number < 1000) return unit === "B" ? `${number} B` : `${number.toFixed(1)} ${unit}`;
    number /= 1000;
  }
  return `${number.toFixed(1)} GB`;
}

// Blanks and line ends are what tokens differ in, so they are made visible.
export function tokenText(token) {
  if (token.kind === "bytes") return `‹${token.text}›`;
  if (token.kind === "control") return token.text;
  return token.text.replaceAll(" ", "·").replaceAll("\t", "→").replaceAll("\r", "␍").replaceAll("\n", "↵");
}
