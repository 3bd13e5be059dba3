/** What the laboratory does when a visitor acts. Each action says what it is doing, and what went wrong. */

import { ask, onEvent } from "../engine";
import { t } from "../language";
import { reason } from "../later";
import type { DataSummary, EngineEvent, ImageRef, LoadFilesParams, LoadImagesParams, Part, Progress, RunSummary } from "../protocol";
import { type Lab, lab, type MoreSettings, type Point, recipe, type Settings, settingsOfRun } from "./state";

const MOST_POINTS = 2000;
/** Milliseconds between drawings of the filters and activations during training. */
const REDRAW = 400;

/** Runs an action with a line about it in the status; its failure becomes the error line. */
async function doing<T>(what: string, action: () => Promise<T>): Promise<T | undefined> {
  lab.patch({ busy: what, error: undefined });
  try {
    return await action();
  } catch (error) {
    lab.patch({ error: reason(error) });
    return undefined;
  } finally {
    lab.patch({ busy: undefined });
  }
}

const NO_RUN: Partial<Lab> = {
  run: undefined,
  made: "",
  changedByHand: false,
  progress: undefined,
  training: false,
  points: [],
  epochs: [],
  evaluation: undefined,
};

async function newData(data: DataSummary): Promise<void> {
  const { dataNumber, model: opened } = lab.value;
  const model = opened && { ...opened, fitsData: data.fitsModel === true };
  lab.patch({ ...NO_RUN, data, model, dataNumber: dataNumber + 1, subject: { kind: "data", index: 0, label: 0 } });
  await settleSubject();
}

/** The image that is looked at has another label, or is not there, in another part of the data. */
async function settleSubject(): Promise<void> {
  const { subject, data, run } = lab.value;
  if (subject.kind !== "data" || data === undefined) return;
  const index = subject.index < imageCount(data, run) ? subject.index : 0;
  const { labels } = await ask("examples", { of: part(), indices: [index] });
  lab.patch({ subject: { kind: "data", index, label: labels[0] ?? 0 } });
}

/** How many images there are in the part that is looked at. */
export function imageCount(data: DataSummary, run: RunSummary | undefined): number {
  if (run === undefined) return data.examples;
  return run.testExamples > 0 ? run.testExamples : run.trainExamples;
}

/** The vocabulary, and the digits as the first data. */
export async function begin(): Promise<void> {
  onEvent(hear);
  await doing(t("busy-start"), async () => {
    const vocabulary = await ask("vocabulary", {});
    lab.patch({ vocabulary });
    await newData(await ask("load-digits", {}));
  });
  await check(lab.value.text);
}

export async function loadDigits(): Promise<void> {
  await doing(t("busy-data"), async () => await newData(await ask("load-digits", {})));
  await check(lab.value.text);
}

export async function loadImages(params: LoadImagesParams): Promise<void> {
  // Images for the opened model are brought to its size.
  const input = lab.value.model?.input ?? params.input;
  await doing(t("busy-data"), async () => await newData(await ask("load-images", { ...params, input })));
  await check(lab.value.text);
}

export async function loadFiles(files: LoadFilesParams["files"]): Promise<void> {
  const input = lab.value.model?.input;
  await doing(t("busy-data"), async () => await newData(await ask("load-files", { files, ...(input && { options: { input } }) })));
  await check(lab.value.text);
}

let checks = 0;

/** Takes a network's text and checks it against the data. */
export async function check(text: string): Promise<void> {
  lab.patch({ text });
  const { data } = lab.value;
  if (data === undefined) return;
  const number = ++checks;
  try {
    const checked = await ask("check", { text, input: data.shape, classes: data.classes.length });
    // An answer to a text that has changed since is of no use.
    if (number === checks) lab.patch({ checked });
  } catch (error) {
    if (number === checks) lab.patch({ error: reason(error) });
  }
}

/** The run for the current text, settings and data; a new one if they changed. */
async function prepare(): Promise<void> {
  const state = lab.value;
  if (state.run !== undefined && state.made === recipe(state)) return;
  const { fromModel } = state;
  const run = await ask("new-run", { network: fromModel ? null : state.text, ...(fromModel && { fromModel }), settings: settingsOfRun(state) });
  const layer = run.summary.layers[0]?.name ?? "";
  const kept = run.summary.layers.some((one) => one.name === lab.value.layer);
  lab.patch({ ...NO_RUN, run, made: recipe(state), weights: lab.value.weights + 1, layer: kept ? lab.value.layer : layer });
  // The engine keeps the opened model only while runs start from it.
  if (!fromModel) lab.patch({ model: undefined });
  await settleSubject();
}

/** A new network with fresh weights. */
export function restart(): Promise<void | undefined> {
  lab.patch({ made: "" });
  return doing(t("busy-run"), prepare);
}

/** Trains until the last epoch, or for so many steps. */
export async function train(steps: number | null): Promise<void> {
  await doing(steps === null ? t("busy-train") : t("busy-step"), async () => {
    await prepare();
    lab.patch({ training: true });
    try {
      const { progress } = await ask("train", { steps, every: 100 });
      take(progress);
    } finally {
      lab.patch({ training: false, weights: lab.value.weights + 1 });
    }
    if (lab.value.progress?.finished) await measure();
  });
}

export async function pause(): Promise<void> {
  try {
    take(await ask("pause", {}));
  } catch (error) {
    lab.patch({ error: reason(error) });
  }
}

/** One update from the image that the visitor looks at; the loss before and after it. */
export function trainExample(label: number): Promise<{ before: number | null; after: number | null } | undefined> {
  return doing(t("busy-step"), async () => {
    await prepare();
    const { before, after, progress } = await ask("train-example", { image: image(), label });
    take(progress);
    lab.patch({ weights: lab.value.weights + 1, changedByHand: true });
    return { before, after };
  });
}

/** Changes a setting; the learning rate of a run in progress changes at once. */
export async function set(fields: Partial<Settings>): Promise<void> {
  const before = lab.value;
  const current = before.run !== undefined && before.made === recipe(before);
  lab.patch({ settings: { ...before.settings, ...fields } });
  if (fields.lr === undefined || !current || (before.progress?.steps ?? 0) === 0) return;
  try {
    take(await ask("set-learning-rate", { rate: fields.lr }));
    lab.patch({ made: recipe(lab.value), changedByHand: true });
  } catch (error) {
    lab.patch({ error: reason(error) });
  }
}

/** Gives another setting, or takes it back (`undefined`). */
export function setMore(name: string, value: MoreSettings[string] | undefined): void {
  const { [name]: _, ...others } = lab.value.more;
  lab.patch({ more: value === undefined ? others : { ...others, [name]: value } });
}

function take(progress: Progress): void {
  const { points } = lab.value;
  const epoch = progress.epoch + (progress.stepsPerEpoch > 0 ? progress.step / progress.stepsPerEpoch : 0);
  const point: Point = { epoch, loss: progress.recentLoss, accuracy: progress.recentAccuracy };
  const last = points.at(-1);
  const next = point.loss === null || (last !== undefined && epoch <= last.epoch) ? points : thinned([...points, point]);
  lab.patch({ progress, points: next });
}

/** Every other point once there are too many: curves of long trainings stay fast to draw. */
function thinned(points: readonly Point[]): readonly Point[] {
  return points.length <= MOST_POINTS ? points : points.filter((_, index) => index % 2 === 1);
}

let shownAt = 0;

/** What is shown of the network follows its training, but not at every report. */
function showWeights(): void {
  if (performance.now() - shownAt < REDRAW) return;
  shownAt = performance.now();
  lab.patch({ weights: lab.value.weights + 1 });
}

function hear(event: EngineEvent): void {
  switch (event.event) {
    case "progress":
      take(event.progress);
      showWeights();
      break;
    case "epoch":
      lab.patch({ epochs: [...lab.value.epochs, event.epoch] });
      break;
    case "end":
      take(event.progress);
      if (event.error) lab.patch({ error: event.error.message });
      break;
  }
}

/** Accuracy, confusion and the worst mistakes on the test part. */
export async function measure(): Promise<void> {
  await doing(t("busy-measure"), async () => {
    lab.patch({ evaluation: await ask("evaluate", { of: part(), mistakes: 24 }) });
  });
}

/** Which part of the data the visitor's images come from. */
export function part(): Part {
  const { run } = lab.value;
  if (run === undefined) return "all";
  return run.testExamples > 0 ? "test" : "train";
}

/** The image that is looked at, for the engine. */
export function image(): ImageRef {
  const { subject } = lab.value;
  if (subject.kind === "data") return { of: part(), index: subject.index };
  // A call transfers the bytes away: each gets a copy.
  return { picture: { ...subject.picture, values: subject.picture.values.slice() } };
}

/** Opens a model file and looks into its network. */
export async function openModel(name: string, bytes: Uint8Array): Promise<void> {
  await doing(t("busy-model"), async () => {
    const model = await ask("open-model", { name, bytes });
    const layer = model.summary.layers[0]?.name ?? "";
    lab.patch({ ...NO_RUN, model, fromModel: false, layer, weights: lab.value.weights + 1 });
    await settleSubject();
  });
}

/** Goes on without the opened model; what was trained from it stays. */
export function closeModel(): void {
  lab.patch({ model: undefined, fromModel: false });
}

export function saveModel(): Promise<{ name: string; bytes: Uint8Array } | undefined> {
  return doing(t("busy-model"), () => ask("save-model", {}));
}

/** A network must exist before its layers can be looked at. */
export function lookInside(): Promise<void | undefined> {
  return doing(t("busy-run"), prepare);
}
