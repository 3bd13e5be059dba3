import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ask } from "../engine";
import { Choice, NumberChoice, Said } from "../figure/choice";
import { m, number, t } from "../language";
import { useLater } from "../later";
import type { Checked } from "../protocol";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { FormulaExercise, type Verdict } from "./exercise";
import type { Formula } from "./formula";

function Figure(): JSX.Element {
  const [size, setSize] = useState(28);
  const [filters, setFilters] = useState(8);
  const [kernel, setKernel] = useState(3);
  const [padding, setPadding] = useState("same");
  const [pool, setPool] = useState(2);
  const [classes, setClasses] = useState(10);
  const text =
    `conv(${filters}, ${kernel}, ${padding}) -> relu -> maxpool(${pool}) -> ` +
    `conv(${2 * filters}, ${kernel}, ${padding}) -> relu -> maxpool(${pool}) -> flatten -> linear(classes) -> softmax`;
  const checked = useLater(() => ask("check", { text, input: [size, size, 1], classes }), [text, size, classes]);
  return (
    <>
      <div class="controls">
        <NumberChoice label={t("network-image-size")} value={size} of={[8, 16, 28, 32, 64]} onChange={setSize} />
        <NumberChoice label={t("network-filters")} value={filters} of={[2, 4, 8, 16, 32]} onChange={setFilters} />
        <NumberChoice label={t("filter-size-label")} value={kernel} of={[1, 3, 5, 7]} onChange={setKernel} />
        <Choice
          label={t("network-padding")}
          value={padding}
          options={[
            ["same", "same"],
            ["valid", "valid"],
          ]}
          onChange={setPadding}
        />
        <NumberChoice label={t("network-pool")} value={pool} of={[2, 3, 4]} onChange={setPool} />
        <NumberChoice label={t("network-classes")} value={classes} of={[2, 6, 10, 100]} onChange={setClasses} />
      </div>
      <p class="scroll" tabIndex={0}>
        <code>{text}</code>
      </p>
      {checked.value && <Layers checked={checked.value} />}
      <Said kind="bad">{checked.error}</Said>
    </>
  );
}

function Layers({ checked }: { checked: Checked }): JSX.Element {
  if (!checked.ok) {
    return (
      <p class="said bad" lang="en">
        {checked.message}
      </p>
    );
  }
  const { summary } = checked;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={t("network-layers")}>
      <table class="list">
        <thead>
          <tr>
            <th>{t("network-layer")}</th>
            <th>{t("network-output")}</th>
            <th>{t("network-parameters")}</th>
            <th>{t("network-products")}</th>
          </tr>
        </thead>
        <tbody>
          {summary.layers.map((layer) => (
            <tr key={layer.name}>
              <th scope="row">
                <code>{layer.text}</code>
              </th>
              <td>{layer.output.join(" × ")}</td>
              <td>{number(layer.parameters, 9)}</td>
              <td>{number(layer.multiplyAdds, 9)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("network-sum")}</th>
            <td />
            <td>{number(summary.parameters, 9)}</td>
            <td>{number(summary.multiplyAdds, 9)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

const CASES = [
  { f: 3, c: 1, n: 8 },
  { f: 5, c: 3, n: 6 },
  { f: 1, c: 16, n: 4 },
];

/** Compares the reader's formula with the parameters that the engine counts. */
async function check(formula: Formula): Promise<Verdict> {
  for (const { f, c, n } of CASES) {
    const checked = await ask("check", { text: `conv(${n}, ${f}) -> linear(classes) -> softmax`, input: [16, 16, c], classes: 2 });
    if (!checked.ok) throw new Error(checked.message);
    const right = checked.summary.layers[0]!.parameters;
    const answer = formula({ f, c, n });
    if (answer === right) continue;
    const values = { f, c, n, right, answer: number(answer) };
    if (answer === right - n) return { right: false, why: t("network-no-bias", values) };
    if (answer === right - n + 1) return { right: false, why: t("network-one-bias", values) };
    if (answer === f * f * n + n || answer === f * f * n) return { right: false, why: t("network-no-channels", values) };
    return { right: false, why: t("network-other", values) };
  }
  return { right: true, why: t("network-right") };
}

export function WholeNetwork(): JSX.Element {
  const exercise = <FormulaExercise task={<Rich id="network-task" />} label={t("network-task-label")} names={["f", "c", "n"]} check={check} />;
  return (
    <Chapter
      title={m("network-title")}
      text={[m("network-text-1"), m("network-text-2")]}
      figure={<Figure />}
      exercise={exercise}
      errata={[m("network-erratum-1"), m("network-erratum-2")]}
    />
  );
}
