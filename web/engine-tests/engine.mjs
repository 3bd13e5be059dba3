// An engine in node: the module as it was built, with the messages that the worker has.
import { build } from "esbuild";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

/** A module of the page's sources, bundled. */
export async function source(path) {
  const folder = mkdtempSync(join(tmpdir(), "stepnet-"));
  const outfile = join(folder, "module.mjs");
  await build({ entryPoints: [join(here, "../src", path)], outfile, bundle: true, format: "esm" });
  return import(pathToFileURL(outfile).href);
}

const { pack, unpack } = await source("engine/messages.ts");

/** An engine of the build in `folder`. `memory()` is the bytes of its memory. */
export async function open(folder) {
  const glue = await import(`${pathToFileURL(join(folder, "stepnet_web.js")).href}?${Math.random()}`);
  const exports = glue.initSync({ module: readFileSync(join(folder, "stepnet_web_bg.wasm")) });
  const engine = new glue.Engine();
  const ask = (kind, params = {}) => {
    const { json, arrays } = pack(params);
    const [ok, answer, ...found] = engine.call(kind, json, arrays);
    if (ok) return unpack(answer, found);
    throw new Error(JSON.parse(answer).message);
  };
  return { engine, ask, memory: () => exports.memory.buffer.byteLength };
}

/** Trains `steps` steps; to the end without. */
export function train(ask, steps = null) {
  let left = steps;
  for (;;) {
    const slice = ask("slice", { steps: left, milliseconds: 1e9, told: true });
    if (slice.error !== null) throw new Error(slice.error.message);
    if (left !== null) left -= slice.steps;
    if (left === 0 || slice.progress.finished) return slice.progress;
  }
}
