import type { JSX } from "preact";
import { useRef } from "preact/hooks";

import { Choice, Said } from "../figure/choice";
import { t } from "../language";
import { useStore } from "../store";
import { check } from "./actions";
import { Advice } from "./advice";
import { Diagram } from "./diagram";
import { Editor } from "./editor";
import { FIRST_NETWORK, type Lab, lab, modelTakes } from "./state";

/** Checking waits until the visitor pauses for this long, in milliseconds. */
const REST = 120;

/** The network: its text, what the check says, the diagram. */
export function NetworkCard(): JSX.Element {
  const state = useStore(lab);
  const { text, checked, vocabulary, model, fromModel } = state;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const edit = (typed: string) => {
    lab.patch({ text: typed });
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void check(typed), REST);
  };
  const presets = (vocabulary?.presets ?? []).map((preset) => [preset.text, preset.name] as const);
  const options = [[FIRST_NETWORK, t("network-first")] as const, ...presets];
  const named = options.some(([one]) => one === text) ? text : "";
  return (
    <section class="card" id="network" aria-labelledby="network-heading">
      <h2 id="network-heading">{t("network-heading")}</h2>
      {model && <Start state={state} />}
      {!fromModel && (
        <>
          <p>{t("network-about")}</p>
          <Choice
            label={t("network-preset")}
            value={named}
            options={named === "" ? [["", t("network-own")], ...options] : options}
            onChange={(chosen) => chosen !== "" && void check(chosen)}
          />
          <Editor text={text} onChange={edit} />
          <Advice checked={checked} />
          <Diagram checked={checked} />
        </>
      )}
    </section>
  );
}

/** Where the training starts: from a new network, or from the opened model. */
function Start({ state }: { state: Lab }): JSX.Element {
  const { model, data, fromModel, training } = state;
  const choose = (fromModel: boolean) => lab.patch({ fromModel });
  const shapes = { model: model!.input.join(" × "), data: data?.shape.join(" × ") ?? "–" };
  return (
    <>
      <div class="buttons" role="group" aria-label={t("start-label")}>
        <button type="button" aria-pressed={!fromModel} disabled={training} onClick={() => choose(false)}>
          {t("start-new")}
        </button>
        <button type="button" aria-pressed={fromModel} disabled={training} onClick={() => choose(true)}>
          {t("start-model", { name: model!.name })}
        </button>
      </div>
      {fromModel && (
        <>
          <p>
            <code class="formula-line">{model!.summary.network}</code>
          </p>
          <Said kind={modelTakes(state) ? undefined : "bad"}>
            {!modelTakes(state) ? t("start-misfit", shapes) : model!.fitsData ? t("start-same") : t("start-others")}
          </Said>
        </>
      )}
    </>
  );
}
