// Runs a WebAssembly program for WASI in node: cargo's runner for tools/check_wasm.sh.
import { readFile } from "node:fs/promises";
import { argv, env, exit } from "node:process";
import { WASI } from "node:wasi";

const [path, ...args] = argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [path, ...args], env });
const { instance } = await WebAssembly.instantiate(await readFile(path), wasi.getImportObject());
exit(wasi.start(instance));
