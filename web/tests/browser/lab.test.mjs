// The laboratory: training to 97 %, every button, files of all sorts, models, links, offline, one file, memory.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, before, test } from "node:test";
import { dist, downloads, drawingBox, give, laboratory, launch, open, press, ready, serve, setField, text, trained, type, until } from "./browser.mjs";

let server, browser, folder;
before(async () => {
  [server, browser] = [await serve(), await launch("--enable-precise-memory-info")];
  folder = mkdtempSync(`${tmpdir()}/stepnet-lab-`);
});
after(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

test("the digits are learnt to 97 %, and the page answers meanwhile", async () => {
  const page = await laboratory(browser, server);
  await setField(page, "Epochs", 25);
  await press(page, "Train", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 30_000);
  // A frame that takes long means that the page is frozen.
  const slowest = await page.evaluate(async () => {
    let [worst, last] = [0, performance.now()];
    for (let frame = 0; frame < 60; frame++) {
      await new Promise(requestAnimationFrame);
      [worst, last] = [Math.max(worst, performance.now() - last), performance.now()];
    }
    return worst;
  });
  assert(slowest < 1000, `the page was frozen for ${slowest} ms`);
  await page.waitForSelector("#measure .confusion", { timeout: 280_000 });
  const accuracy = Number(/^([\d.]+)/.exec(await text(page, "#measure p[role=status]"))[1]);
  assert(accuracy >= 97, `only ${accuracy} %`);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("pause, one step, one example, new weights, learning rate", async () => {
  const page = await laboratory(browser, server);
  const steps = () => page.$$eval("#train .facts dd", (all) => Number(all[1].textContent.replace(/\D/g, "")));
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
  await until(page, () => !document.querySelector(".status p").textContent, 20_000);
  assert.equal(await steps(), 1);
  await press(page, "Continue", "#train");
  await until(page, () => [...document.querySelectorAll("#train button")].some((one) => one.textContent === "Pause"), 5000);
  await press(page, "Pause", "#train");
  await until(page, () => [...document.querySelectorAll("#train button")].some((one) => one.textContent === "Continue" && !one.disabled), 20_000);
  const paused = await steps();
  await new Promise((rest) => setTimeout(rest, 500));
  assert.equal(await steps(), paused, "it trains although it is paused");
  await setField(page, "Learning rate", 0.01);
  await until(page, () => document.querySelector("#train").textContent.includes("intervened"), 5000);
  await press(page, "One example", "#train");
  await until(page, () => /Loss of this example: [\d.]+/.test(document.querySelector("#train").textContent), 10_000);
  await press(page, "New weights", "#train");
  await until(page, () => [...document.querySelectorAll("#train button")].some((one) => one.textContent === "Train"), 10_000);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("every value can be asked for, forward and backward, and weights are checked", async () => {
  const page = await laboratory(browser, server);
  await trained(page, 1);
  const layers = await page.$$eval("#see select", ([select]) => [...select.options].map((option) => option.value));
  assert(layers.length > 5);
  for (const layer of layers) {
    await page.select("#see .controls select", layer);
    await until(page, (name) => document.querySelector("#see .why h3")?.textContent.startsWith(name), 20_000, layer);
    assert.equal(await text(page, "#see .why p[role=status]"), "The sums agree with what the network computed.", layer);
  }
  await page.select("#see .controls select", "conv1");
  await until(page, () => document.querySelector("#see .why h3")?.textContent.startsWith("conv1["), 20_000);
  await press(page, "Next", "#see");
  await until(page, () => document.querySelector("#see .why h3").textContent.startsWith("conv1[0,1,0]"), 10_000);
  await press(page, "Feature map 3", "#see");
  await until(page, () => document.querySelector("#see .why h3").textContent.startsWith("conv1[0,1,3]"), 10_000);
  assert.equal((await page.$$("#see .pick-map rect.window")).length, 1);
  await press(page, "Backward: gradients", "#see");
  await until(page, () => document.querySelector("#see .why").textContent.includes("gradient of the loss with respect to"), 10_000);
  await page.click("#see details .matrix button");
  await until(page, () => /backward propagation gives/.test(document.querySelector("#see").textContent), 20_000);
  assert.match(await text(page, "#see details .said.good"), /They agree/);
  assert((await page.$("#see .cam canvas")) !== null, "no Grad-CAM");
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("a text that does not fit gets advice, and the advice fits", async () => {
  const page = await laboratory(browser, server);
  await type(page, ".cm-content", "conv(8, 3) -> maxpool(4) -> conv(8, 5) -> linear(classes) -> softmax");
  await page.waitForSelector(".said.bad button", { timeout: 10_000 });
  await press(page, "Apply it", "#network");
  await page.waitForSelector("#network .said.good", { timeout: 10_000 });
  await type(page, ".cm-content", "conv(8, 3) -> rellu -> linear(classes) -> softmax");
  await page.waitForSelector("#network .said.bad", { timeout: 10_000 });
  assert.match(await text(page, "#network .said.bad"), /relu/);
  await page.waitForSelector(".cm-lintRange-error");
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("a layer is inserted, changed and removed in the diagram", async () => {
  const page = await laboratory(browser, server);
  const network = () => text(page, ".cm-content");
  await page.click(".diagram button");
  await page.select(".layer-form select", "bn");
  await until(page, () => /^conv\(8, 3, same\) -> bn -> relu/.test(document.querySelector(".cm-content").textContent), 5000);
  await page.waitForSelector(".said.good");
  await page.$$eval(".diagram button", (all) => all[1].click());
  await press(page, "Remove the layer", ".layer-form");
  await until(page, () => /^conv\(8, 3, same\) -> relu/.test(document.querySelector(".cm-content").textContent), 5000);
  assert.match(await network(), /^conv/);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("drawn and recorded examples become data", async () => {
  const page = await laboratory(browser, server);
  await press(page, "Draw your own", "#data");
  for (const [index, dx] of [[0, 0], [0, 8], [1, 0], [1, 8]]) {
    const box = await drawingBox(page);
    await page.mouse.move(box.x + 40 + dx, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + (index === 0 ? 40 + dx : 140), box.y + 140, { steps: 5 });
    await page.mouse.up();
    await page.$$eval(".classes li", (all, one) => all[one].querySelector("button").click(), index);
  }
  await press(page, "Use these examples");
  await until(page, () => document.querySelector("#data").textContent.includes("4 examples in 2 classes, each 16 × 16 × 1"), 20_000);
  await press(page, "Webcam", "#data");
  await press(page, "Start the camera");
  await page.waitForSelector("video:not([hidden])", { timeout: 20_000 });
  for (const index of [0, 1]) {
    const button = (await page.$$(".classes li > button:not(:last-child)"))[index];
    await button.scrollIntoView();
    await button.hover();
    await page.mouse.down();
    await new Promise((rest) => setTimeout(rest, 800));
    await page.mouse.up();
  }
  await press(page, "Use these examples");
  await until(page, () => /examples in 2 classes, each 32 × 32 × 3/.test(document.querySelector("#data").textContent), 20_000);
  await press(page, "Stop the camera");
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("the model is downloaded and opens again; the link brings back the run", async () => {
  const page = await laboratory(browser, server);
  const downloaded = await downloads(page, folder);
  await setField(page, "Seed", 5);
  await trained(page, 2);
  await press(page, "Download the model", "#take");
  const model = await downloaded(/^model.*\.safetensors$/);
  assert(statSync(model).size > 1000);
  const link = await page.$eval("#take label.wide input", (input) => input.value);
  await give(page, "#take input[type=file]", model);
  await until(page, () => document.querySelector("#take").textContent.includes("Opened:"), 20_000);
  await until(page, () => /The network says/.test(document.querySelector("#see").textContent), 20_000);
  assert.deepEqual(page.problems, []);
  await page.close();
  const again = await open(browser, link);
  await ready(again);
  const seed = await again.$$eval("#train .controls input[type=number]", (all) => all.at(-1).value);
  assert.equal(seed, "5");
  await again.close();
});

test("the other buttons: images, drawing, classes, link, steps, measuring", async () => {
  const page = await laboratory(browser, server);
  await press(page, "Network", ".steps");
  await press(page, "Next images", "#data");
  await until(page, () => document.querySelector("#data .gallery").textContent.includes("21 to 40"), 10_000);
  await press(page, "Previous images", "#data");
  await until(page, () => document.querySelector("#data .gallery").textContent.includes("1 to 20"), 10_000);
  await press(page, "Look at the untrained network", "#see");
  await until(page, () => /The network says/.test(document.querySelector("#see").textContent), 20_000);
  await press(page, "Image 7: 4".replace("4", await page.$eval("#see .thumbnails button:nth-of-type(7) small", (one) => one.textContent)), "#see");
  await until(page, () => document.querySelector("#see .thumbnails button:nth-of-type(7)").getAttribute("aria-pressed") === "true", 5000);
  await press(page, "Draw an image", "#see");
  const canvas = await page.waitForSelector("#see .pad-drawing canvas");
  await canvas.scrollIntoView();
  const pad = await canvas.boundingBox();
  await page.mouse.move(pad.x + 60, pad.y + 30);
  await page.mouse.down();
  await page.mouse.move(pad.x + 60, pad.y + 130, { steps: 4 });
  await page.mouse.up();
  await until(page, () => /The network says \S+\.$/.test(document.querySelector("#see .prediction p").textContent), 10_000);
  await press(page, "Clear", "#see");
  await press(page, "Draw an image", "#see");
  await (await page.waitForSelector("#see .thumbnails button")).click();
  await press(page, "Measure on the test set", "#measure");
  await page.waitForSelector("#measure .mistakes button", { timeout: 60_000 });
  await page.click("#measure .mistakes li:nth-child(2) button");
  await until(page, () => /The network says \S+\. The label is/.test(document.querySelector("#see .prediction p").textContent), 10_000);
  await press(page, "Copy the link", "#take");
  await until(page, () => /copied|did not allow/.test(document.querySelector("#take").textContent), 5000);
  await press(page, "Draw your own", "#data");
  await press(page, "Add a class", "#data");
  await until(page, () => document.querySelectorAll(".classes li").length === 3, 5000);
  await press(page, "Remove class", "#data .classes li:last-child");
  await until(page, () => document.querySelectorAll(".classes li").length === 2, 5000);
  await page.focus(".skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await press(page, "Course", "header");
  await page.waitForSelector(".exercise");
  await press(page, "Laboratory", "header");
  await until(page, () => document.querySelector("#data").checkVisibility(), 5000);
  assert.deepEqual(page.problems, []);
  await page.close();
});

test("faster arithmetic is another engine, and remembered", async (context) => {
  if (!existsSync(`${dist}/stepnet_web_relaxed_bg.wasm`)) return context.skip("tools/build_web.sh has not built the relaxed engine");
  const page = await laboratory(browser, server);
  const tick = '#train > label.tick input[type="checkbox"]';
  const engine = () => text(page, "footer p:last-child");
  assert.match(await engine(), /simd128/);
  await Promise.all([page.waitForNavigation(), page.click(tick)]);
  await ready(page);
  assert.match(await engine(), /relaxed-simd/);
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
  await Promise.all([page.waitForNavigation(), page.click(tick)]);
  await ready(page);
  assert.match(await engine(), /simd128/);
  assert.deepEqual(page.problems, []);
  return page.close();
});

test("it works offline after the first visit", async () => {
  const page = await laboratory(browser, server);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await ready(page);
  server?.close();
  try {
    await page.reload();
    await ready(page);
    await press(page, "One step", "#train");
    await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
    await press(page, "Course", "header");
    await page.waitForSelector(".matrix td");
  } finally {
    server = await serve();
  }
  await page.close();
});

test("the single file opens from file://", async (context) => {
  const single = `${dist}/stepnet-lab.html`;
  if (!existsSync(single)) return context.skip("tools/build_web.sh has not written stepnet-lab.html");
  const page = await open(browser, `file://${single}`);
  await ready(page);
  await press(page, "One step", "#train");
  await until(page, () => document.querySelector("#train .facts") !== null, 20_000);
  assert.deepEqual(page.problems, []);
  assert(readFileSync(single).length < 6_000_000);
  return page.close();
});

test("memory does not grow over 50 trainings", async () => {
  const page = await laboratory(browser, server);
  const session = await page.createCDPSession();
  const used = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    const metric = (name) => metrics.find((one) => one.name === name).value;
    return { bytes: await page.evaluate(() => performance.memory.usedJSHeapSize), nodes: metric("Nodes"), listeners: metric("JSEventListeners") };
  };
  await session.send("Performance.enable");
  await setField(page, "Epochs", 1);
  const train = async () => {
    await press(page, "New weights", "#train");
    await until(page, () => [...document.querySelectorAll("#train button.primary")].some((one) => one.textContent === "Train" && !one.disabled), 20_000);
    await press(page, "Train", "#train");
    await until(page, () => document.querySelector("#measure .confusion") && !document.querySelector(".status p").textContent, 60_000);
  };
  for (let round = 0; round < 5; round++) await train();
  const before = await used();
  for (let round = 0; round < 45; round++) await train();
  const after = await used();
  assert(after.bytes - before.bytes < 5_000_000, `${after.bytes - before.bytes} bytes more after 45 trainings`);
  assert(after.nodes < 1.2 * before.nodes, `${before.nodes} nodes became ${after.nodes}`);
  assert(after.listeners < 1.2 * before.listeners, `${before.listeners} listeners became ${after.listeners}`);
  assert.deepEqual(page.problems, []);
  await page.close();
});
