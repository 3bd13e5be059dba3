import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Choice } from "../figure/choice";
import { t } from "../language";
import type { Checked, LayerKind, LayerSummary } from "../protocol";
import { useStore } from "../store";
import { check } from "./actions";
import { summary } from "./kinds";
import { argument, putTogether, replaced, takeApart, withArgument, without } from "./layer_text";
import { lab } from "./state";

const BOX = 56;

/** A volume as a stack of sheets, a row of features as a bar: larger ones larger, on a logarithmic scale. */
function Volume({ shape }: { shape: readonly number[] }): JSX.Element {
  const scaled = (size: number, most: number) => Math.min(most, 8 + 5 * Math.log2(size));
  if (shape.length < 3) {
    const height = scaled(shape[0] ?? 1, BOX - 4);
    return (
      <svg class="volume" viewBox={`0 0 ${BOX} ${BOX}`} aria-hidden="true">
        <rect x={BOX / 2 - 4} y={(BOX - height) / 2} width={8} height={height} />
      </svg>
    );
  }
  const [height, width] = [scaled(shape[0]!, 36), scaled(shape[1]!, 36)];
  const sheets = Math.min(5, 1 + Math.round(Math.log2(shape[2]!) / 1.5));
  const [left, top] = [(BOX - width - 4 * (sheets - 1)) / 2, (BOX - height - 4 * (sheets - 1)) / 2];
  return (
    <svg class="volume" viewBox={`0 0 ${BOX} ${BOX}`} aria-hidden="true">
      {Array.from({ length: sheets }, (_, sheet) => (
        <rect key={sheet} x={left + 4 * sheet} y={top + 4 * (sheets - 1 - sheet)} width={width} height={height} />
      ))}
    </svg>
  );
}

/** The layers with their shapes and sizes; a click opens the form that changes one. */
export function Diagram({ checked }: { checked: Checked | undefined }): JSX.Element | null {
  const { data, text } = useStore(lab);
  const [chosen, choose] = useState<string | undefined>();
  if (checked === undefined || !checked.ok || data === undefined) return null;
  const layer = checked.summary.layers.find((one) => one.name === chosen);
  return (
    <>
      <ol class="diagram" aria-label={t("diagram-label")}>
        <li>
          <span class="box">
            <Volume shape={data.shape} />
            <code>{t("diagram-input")}</code>
            <small>{data.shape.join(" × ")}</small>
          </span>
        </li>
        {checked.summary.layers.map((one) => (
          <li key={one.name}>
            <button
              type="button"
              class="box"
              aria-pressed={one.name === chosen}
              disabled={one.column === 0}
              title={one.column === 0 ? t("diagram-implied") : undefined}
              onClick={() => choose(one.name === chosen ? undefined : one.name)}
            >
              <Volume shape={one.output} />
              <code>{one.name}</code>
              <small>{one.output.join(" × ")}</small>
              <small>{one.parameters > 0 ? t("diagram-parameters", { count: one.parameters }) : one.kind}</small>
            </button>
          </li>
        ))}
      </ol>
      {layer && layer.column > 0 && <LayerForm key={layer.name} layer={layer} text={text} close={() => choose(undefined)} />}
    </>
  );
}

/** The arguments of a layer, each in a field; what is typed replaces the layer in the text. */
function LayerForm({ layer, text, close }: { layer: LayerSummary; text: string; close: () => void }): JSX.Element {
  const { vocabulary } = useStore(lab);
  const source = [...text].slice(layer.column - 1, layer.end - 1).join("");
  const parts = takeApart(source);
  const kind = vocabulary?.kinds.find((one) => one.name === layer.kind);
  const put = (by: string) => void check(replaced(text, layer.column, layer.end, by));
  const remove = () => {
    close();
    void check(without(text, layer.column, layer.end));
  };
  return (
    <fieldset class="layer-form card">
      <legend>
        {t("layer-change")} <code>{layer.name}</code>
      </legend>
      {kind && <p>{summary(kind)}</p>}
      <div class="controls">
        {parts && kind ? (
          kind.parameters.map((parameter, place) => (
            <label key={parameter.name}>
              <code>{parameter.name}</code>
              <input
                value={argument(parts, parameter.name, place)}
                placeholder={parameter.default ?? ""}
                title={parameter.expected}
                onChange={(event) => put(putTogether(withArgument(parts, parameter.name, place, event.currentTarget.value.trim())))}
              />
            </label>
          ))
        ) : (
          <label class="wide">
            {t("layer-text")}
            <input value={source} onChange={(event) => put(event.currentTarget.value)} />
          </label>
        )}
        <InsertAfter kinds={vocabulary?.kinds ?? []} onInsert={(what) => put(`${source} -> ${what}`)} />
        <button type="button" onClick={remove}>
          {t("layer-remove")}
        </button>
        <button type="button" onClick={close}>
          {t("layer-close")}
        </button>
      </div>
    </fieldset>
  );
}

/** Kinds that stand on their own between any two layers, with usual arguments. */
const INSERTED: Readonly<Record<string, string>> = {
  conv: "conv(8, 3, same)",
  relu: "relu",
  maxpool: "maxpool(2)",
  avgpool: "avgpool(2)",
  bn: "bn",
  dropout: "dropout(0.25)",
  linear: "linear(32)",
  globalavgpool: "globalavgpool",
};

function InsertAfter({ kinds, onInsert }: { kinds: readonly LayerKind[]; onInsert: (what: string) => void }): JSX.Element {
  const known = kinds.filter((kind) => INSERTED[kind.name] !== undefined).map((kind) => [kind.name, kind.name] as const);
  return (
    <Choice
      label={t("layer-insert")}
      value=""
      options={[["", "…"], ...known]}
      onChange={(name) => {
        const what = INSERTED[name];
        if (what !== undefined) onInsert(what);
      }}
    />
  );
}
