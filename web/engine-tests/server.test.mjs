// The worker's part that answers requests, with an engine that is a list of answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { source } from "./engine.mjs";

const { Server } = await source("engine/server.ts");

/** A server whose engine answers `slice` with steps of 10, in a training of 100; `log` is everything that it sends. */
function served(answer = (_kind, params) => params) {
  const log = [];
  const queue = [];
  let steps = 0;
  const progress = () => ({ steps, finished: steps >= 100, running: false });
  const engine = {
    call(kind, json) {
      const params = JSON.parse(json);
      if (kind === "slice") {
        const made = Math.min(10, params.steps ?? 10, 100 - steps);
        steps += made;
        const epochs = steps === 50 ? [{ epoch: 0 }] : [];
        return [true, JSON.stringify({ steps: made, epochs, progress: progress(), error: null })];
      }
      if (kind === "progress") return [true, JSON.stringify(progress())];
      const result = answer(kind, params);
      return result instanceof Error ? [false, JSON.stringify({ message: result.message, kind: "input" })] : [true, JSON.stringify(result)];
    },
  };
  let time = 0;
  const server = new Server(
    engine,
    (id, reply) => log.push([id, reply]),
    (event) => log.push([event.event, event]),
    (work) => queue.push(work),
    () => (time += 30),
  );
  return { server, log, turn: () => queue.shift()?.() };
}

const replies = (log, id) => log.filter(([to]) => to === id).map(([, reply]) => reply);

test("a training is answered at its end, and others in between", () => {
  const { server, log, turn } = served();
  server.handle(1, "train", { steps: null });
  server.handle(2, "check", { text: "a" });
  assert.deepEqual(replies(log, 2), [{ ok: true, result: { text: "a" } }]);
  server.handle(3, "progress", {});
  assert.equal(replies(log, 3)[0].result.running, true);
  assert.equal(replies(log, 1).length, 0);
  for (let at = 0; at < 20; at++) turn();
  const [end] = replies(log, 1);
  assert.deepEqual([end.ok, end.result.why, end.result.progress.steps], [true, "finished", 100]);
  assert.equal(replies(log, "epoch").length, 1);
  assert.equal(replies(log, "end").length, 1);
  assert.ok(replies(log, "progress").length > 1);
});

test("steps are counted, and a pause ends a training between two slices", () => {
  const { server, log, turn } = served();
  server.handle(1, "train", { steps: 25 });
  for (let at = 0; at < 5; at++) turn();
  assert.deepEqual([replies(log, 1)[0].result.why, replies(log, 1)[0].result.progress.steps], ["steps", 25]);
  server.handle(2, "train", { steps: null });
  server.handle(3, "train", { steps: null });
  assert.match(replies(log, 3)[0].error.message, /is running/);
  server.handle(4, "pause", {});
  assert.deepEqual([replies(log, 2)[0].result.why, replies(log, 4)[0].result.steps], ["paused", 35]);
  turn();
  assert.equal(replies(log, 2).length, 1);
  server.handle(5, "pause", {});
  assert.equal(replies(log, 5)[0].ok, true);
});

test("a new run ends the training before it begins", () => {
  const { server, log } = served();
  server.handle(1, "train", { steps: null });
  server.handle(2, "new-run", { network: null, settings: {} });
  assert.deepEqual(log.filter(([to]) => typeof to === "number").map(([to]) => to), [1, 2]);
});

test("a mistake is told, and the death of the engine to all who wait", () => {
  const { server, log } = served((kind) => {
    if (kind === "why") throw new WebAssembly.RuntimeError("unreachable");
    return new Error("no such layer");
  });
  server.handle(1, "parameters", { layer: "x" });
  assert.deepEqual(replies(log, 1), [{ ok: false, error: { message: "no such layer", kind: "input" } }]);
  server.handle(2, "train", { steps: null });
  server.handle(3, "why", {});
  server.handle(4, "check", {});
  for (const id of [2, 3, 4]) {
    assert.equal(replies(log, id).length, 1);
    assert.deepEqual(replies(log, id)[0].error, { message: "the engine has failed: unreachable", kind: "died" });
  }
});
