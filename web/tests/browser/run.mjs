// Runs the tests in a real browser: node tests/browser/run.mjs DIST [NAME]. CHROMIUM names the browser.
//
// DIST is the built page with its worker (tools/build_web.sh). Screenshots go to DIST-screenshots, next to it. On a busy machine
// STEPNET_PATIENCE=10 makes all time limits ten times as long.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const [dist, wanted = ""] = process.argv.slice(2);
if (dist === undefined || !existsSync(`${dist}/worker.js`)) {
  console.error("usage: node tests/browser/run.mjs DIST [NAME], with DIST as tools/build_web.sh writes it");
  process.exit(2);
}
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs") && name.includes(wanted))
  .map((name) => here + name);
const env = { ...process.env, STEPNET_DIST: resolve(dist) };
// One after the other: two trainings at once would take the time limits of each.
const args = ["--test", "--test-concurrency=1", ...files];
process.exitCode = spawnSync(process.execPath, args, { stdio: "inherit", env }).status ?? 1;
