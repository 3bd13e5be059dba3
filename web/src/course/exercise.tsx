import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

import { Said } from "../figure/choice";
import { t } from "../language";
import { reason } from "../later";
import { type Formula, FormulaError, parseFormula } from "./formula";

/** Whether an answer is right, and why it is or is not. */
export interface Verdict {
  right: boolean;
  why: string;
}

interface FrameProps {
  task: ComponentChildren;
  answer: () => Promise<Verdict>;
  /** What is entered: a verdict is about one entry, and goes when it changes. */
  entered: string | number | undefined;
  children: ComponentChildren;
}

function Frame({ task, answer, entered, children }: FrameProps): JSX.Element {
  const [found, setFound] = useState<(Verdict & { about: unknown }) | undefined>();
  const verdict = found?.about === entered ? found : undefined;
  const check = (event: Event) => {
    event.preventDefault();
    const say = (verdict: Verdict) => setFound({ ...verdict, about: entered });
    answer().then(say, (error: unknown) => say({ right: false, why: reason(error) }));
  };
  return (
    <form class="exercise" onSubmit={check}>
      <h3>{t("exercise-title")}</h3>
      <div>{task}</div>
      <div class="buttons">
        {children}
        <button type="submit">{t("exercise-check")}</button>
      </div>
      <Said kind={verdict && (verdict.right ? "good" : "bad")}>
        {verdict && `${verdict.right ? t("exercise-right") : t("exercise-wrong")} ${verdict.why}`}
      </Said>
    </form>
  );
}

/** The reader writes a formula. */
export function FormulaExercise(props: {
  task: ComponentChildren;
  label: string;
  names: readonly string[];
  check: (formula: Formula) => Promise<Verdict>;
}): JSX.Element {
  const [text, setText] = useState("");
  const answer = async (): Promise<Verdict> => {
    let formula: Formula;
    try {
      formula = parseFormula(text, props.names);
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      const values = { column: error.column, found: error.found, names: props.names.join(", ") };
      return { right: false, why: error.found === "" ? t("formula-ends", values) : t("formula-unreadable", values) };
    }
    return props.check(formula);
  };
  return (
    <Frame task={props.task} answer={answer} entered={text}>
      <label class="formula">
        <span>{props.label}</span>
        <input value={text} spellcheck={false} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
      </label>
    </Frame>
  );
}

/** The reader computes a number. */
export function NumberExercise(props: {
  task: ComponentChildren;
  label: string;
  check: (value: number) => Promise<Verdict>;
}): JSX.Element {
  const [text, setText] = useState("");
  const answer = async (): Promise<Verdict> => {
    const value = Number(text.replace(",", ".").replace("−", "-"));
    if (text.trim() === "" || !Number.isFinite(value)) return { right: false, why: t("exercise-number") };
    return props.check(value);
  };
  return (
    <Frame task={props.task} answer={answer} entered={text}>
      <label class="formula">
        <span>{props.label}</span>
        <input value={text} inputMode="decimal" autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
      </label>
    </Frame>
  );
}

/** The reader picks an answer. */
export function ChoiceExercise(props: {
  task: ComponentChildren;
  options: readonly string[];
  check: (index: number) => Promise<Verdict>;
}): JSX.Element {
  const [chosen, choose] = useState<number | undefined>();
  const answer = async (): Promise<Verdict> => (chosen === undefined ? { right: false, why: t("exercise-choose") } : props.check(chosen));
  return (
    <Frame task={props.task} answer={answer} entered={chosen}>
      <fieldset>
        <legend>{t("exercise-options")}</legend>
        {props.options.map((option, index) => (
          <label key={index}>
            <input type="radio" name="answer" checked={chosen === index} onChange={() => choose(index)} />
            {option}
          </label>
        ))}
      </fieldset>
    </Frame>
  );
}
