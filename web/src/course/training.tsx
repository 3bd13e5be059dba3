import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { anotherEngine, type EngineCalls } from "../engine";
import { NumberChoice, Said } from "../figure/choice";
import { Curves, type Series } from "../figure/curves";
import { m, number, t } from "../language";
import { reason } from "../later";
import { Rich } from "../text/rich";
import { Chapter } from "./chapter";
import { FormulaExercise, type Verdict } from "./exercise";
import type { Formula } from "./formula";

const RATES = [0.001, 0.01, 0.03, 0.1, 0.3, 1, 3];
const STEPS = 120;
const AT_ONCE = 4;
const MOST_CURVES = 3;
const NETWORK = "conv(8, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax";

/** Trains the digits by plain gradient descent; calls `grown` as the curve grows. */
async function trainDigits(engine: EngineCalls, rate: number, grown: (series: Series) => boolean): Promise<void> {
  await engine.call("load-digits", {});
  await engine.call("new-run", { network: NETWORK, settings: { optimizer: "gd", lr: rate, schedule: "constant", warm_up: 0, seed: 1 } });
  const series = { name: t("training-curve", { rate: number(rate) }), x: [] as number[], y: [] as (number | null)[] };
  for (let steps = AT_ONCE; steps <= STEPS; steps += AT_ONCE) {
    const { progress } = await engine.call("train", { steps: AT_ONCE });
    series.x.push(steps);
    series.y.push(progress.recentLoss);
    if (!grown({ ...series })) return;
  }
}

function Figure(): JSX.Element {
  const [rate, setRate] = useState(0.1);
  const [curves, setCurves] = useState<readonly Series[]>([]);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const train = async () => {
    setRunning(true);
    setError(undefined);
    const former = curves.slice(-(MOST_CURVES - 1));
    let engine: Awaited<ReturnType<typeof anotherEngine>> | undefined;
    try {
      engine = await anotherEngine();
      await trainDigits(engine, rate, (series) => {
        if (shown.current) setCurves([...former, series]);
        return shown.current;
      });
    } catch (failure) {
      if (shown.current) setError(reason(failure));
    } finally {
      engine?.close();
      if (shown.current) setRunning(false);
    }
  };
  return (
    <>
      <div class="controls">
        <NumberChoice label={t("learning-rate")} value={rate} of={RATES} onChange={setRate} />
        <button type="button" disabled={running} onClick={() => void train()}>
          {t("training-start")}
        </button>
        <button type="button" disabled={running || curves.length === 0} onClick={() => setCurves([])}>
          {t("training-clear")}
        </button>
      </div>
      {curves.length > 0 && <Curves title={t("loss")} axis={t("training-axis")} series={curves} />}
      <Said kind={error === undefined ? undefined : "bad"}>{error ?? (curves.length === 0 ? t("training-hint") : undefined)}</Said>
    </>
  );
}

interface Update {
  w: number;
  d: number;
  after: number;
}

/** A weight before and after one update by the engine, and its gradient. */
async function oneUpdate(rate: number): Promise<Update> {
  const engine = await anotherEngine();
  try {
    await engine.call("load-digits", {});
    const settings = { optimizer: "gd", lr: rate, schedule: "constant", warm_up: 0, seed: 1 };
    await engine.call("new-run", { network: "linear(classes) -> softmax", settings });
    const image = { of: "train", index: 0 } as const;
    const label = (await engine.call("examples", { of: "train", indices: [0] })).labels[0]!;
    // The weight between the brightest pixel and the unit of the label: its gradient is not 0.
    const { layers } = await engine.call("activations", { image, layers: ["input"] });
    const pixels = layers[0]!.output.values;
    const pixel = pixels.indexOf(pixels.reduce((most, value) => Math.max(most, value)));
    const weight = async () => {
      const { arrays } = await engine.call("parameters", { layer: "linear1" });
      const found = arrays.find((array) => array.name.endsWith("weight"))!.tensor;
      return found.values[label * found.shape[1]! + pixel]!;
    };
    const w = await weight();
    const { analytic } = await engine.call("gradcheck", { image, class: label, array: "linear1.weight", index: [label, pixel] });
    await engine.call("train-example", { image, label });
    return { w, d: analytic, after: await weight() };
  } finally {
    engine.close();
  }
}

async function check(formula: Formula): Promise<Verdict> {
  for (const a of [0.1, 0.5]) {
    const { w, d, after } = await oneUpdate(a);
    const answer = formula({ w, d, a });
    const near = (value: number) => Math.abs(value - after) <= 1e-5 * Math.max(1, Math.abs(after));
    if (near(answer)) continue;
    const values = { w: number(w), d: number(d), a: number(a), after: number(after), answer: number(answer) };
    if (near(2 * w - answer)) return { right: false, why: t("training-uphill", values) };
    if (near(w + a * (answer - w))) return { right: false, why: t("training-no-rate", values) };
    return { right: false, why: t("training-other", values) };
  }
  return { right: true, why: t("training-right") };
}

export function Training(): JSX.Element {
  return (
    <Chapter
      title={m("training-title")}
      text={[m("training-text-1"), m("training-text-2"), m("training-text-3")]}
      figure={<Figure />}
      exercise={<FormulaExercise task={<Rich id="training-task" />} label={t("training-task-label")} names={["w", "d", "a"]} check={check} />}
      errata={[m("training-erratum-1"), m("training-erratum-2")]}
    />
  );
}
