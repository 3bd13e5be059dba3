// Data and models from files: dropped pairs, archives, folders and tables, large and broken ones.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { after, before, test } from "node:test";
import { bitmap, idx, zip } from "../made_files.mjs";
import { downloads, drop, give, laboratory, launch, press, serve, text, type, until } from "./browser.mjs";

let server, browser, folder;
before(async () => {
  [server, browser] = [await serve(), await launch()];
  folder = mkdtempSync(`${tmpdir()}/stepnet-files-`);
});
after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

function file(name, content) {
  mkdirSync(dirname(`${folder}/${name}`), { recursive: true });
  writeFileSync(`${folder}/${name}`, content);
  return `${folder}/${name}`;
}

async function files(page) {
  await press(page, "Your files", "#data");
  await page.waitForSelector("#data .drop");
}

/** Waits for what is said of the data, and makes a training step with it. */
async function used(page, said) {
  await until(page, (wanted) => document.querySelector("#data").textContent.includes(wanted), 60_000, said);
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 60_000);
  assert.deepEqual(page.problems, []);
}

test("a pair of MNIST files is dropped", async () => {
  const page = await laboratory(browser, server);
  await files(page);
  const images = file("train-images-idx3-ubyte", idx([60, 12, 12], (at) => (at * 37) % 256));
  const labels = file("train-labels-idx1-ubyte", idx([60], (at) => at % 3));
  await drop(page, "#data .drop", images, labels);
  await used(page, "60 examples in 3 classes, each 12 × 12 × 1");
  await page.close();
});

const PETS = Array.from({ length: 24 }, (_, n) => [`${n % 2 ? "cats" : "dogs"}/${n}.bmp`, bitmap(10, 9, 10 * n)]);

test("a zip archive of images is dropped", async () => {
  const page = await laboratory(browser, server);
  await files(page);
  await drop(page, "#data .drop", file("pets.zip", zip(PETS)));
  await used(page, "24 examples in 2 classes, each 9 × 10 × 3");
  await page.close();
});

test("a folder of images is dropped, anywhere on the page, or chosen", async () => {
  for (const [name, bytes] of PETS) {
    mkdirSync(`${folder}/pets/${name.split("/")[0]}`, { recursive: true });
    writeFileSync(`${folder}/pets/${name}`, bytes);
  }
  const page = await laboratory(browser, server);
  await drop(page, "#network h2", `${folder}/pets`);
  await used(page, "24 examples in 2 classes, each 9 × 10 × 3");
  assert.equal(await text(page, "#data p strong"), "pets");
  assert.deepEqual(new Set(await page.$$eval("#data .thumbnails small", (all) => all.map((one) => one.textContent))), new Set(["cats", "dogs"]));
  await press(page, "Embedded digits", "#data");
  await until(page, () => document.querySelector("#data p strong").textContent === "digits", 20_000);
  await files(page);
  const chooser = await page.$("#data .controls label:nth-of-type(2) input");
  await chooser.uploadFile(`${folder}/pets`);
  await used(page, "24 examples in 2 classes");
  await page.close();
});

test("a CSV file is dropped", async () => {
  const rows = Array.from({ length: 60 }, (_, row) => [row % 3, ...Array.from({ length: 16 }, (_, i) => ((row % 3) + 1) * i)].join(","));
  const header = ["label", ...Array.from({ length: 16 }, (_, i) => `pixel${i}`)].join(",");
  const page = await laboratory(browser, server);
  await files(page);
  await drop(page, "#data .drop", file("small.csv", [header, ...rows].join("\n")));
  await used(page, "60 examples in 3 classes");
  await page.close();
});

test("100 MB of images are read, and the page goes on", async () => {
  const page = await laboratory(browser, server);
  await files(page);
  const images = file("large/train-images-idx3-ubyte", idx([127_560, 28, 28], (at) => at & 255));
  const labels = file("large/train-labels-idx1-ubyte", idx([127_560], (at) => at % 10));
  assert(statSync(images).size > 100_000_000);
  await drop(page, "#data .drop", images, labels);
  await used(page, "127,560 examples in 10 classes");
  rmSync(images);
  await page.close();
});

test("broken, empty, wrong and huge files get one clear line, and the page goes on", async () => {
  const page = await laboratory(browser, server);
  const huge = file("huge.bin", Buffer.alloc(100_000_000, 7));
  const cut = file("cut/train-images-idx3-ubyte", idx([60, 12, 12], () => 1).slice(0, 500));
  const nothing = `${folder}/nothing`;
  mkdirSync(nothing);
  const wrong = [
    [file("broken.zip", "PK\u0003\u0004 broken")],
    [file("cut.zip", zip(PETS).slice(0, 900))],
    [file("empty.csv", "")],
    [file("noise.npz", Buffer.alloc(1000, 9))],
    [file("text.txt", "hello")],
    [cut, file("cut/train-labels-idx1-ubyte", idx([60], () => 1))],
    [nothing],
    [huge],
  ];
  await files(page);
  for (const names of wrong) {
    await drop(page, "#data .drop", ...names);
    await page.waitForSelector("[role=alert]", { timeout: 60_000 });
    const said = await text(page, "[role=alert] span");
    assert(said.length > 20 && !said.includes("\n"), `${names}: ${said}`);
    await press(page, "Close", "[role=alert]");
    await until(page, () => !document.querySelector("[role=alert]"), 5000);
  }
  const models = [
    file("wrong.safetensors", Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from("{}")])),
    file("short.safetensors", Buffer.from([1, 2, 3])),
    file("picture.safetensors", bitmap(8, 8, 100)),
  ];
  for (const name of models) {
    await give(page, "#take input[type=file]", name);
    await page.waitForSelector("[role=alert]", { timeout: 20_000 });
    const said = await text(page, "[role=alert] span");
    assert(said.includes(name.split("/").at(-1)) && !said.includes("\n"), said);
    await press(page, "Close", "[role=alert]");
    await until(page, () => !document.querySelector("[role=alert]"), 5000);
  }
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("a model of 45 MB is downloaded and opens again", async () => {
  const page = await laboratory(browser, server);
  const downloaded = await downloads(page, folder);
  await type(page, ".cm-content", "linear(150000) -> relu -> linear(classes) -> softmax");
  await until(page, () => (document.querySelector("#network .said.good")?.textContent ?? "").includes("11,250,010"), 20_000);
  await press(page, "Look at the untrained network", "#see");
  await until(page, () => document.querySelector("#take .controls button:enabled") !== null, 60_000);
  await press(page, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  assert(statSync(model).size > 44_000_000);
  await drop(page, "#take h2", model);
  await until(page, () => document.querySelector("#take").textContent.includes("Opened:"), 60_000);
  await until(page, () => /The network says/.test(document.querySelector("#see").textContent), 60_000);
  assert.deepEqual(page.problems, []);
  await page.close();
});
