// The course: every exercise with its right answer and with wrong ones, every figure moved.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, press, serve, text, until } from "./browser.mjs";

let server, browser;
before(async () => ([server, browser] = [await serve(), await launch()]));
after(async () => {
  await browser?.close();
  server?.close();
});

async function chapter(name) {
  const page = await open(browser, `${server.address}#/course/${name}`);
  await page.waitForSelector(".exercise");
  return page;
}

/** Gives an answer; whether it was right, and why. */
async function answer(page, given) {
  if (typeof given === "number") await page.click(`.exercise fieldset label:nth-of-type(${given + 1}) input`);
  else {
    await page.click(".exercise .formula input", { count: 3 });
    await page.type(".exercise .formula input", given);
  }
  // The verdict on the former answer goes as soon as another is entered.
  await until(page, () => document.querySelector(".exercise .said").textContent === "", 10_000);
  await press(page, "Check", ".exercise");
  await until(page, () => document.querySelector(".exercise .said").textContent !== "", 30_000);
  const said = await text(page, ".exercise .said");
  return { right: said.startsWith("Right."), said };
}

const EXERCISES = [
  { name: "padding", right: ["(f - 1) / 2"], wrong: [["f / 2", "whole number"], ["f - 1", "become"], ["1", "become"], ["(f - 1", "ends too early"], ["g", "cannot be read"]] },
  { name: "step", right: ["2", "2.0"], wrong: [["3", "bias is still missing"], ["4", "added, not subtracted"], ["abc", "Enter a number"], ["8", "flipped"], ["5", "sum of the window"], ["99", "position by position"]] },
  { name: "forward", right: ["floor((n - f + 2*p) / s) + 1", "floor((n + 2*p - f + s) / s)"], wrong: [["(n - f + 2*p) / s + 1", "round down"], ["floor((n - f + 2*p) / s)", "first window"], ["floor((n - f + p) / s) + 1", "both sides"], ["n", "Count the places"]] },
  { name: "pooling", right: [1], wrong: [[0, "only the first"], [2, "true and false"], [3, "all four"]] },
  { name: "backward", right: ["9"], wrong: [["4", "sum of dZ"], ["6", "not by the filter"], ["2", "first window alone"], ["7", "another weight"], ["99", "Write down"]] },
  { name: "network", right: ["(f*f*c + 1) * n", "f^2*c*n + n"], wrong: [["f*f*c*n", "also has a bias"], ["f*f*c*n + 1", "one for each filter"], ["f*f*n + n + 0*c", "as deep as"], ["7", "Count one filter"]] },
  { name: "training", right: ["w - a*d"], wrong: [["w + a*d", "up the slope"], ["w - d", "scaled by the learning rate"], ["w*a", "became"], ["-a*d", "became"]] },
];

for (const { name, right, wrong } of EXERCISES) {
  test(`${name}: right answers are right, wrong ones get their reason`, async () => {
    const page = await chapter(name);
    for (const given of right) {
      const verdict = await answer(page, given);
      assert(verdict.right, `${given}: ${verdict.said}`);
    }
    for (const [given, why] of wrong) {
      const verdict = await answer(page, given);
      assert(!verdict.right, `${given} was taken for right`);
      assert(verdict.said.includes(why), `${given}: ${verdict.said}`);
    }
    assert.deepEqual(page.problems, []);
    await page.close();
  });
}

test("figures follow the reader's numbers and the window", async () => {
  const page = await chapter("forward");
  await page.waitForSelector(".matrix td.win");
  await page.focus(".matrix input");
  await page.keyboard.type("9");
  await press(page, "Random numbers");
  for (const label of ["Next", "Next", "Back"]) await press(page, label);
  assert.match(await text(page, ".position output"), /^2 of 25$/);
  await press(page, "Play");
  await until(page, () => document.querySelector(".position output").textContent.startsWith("3 "), 5000);
  await press(page, "Pause");
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("the figure of forward propagation shows the published mistake", async () => {
  const page = await chapter("forward");
  await page.waitForSelector(".matrix td.chosen");
  const last = async () => {
    for (let i = 0; i < 24; i++) await page.$$eval(".position button", (all) => all.at(-1).click());
    await until(page, () => document.querySelector(".position output").textContent.startsWith("25 "), 5000);
    return page.$$eval(".matrix:last-of-type td.chosen", (cells) => cells.at(-1).textContent);
  };
  const right = await last();
  await page.click(".tick input");
  await until(page, () => [...document.querySelectorAll("td.chosen")].at(-1)?.textContent === "0", 5000);
  assert.notEqual(right, "0");
  await page.close();
});

test("training draws a curve for each learning rate", async () => {
  const page = await chapter("training");
  for (const rate of ["0.1", "1"]) {
    await page.select(".chapter .controls select", rate);
    await press(page, "Train 120 steps");
    await until(page, () => document.querySelectorAll(".chapter .controls button:disabled").length === 0, 120_000);
  }
  assert.equal((await page.$$(".chapter .key")).length, 2);
  const losses = await page.$$eval(".chapter .key b", (all) => all.map((one) => Number(one.textContent)));
  assert(losses.every((loss) => loss > 0 && loss < 2.2), `losses ${losses} do not fall`);
  assert.deepEqual(page.problems, []);
  await page.close();
});
