import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ask } from "../engine";
import { Choice, Said } from "../figure/choice";
import { largest } from "../figure/colour";
import { Matrix } from "../figure/matrix";
import { m, number, t } from "../language";
import { useLater } from "../later";
import type { GradientCheck, LayerParameters } from "../protocol";
import { useStore } from "../store";
import { image } from "./actions";
import { lab } from "./state";

type Parameters = LayerParameters["arrays"][number];

const MOST_ROWS = 16;
const MOST_COLUMNS = 16;

interface Slice {
  rows: number;
  columns: number;
  values: number[];
  /** The place of a cell in the whole array. */
  index: (row: number, column: number) => number[];
}

/** A part of an array that fits a table: of a filter one channel, of a matrix its first rows and columns. */
function slice({ tensor }: Parameters, filter: number, channel: number): Slice {
  const { shape, values } = tensor;
  const stride = (axis: number) => shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const index = (row: number, column: number): number[] => {
    if (shape.length === 4) return [row, column, channel, filter];
    return shape.length === 2 ? [row, column] : [column];
  };
  const rows = shape.length === 1 ? 1 : Math.min(shape[0]!, MOST_ROWS);
  const columns = Math.min((shape.length === 1 ? shape[0] : shape[1])!, MOST_COLUMNS);
  const at = (place: number[]) => values[place.reduce((sum, one, axis) => sum + one * stride(axis), 0)] ?? 0;
  const cells = Array.from({ length: rows * columns }, (_, i) => at(index(Math.floor(i / columns), i % columns)));
  return { rows, columns, values: cells, index };
}

/** The weights of a layer; a click on one checks its gradient. */
export function Weights({ layer, map }: { layer: string; map: number }): JSX.Element | null {
  const { weights, run, model } = useStore(lab);
  const parameters = useLater(() => (layer === "input" ? Promise.resolve(undefined) : ask("parameters", { layer })), [layer, weights, run, model]);
  const arrays = parameters.value?.arrays ?? [];
  const [name, setName] = useState("");
  const [channel, setChannel] = useState(0);
  const array = arrays.find((one) => one.name === name) ?? arrays[0];
  if (array === undefined) return null;
  const { shape } = array.tensor;
  const channels = shape.length === 4 ? shape[2]! : 1;
  const filter = shape.length === 4 ? Math.min(map, shape[3]! - 1) : 0;
  return (
    <details open>
      <summary>{t("weights-heading")}</summary>
      <div class="controls">
        <Choice
          label={t("weights-array")}
          value={array.name}
          options={arrays.map((one) => [one.name, `${one.name} (${one.tensor.shape.join(", ")})`] as const)}
          onChange={setName}
        />
        {channels > 1 && (
          <Choice
            label={t("weights-channel")}
            value={Math.min(channel, channels - 1)}
            options={Array.from({ length: channels }, (_, i) => [i, String(i)] as const)}
            onChange={setChannel}
          />
        )}
      </div>
      <Checkable key={array.name} layer={layer} array={array} filter={filter} channel={Math.min(channel, channels - 1)} />
    </details>
  );
}

function Checkable({ layer, array, filter, channel }: { layer: string; array: Parameters; filter: number; channel: number }): JSX.Element {
  const [check, setCheck] = useState<GradientCheck | undefined>();
  const [error, setError] = useState<string | undefined>();
  const part = slice(array, filter, channel);
  const name = array.name.startsWith(`${layer}.`) ? array.name : `${layer}.${array.name}`;
  const pick = (row: number, column: number) => {
    setError(undefined);
    ask("gradcheck", { image: image(), array: name, index: part.index(row, column) }).then(setCheck, (failure: Error) => {
      setCheck(undefined);
      setError(failure.message);
    });
  };
  return (
    <>
      <p>{array.trainable ? t("weights-click") : t("weights-fixed")}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label={t("weights-heading")}>
        <Matrix
          caption={array.tensor.shape.length === 4 ? t("weights-filter", { filter, channel }) : name}
          rows={part.rows}
          columns={part.columns}
          values={part.values}
          scale={largest(array.tensor.values)}
          digits={2}
          {...(array.trainable ? { onPick: pick } : {})}
        />
      </div>
      <Said kind={check && check.numeric !== null ? (check.agrees ? "good" : "bad") : undefined}>
        {error ?? (check && sentence(check))}
      </Said>
    </>
  );
}

function sentence(check: GradientCheck): string {
  const place = `${check.array}[${check.index.join(", ")}]`;
  if (check.numeric === null) return t("gradcheck-kink", { place, analytic: number(check.analytic, 6) });
  return t(check.agrees ? m("gradcheck-agrees") : m("gradcheck-differs"), {
    place,
    analytic: number(check.analytic, 6),
    numeric: number(check.numeric, 6),
    difference: number(check.difference ?? 0, 2),
  });
}
