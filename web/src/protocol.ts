// The messages between the page and the worker that the engine runs in.
//
// The page sends a `Request` and gets one `Reply` with the same `id`; `Calls` lists what can be asked, with the
// parameters and the result of each. Between requests the worker sends an `EngineEvent`. A training never blocks: the
// worker trains for some milliseconds at a time and answers other requests in between, in the order in which they came.
//
// Large arrays are typed arrays, transferred and not copied: bytes that the page sends are gone from the page
// afterwards. A number that is not finite arrives as `null`. Text in results (advice, errors, formulas) is the
// library's, in English; a page in another language translates by the fields next to it.
//
// `Engine` in `engine/client.ts` wraps all of this: `await engine.call("check", { text, input, classes })`.

// ---------------------------------------------------------------------------------------------------------- messages

export interface Request<K extends CallKind = CallKind> {
  id: number;
  kind: K;
  params: Params<K>;
}

export type Reply<K extends CallKind = CallKind> =
  | { id: number; ok: true; result: Result<K> }
  | { id: number; ok: false; error: EngineError };

/** A mistake of the user, in one line: what, where, what would be right. */
export interface EngineError {
  message: string;
  /**
   * `input`: the request cannot be met, nothing has changed. `stopped`: training ended, for example because the loss
   * was not finite; the weights are those before the bad step. `died`: the engine failed and its worker is useless;
   * `client.ts` starts another, and data and network have to be sent again.
   */
  kind: "input" | "stopped" | "died";
}

export type EngineEvent =
  | { event: "progress"; progress: Progress }
  | { event: "epoch"; epoch: EpochRecord }
  /** The training ended by itself: all epochs are done, or it failed with `error`. */
  | { event: "end"; progress: Progress; error: EngineError | null };

export type CallKind = keyof Calls;
export type Params<K extends CallKind> = Calls[K]["params"];
export type Result<K extends CallKind> = Calls[K]["result"];

/** A request without parameters. */
export type None = Record<string, never>;

export interface Calls {
  /** First of all requests. `wasm`: the module's bytes, or its address relative to the worker's. */
  start: { params: { wasm: ArrayBuffer | string }; result: About };

  // Networks as text.
  vocabulary: { params: None; result: Vocabulary };
  check: { params: CheckParams; result: Checked };

  // Data. Each load replaces the data and ends the run.
  "load-digits": { params: None; result: DataSummary };
  "load-images": { params: LoadImagesParams; result: DataSummary };
  "load-files": { params: LoadFilesParams; result: DataSummary };
  examples: { params: { of: Part; indices: number[] }; result: ExamplePictures };

  // Training.
  "new-run": { params: NewRunParams; result: RunSummary };
  /** Trains until `steps` are done (null: until the last epoch), or `pause`. Replies when training ends, with why. */
  train: { params: TrainParams; result: TrainEnd };
  pause: { params: None; result: Progress };
  /** One update from one example, outside of the seeded order: the weights are no longer those of the command. */
  "train-example": { params: { image: ImageRef; label: number }; result: ExampleStep };
  /** From the next step on; the schedule ends. The weights are no longer those of the command with these settings. */
  "set-learning-rate": { params: { rate: number }; result: Progress };
  progress: { params: None; result: Progress };
  hash: { params: None; result: { hash: string } };

  // Measuring.
  evaluate: { params: { of: Part; mistakes: number }; result: Evaluation };

  // Looking inside. They work on the run's network, or on a model that was opened.
  predict: { params: { image: ImageRef }; result: Prediction };
  activations: { params: ActivationsParams; result: Activations };
  parameters: { params: { layer: string }; result: LayerParameters };
  why: { params: WhyParams; result: Explanation };
  gradcheck: { params: GradcheckParams; result: GradientCheck };
  "grad-cam": { params: { image: ImageRef; layer?: string; class?: number }; result: GradCam };

  // Model files.
  "save-model": { params: None; result: { name: string; bytes: Uint8Array } };
  "open-model": { params: { name: string; bytes: Uint8Array }; result: ModelSummary };

  // The notebooks' functions, in f64.
  step: { params: StepCall; result: StepResult };
}

// ------------------------------------------------------------------------------------------------------------- engine

export interface About {
  version: string;
  /** `portable`, `simd128` (the same bits as portable) or `relaxed-simd` (other last digits, faster). */
  instructionSet: string;
  threads: number;
}

/** The shape of an example: height, width and channels, or one number of features. */
export type Shape = number[];

export interface Tensor {
  shape: number[];
  values: Float32Array;
}

// ----------------------------------------------------------------------------------------------------------- networks

export interface Vocabulary {
  /** The kinds of layers, for completion: after `->`, `[`, `|`, `(` and at the start. */
  kinds: LayerKind[];
  presets: Preset[];
  /** The settings of a run that a page can offer as controls. */
  settings: Setting[];
}

export interface LayerKind {
  name: string;
  /** Other accepted spellings. */
  aliases: string[];
  summary: string;
  /** `maxpool(size, padding=valid, stride=size)`. */
  usage: string;
  parameters: { name: string; expected: string; default: string | null; required: boolean }[];
  examples: string[];
}

export interface Preset {
  name: string;
  text: string;
  summary: string;
  input: Shape | null;
  classes: number;
}

export interface Setting {
  /** The key in `settings`: `label_smoothing`. */
  name: string;
  group: "Data" | "Network" | "Training";
  help: string;
  kind: "switch" | "whole" | "number" | "choice" | "text";
  /** What a wrong value is told: `a number from 0 to 1e6`. */
  expected: string;
  least: number | null;
  most: number | null;
  choices: string[];
  default: SettingValue | null;
  /** The default in words, if it follows from other settings. */
  usual: string;
}

export type SettingValue = boolean | number | string | SettingValue[] | { [name: string]: SettingValue };

export interface CheckParams {
  /** A text in the arrow notation, or a preset's name. */
  text: string;
  input: Shape;
  classes: number;
}

export type Checked =
  | {
      ok: true;
      /** The text in canonical form. */
      canonical: string;
      /** The preset that was named instead of a text. */
      preset: string | null;
      summary: Summary;
      /** A remark on a network that fits but ends unusually. */
      advice: string | null;
      /** Memory that training with batches of 32 takes. */
      trainingBytes: number;
    }
  | {
      ok: false;
      message: string;
      /** Where, in characters (code points) of `text` from 1; 0 if it is about no place in particular. */
      column: number;
      /** The end of what is wrong, exclusive; `column + 1` at least. */
      end: number;
      /** The layer's shapes do not fit: the doctor's diagnosis. `fix.network` is a whole text that fits. */
      diagnosis: Diagnosis | null;
    };

export interface Summary {
  network: string;
  input: Shape;
  layers: LayerSummary[];
  parameters: number;
  trainable: number;
  multiplyAdds: number;
  loss: string;
}

export interface LayerSummary {
  /** Its name, which other requests take: `conv1`, `residual1.conv2`. */
  name: string;
  /** Its text: `conv(8, 3)`. */
  text: string;
  kind: string;
  /** The names of the layers whose outputs it takes; `input` is the network's input. */
  inputs: string[];
  output: Shape;
  parameters: number;
  multiplyAdds: number;
  /** Not written in the text: the `flatten` before a `linear`. */
  implied: boolean;
  /**
   * Where it stands in the text that was checked, in code points from 1, end exclusive; both 0 if it is implied or the
   * text was a preset's name. All repetitions of a group have the same place.
   */
  column: number;
  end: number;
}

/** As `nn::Diagnosis` serialises. */
export interface Diagnosis {
  layer: string;
  layer_text: string;
  column: number;
  text: string;
  preset: string | null;
  input: Shape;
  problem: string;
  formula: string | null;
  fix: { changes: Change[]; network: string | null; input: Shape | null } | null;
}

export type Change =
  | { change: "replace"; layer: string; to: string }
  | { change: "insert"; what: string; before: string | null }
  | { change: "remove"; layer: string }
  | { change: "move"; layer: string; before: string }
  | { change: "repeat"; layer: string; column: number; from: number; to: number }
  | { change: "all_padded" }
  | { change: "dense" }
  | { change: "input"; from: Shape; to: Shape };

// --------------------------------------------------------------------------------------------------------------- data

/** `all`: the data as loaded. A run parts it by its seed: `train` and `test` exist after `new-run`. */
export type Part = "all" | "train" | "test";

/** An image as the page has it: 1 (grey), 3 (RGB) or 4 (RGBA) channels, row by row. */
export interface Picture {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  values: Uint8Array | Uint8ClampedArray;
}

/** An image to look at: one of the data, or a picture (drawn, from a camera), fitted to the input as the command does. */
export type ImageRef = { of: Part; index: number } | { picture: Picture };

export interface LoadImagesParams {
  name: string;
  classes: string[];
  images: Picture[];
  /** The class of each image. */
  labels: number[];
  /** Height, width and channels that all are brought to. */
  input: [number, number, number];
  resize?: "stretch" | "crop" | "fit";
}

/** Files as they were dropped: everything the command reads (CSV, IDX, npy, npz, HDF5, zip and folders of images). */
export interface LoadFilesParams {
  /** With their paths in the dropped folder: `digits/0/a.png`, `train-images-idx3-ubyte`. */
  files: { path: string; bytes: Uint8Array }[];
  options?: {
    /** The path of the file with the labels, of an npy pair. */
    labels?: string;
    labelColumn?: string;
    encoding?: string;
    input?: [number, number, number];
    resize?: "stretch" | "crop" | "fit";
    /** Leave out images that cannot be read, and name them in `skipped`. */
    skipBad?: boolean;
  };
}

export interface DataSummary {
  name: string;
  examples: number;
  shape: [number, number, number];
  classes: string[];
  /** Examples of each class. */
  counts: number[];
  /** Raw values are divided by this. */
  divisor: number;
  /** Whether the data has a test part of its own. */
  ownTest: boolean;
  /** Whether the opened model can be evaluated on it: the same shape and classes; null without a model. */
  fitsModel: boolean | null;
  /** What was read and how; what the user should know; images that were left out. */
  facts: string[];
  notes: string[];
  skipped: string[];
}

export interface ExamplePictures {
  width: number;
  height: number;
  /** RGBA of each example, one after the other, as an `ImageData` takes it. */
  rgba: Uint8ClampedArray;
  labels: number[];
  /** The file of each, where there are files. */
  names: (string | null)[];
}

// ----------------------------------------------------------------------------------------------------------- training

export interface NewRunParams {
  /** A text or a preset's name; null for the usual network of the data, or that of the opened model. */
  network: string | null;
  /**
   * Whether it starts from the opened model, as the command does with `--from`: with a new last layer if the classes are
   * others. `network` and the settings of a new network (`init`, `loss`, `standardize`) must not be given then.
   */
  fromModel?: boolean;
  /**
   * By the names of the settings, as in a settings file: `{ seed: 3, epochs: 5, lr: 0.01, batch: 64 }`. With the same
   * ones the command ends in the same weights, to the bit: `STEPNET_ISA=portable stepnet train --model ... --seed 3`.
   */
  settings: { [name: string]: SettingValue };
}

export interface RunSummary {
  summary: Summary;
  epochs: number;
  stepsPerEpoch: number;
  batch: number;
  learningRate: number;
  seed: number;
  trainExamples: number;
  testExamples: number;
  /** The weights before the first step. */
  hash: string;
  bytes: number;
  /** The command that trains the same network, without the data. */
  command: string;
  /** What the user should know of the start. */
  notes: string[];
}

export interface TrainParams {
  steps: number | null;
  /** Milliseconds between `progress` events; 100 unless given. */
  every?: number;
}

export interface TrainEnd {
  why: "steps" | "paused" | "finished";
  progress: Progress;
}

export interface Progress {
  /** The epoch, from 0, and the steps done in it. */
  epoch: number;
  step: number;
  stepsPerEpoch: number;
  epochs: number;
  /** Steps done in all. */
  steps: number;
  /** Mean over the epoch so far, each batch before its update; null before the first step. */
  loss: number | null;
  accuracy: number | null;
  /** Of the last steps alone: what `every` milliseconds trained. */
  recentLoss: number | null;
  recentAccuracy: number | null;
  learningRate: number;
  imagesPerSecond: number | null;
  running: boolean;
  finished: boolean;
  /** Whether early stopping has ended it. */
  stopped: boolean;
  /** The epoch, from 1, whose weights were the best and are now the network's, if they are kept; null before the end. */
  keptEpoch: number | null;
}

/** After every epoch. */
export interface EpochRecord {
  epoch: number;
  loss: number | null;
  accuracy: number | null;
  learningRate: number;
  /** On the test part; null without one. */
  test: { loss: number | null; accuracy: number | null } | null;
  hash: string;
}

export interface ExampleStep {
  /** The loss of the example before and after the update. */
  before: number | null;
  after: number | null;
  progress: Progress;
}

// ---------------------------------------------------------------------------------------------------------- measuring

export interface Evaluation {
  examples: number;
  loss: number | null;
  accuracy: number;
  classes: ClassScore[];
  /** Row by row: how many of class `row` were taken for class `column`. */
  confusion: Uint32Array;
  mistakes: Mistake[];
}

export interface ClassScore {
  name: string;
  examples: number;
  precision: number | null;
  recall: number | null;
  f1: number | null;
}

/** The worst first. */
export interface Mistake {
  /** Its number in the part that was evaluated. */
  index: number;
  actual: number;
  predicted: number;
  /** The probabilities of the two. */
  probabilities: [number, number] | null;
  loss: number | null;
}

// -------------------------------------------------------------------------------------------------------------- seeing

export interface Prediction {
  class: number;
  name: string;
  /** The outputs; after a softmax, the probability of each class. */
  outputs: Float32Array;
  classes: string[];
}

export interface ActivationsParams {
  image: ImageRef;
  /** Names of layers, `input` among them; null for all. */
  layers: string[] | null;
  /** Also the gradient of the loss with respect to each output, for `class` (the predicted one unless given). */
  gradient?: boolean;
  class?: number;
}

export interface Activations {
  layers: { name: string; output: Tensor; gradient: Tensor | null }[];
  class: number;
  loss: number | null;
}

export interface LayerParameters {
  layer: string;
  /** `weight` of a convolution: (kernel height, kernel width, channels / groups, filters); of `linear`: (out, in). */
  arrays: { name: string; tensor: Tensor; trainable: boolean }[];
}

export interface WhyParams {
  image: ImageRef;
  /** `conv2[3,4,5]`; null for the predicted class's output. */
  at: string | null;
  gradient?: boolean;
  /** The class whose loss it is: a name or a number. */
  class?: string;
  /** Layers to follow the largest contributors down. */
  trace?: number;
  /** Keep this many terms of each sum; null for all. */
  top?: number | null;
}

/** As `see::why::Explanation` serialises, with `ok`: all sums agree with what the network computed. */
export interface Explanation {
  ok: boolean;
  name: string;
  layer: string;
  text: string;
  input: Shape;
  output: Shape;
  at: number[];
  value: number | null;
  element: "f32" | "f64";
  network: string;
  subject: string | null;
  prediction: { class: number | null; name: string; at: string; value: number | null };
  forward: Forward;
  then: { name: string; formula: string; numbers: string; value: number | null; check: Check } | null;
  gradient: Gradient | null;
  trace: TraceStep | null;
  receptive_field: { rows: [number, number]; columns: [number, number] } | null;
}

export interface Term {
  /** The name of the value, or `padding`. */
  name: string;
  at: number[] | null;
  value: number | null;
  factor: number | null;
  product: number | null;
}

export interface More {
  count: number;
  sum: number | null;
}

export interface Check {
  sum: number | null;
  value: number | null;
  difference: number | null;
  bound: number | null;
  slack?: number;
  ok: boolean;
}

export type Forward = {
  formula: string;
  /** The extents of the window that the terms fill, row by row: height, width, channels. */
  window: [number, number, number] | null;
  terms: Term[];
  more: More | null;
  check: Check | null;
} & Content;

export type Content =
  | { kind: "input"; raw: number | null; numbers: string | null }
  | { kind: "sum"; bias: number | null; divisor: number }
  | { kind: "largest"; winner: number; margin: number | null }
  | { kind: "softmax"; own: number; largest: number; denominator: number }
  | { kind: "function"; numbers: string }
  | { kind: "same" }
  | { kind: "opaque" };

export interface Gradient {
  class: number | null;
  class_name: string;
  predicted: boolean;
  loss: string;
  loss_value: number | null;
  value: number | null;
  through: string | null;
  formula: string;
  terms: Term[];
  more: More | null;
  check: Check | null;
  note: string | null;
}

export interface TraceStep {
  name: string;
  value: number | null;
  factor: number | null;
  product: number | null;
  role: string;
  raw: number | null;
  steps: TraceStep[];
  more: More | null;
  cut: boolean;
}

export interface GradcheckParams {
  image: ImageRef;
  /** The class whose loss it is; the label of an example of the data, else the predicted one, unless given. */
  class?: number;
  /** The array and the place in it: `conv1.weight`, `[0, 1, 0, 3]`. */
  array: string;
  index: number[];
}

/** In f64, on one example. */
export interface GradientCheck {
  array: string;
  index: number[];
  /** The weight. */
  value: number;
  /** What the backward pass gives. */
  analytic: number;
  /** `(plus - minus) / width`; null if the difference crosses a kink of a ReLU or a maximum at every step tried. */
  numeric: number | null;
  step: number;
  /** The loss with the weight moved up and down. */
  plus: number | null;
  minus: number | null;
  /** `|analytic - numeric| / (|analytic| + |numeric|)`. */
  difference: number | null;
  /** The largest distance that rounding explains. */
  bound: number | null;
  agrees: boolean;
}

export interface GradCam {
  layer: string;
  class: number;
  /** Height and width of the layer's output, values from 0; the largest is `largest`. */
  map: Tensor;
  largest: number;
  /** The weight of each channel. */
  weights: Float32Array;
  /** The map at the size of the input (bilinear), for drawing over the image. */
  enlarged: Tensor;
}

// -------------------------------------------------------------------------------------------------------------- models

export interface ModelSummary {
  name: string;
  summary: Summary;
  classes: string[];
  /** Height, width and channels of the images that it takes. */
  input: [number, number, number];
  /** What its training was, as the file says. */
  training: { [name: string]: unknown };
  hash: string;
  /** Whether the loaded data can be evaluated with it: the same shape and classes. */
  fitsData: boolean;
}

// --------------------------------------------------------------------------------------------------------------- steps

/** Numbers in f64, row-major. */
export interface NumberArray {
  shape: number[];
  values: number[];
}

/** With the notebooks' names and shapes. A mistake in shapes is an error in one line. */
export type StepCall =
  | { function: "zero_pad"; X: NumberArray; pad: number }
  | { function: "conv_single_step"; a_slice_prev: NumberArray; W: NumberArray; b: NumberArray }
  | { function: "conv_forward"; A_prev: NumberArray; W: NumberArray; b: NumberArray; stride: number; pad: number }
  | {
      function: "conv_backward";
      dZ: NumberArray;
      A_prev: NumberArray;
      W: NumberArray;
      b: NumberArray;
      stride: number;
      pad: number;
    }
  | { function: "pool_forward"; A_prev: NumberArray; f: number; stride: number; mode: "max" | "average" }
  | {
      function: "pool_backward";
      dA: NumberArray;
      A_prev: NumberArray;
      f: number;
      stride: number;
      mode: "max" | "average";
    }
  | { function: "create_mask_from_window"; x: NumberArray }
  | { function: "distribute_value"; dz: number; shape: [number, number] }
  | { function: "relu"; Z: NumberArray }
  | { function: "sigmoid"; Z: NumberArray }
  | { function: "linear_forward"; A: NumberArray; W: NumberArray; b: NumberArray }
  | { function: "compute_cost"; AL: NumberArray; Y: NumberArray };

/** By the notebooks' names: `{ Z: ... }`, `{ dA_prev, dW, db }`, `{ mask }` (1 where true), `{ cost }` (shape `[]`). */
export type StepResult = { [name: string]: NumberArray };
