// What wasm-bindgen makes of crates/stepnet-web; `build_worker.mjs` says where it lies.
declare module "stepnet-web-glue" {
  /** The engine: `call` gives `[true, json, ...arrays]`, or `[false, error as json]`. */
  export class Engine {
    constructor();
    call(kind: string, params: string, bytes: Uint8Array[]): unknown[];
  }

  export default function init(module: {
    module_or_path: URL | ArrayBuffer;
  }): Promise<unknown>;
}
