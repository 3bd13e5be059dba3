/** Where the worker and the module come from: files next to the page, or the page itself if all is in one file. */

import type { EngineOptions } from "./engine/client";
import { remember, remembered } from "./memory";

type Source = Pick<EngineOptions, "worker" | "wasm">;

function part(id: string): string | undefined {
  return document.getElementById(id)?.textContent ?? undefined;
}

async function bytes(base64: string): Promise<ArrayBuffer> {
  const text = atob(base64.trim());
  const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
}

/** The module's bytes are unpacked once and serve every engine. */
let unpacked: Promise<ArrayBuffer> | undefined;

export async function workerSource(): Promise<Source> {
  const worker = part("stepnet-worker");
  const wasm = part("stepnet-wasm");
  if (worker === undefined || wasm === undefined) {
    return { worker: "worker.js", wasm: relaxed() ? "stepnet_web_relaxed_bg.wasm" : "stepnet_web_bg.wasm" };
  }
  unpacked ??= bytes(wasm);
  const open = () => {
    // A page from file:// may not load a worker from a file, but from a blob.
    const address = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
    const opened = new Worker(address);
    URL.revokeObjectURL(address);
    return opened;
  };
  return { worker: open, wasm: await unpacked };
}

/** A module that uses an instruction of relaxed-simd. */
const PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];

/** Whether there is a faster engine: the browser has relaxed-simd, and the page is not in one file. */
export function canRelax(): boolean {
  return part("stepnet-wasm") === undefined && WebAssembly.validate(new Uint8Array(PROBE));
}

/** Whether the visitor chose the faster engine, whose last digits differ from those of the command. */
export function relaxed(): boolean {
  return remembered("engine") === "relaxed" && canRelax();
}

/** Starts the page again with the one engine or the other. */
export function relax(on: boolean): void {
  remember("engine", on ? "relaxed" : "same");
  location.reload();
}

let licenceAddress: string | undefined;

/** Where the licences of the libraries in the page can be read. */
export function licences(): string {
  const text = part("stepnet-licences");
  if (text === undefined) return "licences.txt";
  licenceAddress ??= URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  return licenceAddress;
}
