import type { JSX } from "preact";
import { useState } from "preact/hooks";

import { t } from "../language";
import { reason } from "../later";
import type { DataSummary } from "../protocol";
import { useStore } from "../store";
import { loadDigits, loadFiles, openModel } from "./actions";
import { Collect } from "./collect";
import { chosen, type Dropped, dropped, isModel, read } from "./files";
import { lab } from "./state";
import { Thumbnails } from "./thumbnails";

type Source = "digits" | "drawing" | "files" | "webcam";

/** Files become data; a model file becomes the network that is looked at. */
export async function open(files: Dropped[]): Promise<void> {
  try {
    const bytes = await read(files);
    if (isModel(files)) await openModel(bytes[0]!.path, bytes[0]!.bytes);
    else await loadFiles(bytes);
  } catch (error) {
    lab.patch({ error: reason(error) });
  }
}

/** The data: where they come from, and some of them. */
export function DataCard(): JSX.Element {
  const { data } = useStore(lab);
  const [source, setSource] = useState<Source>("digits");
  const sources: readonly (readonly [Source, string])[] = [
    ["digits", t("data-digits")],
    ["drawing", t("data-drawing")],
    ["files", t("data-files")],
    ["webcam", t("data-webcam")],
  ];
  const choose = (name: Source) => {
    setSource(name);
    if (name === "digits") void loadDigits();
  };
  return (
    <section class="card" id="data" aria-labelledby="data-heading">
      <h2 id="data-heading">{t("data-heading")}</h2>
      <div class="buttons" role="group" aria-label={t("data-source")}>
        {sources.map(([name, label]) => (
          <button key={name} type="button" aria-pressed={source === name} onClick={() => choose(name)}>
            {label}
          </button>
        ))}
      </div>
      {source === "drawing" && <Collect key="drawing" by="drawing" />}
      {source === "webcam" && <Collect key="webcam" by="webcam" />}
      {source === "files" && <Files />}
      {data && <Loaded data={data} />}
    </section>
  );
}

function Files(): JSX.Element {
  const [over, setOver] = useState(false);
  return (
    <div
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        if (event.dataTransfer) void dropped(event.dataTransfer).then(open);
      }}
    >
      <p>{t("files-drop")}</p>
      <div class="controls">
        <label class="file">
          {t("files-choose")}
          <input type="file" multiple onChange={(event) => void open(chosen(event.currentTarget))} />
        </label>
        <label class="file">
          {t("files-folder")}
          <input
            type="file"
            ref={(input) => {
              if (input) input.webkitdirectory = true;
            }}
            onChange={(event) => void open(chosen(event.currentTarget))}
          />
        </label>
      </div>
    </div>
  );
}

function Loaded({ data }: { data: DataSummary }): JSX.Element {
  const remarks = [...data.facts, ...data.notes, ...data.skipped];
  return (
    <>
      <p>
        <strong>{data.name}</strong>: {t("data-loaded", { examples: data.examples, classes: data.classes.length, shape: data.shape.join(" × ") })}
      </p>
      {remarks.length > 0 && (
        <details>
          <summary>{t("data-remarks", { count: remarks.length })}</summary>
          <ul lang="en">
            {remarks.map((remark, index) => (
              <li key={index}>{remark}</li>
            ))}
          </ul>
        </details>
      )}
      <Thumbnails />
    </>
  );
}
