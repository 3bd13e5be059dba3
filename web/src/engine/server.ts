// Answers the requests of `protocol.ts` with an engine. A training is cut into slices of some milliseconds, and other
// requests are answered between them. Knows neither workers nor WebAssembly, so that tests run it in node.

import type { EngineError, EngineEvent, EpochRecord, Progress, TrainEnd, TrainParams } from "../protocol";
import { pack, unpack } from "./messages";

/** The part of the engine that is used here. */
export interface Callable {
  call(kind: string, params: string, bytes: Uint8Array[]): unknown[];
}

export type Answer = { ok: true; result: unknown } | { ok: false; error: EngineError };

type Send = (id: number, answer: Answer) => void;

/** Milliseconds of a slice: a page is answered within a few of its frames. */
const SLICE = 30;
const USUAL_EVERY = 100;

/** Requests that end a training: what it trains on is replaced. */
const ENDING = new Set(["load-digits", "load-images", "load-files", "new-run", "open-model"]);

interface Training {
  id: number;
  left: number | null;
  every: number;
  toldAt: number;
  /** Whether the page was told since the last slice. */
  told: boolean;
}

interface Slice {
  steps: number;
  epochs: EpochRecord[];
  progress: Progress;
  error: EngineError | null;
}

export class Server {
  #engine: Callable | null;
  #training: Training | null = null;
  #death = "";

  constructor(
    engine: Callable,
    private readonly send: Send,
    private readonly emit: (event: EngineEvent) => void,
    /** Calls later, after messages that wait have been handled. */
    private readonly later: (work: () => void) => void,
    private readonly now: () => number,
  ) {
    this.#engine = engine;
  }

  handle(id: number, kind: string, params: unknown): void {
    if (kind === "train") return this.#train(id, params as TrainParams);
    if (kind === "pause") return this.#pause(id);
    if (ENDING.has(kind)) this.#interrupt();
    const answer = this.#ask(kind, params);
    if (answer.ok && kind === "progress") (answer.result as Progress).running = this.#training !== null;
    this.send(id, answer);
  }

  #ask(kind: string, params: unknown): Answer {
    if (this.#engine === null) return died(this.#death);
    try {
      const { json, arrays } = pack(params);
      const [ok, answer, ...found] = this.#engine.call(kind, json, arrays);
      if (ok === true) return { ok: true, result: unpack(answer as string, found) };
      return { ok: false, error: JSON.parse(answer as string) as EngineError };
    } catch (problem) {
      // A panic or a trap: the engine's memory may be in any state.
      this.#death = problem instanceof Error ? problem.message : String(problem);
      this.#engine = null;
      const training = this.#training;
      this.#training = null;
      if (training !== null) this.send(training.id, died(this.#death));
      return died(this.#death);
    }
  }

  #train(id: number, params: TrainParams): void {
    if (this.#training !== null) {
      const message = "train: a training is running; pause it first";
      return this.send(id, { ok: false, error: { message, kind: "input" } });
    }
    this.#training = {
      id,
      left: params.steps,
      every: params.every ?? USUAL_EVERY,
      toldAt: this.now(),
      told: true,
    };
    this.#slice();
  }

  #slice(): void {
    const training = this.#training;
    if (training === null) return;
    const answer = this.#ask("slice", { steps: training.left, milliseconds: SLICE, told: training.told });
    if (!answer.ok) {
      this.#training = null;
      // Unless it died, which has been said already.
      if (answer.error.kind !== "died") this.send(training.id, answer);
      return;
    }
    const { steps, epochs, progress, error } = answer.result as Slice;
    training.told = false;
    if (training.left !== null) training.left -= steps;
    for (const epoch of epochs) this.emit({ event: "epoch", epoch });
    const over = error !== null || progress.finished || training.left === 0;
    if (over || this.now() - training.toldAt >= training.every) {
      progress.running = !over;
      this.emit({ event: "progress", progress });
      training.toldAt = this.now();
      training.told = true;
    }
    if (!over) return this.later(() => this.#slice());
    this.#training = null;
    if (error !== null || progress.finished) this.emit({ event: "end", progress, error });
    if (error !== null) return this.send(training.id, { ok: false, error });
    const result: TrainEnd = { why: progress.finished ? "finished" : "steps", progress };
    this.send(training.id, { ok: true, result });
  }

  /** Ends the training, whose request is then answered. */
  #interrupt(): Answer | null {
    const training = this.#training;
    if (training === null) return null;
    const answer = this.#ask("progress", {});
    if (this.#training === null) return answer;
    this.#training = null;
    if (answer.ok) {
      const result: TrainEnd = { why: "paused", progress: answer.result as Progress };
      this.send(training.id, { ok: true, result });
    } else this.send(training.id, answer);
    return answer;
  }

  #pause(id: number): void {
    this.send(id, this.#interrupt() ?? this.#ask("progress", {}));
  }
}

function died(why: string): Answer {
  return { ok: false, error: { message: `the engine has failed: ${why}`, kind: "died" } };
}
