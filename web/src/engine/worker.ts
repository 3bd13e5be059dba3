// The worker that the engine runs in.

import init, { Engine } from "stepnet-web-glue";
import type { About, EngineEvent, Reply, Request } from "../protocol";
import { buffers, unpack } from "./messages";
import { Server, type Answer } from "./server";

interface Scope {
  location: { href: string };
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = self as unknown as Scope;
const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

function later(work: () => void): void {
  waiting.push(work);
  channel.port2.postMessage(null);
}

function send(id: number, answer: Answer): void {
  const reply = { id, ...answer } as Reply;
  scope.postMessage(reply, buffers(reply));
}

function emit(event: EngineEvent): void {
  scope.postMessage(event, []);
}

let server: Server | null = null;
let starting: Promise<void> = Promise.resolve();

async function start(id: number, wasm: ArrayBuffer | string): Promise<void> {
  try {
    const module_or_path = typeof wasm === "string" ? new URL(wasm, scope.location.href) : wasm;
    await init({ module_or_path });
    const engine = new Engine();
    const [, about] = engine.call("about", "{}", []);
    server = new Server(engine, send, emit, later, () => performance.now());
    send(id, { ok: true, result: unpack(about as string, []) as About });
  } catch (problem) {
    const why = problem instanceof Error ? problem.message : String(problem);
    const message = `the engine cannot be started: ${why}`;
    send(id, { ok: false, error: { message, kind: "input" } });
  }
}

scope.onmessage = ({ data }) => {
  const { id, kind, params } = data;
  if (kind === "start") {
    starting = start(id, (params as { wasm: ArrayBuffer | string }).wasm);
    return;
  }
  // After the start, in the order in which they came.
  void starting.then(() => {
    if (server !== null) return server.handle(id, kind, params);
    const message = "the engine has not been started";
    send(id, { ok: false, error: { message, kind: "input" } });
  });
};
