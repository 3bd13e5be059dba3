import type { About, Checked, DataSummary, EpochRecord, Evaluation, ModelSummary, Picture, Progress, RunSummary, SettingValue, Vocabulary } from "../protocol";
import { Store } from "../store";

/** The settings of a run that the page offers, by their names in the command. */
export interface Settings {
  seed: number;
  epochs: number;
  batch: number;
  lr: number;
  optimizer: string;
  schedule: string;
  l2: number;
  init: string;
}

/** Other settings of a run by their names, as far as they are given. */
export type MoreSettings = Readonly<Record<string, SettingValue>>;

export const USUAL: Settings = { seed: 0, epochs: 25, batch: 32, lr: 0.003, optimizer: "adam", schedule: "cosine", l2: 0, init: "he" };
export const FIRST_NETWORK = "conv(8, 3, same) -> relu -> maxpool(2) -> conv(16, 3, same) -> relu -> linear(classes) -> softmax";

/** A point of the curves: where in the training, and the values there. */
export interface Point {
  epoch: number;
  loss: number | null;
  accuracy: number | null;
}

/** The image that the visitor looks at. */
export type Subject = { kind: "data"; index: number; label: number } | { kind: "picture"; picture: Picture };

export interface Lab {
  about: About | undefined;
  vocabulary: Vocabulary | undefined;
  data: DataSummary | undefined;
  text: string;
  checked: Checked | undefined;
  settings: Settings;
  more: MoreSettings;
  /** Whether the training starts from the opened model. */
  fromModel: boolean;
  /** The run, and the text and settings it was made from. */
  run: RunSummary | undefined;
  made: string;
  /** The weights are no longer those of the command: an example was trained by hand, or the rate was changed. */
  changedByHand: boolean;
  model: ModelSummary | undefined;
  progress: Progress | undefined;
  training: boolean;
  points: readonly Point[];
  epochs: readonly EpochRecord[];
  subject: Subject;
  layer: string;
  evaluation: Evaluation | undefined;
  /** Grows whenever weights or data change: what is shown of them is asked again. */
  weights: number;
  dataNumber: number;
  /** What is being done, for the status line; and what went wrong. */
  busy: string | undefined;
  error: string | undefined;
}

export const lab = new Store<Lab>({
  about: undefined,
  vocabulary: undefined,
  data: undefined,
  text: FIRST_NETWORK,
  checked: undefined,
  settings: USUAL,
  more: {},
  fromModel: false,
  run: undefined,
  made: "",
  changedByHand: false,
  model: undefined,
  progress: undefined,
  training: false,
  points: [],
  epochs: [],
  subject: { kind: "data", index: 0, label: 0 },
  layer: "",
  evaluation: undefined,
  weights: 0,
  dataNumber: 0,
  busy: undefined,
  error: undefined,
});

/** What a run is made from; another one is needed when it changes. */
export function recipe(state: Lab): string {
  const network = state.fromModel ? state.model?.hash : state.text;
  return JSON.stringify([network, settingsOfRun(state), state.dataNumber]);
}

/** Settings that are about the model that a training starts from, and those of new networks. */
const OF_MODEL = ["transfer", "unfreeze_after", "lr_backbone"];
const OF_NEW = ["init", "standardize"];

/** Which layers are trained, where a training starts from the opened model: all unless it has other classes. */
export function transfer({ more, model }: Lab): string {
  return typeof more["transfer"] === "string" ? more["transfer"] : model?.fitsData === false ? "head" : "all";
}

/** All settings of a run, for the engine. */
export function settingsOfRun(state: Lab): Record<string, SettingValue> {
  const all: Record<string, SettingValue> = { ...state.settings, ...state.more };
  for (const name of state.fromModel ? OF_NEW : OF_MODEL) delete all[name];
  if (!state.fromModel) return all;
  all["transfer"] = transfer(state);
  if (all["transfer"] !== "finetune") for (const name of ["unfreeze_after", "lr_backbone"]) delete all[name];
  // The last layer is fitted to its end at once.
  if (all["transfer"] === "head") delete all["epochs"];
  return all;
}

/** Whether a training can start from the opened model: the data has images of its size. */
export function modelTakes({ model, data }: Lab): boolean {
  return model !== undefined && data !== undefined && String(model.input) === String(data.shape);
}

/** Whether there is a network whose layers can be looked at. */
export function hasNetwork(state: Lab): boolean {
  return state.run !== undefined || state.model !== undefined;
}
