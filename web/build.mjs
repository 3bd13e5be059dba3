// Builds the page into a folder: node build.mjs [OUT], with OUT dist/ unless given. Where the folder has the engine's worker
// and module already, as tools/build_web.sh puts them there, it writes the page in one file, stepnet-lab.html, as well.
import { build } from "esbuild";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inline, MODULE } from "./inline.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = resolve(process.argv[2] ?? `${here}dist`);

mkdirSync(out, { recursive: true });
const { metafile } = await build({
  metafile: true,
  absWorkingDir: here,
  entryPoints: { page: "src/main.tsx", style: "src/page.css" },
  outdir: out,
  bundle: true,
  charset: "utf8",
  minify: true,
  // A plain script, so that the page inlined into one file runs from file:// as well.
  format: "iife",
  target: "es2022",
  loader: { ".ftl": "text" },
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
});
for (const name of ["index.html", "offline.js"]) copyFileSync(`${here}${name}`, `${out}/${name}`);

// The libraries in the bundle, each with its licence, as their licences ask.
const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
  if (found) packages.add(found[1]);
}
const licences = [...packages].sort().map((name) => {
  const folder = `${here}node_modules/${name}/`;
  const { version, license } = JSON.parse(readFileSync(`${folder}package.json`, "utf8"));
  const file = readdirSync(folder).find((one) => /^licen[sc]e/i.test(one));
  const text = file === undefined ? `Licence: ${license}` : readFileSync(folder + file, "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
const bar = `\n${"-".repeat(80)}\n\n`;
// And those in the engine.
const engine = readFileSync(`${here}../crates/stepnet-web/THIRD-PARTY-NOTICES`, "utf8");
writeFileSync(`${out}/licences.txt`, [...licences, engine].join(bar));

let sum = 0;
for (const name of ["index.html", "page.js", "style.css"]) {
  const bytes = readFileSync(`${out}/${name}`);
  const packed = gzipSync(bytes, { level: 9 }).length;
  sum += packed;
  console.log(`${name.padEnd(12)} ${String(bytes.length).padStart(8)} bytes, ${String(packed).padStart(7)} compressed`);
}
console.log(`${"sum".padEnd(12)} ${String(sum).padStart(31)} compressed`);

if (existsSync(`${out}/worker.js`) && existsSync(`${out}/${MODULE}`)) {
  inline(out, `${out}/stepnet-lab.html`);
  console.log(`wrote ${out}/stepnet-lab.html`);
}
