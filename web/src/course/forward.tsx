import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Choice, NumberChoice, Said } from "../figure/choice";
import { Matrix } from "../figure/matrix";
import { PositionControl, usePosition } from "../figure/position";
import { m, number, t } from "../language";
import { useLater } from "../later";
import type { NumberArray } from "../protocol";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { FormulaExercise, type Verdict } from "./exercise";
import type { Formula } from "./formula";
import { ReaderButtons, useReader } from "./reader";
import { bias, convForward, filter, outputSize, plane, type Sliding, zeroPad } from "./steps";

const SIZE = 5;
const F = 3;

const FILTERS = {
  vertical: [1, 0, -1, 1, 0, -1, 1, 0, -1],
  horizontal: [1, 1, 1, 0, 0, 0, -1, -1, -1],
  mean: [1, 1, 1, 1, 1, 1, 1, 1, 1].map((one) => one / 9),
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
};

/** What the published solution computes whose windows start at h and w, and which stops f - 1 rows and columns early. */
async function faulty(input: NumberArray, weights: NumberArray, sliding: Sliding, right: NumberArray): Promise<NumberArray> {
  const dense = await convForward(input, weights, bias(0), { ...sliding, stride: 1 });
  const [, height, width] = right.shape as [number, number, number, number];
  const values = right.values.map((_, index) => {
    const [row, column] = [Math.floor(index / width), index % width];
    const reached = row < height - F + 1 && column < width - F + 1;
    return reached ? dense.values[row * dense.shape[2]! + column]! : 0;
  });
  return { shape: right.shape, values };
}

function Figure(): JSX.Element {
  const reader = useReader(SIZE);
  const [weights, setWeights] = useState<readonly number[]>(FILTERS.vertical);
  const [stride, setStride] = useState(1);
  const [pad, setPad] = useState(1);
  const [mistaken, setMistaken] = useState(false);
  const inputs = [reader.values.join(), weights, stride, pad, mistaken];
  const computed = useLater(async () => {
    const [input, kernel, sliding] = [plane(reader.values, SIZE), filter(weights, F), { stride, pad }];
    const [padded, right] = await Promise.all([zeroPad(input, pad), convForward(input, kernel, bias(0), sliding)]);
    return { padded, stride, mistaken, output: mistaken ? await faulty(input, kernel, sliding, right) : right };
  }, inputs);
  const output = computed.value?.output;
  const [rows, columns] = output ? [output.shape[1]!, output.shape[2]!] : [1, 1];
  const position = usePosition(rows * columns);
  const [row, column] = [Math.floor(position.index / columns), position.index % columns];
  const start = (at: number) => at * (computed.value?.mistaken ? 1 : (computed.value?.stride ?? 1));
  const choices = [
    ["vertical", t("filter-vertical")],
    ["horizontal", t("filter-horizontal")],
    ["mean", t("filter-mean")],
    ["sharpen", t("filter-sharpen")],
    ["own", t("filter-own")],
  ] as const;
  const named = (Object.keys(FILTERS) as (keyof typeof FILTERS)[]).find((name) => FILTERS[name] === weights) ?? "own";
  return (
    <>
      <div class="controls">
        <Choice label={t("step-filter")} value={named} options={choices} onChange={(name) => name !== "own" && setWeights(FILTERS[name])} />
        <NumberChoice label={t("stride-label")} value={stride} of={[1, 2, 3]} onChange={setStride} />
        <NumberChoice label={t("pad-label")} value={pad} of={[0, 1, 2]} onChange={setPad} />
        <label class="tick">
          <input type="checkbox" checked={mistaken} onChange={(event) => setMistaken(event.currentTarget.checked)} />
          {t("forward-mistaken")}
        </label>
        <ReaderButtons />
      </div>
      <PositionControl position={position} label={t("window-position")} />
      <div class="matrices">
        <Matrix caption={t("your-numbers")} rows={SIZE} columns={SIZE} values={reader.values} onEdit={reader.edit} />
        <Matrix caption={t("step-filter")} rows={F} columns={F} values={weights} digits={2} onEdit={(i, value) => setWeights(weights.with(i, value))} />
        {computed.value && output && (
          <>
            <Matrix
              caption={t("forward-padded")}
              rows={computed.value.padded.shape[1]!}
              columns={computed.value.padded.shape[2]!}
              values={computed.value.padded.values}
              pad={(computed.value.padded.shape[1]! - SIZE) / 2}
              window={{ row: start(row), column: start(column), height: F, width: F }}
            />
            <Matrix
              caption={t("forward-output")}
              rows={rows}
              columns={columns}
              values={output.values}
              chosen={{ row, column }}
              hidden={(r, c) => r * columns + c > position.index}
            />
          </>
        )}
      </div>
      <Said kind={computed.error === undefined ? undefined : "bad"}>
        {computed.error ?? (output && t("forward-value", { row, column, value: number(output.values[position.index] ?? 0, 4) }))}
      </Said>
    </>
  );
}

const CASES = [
  { n: 5, f: 3, p: 0, s: 1 },
  { n: 6, f: 3, p: 1, s: 1 },
  { n: 7, f: 3, p: 0, s: 2 },
  { n: 8, f: 3, p: 1, s: 2 },
  { n: 9, f: 2, p: 2, s: 3 },
  { n: 4, f: 4, p: 0, s: 2 },
];

/** Compares the reader's formula with the sizes that conv_forward returns. */
async function check(formula: Formula): Promise<Verdict> {
  for (const { n, f, p, s } of CASES) {
    const size = await outputSize(n, f, { stride: s, pad: p });
    const answer = formula({ n, f, p, s });
    if (answer === size) continue;
    const values = { n, f, p, s, size, answer: number(answer) };
    if (Math.floor(answer) === size) return { right: false, why: t("forward-no-floor", values) };
    if (p > 0 && answer === size - p / s) return { right: false, why: t("forward-one-side", values) };
    if (answer === size - 1) return { right: false, why: t("forward-one-less", values) };
    return { right: false, why: t("forward-other", values) };
  }
  return { right: true, why: t("forward-right", { count: CASES.length }) };
}

export function Forward(): JSX.Element {
  const exercise = <FormulaExercise task={<Rich id="forward-task" />} label="n_H =" names={["n", "f", "p", "s"]} check={check} />;
  return (
    <Chapter
      title={m("forward-title")}
      text={[m("forward-text-1"), m("forward-text-2"), m("forward-text-3")]}
      figure={<Figure />}
      exercise={exercise}
      errata={[m("forward-erratum-1"), m("forward-erratum-2"), m("forward-erratum-3")]}
    />
  );
}
