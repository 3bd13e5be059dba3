// The engine as it was built for browsers, in node. `tools/build_web.sh` says where it lies (STEPNET_ENGINES). After the
// training "hashed" of trainings.json it has the weights that crates/stepnet-web/tests/portable.rs finds natively.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bitmap, idx, zip } from "../tests/made_files.mjs";
import { open, train } from "./engine.mjs";

const engines = process.env.STEPNET_ENGINES;
const skip = engines === undefined ? "STEPNET_ENGINES names no build" : false;
const { hashed, weights } = JSON.parse(readFileSync(new URL("trainings.json", import.meta.url), "utf8"));

/** A module with an instruction of relaxed-simd. */
const PROBE = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];
const canRelax = WebAssembly.validate(new Uint8Array(PROBE));
const noRelaxed = skip || (canRelax ? false : "this node has no relaxed-simd") || (existsSync(join(engines, "relaxed")) ? false : "the relaxed engine was not built");

const text = (content) => new TextEncoder().encode(content);

test("the module has vectors", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  assert.equal(ask("about").instructionSet, "simd128");
});

test("a training ends in the bits of the native portable build", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  ask("load-digits");
  const before = ask("new-run", hashed).hash;
  train(ask);
  const { hash } = ask("hash");
  assert.notEqual(hash, before);
  assert.equal(hash, weights);
});

test("the digits are learnt, and the memory does not grow over 50 trainings", { skip }, async () => {
  const { ask, memory } = await open(join(engines, "simd128"));
  ask("load-digits");
  ask("new-run", { network: null, settings: { seed: 1 } });
  train(ask);
  assert.ok(ask("evaluate", { of: "test", mistakes: 5 }).accuracy >= 0.97);
  const first = memory();
  for (let seed = 0; seed < 50; seed++) {
    ask("new-run", { network: null, settings: { seed, epochs: 1 } });
    train(ask, 10);
    ask("activations", { image: { of: "test", index: seed }, layers: null, gradient: true });
  }
  assert.ok(memory() <= 2 * first, `${first} bytes became ${memory()}`);
});

test("the relaxed engine learns the digits as well", { skip: noRelaxed }, async () => {
  const { ask } = await open(join(engines, "relaxed"));
  assert.equal(ask("about").instructionSet, "relaxed-simd");
  ask("load-digits");
  ask("new-run", { network: null, settings: { seed: 1 } });
  train(ask);
  assert.ok(ask("evaluate", { of: "test", mistakes: 5 }).accuracy >= 0.97);
});

test("a derivative is checked in 64 bits", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  ask("load-digits");
  ask("new-run", hashed);
  train(ask, 20);
  const image = { of: "test", index: 3 };
  for (const [array, index] of [["conv1.weight", [1, 2, 0, 5]], ["bn1.gamma", [3]], ["conv2.weight", [0, 1, 4, 10]], ["linear1.bias", [2]]]) {
    const check = ask("gradcheck", { image, array, index });
    assert.ok(check.agrees && check.analytic !== 0 && check.difference < 1e-6, JSON.stringify(check));
  }
});

test("times pass", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  ask("load-digits");
  ask("new-run", { network: null, settings: {} });
  const start = performance.now();
  const slice = ask("slice", { steps: null, milliseconds: 50, told: true });
  const took = performance.now() - start;
  assert.ok(took >= 50 && took < 5000, `${took} ms`);
  assert.ok(slice.progress.imagesPerSecond > 0);
});

test("files are read from memory", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  const rows = Array.from({ length: 60 }, (_, n) => `${n % 3},${n % 7},${(n * 5) % 11},${n % 2},${n}`);
  const csv = text(["label,a,b,c,d", ...rows].join("\n"));
  const table = ask("load-files", { files: [{ path: "table.csv", bytes: csv }] });
  const wide = Buffer.from(`\ufeff${["label,a,b,c,d", ...rows].join("\n")}`, "utf16le");
  assert.deepEqual(ask("load-files", { files: [{ path: "table.csv", bytes: new Uint8Array(wide) }] }), table);
  // As the command reads them: the columns of a square are an image.
  assert.deepEqual([table.examples, table.classes, table.shape], [60, ["0", "1", "2"], [2, 2, 1]]);

  const images = idx([20, 4, 4], (at) => (at * 37) % 256);
  const labels = idx([20], (at) => at % 2);
  const pair = ask("load-files", {
    files: [
      { path: "train-images-idx3-ubyte", bytes: images },
      { path: "train-labels-idx1-ubyte", bytes: labels },
    ],
  });
  assert.deepEqual([pair.examples, pair.shape], [20, [4, 4, 1]]);

  // Folders of images, and the same packed.
  const bmp = (grey) => bitmap(6, 5, grey);
  const files = Array.from({ length: 12 }, (_, n) => ({
    path: `pets/${n % 2 ? "cats" : "dogs"}/${n}.bmp`,
    bytes: bmp(20 * n),
  }));
  const packed = zip(files.map(({ path, bytes }) => [path, bytes.slice()]));
  const folder = ask("load-files", { files });
  assert.deepEqual([folder.name, folder.examples, folder.classes], ["pets", 12, ["cats", "dogs"]]);
  const drawn = ask("examples", { of: "all", indices: [0, 11] });
  const archive = ask("load-files", { files: [{ path: "pets.zip", bytes: packed }] });
  assert.deepEqual([archive.examples, archive.classes, archive.shape], [12, ["cats", "dogs"], folder.shape]);
  assert.deepEqual(ask("examples", { of: "all", indices: [0, 11] }).rgba, drawn.rgba);
});

test("files that are none are refused in one line, and the data stays", { skip }, async () => {
  const { ask } = await open(join(engines, "simd128"));
  ask("load-digits");
  const wrong = [
    ["latin.csv", Uint8Array.from(Buffer.from("label,a\ncaf\xe9,1\n", "latin1")), /^latin\.csv: line 2, byte 4: 0xe9 is not UTF-8/],
    ["picture.csv", text("\u0000\u0001\u0002 nonsense"), /^picture\.csv: /],
    ["empty.csv", new Uint8Array(0), /^empty\.csv: the file is empty/],
    ["cut.zip", zip([["a/b.bmp", bitmap(2, 2, 7)]]).slice(0, 40), /^cut\.zip: /],
    ["large.bin", new Uint8Array(100_000_000), /^large\.bin: /],
    ["images.idx", new Uint8Array([0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 4, 0, 0, 0, 4]), /^images\.idx: /],
  ];
  for (const [path, bytes, message] of wrong) {
    assert.throws(
      () => ask("load-files", { files: [{ path, bytes }] }),
      (error) => message.test(error.message) && !error.message.includes("\n"),
      path,
    );
  }
  assert.equal(ask("examples", { of: "all", indices: [0] }).labels.length, 1);
});
