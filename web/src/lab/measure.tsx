import type { JSX } from "preact";

import { ask } from "../engine";
import { number, percent, t } from "../language";
import { useLater } from "../later";
import type { Evaluation } from "../protocol";
import { useStore } from "../store";
import { measure, part } from "./actions";
import { hasNetwork, lab } from "./state";
import { Thumbnail } from "./thumbnails";

/** More classes than this are no longer a table that can be read. */
const MOST_CLASSES = 30;

/** What the network gets wrong: accuracy, the worst mistakes, the confusion matrix. */
export function MeasureCard(): JSX.Element {
  const state = useStore(lab);
  const { evaluation, run, model, training, busy } = state;
  const can = hasNetwork(state) && (run !== undefined || model?.fitsData === true) && !training && busy === undefined;
  return (
    <section class="card" id="measure" aria-labelledby="measure-heading">
      <h2 id="measure-heading">{t("measure-heading")}</h2>
      <p>{t("measure-about")}</p>
      <button type="button" disabled={!can} onClick={() => void measure()}>
        {t("measure-start")}
      </button>
      {evaluation && <Results evaluation={evaluation} />}
    </section>
  );
}

function Results({ evaluation }: { evaluation: Evaluation }): JSX.Element {
  const { examples, accuracy, loss, classes } = evaluation;
  return (
    <>
      <p role="status">
        <strong>{t("measure-result", { accuracy: percent(accuracy), examples, loss: number(loss ?? NaN) })}</strong>
      </p>
      <Mistakes evaluation={evaluation} />
      {classes.length <= MOST_CLASSES ? <Confusion evaluation={evaluation} /> : <p>{t("confusion-too-large", { count: classes.length })}</p>}
    </>
  );
}

function Mistakes({ evaluation }: { evaluation: Evaluation }): JSX.Element {
  const { mistakes, classes } = evaluation;
  const pictures = useLater(() => ask("examples", { of: part(), indices: mistakes.map((one) => one.index) }), [evaluation]);
  if (mistakes.length === 0) return <p>{t("mistakes-none")}</p>;
  const name = (index: number) => classes[index]?.name ?? String(index);
  return (
    <>
      <h3>{t("mistakes-heading")}</h3>
      <ul class="mistakes">
        {pictures.value?.labels.length === mistakes.length &&
          mistakes.map((one, index) => (
            <li key={one.index}>
              <button type="button" onClick={() => look(one.index, one.actual)}>
                <Thumbnail pictures={pictures.value!} index={index} />
                <span>
                  {t("mistakes-one", {
                    actual: name(one.actual),
                    predicted: name(one.predicted),
                    probability: percent(one.probabilities?.[1] ?? NaN),
                  })}
                </span>
              </button>
            </li>
          ))}
      </ul>
    </>
  );
}

function look(index: number, label: number): void {
  lab.patch({ subject: { kind: "data", index, label } });
  document.getElementById("see")?.scrollIntoView();
}

function Confusion({ evaluation }: { evaluation: Evaluation }): JSX.Element {
  const { classes, confusion } = evaluation;
  const count = classes.length;
  const sums = classes.map((_, row) => confusion.slice(row * count, (row + 1) * count).reduce((sum, one) => sum + one, 0));
  return (
    <>
      <h3 id="confusion-heading">{t("confusion-heading")}</h3>
      <p id="confusion-about">{t("confusion-caption")}</p>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="confusion-heading">
        <table class="confusion" aria-labelledby="confusion-heading" aria-describedby="confusion-about">
          <thead>
            <tr>
              <th scope="col">{t("confusion-corner")}</th>
              {classes.map((one) => (
                <th key={one.name} scope="col">
                  {one.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {classes.map((one, row) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                {classes.map((other, column) => {
                  const value = confusion[row * count + column] ?? 0;
                  const share = sums[row]! > 0 ? (100 * value) / sums[row]! : 0;
                  return (
                    <td key={other.name} class={row === column ? "right" : ""} style={{ "--share": `${share}%` }}>
                      {value}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
