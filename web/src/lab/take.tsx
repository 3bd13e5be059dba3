import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { Said } from "../figure/choice";
import { number, t } from "../language";
import { Rich } from "../text/rich";
import { useStore } from "../store";
import { closeModel, saveModel } from "./actions";
import { open } from "./data";
import { chosen } from "./files";
import { toLink } from "./link";
import { hasNetwork, lab } from "./state";

function download(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: name });
  link.click();
  // The browser reads the address after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** What the visitor takes along: the model file, the run as a link; and models from elsewhere. */
export function TakeCard(): JSX.Element {
  const state = useStore(lab);
  const { text, settings, more, model, training } = state;
  const [said, say] = useState("");
  const link = toLink(location.href, text, settings, more);
  const save = async () => {
    const file = await saveModel();
    if (file) download(file.name, file.bytes);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      say(t("take-copied"));
    } catch {
      say(t("take-not-copied"));
    }
  };
  return (
    <section class="card" id="take" aria-labelledby="take-heading">
      <h2 id="take-heading">{t("take-heading")}</h2>
      <p>
        <Rich id="take-about" />
      </p>
      <div class="controls">
        <button type="button" disabled={!hasNetwork(state) || training} onClick={() => void save()}>
          {t("take-model")}
        </button>
        <label class="file">
          {t("take-open")}
          <input type="file" accept=".safetensors" onChange={(event) => void open(chosen(event.currentTarget))} />
        </label>
      </div>
      {model && (
        <div class="buttons">
          <p>{t("take-opened", { name: model.name, parameters: number(model.summary.parameters, 9), shape: model.input.join(" × ") })}</p>
          <button type="button" disabled={training} onClick={closeModel}>
            {t("take-close")}
          </button>
        </div>
      )}
      <label class="wide">
        {t("take-link")}
        <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
      </label>
      <div class="buttons">
        <button type="button" onClick={() => void copy()}>
          {t("take-copy")}
        </button>
      </div>
      <Said>{said}</Said>
    </section>
  );
}
