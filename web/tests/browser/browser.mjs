// A server for the built page, a browser, and what the tests do with pages.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, normalize } from "node:path";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

export const dist = process.env.STEPNET_DIST;
/** Time limits are multiplied by this, for machines that are busy with other things. */
const patience = Number(process.env.STEPNET_PATIENCE ?? 1);
export const screenshots = `${dist}-screenshots`;

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".txt": "text/plain" };

/** Serves the folder on loopback; the address and what closes it. */
export async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const file = dist + (path.endsWith("/") ? `${path}index.html` : path);
    if (path.includes("..") || !existsSync(file)) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  // A test that fails before it closes the server must not hold up the others.
  server.unref();
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close(server.closeAllConnections()) };
}

export function launch(...more) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const fakes = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  return puppeteer.launch({ executablePath, args: ["--no-sandbox", ...fakes, ...more], protocolTimeout: patience * 300_000, timeout: patience * 30_000 });
}

/** A page that fails the test on any error in it. */
export async function open(browser, address, { width = 1280, height = 900, language = "en", dark = false } = {}) {
  const page = await browser.newPage();
  page.problems = [];
  for (const name of ["waitForSelector", "waitForFunction"]) {
    const wait = page[name].bind(page);
    page[name] = (what, options, ...more) => wait(what, { ...options, timeout: patience * (options?.timeout ?? 30_000) }, ...more);
  }
  page.setDefaultNavigationTimeout(patience * 30_000);
  page.on("pageerror", (error) => page.problems.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  page.on("requestfailed", (request) => page.problems.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith("http://127.0.0.1")) page.problems.push(`asks elsewhere: ${request.url()}`);
  });
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
  await page.evaluateOnNewDocument((tag) => Object.defineProperty(navigator, "languages", { get: () => [tag] }), language);
  await page.goto(address);
  return page;
}

/** The laboratory with its data and a checked network. */
export async function ready(page) {
  await page.waitForSelector(".said.good", { timeout: 20_000 });
  await page.waitForSelector(".thumbnails canvas", { timeout: 20_000 });
}

export async function laboratory(browser, server, options) {
  const page = await open(browser, server.address, options);
  await ready(page);
  return page;
}

/** Sets the number, the words or the choice in the field with this label. */
export async function setField(page, label, value) {
  await page.evaluate(
    (wanted, given) => {
      const found = [...document.querySelectorAll("label")].find((one) => one.querySelector("span")?.textContent === wanted);
      const field = found.querySelector("input, select");
      field.value = String(given);
      field.dispatchEvent(new Event("change", { bubbles: true }));
    },
    label,
    value,
  );
}

/** Trains to the end; the accuracy on the test set in percent. */
export async function trained(page, epochs) {
  if (epochs !== undefined) await setField(page, "Epochs", epochs);
  await press(page, "Train", "#train");
  await page.waitForSelector("#measure .confusion", { timeout: 280_000 });
  await until(page, () => !document.querySelector(".status p").textContent, 60_000);
  return Number(/^([\d.]+)\s?%/.exec(await text(page, "#measure p[role=status]"))[1]);
}

/** Gives files to the first file input that a selector finds. */
export async function give(page, selector, ...files) {
  const input = await page.waitForSelector(selector);
  await input.uploadFile(...files);
}

/** Drops files and folders of the disk onto what a selector finds, as from the desktop. */
export async function drop(page, selector, ...files) {
  const target = await page.waitForSelector(selector);
  await target.scrollIntoView();
  const box = await target.boundingBox();
  const session = await page.createCDPSession();
  const data = { items: [], files, dragOperationsMask: 1 };
  const place = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  for (const type of ["dragEnter", "dragOver", "drop"]) await session.send("Input.dispatchDragEvent", { type, ...place, data });
  await session.detach();
}

/** Downloads go to a folder; waits for a file there whose name a pattern matches. */
export async function downloads(page, folder) {
  const session = await page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  return async (pattern) => {
    for (let tries = 0; tries < 300; tries++) {
      const name = readdirSync(folder).find((one) => pattern.test(one));
      if (name !== undefined) return `${folder}/${name}`;
      await new Promise((rest) => setTimeout(rest, 100));
    }
    return assert.fail(`no file ${pattern} was downloaded`);
  };
}

/** Clicks the button with exactly this text, or whose name it is, once it is there and enabled. */
export async function press(page, name, within = "body") {
  const tried = () =>
    page.evaluate(
      (wanted, inside) => {
        const buttons = [...document.querySelectorAll(`${inside} :is(button, a)`)].filter((one) => one.checkVisibility());
        const found = buttons.find((one) => (one.getAttribute("aria-label") ?? one.textContent.trim()) === wanted);
        if (!found || found.disabled) return found ? "disabled" : "missing";
        found.click();
        return "pressed";
      },
      name,
      within,
    );
  const begun = Date.now();
  let pressed = await tried();
  while (pressed !== "pressed" && Date.now() - begun < 10_000) {
    await new Promise((rest) => setTimeout(rest, 50));
    pressed = await tried();
  }
  assert.equal(pressed, "pressed", `button “${name}” in ${within}`);
}

/** Where the canvas to draw on lies, once it is in sight and no longer moves: what is above it may still change its size. */
export async function drawingBox(page) {
  const canvas = await page.waitForSelector(".collect canvas");
  await canvas.scrollIntoView();
  let box = null;
  for (let tries = 0; tries < 50; tries++) {
    const now = await canvas.boundingBox();
    if (box && now && box.x === now.x && box.y === now.y) return box;
    box = now;
    await new Promise((rest) => setTimeout(rest, 50));
  }
  return assert.fail("the canvas does not come to rest");
}

/** Types into the field that a selector finds, in place of what is there. */
export async function type(page, selector, text) {
  await page.click(selector, { count: 3 });
  await page.keyboard.press("Backspace");
  await page.type(selector, text);
}

export async function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent);
}

export async function until(page, condition, timeout, ...values) {
  await page.waitForFunction(condition, { timeout, polling: 50 }, ...values);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious findings of axe-core, as lines. */
export async function seriousFindings(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await window.axe.run()).violations);
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any?.[0]?.message ?? ""}`));
}

export async function overflow(page) {
  return page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
}

/** What sticks out on the right, for the message of a failure. */
export async function widest(page) {
  return page.evaluate(() => {
    const limit = document.documentElement.clientWidth + 1;
    const out = [...document.querySelectorAll("main *, header *")].filter((one) => one.getBoundingClientRect().right > limit && !one.closest(".scroll"));
    return out.slice(0, 4).map((one) => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`);
  });
}

export async function shoot(page, name, selector) {
  mkdirSync(screenshots, { recursive: true });
  const path = `${screenshots}/${name}.png`;
  const element = selector && (await page.$(selector));
  await (element ? element.screenshot({ path }) : page.screenshot({ path, fullPage: true }));
}
