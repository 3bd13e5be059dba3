import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Said } from "../figure/choice";
import { Matrix } from "../figure/matrix";
import { m, number, t } from "../language";
import { useLater } from "../later";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { NumberExercise, type Verdict } from "./exercise";
import { ReaderButtons, useReader } from "./reader";
import { convSingleStep } from "./steps";

const F = 3;

function window(values: readonly number[], size: number): { shape: number[]; values: number[] } {
  return { shape: [size, size, 1], values: [...values] };
}

function Figure(): JSX.Element {
  const reader = useReader(F);
  const [weights, setWeights] = useState<readonly number[]>([1, 0, -1, 2, 0, -2, 1, 0, -1]);
  const [b, setB] = useState<readonly number[]>([0.5]);
  const z = useLater(
    () => convSingleStep(window(reader.values, F), window(weights, F), b[0]!),
    [reader.values.join(), weights, b],
  );
  const products = reader.values.map((value, index) => value * weights[index]!);
  const line = products.map((product) => (product < 0 ? `(${number(product, 3)})` : number(product, 3))).join(" + ");
  return (
    <>
      <div class="controls">
        <ReaderButtons />
      </div>
      <div class="matrices">
        <Matrix caption={t("step-window")} rows={F} columns={F} values={reader.values} onEdit={reader.edit} />
        <span class="sign" aria-hidden="true">
          ×
        </span>
        <Matrix
          caption={t("step-filter")}
          rows={F}
          columns={F}
          values={weights}
          onEdit={(index, value) => setWeights(weights.with(index, value))}
        />
        <span class="sign" aria-hidden="true">
          =
        </span>
        <Matrix caption={t("step-products")} rows={F} columns={F} values={products} />
        <Matrix caption={t("step-bias")} rows={1} columns={1} values={b} onEdit={(_, value) => setB([value])} />
      </div>
      <Said kind={z.error === undefined ? undefined : "bad"}>
        {z.error ?? (
          <code>
            Z = {line} + {number(b[0]!, 3)} = {z.value === undefined ? "" : number(z.value, 6)}
          </code>
        )}
      </Said>
    </>
  );
}

/** Small numbers, so that the answer can be found in the head; each usual mistake gives another result. */
const TASK = { window: [2, 1, 0, 3], weights: [1, -2, 4, 1], bias: -1 };

async function check(answer: number): Promise<Verdict> {
  const { window: a, weights: w, bias } = TASK;
  const of = (left: number[], right: number[], b: number) => convSingleStep(window(left, 2), window(right, 2), b);
  if (answer === (await of(a, w, bias))) return { right: true, why: t("step-right") };
  if (answer === (await of(a, w, 0))) return { right: false, why: t("step-no-bias") };
  if (answer === (await of(a, w, -bias))) return { right: false, why: t("step-bias-sign") };
  if (answer === (await of(a, w.toReversed(), bias))) return { right: false, why: t("step-flipped") };
  if (answer === (await of(a, [1, 1, 1, 1], bias))) return { right: false, why: t("step-no-filter") };
  return { right: false, why: t("step-other") };
}

export function SingleStep(): JSX.Element {
  const task = (
    <>
      <p>
        <Rich id="step-task" />
      </p>
      <div class="matrices">
        <Matrix caption={t("step-window")} rows={2} columns={2} values={TASK.window} />
        <Matrix caption={t("step-filter")} rows={2} columns={2} values={TASK.weights} />
        <Matrix caption={t("step-bias")} rows={1} columns={1} values={[TASK.bias]} />
      </div>
    </>
  );
  return (
    <Chapter
      title={m("step-title")}
      text={[m("step-text-1"), m("step-text-2")]}
      figure={<Figure />}
      exercise={<NumberExercise task={task} label="Z =" check={check} />}
      errata={[m("step-erratum-1")]}
    />
  );
}
