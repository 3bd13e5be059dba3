// Bundles the tests and runs them in node: node tests/run.mjs [NAME]. Those in tests/browser/ have a runner of their own.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv[2] ?? "";
const names = readdirSync(here).filter((name) => name.endsWith(".test.ts") && name.includes(wanted));
if (names.length === 0) {
  console.error(`no test is called ${wanted}`);
  process.exit(2);
}
const out = mkdtempSync(`${here}built-`);
try {
  await build({
    absWorkingDir: `${here}..`,
    entryPoints: names.map((name) => `tests/${name}`),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    loader: { ".ftl": "text" },
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  });
  const files = names.map((name) => `${out}/${name.replace(/\.ts$/, ".mjs")}`);
  process.exitCode = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit", cwd: `${here}..` }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
