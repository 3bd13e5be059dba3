// What the command makes for a browser: `stepnet lab` with a model and data, report.html, the page of `why`. STEPNET names the
// command.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { dist, launch, open, overflow, seriousFindings, serve, shoot, text, until, widest } from "./browser.mjs";

const command = process.env.STEPNET;
const skip = !command && "STEPNET does not name the command";

let browser, folder, other;
before(async () => {
  if (skip) return;
  [browser, other] = [await launch(), await serve()];
  folder = mkdtempSync(`${tmpdir()}/stepnet-command-`);
  const rows = Array.from({ length: 60 }, (_, row) => [row % 3, ...Array.from({ length: 64 }, (_, i) => (((row % 3) + 1) * i) % 256)].join(","));
  const header = ["label", ...Array.from({ length: 64 }, (_, i) => `pixel${i}`)].join(",");
  writeFileSync(`${folder}/rows.csv`, [header, ...rows].join("\n"));
  const network = "conv(4, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax";
  stepnet("train", "rows.csv", "--model", network, "--epochs", "2", "--out", "run");
  stepnet("why", "run/model.safetensors", "--data", "rows.csv", "--at", "conv1[3,3,1]", "--grad", "--trace", "9", "--html", "why.html");
});
after(async () => {
  await browser?.close();
  other?.close();
  if (folder) rmSync(folder, { recursive: true });
});

function stepnet(...words) {
  const { status, stderr } = spawnSync(command, words, { cwd: folder, encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** Starts `stepnet lab`; its link, and what ends it. */
async function lab(...words) {
  const child = spawn(command, ["lab", ...words, "--folder", dist, "--no-browser"], { cwd: folder });
  let said = "";
  const link = await new Promise((found, failed) => {
    child.stdout.on("data", (piece) => {
      said += piece;
      const line = /the laboratory: (\S+)\n/.exec(said);
      if (line) found(line[1]);
    });
    child.stderr.on("data", (piece) => (said += piece));
    child.on("exit", () => failed(new Error(said)));
  });
  return { link, close: () => child.kill("SIGINT") };
}

test("the laboratory of the command has the model and the data, and keeps nothing", { skip }, async () => {
  const { link, close } = await lab("run/model.safetensors", "rows.csv");
  try {
    const page = await open(browser, link);
    await until(page, () => document.querySelector("#data")?.textContent.includes("60 examples in 3 classes"), 60_000);
    await until(page, () => document.querySelector("#take")?.textContent.includes("model.safetensors"), 60_000);
    await page.waitForSelector("#see .why h3", { timeout: 60_000 });
    assert.equal(await page.$("[role=alert]"), null);
    const kept = await page.evaluate(async () => [(await navigator.serviceWorker.getRegistrations()).length, (await caches.keys()).length]);
    assert.deepEqual(kept, [0, 0]);
    assert(await page.evaluate(() => crossOriginIsolated), "browsers give it no threads");
    assert.deepEqual(page.problems, []);
    await page.close();
  } finally {
    close();
  }
});

test("another page of the browser cannot read what the command serves", { skip }, async () => {
  const { link, close } = await lab("run/model.safetensors");
  try {
    const page = await open(browser, other.address);
    const root = link.split("?")[0];
    const read = await page.evaluate(async (address) => {
      const tries = [{}, { mode: "no-cors" }].map((how) => fetch(address, how).then((answer) => answer.text(), () => ""));
      return (await Promise.all(tries)).map((text) => text.length);
    }, `${root}model`);
    assert.deepEqual(read, [0, 0]);
    await page.close();
  } finally {
    close();
  }
});

for (const [name, file, first] of [["the report", "run/report.html", "Training report"], ["the page of why", "why.html", "Why is conv1"]]) {
  test(`${name}: both themes, wide and narrow, by keyboard alone`, { skip }, async () => {
    for (const [width, dark] of [[1280, false], [390, true], [390, false], [1280, true]]) {
      const page = await open(browser, `file://${folder}/${file}`, { width, dark });
      assert((await text(page, "h1")).startsWith(first));
      const place = `${file} at ${width}, ${dark ? "dark" : "light"}`;
      assert.deepEqual(await seriousFindings(page), [], place);
      assert((await overflow(page)) <= 0, `${place}: ${await widest(page)}`);
      await shoot(page, `${file.replace("/", "-")}-${width}-${dark ? "dark" : "light"}`);
      assert.deepEqual(page.problems, []);
      await page.close();
    }
    const page = await open(browser, `file://${folder}/${file}`);
    const reached = new Set();
    for (let press = 0; press < 12; press++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(() => {
        const one = document.activeElement;
        return { tag: one.tagName, outline: getComputedStyle(one).outlineStyle };
      });
      if (focus.tag === "BODY") break;
      assert.notEqual(focus.outline, "none", `${focus.tag} does not show the focus`);
      reached.add(focus.tag);
    }
    assert(reached.size > 0, "nothing can be reached by keyboard");
    await page.close();
  });
}
