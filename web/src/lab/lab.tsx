import type { JSX } from "preact";

import { t } from "../language";
import { useStore } from "../store";
import { DataCard, open } from "./data";
import { dropped } from "./files";
import { MeasureCard } from "./measure";
import { NetworkCard } from "./network";
import { SeeCard } from "./see";
import { lab } from "./state";
import { TakeCard } from "./take";
import { TrainCard } from "./train";

/** The laboratory: from the data to what the visitor takes along. Files can be dropped anywhere. */
export function Laboratory(): JSX.Element {
  const steps = [
    ["data", t("data-heading")],
    ["network", t("network-heading")],
    ["train", t("train-heading")],
    ["see", t("see-heading")],
    ["measure", t("measure-heading")],
    ["take", t("take-heading")],
  ] as const;
  return (
    <div
      class="laboratory"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (event.dataTransfer) void dropped(event.dataTransfer).then(open);
      }}
    >
      <h1>{t("lab-title")}</h1>
      <p>{t("lab-about")}</p>
      <nav class="steps" aria-label={t("lab-steps")}>
        {steps.map(([id, name]) => (
          <button key={id} type="button" onClick={() => document.getElementById(id)?.scrollIntoView()}>
            {name}
          </button>
        ))}
      </nav>
      <StatusLine />
      <DataCard />
      <NetworkCard />
      <TrainCard />
      <SeeCard />
      <MeasureCard />
      <TakeCard />
    </div>
  );
}

function StatusLine(): JSX.Element {
  const { busy, error } = useStore(lab);
  return (
    <div class="status">
      <p role="status">{busy}</p>
      {error && (
        <p role="alert" class="bad">
          <span lang="en">{error}</span>{" "}
          <button type="button" onClick={() => lab.patch({ error: undefined })}>
            {t("error-close")}
          </button>
        </p>
      )}
    </div>
  );
}
