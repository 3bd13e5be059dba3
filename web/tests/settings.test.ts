import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { DataSummary, ModelSummary } from "../src/protocol";
import { isOffered, MORE_NAMES } from "../src/lab/setting_names";
import { type Lab, lab, modelTakes, recipe, settingsOfRun, transfer, USUAL } from "../src/lab/state";

const model = { name: "mine.safetensors", input: [8, 8, 1], fitsData: true, hash: "abc" } as unknown as ModelSummary;
const data = { shape: [8, 8, 1] } as unknown as DataSummary;

function state(fields: Partial<Lab>): Lab {
  return { ...lab.value, data, ...fields };
}

test("a new network takes the settings as they are, without those about a model", () => {
  const more = { early_stop: 3, transfer: "head", unfreeze_after: 2, lr_backbone: "0.1x" };
  assert.deepEqual(settingsOfRun(state({ more })), { ...USUAL, early_stop: 3 });
});

test("a start from a model leaves out what new networks have, and says what is trained", () => {
  const { init: _, epochs, ...others } = USUAL;
  const of = (fields: Partial<Lab>) => settingsOfRun(state({ model, fromModel: true, ...fields }));
  assert.deepEqual(of({ more: { standardize: true } }), { ...others, epochs, transfer: "all" });
  // Other classes: the last layer alone, which has no epochs.
  const other = { ...model, fitsData: false };
  assert.deepEqual(of({ model: other }), { ...others, transfer: "head" });
  assert.equal(transfer(state({ model: other, more: { transfer: "all" } })), "all");
  const tuned = { transfer: "finetune", unfreeze_after: 2, lr_backbone: "0.1x" };
  assert.deepEqual(of({ model: other, more: tuned }), { ...others, epochs, ...tuned });
  assert.deepEqual(of({ more: { ...tuned, transfer: "all" } }), { ...others, epochs, transfer: "all" });
});

test("another network, model, setting or data is another run", () => {
  const recipes = [
    state({}),
    state({ text: "relu" }),
    state({ more: { ema: 0.9 } }),
    state({ dataNumber: 7 }),
    state({ model, fromModel: true }),
    state({ model: { ...model, hash: "def" }, fromModel: true }),
  ].map(recipe);
  assert.equal(new Set(recipes).size, recipes.length);
  // A model that is open without being the start is none.
  assert.equal(recipe(state({ model })), recipes[0]);
});

test("a model takes images of its own size", () => {
  assert.equal(modelTakes(state({ model })), true);
  assert.equal(modelTakes(state({ model: { ...model, input: [28, 28, 1] } })), false);
  assert.equal(modelTakes(state({})), false);
});

test("every setting with a control is one of the command's", () => {
  const tables = ["training", "network", "source"].map((name) => readFileSync(`../crates/stepnet/src/train/settings/${name}.rs`, "utf8"));
  for (const name of [...MORE_NAMES, "transfer"]) {
    assert(isOffered(name));
    assert(tables.some((table) => table.includes(`\n    ${name}: `)), `${name} is not a setting`);
  }
  assert.equal(isOffered("constructor"), false);
});
