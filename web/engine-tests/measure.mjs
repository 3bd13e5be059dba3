// Times training steps in node, for the trainings that crates/stepnet-web/examples/timing.rs times natively:
//
//     node web/engine-tests/measure.mjs FOLDER     the folder of one build of the engine
//     node --experimental-wasm-relaxed-simd ...    for relaxed multiply-adds, where node needs to be told
import { readFileSync } from "node:fs";
import { open, train } from "./engine.mjs";

const { timed } = JSON.parse(readFileSync(new URL("trainings.json", import.meta.url), "utf8"));
const { ask } = await open(process.argv[2]);
console.log(ask("about").instructionSet);

for (const { name, network, input, steps, settings } of timed) {
  if (input === null) ask("load-digits");
  else ask("load-images", drawn(input));
  ask("new-run", { network, settings });
  train(ask, 1);
  const start = performance.now();
  train(ask, steps);
  const milliseconds = (performance.now() - start) / steps;
  console.log(`${name.padEnd(24)} ${milliseconds.toFixed(3).padStart(9)} ms a step`);
}

/** As in timing.rs. */
function drawn([height, width, channels]) {
  const images = Array.from({ length: 256 }, (_, n) => {
    const values = new Uint8Array(height * width * channels);
    return { width, height, channels, values: values.map((_, at) => (n * 7919 + at * 104729) % 251) };
  });
  const labels = images.map((_, n) => n % 10);
  const classes = Array.from({ length: 10 }, (_, n) => String(n));
  return { name: "drawn", classes, images, labels, input: [height, width, channels] };
}
