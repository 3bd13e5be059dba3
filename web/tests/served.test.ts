import assert from "node:assert/strict";
import { test } from "node:test";

import { fromCommand, split } from "../src/lab/served";

const bytes = (text: string) => new TextEncoder().encode(text);

test("the files of the command are taken apart by their lengths", () => {
  const answer = bytes('[{"path":"d/é.csv","bytes":3},{"path":"d/empty","bytes":0},{"path":"d/b","bytes":2}]\na\nbcd');
  assert.deepEqual(split(answer), [
    { path: "d/é.csv", bytes: bytes("a\nb") },
    { path: "d/empty", bytes: bytes("") },
    { path: "d/b", bytes: bytes("cd") },
  ]);
});

test("an answer that ends early is refused", () => {
  assert.throws(() => split(bytes('[{"path":"a","bytes":4}]\nabc')), /a ends after 3 of 4 bytes/);
});

test("only the command's own link asks it for files", () => {
  assert(fromCommand("?lab&model=a.safetensors"));
  assert(!fromCommand("?model=a.safetensors"));
  assert(!fromCommand(""));
});
