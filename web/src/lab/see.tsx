import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { ask } from "../engine";
import { Choice, Said } from "../figure/choice";
import { number, percent, t } from "../language";
import { type Later, useLater } from "../later";
import type { Activations, Prediction } from "../protocol";
import { useStore } from "../store";
import { image, lookInside } from "./actions";
import { DrawingPad } from "./draw";
import { GradCamView } from "./grad_cam";
import { LayerView } from "./layer_view";
import { hasNetwork, lab } from "./state";
import { Thumbnails } from "./thumbnails";

/** Looking inside: an image, the prediction, the layers one by one. */
export function SeeCard(): JSX.Element {
  const state = useStore(lab);
  return (
    <section class="card" id="see" aria-labelledby="see-heading">
      <h2 id="see-heading">{t("see-heading")}</h2>
      {hasNetwork(state) ? (
        <Inside />
      ) : (
        <>
          <p>{t("see-nothing")}</p>
          <button type="button" disabled={state.checked?.ok !== true} onClick={() => void lookInside()}>
            {t("see-untrained")}
          </button>
        </>
      )}
    </section>
  );
}

function Inside(): JSX.Element {
  const state = useStore(lab);
  const { subject, run, model, weights, layer } = state;
  const [backward, setBackward] = useState(false);
  const [drawing, setDrawing] = useState(false);
  const summary = run?.summary ?? model!.summary;
  const names = summary.layers.map((one) => one.name);
  const current = names.includes(layer) || layer === "input" ? layer : names[0]!;
  const before = summary.layers.find((one) => one.name === current)?.inputs[0];
  const after = summary.layers.find((one) => one.inputs.includes(current))?.name;
  const asked = [...new Set([current, before, after].filter((name) => name !== undefined))];
  const inputs = [subject, weights, run, model, current, backward];
  const prediction = useLater(() => ask("predict", { image: image() }), [subject, weights, run, model]);
  const activations = useLater(() => ask("activations", { image: image(), layers: asked, gradient: backward }), inputs);
  const chosenLayers = [["input", t("diagram-input")] as const, ...names.map((name) => [name, name] as const)];
  return (
    <>
      <div class="see-top">
        <div>
          <h3>{t("see-image")}</h3>
          {drawing ? (
            <DrawingPad
              label={t("draw-label")}
              onDrawn={(picture) => picture && lab.patch({ subject: { kind: "picture", picture } })}
            />
          ) : (
            <Thumbnails />
          )}
          <button type="button" aria-pressed={drawing} onClick={() => setDrawing(!drawing)}>
            {t("see-draw")}
          </button>
        </div>
        <PredictionView prediction={prediction} />
      </div>
      <div class="controls">
        <Choice label={t("see-layer")} value={current} options={chosenLayers} onChange={(name) => lab.patch({ layer: name })} />
        <div class="buttons" role="group" aria-label={t("see-direction")}>
          <button type="button" aria-pressed={!backward} onClick={() => setBackward(false)}>
            {t("see-forward")}
          </button>
          <button type="button" aria-pressed={backward} onClick={() => setBackward(true)}>
            {t("see-backward")}
          </button>
        </div>
      </div>
      <Walk activations={activations} names={{ current, before, after }} backward={backward} />
      <GradCamView />
    </>
  );
}

interface Names {
  current: string;
  before: string | undefined;
  after: string | undefined;
}

function Walk({ activations, names, backward }: { activations: Later<Activations>; names: Names; backward: boolean }): JSX.Element {
  const { value, error } = activations;
  const find = (name: string | undefined) => value?.layers.find((one) => one.name === name);
  const here = find(names.current);
  return (
    <>
      <Said kind="bad">{error}</Said>
      {here && <LayerView key={names.current} here={here} before={find(names.before)} after={find(names.after)} backward={backward} />}
    </>
  );
}

const MOST_BARS = 5;

/** The largest outputs, with the names of their classes. A single output is the probability of the second of two. */
function strongest({ outputs, classes }: Prediction): { name: string; output: number }[] {
  const all = outputs.length === 1 && classes.length === 2 ? [1 - outputs[0]!, outputs[0]!] : [...outputs];
  const named = all.map((output, index) => ({ name: classes[index] ?? String(index), output }));
  return named.sort((a, b) => b.output - a.output).slice(0, MOST_BARS);
}

function PredictionView({ prediction }: { prediction: Later<Prediction> }): JSX.Element {
  const { subject, data } = useStore(lab);
  const { value, error } = prediction;
  if (value === undefined) return <Said kind="bad">{error}</Said>;
  const bars = strongest(value);
  const probable = bars.every(({ output }) => output >= 0 && output <= 1);
  const label = subject.kind === "data" ? data?.classes[subject.label] : undefined;
  const right = label === value.name;
  return (
    <div class="prediction">
      <h3>{t("see-prediction")}</h3>
      <p role="status">
        {label === undefined
          ? t("see-predicted", { name: value.name })
          : right
            ? t("see-right", { name: value.name })
            : t("see-wrong", { name: value.name, label })}
      </p>
      <ul class="bars">
        {bars.map(({ name, output }) => (
          <li key={name}>
            <span>{name}</span>
            <span class="bar">
              <i style={{ width: `${100 * Math.max(0, Math.min(1, output))}%` }} />
            </span>
            <span>{probable ? percent(output) : number(output)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
