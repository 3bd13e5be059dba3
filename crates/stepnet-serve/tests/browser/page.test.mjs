// The page of `stepnet serve` in a real browser: run by tools/check_serve.sh.
//
//     STEPNET_COMMAND=stepnet CHROMIUM=chromium node --test crates/stepnet-serve/tests/browser/page.test.mjs
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

// What the laboratory's tests have installed.
const installed = createRequire(new URL("../../../../web/package.json", import.meta.url));
const puppeteer = installed("puppeteer-core");
const axe = readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8");

const COMMAND = process.env.STEPNET_COMMAND;
const SECRET = "a-long-enough-secret";
let work, server, address, browser;

/** An uncompressed BMP of a colour gradient. */
function bmp(width, height) {
  const row = 4 * Math.ceil((3 * width) / 4);
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  const words = [bytes.length, 0, 54, 40, width, height, 1 | (24 << 16), 0, row * height, 2835, 2835, 0, 0];
  words.forEach((word, at) => bytes.writeUInt32LE(word, 2 + 4 * at));
  for (let at = 54; at < bytes.length; at += 1) bytes[at] = (at * 7) % 251;
  return bytes;
}

before(async () => {
  work = mkdtempSync(join(tmpdir(), "stepnet-page-"));
  const train = spawnSync(COMMAND, ["train", "--epochs", "2", "--out", "digits"], { cwd: work });
  assert.equal(train.status, 0, String(train.stderr));
  writeFileSync(join(work, "token"), SECRET);
  writeFileSync(join(work, "one.bmp"), bmp(40, 30));
  writeFileSync(join(work, "two.bmp"), bmp(8, 8));
  writeFileSync(join(work, "broken.bmp"), bmp(8, 8).subarray(0, 100));
  const model = "digits/model.safetensors";
  server = spawn(COMMAND, ["serve", model, `other=${model}`, "--port", "0", "--token-file", "token"], { cwd: work });
  for await (const line of createInterface({ input: server.stdout })) {
    const found = line.match(/^listening: (http:.*)$/);
    if (found) {
      address = found[1];
      break;
    }
  }
  browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"], protocolTimeout: 300_000 });
});

after(async () => {
  await browser?.close();
  server?.kill();
  if (work) rmSync(work, { recursive: true });
});

/** The page, with the token given unless `token` is none. */
async function open({ width = 1280, dark = false, token = SECRET } = {}) {
  const page = await browser.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(address) && !/^(blob|data):/.test(request.url())) page.problems.push(request.url());
  });
  await page.setViewport({ width, height: 850 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  await page.goto(address);
  await page.waitForSelector("#token-field:not([hidden])");
  if (token) {
    await page.type("#token", token);
    await page.keyboard.press("Tab");
    await page.waitForSelector("#model-field:not([hidden])");
  }
  return page;
}

/** Chooses files, and waits until each has its answer. */
async function choose(page, ...names) {
  const field = await page.$("#files");
  await field.uploadFile(...names.map((name) => join(work, name)));
  await page.waitForFunction((count) => document.querySelectorAll("article .bar, article .bad:not(:empty)").length >= count, { timeout: 60_000 }, names.length);
  await page.waitForFunction(() => !document.querySelector("#status").textContent.startsWith("Asking"));
}

test("images are answered with bars and a heat map of any class", async () => {
  const page = await open();
  await choose(page, "one.bmp", "two.bmp");
  assert.equal((await page.$$("article")).length, 2);
  const names = await page.$$eval("article:first-child button.bar", (bars) => bars.map((bar) => bar.dataset.name));
  assert.equal(names.length, 5);
  const pressed = () => page.$$eval("article:first-child [aria-pressed=true]", (bars) => bars.map((bar) => bar.dataset.name));
  assert.deepEqual(await pressed(), [names[0]]);
  const drawn = () => page.$eval("article:first-child canvas", (canvas) => canvas.toDataURL());
  const first = await drawn();
  // By keyboard: the focus stays on the class.
  await page.focus(`article:first-child [data-name="${names[1]}"]`);
  await page.keyboard.press("Enter");
  await page.waitForFunction((name) => document.querySelector("article [aria-pressed=true]").dataset.name === name, {}, names[1]);
  assert.notEqual(await drawn(), first);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), names[1]);
  await page.click("article:first-child .check input");
  assert.equal(await page.$eval("article:first-child .clip", (clip) => clip.hidden), true);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("mistakes are told on the page", async () => {
  const page = await open({ token: "" });
  const status = () => page.$eval("#status", (status) => status.textContent);
  assert.match(await status(), /asks for its token/);
  // Chosen before the token is given, it is asked about afterwards.
  await (await page.$("#files")).uploadFile(join(work, "broken.bmp"));
  await page.type("#token", SECRET);
  await page.keyboard.press("Tab");
  await page.waitForSelector("article .bad:not(:empty)");
  assert.match(await page.$eval("article .bad", (problem) => problem.textContent), /BMP/);
  assert.deepEqual(page.problems, []);
  await page.close();
});

for (const [width, dark] of [[1280, false], [390, false], [390, true]]) {
  test(`no serious finding of axe, nothing too wide: ${width} px, ${dark ? "dark" : "light"}`, async () => {
    const page = await open({ width, dark });
    await choose(page, "one.bmp");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await axe.run()).violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html).join(" ")}`));
    assert.deepEqual(found.filter((line) => /^(serious|critical)/.test(line)), []);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `serve-${width}-${dark ? "dark" : "light"}.png`), fullPage: true });
    await page.close();
  });
}
