// The page's side of the messages: an engine in a worker, which is replaced by a new one when it dies.

import type { About, CallKind, EngineError, EngineEvent, Params, Reply, Result } from "../protocol";
import { buffers } from "./messages";

export interface EngineOptions {
  /** The worker's address, or a function that makes one. */
  worker: string | URL | (() => Worker);
  /** The module's address relative to the worker's, or its bytes, which are kept for another start. */
  wasm: string | ArrayBuffer;
  onEvent?: (event: EngineEvent) => void;
  /** The engine has failed and another was started, without data and network. */
  onDied?: (error: EngineError) => void;
}

/** A mistake of the user, or the failure of the engine, in one line. */
export class EngineFailure extends Error {
  readonly kind: EngineError["kind"];

  constructor(error: EngineError) {
    super(error.message);
    this.name = "EngineFailure";
    this.kind = error.kind;
  }
}

interface Waiting {
  resolve: (result: never) => void;
  reject: (failure: EngineFailure) => void;
}

export class Engine {
  #worker: Worker;
  #waiting = new Map<number, Waiting>();
  #next = 1;
  #closed = false;

  private constructor(private readonly options: EngineOptions) {
    this.#worker = this.#open();
  }

  /** Starts a worker with an engine; what it is. */
  static async start(options: EngineOptions): Promise<[Engine, About]> {
    const engine = new Engine(options);
    try {
      return [engine, await engine.#begin()];
    } catch (problem) {
      engine.close();
      throw problem;
    }
  }

  /** Asks; the arrays in the parameters are transferred, and gone here. Rejects with an `EngineFailure`. */
  call<K extends CallKind>(kind: K, params: Params<K>): Promise<Result<K>> {
    if (this.#closed) return Promise.reject(new EngineFailure({ message: "the engine is closed", kind: "died" }));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, kind, params }, buffers(params));
    });
  }

  close(): void {
    this.#closed = true;
    this.#worker.terminate();
    this.#rejectAll({ message: "the engine is closed", kind: "died" });
  }

  #begin(): Promise<About> {
    const { wasm } = this.options;
    // A copy: what is sent is gone.
    return this.call("start", { wasm: typeof wasm === "string" ? wasm : wasm.slice(0) });
  }

  #open(): Worker {
    const { worker } = this.options;
    const opened = typeof worker === "function" ? worker() : new Worker(worker);
    opened.onmessage = ({ data }: MessageEvent<Reply | EngineEvent>) => {
      if ("event" in data) this.options.onEvent?.(data);
      else this.#settle(data);
    };
    opened.onerror = (event) => {
      event.preventDefault();
      this.#restart({ message: event.message || "the engine's worker cannot be loaded", kind: "died" });
    };
    return opened;
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.ok) return waiting?.resolve(reply.result as never);
    waiting?.reject(new EngineFailure(reply.error));
    if (reply.error.kind === "died") this.#restart(reply.error);
  }

  #restart(error: EngineError): void {
    if (this.#closed) return;
    const started = this.#next > 2;
    this.#worker.terminate();
    this.#rejectAll(error);
    // One that has never started would not start now.
    if (!started) return this.close();
    this.#worker = this.#open();
    this.#begin().then(
      () => this.options.onDied?.(error),
      (again: EngineFailure) => {
        this.close();
        this.options.onDied?.({ message: again.message, kind: "died" });
      },
    );
  }

  #rejectAll(error: EngineError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new EngineFailure(error));
  }
}

/** Starts an engine. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const [engine] = await Engine.start(options);
  return engine;
}
