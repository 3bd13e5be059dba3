import type { ComponentChildren, JSX } from "preact";

import { t } from "../language";
import { Rich } from "../text/rich";

interface Props {
  title: string;
  /** Message ids. */
  text: readonly string[];
  figure: ComponentChildren;
  exercise: ComponentChildren;
  /** Message ids of the mistakes in published copies of the notebooks that bite here. */
  errata: readonly string[];
}

/** A chapter: text, a figure on the reader's numbers, an exercise, and the errata where they bite. */
export function Chapter({ title, text, figure, exercise, errata }: Props): JSX.Element {
  return (
    <article class="chapter">
      <h2>{t(title)}</h2>
      {text.map((id) => (
        <p key={id}>
          <Rich id={id} />
        </p>
      ))}
      <section class="card" aria-label={t("chapter-figure")}>
        {figure}
      </section>
      <section class="card">{exercise}</section>
      <section>
        <h3>{t("chapter-errata")}</h3>
        <ul>
          {errata.map((id) => (
            <li key={id}>
              <Rich id={id} />
            </li>
          ))}
        </ul>
      </section>
    </article>
  );
}
