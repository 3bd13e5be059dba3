import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Choice, NumberChoice, Said } from "../figure/choice";
import { Matrix } from "../figure/matrix";
import { PositionControl, usePosition } from "../figure/position";
import { m, number, t } from "../language";
import { useLater } from "../later";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { ChoiceExercise, type Verdict } from "./exercise";
import { ReaderButtons, useReader } from "./reader";
import { distributeValue, maskFromWindow, plane, poolForward } from "./steps";

const SIZE = 5;

function Figure(): JSX.Element {
  const reader = useReader(SIZE);
  const [mode, setMode] = useState<"max" | "average">("max");
  const [f, setF] = useState(2);
  const [stride, setStride] = useState(1);
  const pooled = useLater(async () => {
    const output = await poolForward(plane(reader.values, SIZE), { f, stride, mode });
    return { output, f, stride };
  }, [reader.values.join(), f, stride, mode]);
  const shape = pooled.value?.output.shape ?? [1, 1, 1, 1];
  const [rows, columns] = [shape[1]!, shape[2]!];
  const position = usePosition(rows * columns);
  const [row, column] = [Math.floor(position.index / columns), position.index % columns];
  const area = { row: row * (pooled.value?.stride ?? 1), column: column * (pooled.value?.stride ?? 1), height: f, width: f };
  const inWindow = Array.from({ length: f * f }, (_, i) => reader.values[(area.row + Math.floor(i / f)) * SIZE + area.column + (i % f)] ?? 0);
  const shares = useLater(
    () => (mode === "max" ? maskFromWindow({ shape: [f, f], values: inWindow }) : distributeValue(1, f)),
    [inWindow.join(), mode, f],
  );
  const error = pooled.error ?? shares.error;
  return (
    <>
      <div class="controls">
        <Choice
          label={t("pool-mode")}
          value={mode}
          options={[
            ["max", t("pool-max")],
            ["average", t("pool-average")],
          ]}
          onChange={setMode}
        />
        <NumberChoice label={t("window-size-label")} value={f} of={[2, 3]} onChange={setF} />
        <NumberChoice label={t("stride-label")} value={stride} of={[1, 2]} onChange={setStride} />
        <ReaderButtons />
      </div>
      <PositionControl position={position} label={t("window-position")} />
      <div class="matrices">
        <Matrix caption={t("your-numbers")} rows={SIZE} columns={SIZE} values={reader.values} onEdit={reader.edit} window={area} />
        {pooled.value && (
          <Matrix
            caption={t("pool-output")}
            rows={rows}
            columns={columns}
            values={pooled.value.output.values}
            chosen={{ row, column }}
            hidden={(r, c) => r * columns + c > position.index}
          />
        )}
        {shares.value && (
          <Matrix
            caption={mode === "max" ? t("pool-mask") : t("pool-shares")}
            rows={shares.value.shape[0]!}
            columns={shares.value.shape[1]!}
            values={shares.value.values}
          />
        )}
      </div>
      <Said kind={error === undefined ? undefined : "bad"}>
        {error ?? t("pool-value", { row, column, value: number(pooled.value?.output.values[position.index] ?? 0) })}
      </Said>
    </>
  );
}

const WINDOW = [1, 5, 3, 5];
const ANSWERS = [
  [0, 1, 0, 0],
  [0, 1, 0, 1],
  [0, 5, 0, 5],
  [1, 1, 1, 1],
];

function written(values: readonly number[]): string {
  return `[[${values.slice(0, 2).join(", ")}], [${values.slice(2).join(", ")}]]`;
}

async function check(index: number): Promise<Verdict> {
  const mask = await maskFromWindow({ shape: [2, 2], values: WINDOW });
  if (ANSWERS[index]!.join() === mask.values.join()) return { right: true, why: t("pool-right") };
  const reasons = [t("pool-first-only"), "", t("pool-values-kept"), t("pool-all-ones")];
  return { right: false, why: reasons[index]! };
}

export function Pooling(): JSX.Element {
  const exercise = (
    <ChoiceExercise task={<Rich id="pool-task" values={{ window: written(WINDOW) }} />} options={ANSWERS.map(written)} check={check} />
  );
  return (
    <Chapter
      title={m("pool-title")}
      text={[m("pool-text-1"), m("pool-text-2")]}
      figure={<Figure />}
      exercise={exercise}
      errata={[m("pool-erratum-1"), m("pool-erratum-2")]}
    />
  );
}
