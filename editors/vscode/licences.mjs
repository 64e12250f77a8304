// Which packages the bundle has something of, and their licences: written beside it, and refused where one is
// not among those that may be passed on with their notice.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const ALLOWED = new Set(["MIT", "Apache-2.0", "ISC", "BlueOak-1.0.0"]);
const { inputs } = JSON.parse(readFileSync("dist/meta.json", "utf8"));
const folders = new Set(
  Object.keys(inputs).flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
);
const notices = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  if (!ALLOWED.has(license)) {
    throw new Error(`${name} stands under ${license}: bundle something else, or allow it in licences.mjs.`);
  }
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(`${folder}/${file}`, "utf8").trim() : "";
  return `${name} ${version}, ${license}\n\n${text}\n`;
});
writeFileSync("dist/THIRD-PARTY.txt", notices.join(`\n${"-".repeat(80)}\n\n`));
