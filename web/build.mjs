// Bundles the pages into the package: node build.mjs [FOLDER]. The same sources give the same bytes.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../src/codekiln/serve/web/static"));

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const made = await build({
  absWorkingDir: here,
  entryPoints: ["playground", "runs", "corpus", "explain"].map((page) => `src/${page}.js`).concat("src/style.css"),
  outdir: out,
  bundle: true,
  minify: true,
  charset: "utf8",
  legalComments: "none", // licences stand whole in licences.txt
  target: "es2022",
  format: "esm",
  metafile: true,
});
cpSync(join(here, "pages"), out, { recursive: true });
writeFileSync(join(out, "licences.txt"), licences(Object.keys(made.metafile.inputs)));

// The licence of every package of which something went into a bundle.
function licences(inputs) {
  const packages = new Set(inputs.flatMap((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []));
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(here, "node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      if (!file) throw new Error(`${name} comes without the text of its licence`);
      return `${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join(`\n${"-".repeat(78)}\n\n`);
}
