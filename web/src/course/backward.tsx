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
import { NumberExercise, type Verdict } from "./exercise";
import { ReaderButtons, useReader } from "./reader";
import { bias, convBackward, convForward, filled, filter, plane, poolBackward, poolForward } from "./steps";

const SIZE = 4;
const F = 2;
const FIRST = [1, -1, 2, 0, 3, 1, -2, 1, 1];
const WEIGHTS = [1, 2, -1, 3];

type Kind = "conv" | "max" | "average";

interface Settings {
  kind: Kind;
  stride: number;
  input: readonly number[];
  weights: readonly number[];
  incoming: readonly number[];
}

interface Parts {
  side: number;
  stride: number;
  /** The gradients after each position of the window. */
  after: { da: NumberArray; dw?: NumberArray; db?: NumberArray }[];
}

/** The backward pass with the gradients of the first 1, 2, ... outputs: the sums as they grow. */
async function parts(settings: Settings): Promise<Parts> {
  const { kind, stride } = settings;
  const input = plane(settings.input, SIZE);
  const kernel = filter(settings.weights, F);
  const sliding = { stride, pad: 0 };
  const output = await (kind === "conv" ? convForward(input, kernel, bias(0), sliding) : poolForward(input, { f: F, stride, mode: kind }));
  const side = output.shape[1]!;
  const count = side * side;
  const upTo = (last: number) => plane(filled(0, count).map((zero, i) => (i <= last ? (settings.incoming[i] ?? 0) : zero)), side);
  const after = Array.from({ length: count }, async (_, last) => {
    if (kind === "conv") return convBackward(upTo(last), input, kernel, bias(0), sliding);
    return { da: await poolBackward(upTo(last), input, { f: F, stride, mode: kind }) };
  });
  return { side, stride, after: await Promise.all(after) };
}

function Figure(): JSX.Element {
  const reader = useReader(SIZE);
  const [kind, setKind] = useState<Kind>("conv");
  const [stride, setStride] = useState(1);
  const [weights, setWeights] = useState<readonly number[]>(WEIGHTS);
  const [incoming, setIncoming] = useState<readonly number[]>(FIRST);
  const computed = useLater(
    () => parts({ kind, stride, input: reader.values, weights, incoming }),
    [reader.values.join(), kind, stride, weights, incoming],
  );
  const side = computed.value?.side ?? 1;
  const position = usePosition(side * side);
  const [row, column] = [Math.floor(position.index / side), position.index % side];
  const step = computed.value?.stride ?? 1;
  const area = { row: row * step, column: column * step, height: F, width: F };
  const now = computed.value?.after[position.index];
  const final = computed.value?.after.at(-1);
  const kinds = [
    ["conv", t("backward-conv")],
    ["max", t("pool-max")],
    ["average", t("pool-average")],
  ] as const;
  return (
    <>
      <div class="controls">
        <Choice label={t("backward-layer")} value={kind} options={kinds} onChange={setKind} />
        <NumberChoice label={t("stride-label")} value={stride} of={[1, 2]} onChange={setStride} />
        <ReaderButtons />
      </div>
      <PositionControl position={position} label={t("window-position")} />
      <div class="matrices">
        <Matrix caption={t("backward-input")} rows={SIZE} columns={SIZE} values={reader.values} onEdit={reader.edit} window={area} />
        {kind === "conv" && (
          <Matrix caption={t("step-filter")} rows={F} columns={F} values={weights} onEdit={(i, value) => setWeights(weights.with(i, value))} />
        )}
        <Matrix
          caption={kind === "conv" ? "dZ" : "dA"}
          rows={side}
          columns={side}
          values={incoming}
          onEdit={(i, value) => setIncoming(incoming.with(i, value))}
          chosen={{ row, column }}
        />
        {now && final && (
          <Matrix caption={t("backward-da")} rows={SIZE} columns={SIZE} values={now.da.values} scale={Math.max(1, ...final.da.values.map(Math.abs))} window={area} />
        )}
        {now?.dw && <Matrix caption={t("backward-dw")} rows={F} columns={F} values={now.dw.values} />}
        {now?.db && <Matrix caption={t("backward-db")} rows={1} columns={1} values={now.db.values} />}
      </div>
      <Said kind={computed.error === undefined ? undefined : "bad"}>
        {computed.error ??
          t(kind === "conv" ? m("backward-says-conv") : kind === "max" ? m("backward-says-max") : m("backward-says-average"), {
            gradient: number(incoming[position.index] ?? 0),
            row,
            column,
          })}
      </Said>
    </>
  );
}

/** Each usual mistake gives another result. */
const TASK = { input: [1, 2, 0, 3, 1, 2, 0, 1, 1], dz: [2, -1, 3, 0], weights: [3, 1, 0, -1] };

async function check(answer: number): Promise<Verdict> {
  const right = await convBackward(plane(TASK.dz, 2), plane(TASK.input, 3), filter(TASK.weights, F), bias(0), { stride: 1, pad: 0 });
  if (answer === right.dw.values[0]) return { right: true, why: t("backward-right") };
  if (answer === right.db.values[0]) return { right: false, why: t("backward-is-db") };
  if (answer === right.da.values[0]) return { right: false, why: t("backward-is-da") };
  if (answer === TASK.input[0]! * TASK.dz[0]!) return { right: false, why: t("backward-first-window") };
  if (right.dw.values.includes(answer)) return { right: false, why: t("backward-other-weight") };
  return { right: false, why: t("backward-other") };
}

export function Backward(): JSX.Element {
  const task = (
    <>
      <p>
        <Rich id="backward-task" />
      </p>
      <div class="matrices">
        <Matrix caption={t("backward-input")} rows={3} columns={3} values={TASK.input} />
        <Matrix caption={t("step-filter")} rows={2} columns={2} values={TASK.weights} />
        <Matrix caption="dZ" rows={2} columns={2} values={TASK.dz} />
      </div>
    </>
  );
  return (
    <Chapter
      title={m("backward-title")}
      text={[m("backward-text-1"), m("backward-text-2"), m("backward-text-3")]}
      figure={<Figure />}
      exercise={<NumberExercise task={task} label="dW[0, 0] =" check={check} />}
      errata={[m("backward-erratum-1"), m("backward-erratum-2"), m("backward-erratum-3"), m("backward-erratum-4")]}
    />
  );
}
