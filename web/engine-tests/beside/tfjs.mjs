// Times training steps of the engine and of TensorFlow.js, in turns:
//
//     node web/engine-tests/beside/tfjs.mjs ENGINES [--pairs 5] [--browser]
//
// ENGINES is the folder in which tools/build_web.sh builds the engines (target/web-tools). TensorFlow.js is installed beside
// them, by npm. In node it computes by its CPU backend; its WebAssembly backend has no gradients of convolutions. With
// --browser both run in Chromium ($CHROMIUM), TensorFlow.js by WebGL too, as far as that is to be had there.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import puppeteer from "puppeteer-core";

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { pairs: { type: "string", default: "5" }, browser: { type: "boolean", default: false } },
});
if (positionals.length !== 1) {
  console.error("usage: node web/engine-tests/beside/tfjs.mjs ENGINES [--pairs 5] [--browser]");
  process.exit(2);
}
const engines = resolve(positionals[0]);
const peer = join(engines, "tfjs");
if (!existsSync(join(peer, "node_modules"))) {
  mkdirSync(peer, { recursive: true });
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", peer, "@tensorflow/tfjs@4"], { stdio: "inherit" });
}

const work = mkdtempSync(join(tmpdir(), "stepnet-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const module = join(work, "contestants.mjs");
const here = fileURLToPath(new URL(".", import.meta.url));
await build({ entryPoints: [join(here, "contestants.mjs")], outfile: module, bundle: true, format: "esm" });
const { TRAININGS, milliseconds, stepnet, tensorflow } = await import(pathToFileURL(module).href);

const middle = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Times contestants in turns, and prints the median of each and the ratios to the first. */
async function compare(title, contestants) {
  console.log(`\n${title}: milliseconds of a step, and how many times as long as ${contestants[0].name}\n`);
  for (const training of TRAININGS) {
    const rows = contestants.map(() => []);
    for (let pair = 0; pair < Number(given.pairs); pair++) {
      for (const [at, contestant] of contestants.entries()) rows[at].push(await contestant.time(training));
    }
    for (const [at, contestant] of contestants.entries()) {
      const ratios = rows[at].map((time, pair) => time / rows[0][pair]);
      const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
      console.log(
        `${training.name.padEnd(20)} ${contestant.name.padEnd(28)} ${middle(rows[at]).toFixed(2).padStart(9)} ms  ${middle(ratios).toFixed(2).padStart(8)}  (${range})`,
      );
    }
  }
}

const builds = ["simd128", "relaxed"].filter((name) => existsSync(join(engines, name)));

async function inNode() {
  const tf = createRequire(join(peer, "package.json"))("@tensorflow/tfjs");
  await tf.setBackend("cpu");
  const contestants = [];
  for (const name of builds) {
    const glue = await import(pathToFileURL(join(engines, name, "stepnet_web.js")).href);
    try {
      glue.initSync({ module: readFileSync(join(engines, name, "stepnet_web_bg.wasm")) });
    } catch (error) {
      console.log(`skipped: the build ${name} (${error.message})`);
      continue;
    }
    const prepare = stepnet(glue);
    contestants.push({ name: `Stepnet, ${name}`, time: (training) => milliseconds(prepare(training)) });
  }
  const prepare = tensorflow(tf);
  contestants.push({ name: "TensorFlow.js, cpu", time: (training) => milliseconds(prepare(training)) });
  await compare(`node ${process.version}`, contestants);
}

async function inBrowser() {
  const files = {
    "/": ["text/html", () => "<!doctype html><title>times</title><script src=/tf.js></script>"],
    "/tf.js": ["text/javascript", () => readFileSync(join(peer, "node_modules/@tensorflow/tfjs/dist/tf.min.js"))],
    "/contestants.mjs": ["text/javascript", () => readFileSync(module)],
  };
  for (const name of builds) {
    files[`/${name}.js`] = ["text/javascript", () => readFileSync(join(engines, name, "stepnet_web.js"))];
    files[`/${name}.wasm`] = ["application/wasm", () => readFileSync(join(engines, name, "stepnet_web_bg.wasm"))];
  }
  const server = createServer((request, response) => {
    const [type, bytes] = files[request.url] ?? [];
    if (type === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": type }).end(bytes());
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // A graphics card that is computed by the processor stands for one where there is none.
    args: ["--no-sandbox", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
    protocolTimeout: 600_000,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const backends = await page.evaluate(async (names) => {
      window.contestants = await import("/contestants.mjs");
      window.prepared = {};
      for (const name of names) {
        const glue = await import(`/${name}.js`);
        glue.initSync({ module: await (await fetch(`/${name}.wasm`)).arrayBuffer() });
        window.prepared[name] = window.contestants.stepnet(glue);
      }
      const found = [];
      for (const name of ["cpu", "webgl"]) if (await window.tf.setBackend(name).catch(() => false)) found.push(name);
      window.prepared.tensorflow = window.contestants.tensorflow(window.tf);
      return found;
    }, builds);
    const time = (name, backend) => (training) =>
      page.evaluate(
        async (which, on, of) => {
          if (on !== null) await window.tf.setBackend(on);
          return window.contestants.milliseconds(window.prepared[which](of));
        },
        name,
        backend,
        training,
      );
    const ours = builds.map((name) => ({ name: `Stepnet, ${name}`, time: time(name, null) }));
    const theirs = backends.map((name) => ({ name: `TensorFlow.js, ${name}`, time: time("tensorflow", name) }));
    if (!backends.includes("webgl")) console.log("skipped: WebGL, which this browser does not have");
    await compare(await browser.version(), [...ours, ...theirs]);
  } finally {
    await browser.close();
    server.close(server.closeAllConnections());
  }
}

await (given.browser ? inBrowser() : inNode());
process.exit(0);
