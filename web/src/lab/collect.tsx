import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";

import { NumberChoice } from "../figure/choice";
import { t } from "../language";
import type { Picture } from "../protocol";
import { loadImages } from "./actions";
import { DrawingPad } from "./draw";
import { HoldButton, Webcam } from "./webcam";

interface Collected {
  name: string;
  pictures: Picture[];
}

const MOST_CLASSES = 20;
const MOST_EXAMPLES = 2000;

/** Examples that the visitor makes, class by class: drawn, or taken from the camera. */
export function Collect({ by }: { by: "drawing" | "webcam" }): JSX.Element {
  const [classes, setClasses] = useState<readonly Collected[]>(() =>
    [1, 2].map((number) => ({ name: t("collect-class-name", { number }), pictures: [] })),
  );
  const [side, setSide] = useState(by === "drawing" ? 16 : 32);
  const [drawn, setDrawn] = useState<Picture | undefined>();
  const [cleared, clear] = useState(0);
  const grab = useRef<(() => Picture | undefined) | undefined>(undefined);
  const [ready, setReady] = useState(false);

  const change = (index: number, fields: Partial<Collected>) =>
    setClasses((all) => all.map((one, i) => (i === index ? { ...one, ...fields } : one)));
  const add = (index: number, picture: Picture | undefined) => {
    if (picture === undefined) return;
    setClasses((all) =>
      all.map((one, i) => (i === index && one.pictures.length < MOST_EXAMPLES ? { ...one, pictures: [...one.pictures, picture] } : one)),
    );
  };
  const addDrawn = (index: number) => {
    add(index, drawn);
    clear(cleared + 1);
  };
  const enough = classes.length >= 2 && classes.every((one) => one.pictures.length >= 2);
  const use = () =>
    loadImages({
      name: by === "drawing" ? t("collect-drawn-name") : t("collect-webcam-name"),
      classes: classes.map((one) => one.name),
      // Bytes are transferred to the worker: the page keeps its own.
      images: classes.flatMap((one) => one.pictures.map((picture) => ({ ...picture, values: picture.values.slice() }))),
      labels: classes.flatMap((one, label) => one.pictures.map(() => label)),
      input: [side, side, by === "drawing" ? 1 : 3],
    });
  return (
    <div class="collect">
      {by === "drawing" ? (
        <DrawingPad key={cleared} label={t("draw-label")} onDrawn={setDrawn} />
      ) : (
        <Webcam
          onReady={(take) => {
            grab.current = take;
            setReady(take !== undefined);
          }}
        />
      )}
      <ul class="classes">
        {classes.map((one, index) => (
          <li key={index}>
            <input
              aria-label={t("collect-class", { number: index + 1 })}
              value={one.name}
              onInput={(event) => change(index, { name: event.currentTarget.value })}
            />
            {by === "drawing" ? (
              <button type="button" disabled={drawn === undefined} onClick={() => addDrawn(index)}>
                {t("collect-add")}
              </button>
            ) : (
              <HoldButton label={t("collect-hold")} disabled={!ready} onTick={() => add(index, grab.current?.())} />
            )}
            <span>{t("collect-count", { count: one.pictures.length })}</span>
            <button type="button" disabled={classes.length <= 2} onClick={() => setClasses(classes.filter((_, i) => i !== index))}>
              {t("collect-remove")}
            </button>
          </li>
        ))}
      </ul>
      <div class="controls">
        <button
          type="button"
          disabled={classes.length >= MOST_CLASSES}
          onClick={() => setClasses([...classes, { name: t("collect-class-name", { number: classes.length + 1 }), pictures: [] }])}
        >
          {t("collect-more")}
        </button>
        <NumberChoice label={t("collect-side")} value={side} of={[8, 16, 28, 32, 64]} onChange={setSide} />
        <button type="button" class="primary" disabled={!enough} onClick={() => void use()}>
          {t("collect-use")}
        </button>
        {!enough && <small>{t("collect-enough")}</small>}
      </div>
    </div>
  );
}
