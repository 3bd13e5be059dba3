import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Choice, NumberChoice, Said } from "../figure/choice";
import { Curves } from "../figure/curves";
import { canRelax, relax, relaxed } from "../inlined";
import { m, number, percent, t } from "../language";
import type { Progress } from "../protocol";
import { useStore } from "../store";
import { pause, restart, set, setMore, train, trainExample } from "./actions";
import { MoreControls } from "./settings";
import { type Lab, lab, modelTakes, recipe, transfer } from "./state";

/** Training: the buttons, the controls, the curves. */
export function TrainCard(): JSX.Element {
  const state = useStore(lab);
  const { training, busy, checked, data, run, progress, fromModel } = state;
  const fits = fromModel ? modelTakes(state) : checked?.ok === true;
  const can = data !== undefined && fits && !training;
  const current = run !== undefined && state.made === recipe(state);
  const done = current && progress?.finished === true;
  return (
    <section class="card" id="train" aria-labelledby="train-heading">
      <h2 id="train-heading">{t("train-heading")}</h2>
      <div class="buttons">
        {training ? (
          <button type="button" class="primary" onClick={() => void pause()}>
            {t("train-pause")}
          </button>
        ) : (
          <button type="button" class="primary" disabled={!can || busy !== undefined || done} onClick={() => void train(null)}>
            {current && (progress?.steps ?? 0) > 0 ? t("train-go-on") : t("train-start")}
          </button>
        )}
        <button type="button" disabled={!can || done} onClick={() => void train(1)}>
          {t("train-step")}
        </button>
        <OneExample state={state} can={can && !(done && progress?.keptEpoch != null)} />
        <button type="button" disabled={!can} onClick={() => void restart()}>
          {t("train-again")}
        </button>
      </div>
      <Controls state={state} />
      {run !== undefined && !current && <p class="note">{t("train-changed")}</p>}
      {progress && <Status progress={progress} />}
      {current && run.notes.map((note) => <p key={note} class="note" lang="en">{note}</p>)}
      {progress?.finished && progress.keptEpoch != null && (
        <p class="note" role="status">
          {t(progress.stopped ? m("train-stopped") : m("train-kept"), { epoch: progress.keptEpoch })}
        </p>
      )}
      <Charts state={state} />
      {canRelax() && (
        <label class="tick">
          <input type="checkbox" checked={relaxed()} disabled={training} onChange={(event) => relax(event.currentTarget.checked)} />
          {t("train-relaxed")}
        </label>
      )}
      {run && !relaxed() && <Command state={state} />}
    </section>
  );
}

/** The hexadecimal digits of the weights' hash that the command prints. */
const HASH_DIGITS = 16;

/** The command that ends in the same weights, and what it says of them. */
function Command({ state }: { state: Lab }): JSX.Element {
  const { run, changedByHand, progress, epochs } = state;
  if (changedByHand) return <p>{t("train-by-hand")}</p>;
  const last = progress?.keptEpoch == null ? epochs.at(-1) : epochs[progress.keptEpoch - 1];
  return (
    <>
      <p class="scroll" tabIndex={0}>
        {t("train-command")} <code>{run!.command}</code>
      </p>
      {progress?.finished && last && (
        <p class="hash">
          {t("train-hash")} <code>{last.hash.slice(0, HASH_DIGITS)}</code>
        </p>
      )}
    </>
  );
}

function OneExample({ state, can }: { state: Lab; can: boolean }): JSX.Element {
  const [losses, setLosses] = useState<{ before: number | null; after: number | null } | undefined>();
  const { subject } = state;
  const step = async () => {
    if (subject.kind === "data") setLosses(await trainExample(subject.label));
  };
  return (
    <>
      <button type="button" disabled={!can || subject.kind !== "data"} onClick={() => void step()}>
        {t("train-example")}
      </button>
      <Said>{losses && t("train-example-loss", { before: number(losses.before ?? NaN), after: number(losses.after ?? NaN) })}</Said>
    </>
  );
}

const OPTIMIZERS = ["adam", "adamw", "gd", "momentum", "classic-momentum"] as const;
const SCHEDULES = ["cosine", "constant", "one-cycle", "exponential(0.95)", "decay(1)"] as const;
const INITS = ["he", "xavier", "fan-in", "zeros", "0.01"] as const;
const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

/** A list of choices with the current value in it, even if a link brought another. */
function including<T extends string | number>(list: readonly T[], value: T): (readonly [T, string])[] {
  const all = list.includes(value) ? list : [...list, value];
  return all.map((one) => [one, String(one)] as const);
}

function Controls({ state }: { state: Lab }): JSX.Element {
  const { settings, training, fromModel } = state;
  return (
    <>
      <div class="controls">
        <Choice label={t("learning-rate")} value={settings.lr} options={including(RATES, settings.lr)} onChange={(lr) => void set({ lr })} />
        <fieldset class="plain" disabled={training}>
          <legend class="hidden">{t("train-settings")}</legend>
          <Whole label={t("setting-epochs")} value={settings.epochs} least={1} most={100000} onChange={(epochs) => void set({ epochs })} />
          <NumberChoice
            label={t("setting-batch")}
            value={settings.batch}
            of={[...new Set([1, 8, 16, 32, 64, 128, 256, settings.batch])]}
            onChange={(batch) => void set({ batch })}
          />
          <Choice
            label={t("setting-optimizer")}
            value={settings.optimizer}
            options={including(OPTIMIZERS, settings.optimizer)}
            onChange={(optimizer) => void set({ optimizer })}
          />
          <Choice
            label={t("setting-schedule")}
            value={settings.schedule}
            options={including(SCHEDULES, settings.schedule)}
            onChange={(schedule) => void set({ schedule })}
          />
          <NumberChoice label={t("setting-l2")} value={settings.l2} of={[...new Set([0, 0.01, 0.1, 1, settings.l2])]} onChange={(l2) => void set({ l2 })} />
          {fromModel ? (
            <Choice
              label={t("set-transfer")}
              value={transfer(state)}
              options={[
                ["all", t("transfer-all")],
                ["head", t("transfer-head")],
                ["finetune", t("transfer-finetune")],
              ]}
              onChange={(how) => setMore("transfer", how)}
            />
          ) : (
            <Choice label={t("setting-init")} value={settings.init} options={including(INITS, settings.init)} onChange={(init) => void set({ init })} />
          )}
          <Whole label={t("setting-seed")} value={settings.seed} least={0} most={4294967295} onChange={(seed) => void set({ seed })} />
        </fieldset>
      </div>
      <MoreControls state={state} />
    </>
  );
}

/** A whole number in a field; what is outside the range is brought into it. */
function Whole(props: { label: string; value: number; least: number; most: number; onChange: (value: number) => void }): JSX.Element {
  return (
    <label class="choice">
      <span>{props.label}</span>
      <input
        type="number"
        min={props.least}
        max={props.most}
        step={1}
        value={props.value}
        onChange={(event) => {
          const typed = Math.round(Number(event.currentTarget.value));
          const value = Number.isFinite(typed) ? Math.min(props.most, Math.max(props.least, typed)) : props.value;
          event.currentTarget.value = String(value);
          props.onChange(value);
        }}
      />
    </label>
  );
}

function Status({ progress }: { progress: Progress }): JSX.Element {
  const { epoch, epochs, steps, loss, accuracy, imagesPerSecond, learningRate } = progress;
  const facts: [string, string][] = [
    [t("fact-epoch"), t("fact-of", { index: Math.min(epoch + 1, epochs), count: epochs })],
    [t("fact-steps"), number(steps, 9)],
    [t("loss"), loss === null ? "–" : number(loss)],
    [t("accuracy"), accuracy === null ? "–" : percent(accuracy)],
    [t("fact-speed"), imagesPerSecond === null ? "–" : number(Math.round(imagesPerSecond), 4)],
    [t("learning-rate"), number(learningRate, 3)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Charts({ state }: { state: Lab }): JSX.Element | null {
  const { points, epochs } = state;
  if (points.length === 0) return null;
  const x = points.map((point) => point.epoch);
  const tested = epochs.filter((one) => one.test !== null);
  const testX = tested.map((one) => one.epoch + 1);
  return (
    <div class="charts">
      <Curves
        title={t("loss")}
        axis={t("fact-epoch")}
        series={[
          { name: t("curve-train"), x, y: points.map((point) => point.loss) },
          { name: t("curve-test"), x: testX, y: tested.map((one) => one.test!.loss) },
        ]}
      />
      <Curves
        title={t("accuracy")}
        axis={t("fact-epoch")}
        percentages
        series={[
          { name: t("curve-train"), x, y: points.map((point) => point.accuracy) },
          { name: t("curve-test"), x: testX, y: tested.map((one) => one.test!.accuracy) },
        ]}
      />
    </div>
  );
}
