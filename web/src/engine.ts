import type { CallKind, EngineEvent, Params, Result } from "./protocol";

/** The page's view of the engine in its worker. */
export interface EngineCalls {
  call<K extends CallKind>(kind: K, params: Params<K>): Promise<Result<K>>;
}

export interface Engines {
  /** Another engine in a worker of its own: the course trains without touching the laboratory's network. */
  another: () => Promise<EngineCalls & { close: () => void }>;
}

const listeners = new Set<(event: EngineEvent) => void>();
let opened: Promise<EngineCalls> | undefined;
let opener: (() => Promise<EngineCalls>) | undefined;
let maker: Engines["another"] | undefined;

/** Says how engines are opened: the page's start does so, and tests with an engine of their own. */
export function provideEngines(open: () => Promise<EngineCalls>, another: Engines["another"]): void {
  opener = open;
  maker = another;
  opened = undefined;
}

/** Asks the laboratory's engine, which starts with the first question. */
export async function ask<K extends CallKind>(kind: K, params: Params<K>): Promise<Result<K>> {
  if (opener === undefined) throw new Error("no engine was provided");
  opened ??= opener();
  return (await opened).call(kind, params);
}

export function anotherEngine(): ReturnType<Engines["another"]> {
  if (maker === undefined) throw new Error("no engine was provided");
  return maker();
}

/** Events of the laboratory's engine. */
export function onEvent(listener: (event: EngineEvent) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function deliver(event: EngineEvent): void {
  for (const listener of [...listeners]) listener(event);
}
