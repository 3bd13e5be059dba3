import assert from "node:assert/strict";
import { test } from "node:test";

import { fromLink, toLink } from "../src/lab/link";
import { FIRST_NETWORK, USUAL } from "../src/lab/state";

test("a link brings back the network, the seed and the settings", () => {
  const settings = { ...USUAL, seed: 7, lr: 0.01, schedule: "decay(1)" };
  const text = "conv(8, 3x5) -> [relu] x 2 -> linear(classes) -> softmax & more = ?";
  const link = toLink("https://example.org/lab/#/course/padding", text, settings);
  assert(link.startsWith("https://example.org/lab/#/lab?"));
  assert.deepEqual(fromLink(new URL(link).hash), { text, settings, more: {} });
  const more = { early_stop: 3, shuffle: false, augment: "flip,crop(2)", freeze: ["conv1", "bn"] };
  assert.deepEqual(fromLink(new URL(toLink(link, text, settings, more)).hash), { text, settings, more });
});

test("a link with nonsense gives the usual settings", () => {
  const usual = { text: FIRST_NETWORK, settings: USUAL, more: {} };
  assert.deepEqual(fromLink(""), usual);
  assert.deepEqual(fromLink("#/lab?lr=fast&epochs=&seed=Infinity&unknown=1&__proto__=2"), usual);
  for (const more of ["{", "[1]", "3", "null", '{"data":"/etc/passwd","ema":{"a":1},"__proto__":{"x":1},"freeze":[1]}']) {
    assert.deepEqual(fromLink(`#/lab?more=${encodeURIComponent(more)}`), usual, more);
  }
});
