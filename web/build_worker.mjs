// Bundles the engine's worker: node build_worker.mjs GLUE OUT, with GLUE the JavaScript that wasm-bindgen has made
// (`--target web`) and OUT the folder of worker.js.
import { build } from "esbuild";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [glue, out] = process.argv.slice(2);
if (glue === undefined || out === undefined) {
  console.error("usage: node build_worker.mjs GLUE OUT");
  process.exit(2);
}

await build({
  absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
  entryPoints: { worker: "src/engine/worker.ts" },
  outdir: resolve(out),
  alias: { "stepnet-web-glue": resolve(glue) },
  bundle: true,
  minify: true,
  // A classic worker, which a page from file:// can start from a Blob, too.
  format: "iife",
  target: "es2022",
  // The glue's own address, which is not used: the page says where the module lies.
  define: { "import.meta.url": '""' },
  legalComments: "none",
});
