import assert from "node:assert/strict";
import { test } from "node:test";

import { FormulaError, parseFormula } from "../src/course/formula";

const values = { n: 7, f: 3, p: 1, s: 2 };
const names = Object.keys(values);

test("formulas follow the usual rules", () => {
  const cases: [string, number][] = [
    ["floor((n - f + 2*p) / s) + 1", 4],
    ["floor((n-f+2p)/s)+1".replace("2p", "2 * p"), 4],
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["8 / 4 / 2", 1],
    ["8 - 4 - 2", 2],
    ["-f ^ 2", -9],
    ["2 ^ 3 ^ 2", 512],
    ["2 * -f", -6],
    ["ceil(n / s)", 4],
    ["1.5 * n × s", 21],
  ];
  for (const [text, expected] of cases) assert.equal(parseFormula(text, names)(values), expected, text);
});

test("what cannot be read is named with its place", () => {
  const cases: [string, number][] = [
    ["", 1],
    ["n +", 4],
    ["n + x", 5],
    ["(n - f", 7],
    ["n n", 3],
    ["alert(1)", 1],
    ["2p", 2],
    ["floor n", 1],
    ["n.constructor", 2],
  ];
  for (const [text, column] of cases) {
    assert.throws(
      () => parseFormula(text, names),
      (error: unknown) => error instanceof FormulaError && error.column === column,
      text,
    );
  }
});

test("deep nesting is refused and does not exhaust the stack", () => {
  assert.throws(() => parseFormula("(".repeat(100_000), names), FormulaError);
  assert.throws(() => parseFormula("-".repeat(100_000), names), FormulaError);
  assert.throws(() => parseFormula(`${"2^".repeat(100_000)}2`, names), FormulaError);
});
