import type { JSX } from "preact";

import { m, t } from "../language";
import { Backward } from "./backward";
import { Forward } from "./forward";
import { WholeNetwork } from "./network";
import { Padding } from "./padding";
import { Pooling } from "./pooling";
import { SingleStep } from "./single";
import { Training } from "./training";

export const CHAPTERS = [
  { name: "padding", title: m("padding-title"), Body: Padding },
  { name: "step", title: m("step-title"), Body: SingleStep },
  { name: "forward", title: m("forward-title"), Body: Forward },
  { name: "pooling", title: m("pool-title"), Body: Pooling },
  { name: "backward", title: m("backward-title"), Body: Backward },
  { name: "network", title: m("network-title"), Body: WholeNetwork },
  { name: "training", title: m("training-title"), Body: Training },
] as const;

/** The course: the chapters' list, one chapter, and the way to its neighbours. */
export function Course({ name }: { name: string }): JSX.Element {
  const index = Math.max(
    0,
    CHAPTERS.findIndex((chapter) => chapter.name === name),
  );
  const { Body } = CHAPTERS[index]!;
  const [before, after] = [CHAPTERS[index - 1], CHAPTERS[index + 1]];
  return (
    <div class="course">
      <h1>{t("course-title")}</h1>
      <p>{t("course-about")}</p>
      <nav aria-label={t("course-chapters")} class="chapters">
        <ol>
          {CHAPTERS.map((chapter, number) => (
            <li key={chapter.name}>
              <a href={`#/course/${chapter.name}`} aria-current={number === index ? "page" : undefined}>
                {t(chapter.title)}
              </a>
            </li>
          ))}
        </ol>
      </nav>
      <Body key={name} />
      <nav class="neighbours" aria-label={t("course-neighbours")}>
        {before && <a href={`#/course/${before.name}`}>← {t(before.title)}</a>}
        {after && <a href={`#/course/${after.name}`}>{t(after.title)} →</a>}
      </nav>
    </div>
  );
}
