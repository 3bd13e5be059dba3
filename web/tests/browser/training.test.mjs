// Trainings: the weights of the command, early stopping and the other settings, starts from an opened model.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { downloads, drawingBox, give, laboratory, launch, open, press, ready, serve, setField, text, trained, until } from "./browser.mjs";

// The command, to compare weights with; tools/check_web.sh says which.
const command = process.env.STEPNET && resolve(process.env.STEPNET);
const skip = command ? false : "STEPNET names no command to compare weights with";

let server, browser, folder;
before(async () => {
  [server, browser] = [await serve(), await launch()];
  folder = mkdtempSync(`${tmpdir()}/stepnet-training-`);
});
after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

/** Runs the command that the page shows; the beginning of its weights' hash. */
function native(shown) {
  const [set, program, ...words] = shown.split(" ");
  assert.deepEqual([set, program], ["STEPNET_ISA=portable", "stepnet"], shown);
  const out = mkdtempSync(`${folder}/run-`);
  rmSync(out, { recursive: true });
  const script = `"$STEPNET" ${words.join(" ")} --out ${out}`;
  execFileSync("sh", ["-c", script], { cwd: folder, env: { ...process.env, STEPNET: command, STEPNET_ISA: "portable" } });
  const run = readFileSync(`${out}/run.json`, "utf8");
  return /"weights": *"([0-9a-f]{16})/.exec(run)[1];
}

const shown = (page) => text(page, "#train p.scroll code");
const hash = (page) => text(page, "#train .hash code");

test("the digits are trained to 97 %, to the weights of the command", { skip }, async () => {
  const page = await laboratory(browser, server);
  assert((await trained(page)) >= 97);
  assert.equal(await hash(page), native(await shown(page)));
  assert.deepEqual(page.problems, []);
  await page.close();
});

async function moreSettings(page, fields) {
  await page.$eval("#train details.more", (details) => (details.open = true));
  for (const [label, value] of fields) {
    await setField(page, label, value);
    await new Promise((rest) => setTimeout(rest, 50));
  }
}

const SETTINGS = [
  ["Early stopping: epochs", "2"],
  ["Share for testing", "0.3"],
  ["Augmentation", "crop(1), jitter(0.1)"],
  ["Label smoothing", "0.05"],
  ["Warm-up", "0.1"],
  ["Weight decay", "0.01"],
  ["Largest gradient norm", "1"],
  ["Average of the weights", "0.9"],
  ["Class weights", "1,1,1,2,1,1,1,1,1,1"],
  ["Frozen layers", "conv1"],
];

test("the other settings train as with the command, and early stopping keeps the best weights", async () => {
  const page = await laboratory(browser, server);
  await setField(page, "Epochs", 60);
  await setField(page, "Update rule", "adamw");
  await moreSettings(page, SETTINGS);
  // Standardise the channels.
  await page.$$eval("#train .setting .tick input", ([standardize]) => standardize.click());
  assert.match(await text(page, "#train details.more summary"), /changed: 11/);
  await trained(page);
  const epochs = await page.$eval("#train .facts dd", (dd) => Number(dd.textContent.split(" ")[0]));
  assert(epochs < 60, `it stopped after ${epochs} epochs`);
  const note = await text(page, "#train p.note[role=status]");
  assert.match(note, /^Early stopping has ended the training\. The weights after epoch \d+ were the best/);
  if (command) assert.equal(await hash(page), native(await shown(page)));
  const link = await page.$eval("#take label.wide input", (input) => input.value);
  assert.deepEqual(page.problems, []);
  await page.close();
  const again = await open(browser, link);
  await ready(again);
  assert.match(await text(again, "#train details.more summary"), /changed: 11/);
  await again.close();
});

test("a wrong setting gets one clear line", async () => {
  const page = await laboratory(browser, server);
  await moreSettings(page, [["Augmentation", "spin(3)"]]);
  await press(page, "Train", "#train");
  await page.waitForSelector("[role=alert]", { timeout: 20_000 });
  assert.match(await text(page, "[role=alert] span"), /augment.*spin/);
  await moreSettings(page, [["Augmentation", ""], ["Largest gradient norm", "-1"]]);
  await press(page, "Train", "#train");
  await until(page, () => /clip.norm/.test(document.querySelector("[role=alert]")?.textContent ?? ""), 20_000);
  await moreSettings(page, [["Largest gradient norm", ""]]);
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
  assert.equal(await page.$("[role=alert]"), null);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("a training continues from an opened model, as with the command", async () => {
  const page = await laboratory(browser, server);
  const downloaded = await downloads(page, folder);
  await trained(page, 2);
  await press(page, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  assert(statSync(model).size > 1000);
  await give(page, "#take input[type=file]", model);
  await page.waitForSelector("#network [aria-pressed]", { timeout: 20_000 });
  await press(page, "The opened model model.safetensors", "#network");
  assert.match(await text(page, "#network .said"), /its training continues/);
  const accuracy = await trained(page, 3);
  assert(accuracy > 90, `only ${accuracy} %`);
  const words = await shown(page);
  assert.match(words, /--from model\.safetensors .*--transfer all/);
  if (command) assert.equal(await hash(page), native(words));
  // A new network again.
  await press(page, "Close the model", "#take");
  await page.waitForSelector(".cm-content");
  await press(page, "One step", "#train");
  await until(page, () => !document.querySelector("#train p.scroll code").textContent.includes("--from"), 20_000);
  assert.deepEqual(page.problems, []);
  await page.close();
  rmSync(model);
});

test("other classes: a model of the digits learns drawings by its last layer", async () => {
  const page = await laboratory(browser, server);
  const downloaded = await downloads(page, folder);
  await trained(page, 8);
  await press(page, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  await give(page, "#take input[type=file]", model);
  await page.waitForSelector("#network [aria-pressed]", { timeout: 20_000 });
  await press(page, "The opened model model.safetensors", "#network");
  await press(page, "Draw your own", "#data");
  for (let n = 0; n < 12; n++) {
    const box = await drawingBox(page);
    // Upright and lying lines, here and there.
    const [dx, dy] = [6 * (n >> 1), 4 * (n >> 1)];
    await page.mouse.move(box.x + 40 + dx, box.y + 40 + dy);
    await page.mouse.down();
    if (n % 2 === 0) await page.mouse.move(box.x + 40 + dx, box.y + 130, { steps: 5 });
    else await page.mouse.move(box.x + 130, box.y + 40 + dy, { steps: 5 });
    await page.mouse.up();
    await page.$$eval(".classes li", (all, one) => all[one].querySelector("button").click(), n % 2);
  }
  await press(page, "Use these examples");
  // At the size of the model, not at that of the form.
  await until(page, () => document.querySelector("#data").textContent.includes("12 examples in 2 classes, each 8 × 8 × 1"), 20_000);
  assert.match(await text(page, "#network .said"), /new last layer/);
  await press(page, "Train", "#train");
  await page.waitForSelector("#measure .confusion", { timeout: 60_000 });
  assert.match(await shown(page), /--transfer head/);
  assert.equal(await page.$$eval("#measure .confusion tbody tr", (rows) => rows.length), 2);
  const said = await text(page, "#train .facts");
  assert.match(said, /Accuracy100/);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("a model of another size says so", async () => {
  const page = await laboratory(browser, server);
  await press(page, "Look at the untrained network", "#see");
  const downloaded = await downloads(page, mkdtempSync(`${folder}/other-`));
  await until(page, () => document.querySelector("#take .controls button:enabled") !== null, 20_000);
  await press(page, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  await give(page, "#take input[type=file]", model);
  await page.waitForSelector("#network [aria-pressed]", { timeout: 20_000 });
  await press(page, "Close the model", "#take");
  await press(page, "Draw your own", "#data");
  for (let n = 0; n < 4; n++) {
    const box = await drawingBox(page);
    await page.mouse.click(box.x + 40 + 20 * n, box.y + 60);
    await page.$$eval(".classes li", (all, one) => all[one].querySelector("button").click(), n % 2);
  }
  await press(page, "Use these examples");
  await until(page, () => document.querySelector("#data").textContent.includes("each 16 × 16 × 1"), 20_000);
  await give(page, "#take input[type=file]", model);
  await page.waitForSelector("#network [aria-pressed]", { timeout: 20_000 });
  await press(page, "The opened model model.safetensors", "#network");
  assert.match(await text(page, "#network .said.bad"), /takes images of 8 × 8 × 1, but those of the data are 16 × 16 × 1/);
  assert(await page.$eval("#train button.primary", (button) => button.disabled));
  assert.deepEqual(page.problems, []);
  await page.close();
});
