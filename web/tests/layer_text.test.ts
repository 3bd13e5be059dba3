import assert from "node:assert/strict";
import { test } from "node:test";

import { argument, putTogether, replaced, takeApart, toUnits, withArgument, without } from "../src/lab/layer_text";

test("a layer is taken apart and put together again", () => {
  for (const text of ["relu", "conv(8, 3, same)", "conv(8, 3, stride=2x1, bias=false)", "first: conv(8, 3)", "residual(conv(8, 3, same) -> bn, shortcut=conv(8, 1))"]) {
    assert.equal(putTogether(takeApart(text)!), text);
  }
  assert.equal(takeApart("conv(8) -> relu"), undefined);
});

test("arguments are read and set by place or by name", () => {
  const conv = takeApart("conv(8, 3, stride=2)")!;
  assert.equal(argument(conv, "filters", 0), "8");
  assert.equal(argument(conv, "stride", 3), "2");
  assert.equal(argument(conv, "padding", 2), "");
  assert.equal(putTogether(withArgument(conv, "filters", 0, "16")), "conv(16, 3, stride=2)");
  assert.equal(putTogether(withArgument(conv, "padding", 2, "same")), "conv(8, 3, stride=2, padding=same)");
  assert.equal(putTogether(withArgument(conv, "stride", 3, "")), "conv(8, 3)");
  // Without the first, the second would become the first.
  assert.equal(putTogether(withArgument(conv, "filters", 0, "")), "conv(8, 3, stride=2)");
  assert.equal(putTogether(withArgument(takeApart("relu")!, "slope", 0, "0.1")), "relu(0.1)");
});

test("places are code points, and editors count units", () => {
  const text = "𝒳 -> relu -> linear(3)";
  assert.equal(replaced(text, 6, 10, "tanh"), "𝒳 -> tanh -> linear(3)");
  assert.equal(without(text, 6, 10), "𝒳 -> linear(3)");
  assert.equal(without("relu -> softmax", 9, 16), "relu");
  assert.equal(toUnits(text, 1), 0);
  assert.equal(toUnits(text, 2), 2);
  assert.equal(text.slice(toUnits(text, 6)), "relu -> linear(3)");
});
