/** The notebooks' functions, computed by Stepnet's `steps` in the worker: the page has no arithmetic of its own. */

import { ask } from "../engine";
import type { NumberArray, StepCall } from "../protocol";

export interface Sliding {
  stride: number;
  pad: number;
}

export interface Pooling {
  f: number;
  stride: number;
  mode: "max" | "average";
}

export interface Gradients {
  da: NumberArray;
  dw: NumberArray;
  db: NumberArray;
}

async function call(step: StepCall, ...names: string[]): Promise<NumberArray[]> {
  const result = await ask("step", step);
  return names.map((name) => {
    const found = result[name];
    if (found === undefined) throw new Error(`${step.function} returned no ${name}`);
    return found;
  });
}

export async function zeroPad(X: NumberArray, pad: number): Promise<NumberArray> {
  return (await call({ function: "zero_pad", X, pad }, "X_pad"))[0]!;
}

export async function convSingleStep(window: NumberArray, W: NumberArray, bias: number): Promise<number> {
  const b = { shape: [1, 1, 1], values: [bias] };
  return (await call({ function: "conv_single_step", a_slice_prev: window, W, b }, "Z"))[0]!.values[0]!;
}

export async function convForward(A_prev: NumberArray, W: NumberArray, b: NumberArray, sliding: Sliding): Promise<NumberArray> {
  return (await call({ function: "conv_forward", A_prev, W, b, ...sliding }, "Z"))[0]!;
}

export async function convBackward(dZ: NumberArray, A_prev: NumberArray, W: NumberArray, b: NumberArray, sliding: Sliding): Promise<Gradients> {
  const [da, dw, db] = await call({ function: "conv_backward", dZ, A_prev, W, b, ...sliding }, "dA_prev", "dW", "db");
  return { da: da!, dw: dw!, db: db! };
}

export async function poolForward(A_prev: NumberArray, pooling: Pooling): Promise<NumberArray> {
  return (await call({ function: "pool_forward", A_prev, ...pooling }, "A"))[0]!;
}

export async function poolBackward(dA: NumberArray, A_prev: NumberArray, pooling: Pooling): Promise<NumberArray> {
  return (await call({ function: "pool_backward", dA, A_prev, ...pooling }, "dA_prev"))[0]!;
}

export async function maskFromWindow(x: NumberArray): Promise<NumberArray> {
  return (await call({ function: "create_mask_from_window", x }, "mask"))[0]!;
}

export async function distributeValue(dz: number, size: number): Promise<NumberArray> {
  return (await call({ function: "distribute_value", dz, shape: [size, size] }, "a"))[0]!;
}

/** One example with one channel. */
export function plane(values: readonly number[], height: number, width = height): NumberArray {
  return { shape: [1, height, width, 1], values: [...values] };
}

/** One filter over one channel. */
export function filter(values: readonly number[], size: number): NumberArray {
  return { shape: [size, size, 1, 1], values: [...values] };
}

export function bias(value: number): NumberArray {
  return { shape: [1, 1, 1, 1], values: [value] };
}

export function filled(value: number, count: number): number[] {
  return Array.from({ length: count }, () => value);
}

/** Height and width of a convolution's output on an input of `n` rows and columns. */
export async function outputSize(n: number, f: number, sliding: Sliding): Promise<number> {
  const output = await convForward(plane(filled(0, n * n), n), filter(filled(0, f * f), f), bias(0), sliding);
  return output.shape[1]!;
}
