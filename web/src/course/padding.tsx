import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { NumberChoice, Said } from "../figure/choice";
import { Matrix } from "../figure/matrix";
import { m, number, t } from "../language";
import { useLater } from "../later";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { FormulaExercise, type Verdict } from "./exercise";
import type { Formula } from "./formula";
import { ReaderButtons, useReader } from "./reader";
import { bias, convBackward, convForward, filled, filter, outputSize, plane, zeroPad } from "./steps";

const SIZE = 4;

/** In how many windows each pixel lies: the gradient of the sum of all windows' sums. */
async function windowsOver(f: number, pad: number): Promise<number[]> {
  const input = plane(filled(0, SIZE * SIZE), SIZE);
  const ones = filter(filled(1, f * f), f);
  const sliding = { stride: 1, pad };
  const { shape } = await convForward(input, ones, bias(0), sliding);
  const dz = plane(filled(1, shape[1]! * shape[2]!), shape[1]!, shape[2]!);
  return (await convBackward(dz, input, ones, bias(0), sliding)).da.values;
}

function Figure(): JSX.Element {
  const [pad, setPad] = useState(1);
  const [f, setF] = useState(3);
  const reader = useReader(SIZE);
  const padded = useLater(() => zeroPad(plane(reader.values, SIZE), pad), [reader.values.join(), pad]);
  const windows = useLater(() => windowsOver(f, pad), [f, pad]);
  const result = padded.value;
  const error = padded.error ?? windows.error;
  return (
    <>
      <div class="controls">
        <NumberChoice label={t("pad-label")} value={pad} of={[0, 1, 2, 3]} onChange={setPad} />
        <NumberChoice label={t("filter-size-label")} value={f} of={[1, 2, 3, 4]} onChange={setF} />
        <ReaderButtons />
      </div>
      <div class="matrices">
        <Matrix caption={t("your-numbers")} rows={SIZE} columns={SIZE} values={reader.values} onEdit={reader.edit} />
        {result && (
          <Matrix
            caption={t("padding-padded")}
            rows={result.shape[1]!}
            columns={result.shape[2]!}
            values={result.values}
            pad={(result.shape[1]! - SIZE) / 2}
          />
        )}
        {windows.value && <Matrix caption={t("padding-windows", { f })} rows={SIZE} columns={SIZE} values={windows.value} />}
      </div>
      <Said kind={error === undefined ? undefined : "bad"}>{error}</Said>
    </>
  );
}

/** Tries the reader's padding on several sizes: the output must be as large as the input. */
async function check(formula: Formula): Promise<Verdict> {
  for (const f of [3, 1, 5, 7]) {
    const pad = formula({ f });
    if (!Number.isInteger(pad) || pad < 0) return { right: false, why: t("padding-not-whole", { f, pad: number(pad) }) };
    const n = 9;
    // A padding this large is wrong whatever the sizes are; computing with it would only take long.
    const size = pad > 20 ? n + 2 * pad - f + 1 : await outputSize(n, f, { stride: 1, pad });
    if (size !== n) return { right: false, why: t("padding-other-size", { f, pad, n, size }) };
  }
  return { right: true, why: t("padding-right") };
}

export function Padding(): JSX.Element {
  return (
    <Chapter
      title={m("padding-title")}
      text={[m("padding-text-1"), m("padding-text-2"), m("padding-text-3")]}
      figure={<Figure />}
      exercise={<FormulaExercise task={<Rich id="padding-task" />} label="p =" names={["f"]} check={check} />}
      errata={[m("padding-erratum-1"), m("padding-erratum-2")]}
    />
  );
}
