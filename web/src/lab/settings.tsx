import type { JSX } from "preact";
import { useId } from "preact/hooks";

import { Choice } from "../figure/choice";
import { m, t } from "../language";
import type { Setting, SettingValue } from "../protocol";
import { setMore } from "./actions";
import { MORE_NAMES, type MoreName } from "./setting_names";
import { type Lab, transfer } from "./state";

/** What each setting is called, and what it does. */
const WORDS: Readonly<Record<MoreName, readonly [label: string, help: string]>> = {
  early_stop: [m("set-early-stop"), m("set-early-stop-help")],
  min_delta: [m("set-min-delta"), m("set-min-delta-help")],
  hold_out: [m("set-hold-out"), m("set-hold-out-help")],
  augment: [m("set-augment"), m("set-augment-help")],
  standardize: [m("set-standardize"), m("set-standardize-help")],
  shuffle: [m("set-shuffle"), m("set-shuffle-help")],
  balance: [m("set-balance"), m("set-balance-help")],
  class_weights: [m("set-class-weights"), m("set-class-weights-help")],
  label_smoothing: [m("set-label-smoothing"), m("set-label-smoothing-help")],
  warm_up: [m("set-warm-up"), m("set-warm-up-help")],
  weight_decay: [m("set-weight-decay"), m("set-weight-decay-help")],
  nesterov: [m("set-nesterov"), m("set-nesterov-help")],
  clip_norm: [m("set-clip-norm"), m("set-clip-norm-help")],
  clip_value: [m("set-clip-value"), m("set-clip-value-help")],
  ema: [m("set-ema"), m("set-ema-help")],
  freeze: [m("set-freeze"), m("set-freeze-help")],
  statistics: [m("set-statistics"), m("set-statistics-help")],
  unfreeze_after: [m("set-unfreeze-after"), m("set-unfreeze-after-help")],
  lr_backbone: [m("set-lr-backbone"), m("set-lr-backbone-help")],
  exact: [m("set-exact"), m("set-exact-help")],
};

/** Settings that matter only where a training starts from a model, and then only with fine-tuning. */
const OF_TUNING = ["unfreeze_after", "lr_backbone"];
/** Settings of new networks. */
const OF_NEW = ["standardize"];

/** The other settings of a run, by what the engine says of them. An empty field means the usual value. */
export function MoreControls({ state }: { state: Lab }): JSX.Element | null {
  const { vocabulary, more, training, fromModel } = state;
  const tunes = fromModel && transfer(state) === "finetune";
  const hidden = [...(tunes ? [] : OF_TUNING), ...(fromModel ? OF_NEW : [])];
  const names = MORE_NAMES.filter((name) => !hidden.includes(name));
  const settings = names.map((name) => vocabulary?.settings.find((one) => one.name === name)).filter((one) => one !== undefined);
  if (settings.length === 0) return null;
  const given = names.filter((name) => name in more).length;
  return (
    <details class="more">
      <summary>{given > 0 ? t("settings-given", { count: given }) : t("settings-more")}</summary>
      <fieldset class="settings" disabled={training}>
        <legend class="hidden">{t("settings-more")}</legend>
        {settings.map((setting) => (
          <Control key={setting.name} setting={setting} value={more[setting.name]} />
        ))}
      </fieldset>
    </details>
  );
}

function Control({ setting, value }: { setting: Setting; value: SettingValue | undefined }): JSX.Element {
  const id = useId();
  const [label, help] = WORDS[setting.name as MoreName];
  const set = (chosen: SettingValue | undefined) => setMore(setting.name, chosen === setting.default ? undefined : chosen);
  return (
    <div class="setting">
      <Field setting={setting} value={value} label={t(label)} about={id} set={set} />
      <small id={id}>{t(help)}</small>
    </div>
  );
}

interface FieldProps {
  setting: Setting;
  value: SettingValue | undefined;
  label: string;
  /** The element that describes it. */
  about: string;
  set: (value: SettingValue | undefined) => void;
}

function Field({ setting, value, label, about, set }: FieldProps): JSX.Element {
  switch (setting.kind) {
    case "switch":
      return (
        <label class="tick">
          <input
            type="checkbox"
            aria-describedby={about}
            checked={Boolean(value ?? setting.default)}
            onChange={(event) => set(event.currentTarget.checked)}
          />
          {label}
        </label>
      );
    case "choice":
      return (
        <Choice
          label={label}
          value={String(value ?? setting.default ?? "")}
          options={[...(setting.default === null ? ["", ...setting.choices] : setting.choices)].map((one) => [one, one || t("setting-usual")] as const)}
          onChange={(chosen) => set(chosen === "" ? undefined : chosen)}
        />
      );
    default:
      return (
        <label class="choice">
          <span>{label}</span>
          <input
            type="text"
            inputMode={setting.kind === "text" ? "text" : "decimal"}
            autoComplete="off"
            aria-describedby={about}
            placeholder={shown(setting.default)}
            value={shown(value ?? null)}
            onChange={(event) => set(typed(setting, event.currentTarget.value.trim()))}
          />
        </label>
      );
  }
}

function shown(value: SettingValue | null): string {
  return Array.isArray(value) ? value.join(", ") : value === null ? "" : String(value);
}

/** What was typed, as the engine takes it; a wrong value is sent as it is, and the engine says what would be right. */
function typed(setting: Setting, text: string): SettingValue | undefined {
  if (text === "") return undefined;
  if (setting.name === "freeze") return text.split(",").map((one) => one.trim());
  const number = Number(text.replace(",", "."));
  return setting.kind !== "text" || setting.name === "warm_up" ? (Number.isFinite(number) ? number : text) : text;
}
