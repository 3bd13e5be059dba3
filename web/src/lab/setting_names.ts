/** The settings below "More settings", by their names in the command, in their order. */
export const MORE_NAMES = [
  "early_stop",
  "min_delta",
  "hold_out",
  "augment",
  "standardize",
  "shuffle",
  "balance",
  "class_weights",
  "label_smoothing",
  "warm_up",
  "weight_decay",
  "nesterov",
  "clip_norm",
  "clip_value",
  "ema",
  "freeze",
  "statistics",
  "unfreeze_after",
  "lr_backbone",
  "exact",
] as const;

export type MoreName = (typeof MORE_NAMES)[number];

/** Whether the page has a control for a setting that is not among the first. */
export function isOffered(name: string): boolean {
  return name === "transfer" || (MORE_NAMES as readonly string[]).includes(name);
}
