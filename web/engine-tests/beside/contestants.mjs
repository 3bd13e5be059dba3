// What is timed, in node and in a browser: training steps of the engine and of TensorFlow.js, on the same networks and images.
import { pack, unpack } from "../../src/engine/messages.ts";

/** The trainings: as in ../trainings.json, with the examples of a step. */
export const TRAININGS = [
  { name: "digits, batch 32", network: "digits-cnn", input: [8, 8, 1], batch: 32 },
  { name: "LeNet-5, batch 32", network: "lenet5", input: [28, 28, 1], batch: 32 },
  { name: "ResNet-20, batch 8", network: "resnet20", input: [32, 32, 3], batch: 8 },
];
const CLASSES = 10;
const EXAMPLES = 256;

function values([height, width, channels], example) {
  return new Uint8Array(height * width * channels).map((_, at) => (example * 7919 + at * 104729) % 251);
}

/** Training steps of the engine: `glue` is its JavaScript, begun. */
export function stepnet(glue) {
  const engine = new glue.Engine();
  const ask = (kind, params = {}) => {
    const { json, arrays } = pack(params);
    const [ok, answer, ...found] = engine.call(kind, json, arrays);
    if (ok) return unpack(answer, found);
    throw new Error(JSON.parse(answer).message);
  };
  return ({ network, input, batch }) => {
    const [height, width, channels] = input;
    const images = Array.from({ length: EXAMPLES }, (_, n) => ({ width, height, channels, values: values(input, n) }));
    const labels = images.map((_, n) => n % CLASSES);
    ask("load-images", { name: "drawn", classes: labels.slice(0, CLASSES).map(String), images, labels, input });
    ask("new-run", { network, settings: { hold_out: 0, epochs: 1000, batch } });
    return async (steps) => {
      for (let left = steps; left > 0; ) {
        const slice = ask("slice", { steps: left, milliseconds: 1e9, told: true });
        if (slice.error !== null) throw new Error(slice.error.message);
        left -= slice.steps;
      }
    };
  };
}

/** Training steps of TensorFlow.js on the backend that it has. */
export function tensorflow(tf) {
  const layers = tf.layers;
  const conv = (filters, kernelSize, more = {}) => layers.conv2d({ filters, kernelSize, ...more });
  const sequence = (input, list) => {
    const start = tf.input({ shape: input });
    return tf.model({ inputs: start, outputs: list.reduce((x, layer) => layer.apply(x), start) });
  };
  const dense = (units, activation) => layers.dense({ units, activation });
  const models = {
    "digits-cnn": (input) =>
      sequence(input, [
        conv(32, 3, { padding: "same", activation: "relu" }),
        conv(64, 3, { padding: "same", activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.dropout({ rate: 0.5 }),
        layers.flatten(),
        dense(128, "relu"),
        layers.dropout({ rate: 0.5 }),
        dense(CLASSES, "softmax"),
      ]),
    lenet5: (input) =>
      sequence(input, [
        conv(6, 5, { activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        conv(16, 5, { activation: "relu" }),
        layers.maxPooling2d({ poolSize: 2 }),
        layers.flatten(),
        dense(120, "relu"),
        dense(84, "relu"),
        dense(CLASSES, "softmax"),
      ]),
    resnet20: (input) => {
      const normal = (x, filters, kernel, strides = 1) =>
        layers.batchNormalization().apply(conv(filters, kernel, { padding: "same", strides, useBias: false }).apply(x));
      const relu = (x) => layers.reLU().apply(x);
      const start = tf.input({ shape: input });
      let x = relu(normal(start, 16, 3));
      for (const [filters, first] of [[16, 1], [32, 2], [64, 2]]) {
        for (let block = 0; block < 3; block++) {
          const strides = block === 0 ? first : 1;
          const body = normal(relu(normal(x, filters, 3, strides)), filters, 3);
          x = relu(layers.add().apply([body, strides === 1 ? x : normal(x, filters, 1, strides)]));
        }
      }
      const mean = layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(x);
      return tf.model({ inputs: start, outputs: dense(CLASSES, "softmax").apply(mean) });
    },
  };
  return ({ network, input, batch }) => {
    const model = models[network](input);
    model.compile({ optimizer: tf.train.adam(1e-3), loss: "sparseCategoricalCrossentropy" });
    const batches = Array.from({ length: EXAMPLES / batch }, (_, b) => {
      const numbers = Array.from({ length: batch }, (_, n) => b * batch + n);
      const pixels = numbers.flatMap((n) => Array.from(values(input, n), (value) => value / 255));
      return [tf.tensor(pixels, [batch, ...input]), tf.tensor(numbers.map((n) => n % CLASSES), [batch, 1])];
    });
    let next = 0;
    return async (steps) => {
      for (let step = 0; step < steps; step++) {
        // Read back, so that what a graphics card has yet to do is waited for.
        await model.trainOnBatch(...batches[next++ % batches.length]);
      }
    };
  };
}

/** Milliseconds of a step: steps until a third of a second is over, and at least one. */
export async function milliseconds(steps) {
  await steps(1);
  const start = performance.now();
  let done = 0;
  do {
    await steps(1);
    done += 1;
  } while (performance.now() - start < 333);
  return (performance.now() - start) / done;
}
