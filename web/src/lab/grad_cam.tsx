import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useState } from "preact/hooks";

import { ask } from "../engine";
import { Choice, Said } from "../figure/choice";
import { t } from "../language";
import { useLater } from "../later";
import type { GradCam, Tensor } from "../protocol";
import { useStore } from "../store";
import { image } from "./actions";
import { lab } from "./state";

/** Dark violet, orange, pale yellow: lightness grows with the value, so it reads in grey as well. */
const HEAT = [
  [34, 10, 70],
  [150, 40, 100],
  [240, 130, 40],
  [253, 245, 170],
] as const;

function heat(share: number): [number, number, number] {
  const place = Math.max(0, Math.min(1, share)) * (HEAT.length - 1);
  const start = Math.min(HEAT.length - 2, Math.floor(place));
  const [from, to] = [HEAT[start]!, HEAT[start + 1]!];
  return [0, 1, 2].map((i) => from[i]! + (to[i]! - from[i]!) * (place - start)) as [number, number, number];
}

/** The image in grey, with the map over it. */
function paint(canvas: HTMLCanvasElement, input: Tensor, cam: GradCam): void {
  const [height, width, channels] = input.shape as [number, number, number];
  const picture = new ImageData(width, height);
  let [low, high] = [Infinity, -Infinity];
  for (const value of input.values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (let pixel = 0; pixel < height * width; pixel++) {
    let mean = 0;
    for (let c = 0; c < channels; c++) mean += input.values[pixel * channels + c]! / channels;
    const grey = high > low ? ((mean - low) / (high - low)) * 255 : 0;
    const share = cam.largest > 0 ? cam.enlarged.values[pixel]! / cam.largest : 0;
    const [red, green, blue] = heat(share);
    picture.data.set([0.45 * grey + 0.55 * red, 0.45 * grey + 0.55 * green, 0.45 * grey + 0.55 * blue, 255], 4 * pixel);
  }
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}

/** Grad-CAM: which parts of the image speak for a class. */
export function GradCamView(): JSX.Element | null {
  const { subject, weights, run, model, data } = useStore(lab);
  const summary = run?.summary ?? model?.summary;
  const classes = model?.classes ?? data?.classes ?? [];
  const layers = (summary?.layers ?? []).filter((one) => one.output.length === 3 && one.kind !== "flatten");
  const [layer, setLayer] = useState("");
  const [chosen, setChosen] = useState(-1);
  const named = layers.some((one) => one.name === layer) ? layer : "";
  const result = useLater(async () => {
    const about = { ...(named && { layer: named }), ...(chosen >= 0 && { class: chosen }) };
    const cam = await ask("grad-cam", { image: image(), ...about });
    const { layers: [input] } = await ask("activations", { image: image(), layers: ["input"] });
    return { cam, input: input!.output };
  }, [subject, weights, run, model, named, chosen]);
  if (layers.length === 0) return null;
  const cam = result.value?.cam;
  return (
    <details open class="grad-cam">
      <summary>{t("cam-heading")}</summary>
      <p>{t("cam-about")}</p>
      <div class="controls">
        <Choice
          label={t("cam-layer")}
          value={named}
          options={[["", t("cam-usual")], ...layers.map((one) => [one.name, one.name] as const)]}
          onChange={setLayer}
        />
        <Choice
          label={t("cam-class")}
          value={chosen}
          options={[[-1, t("cam-predicted")], ...classes.map((name, index) => [index, name] as const)]}
          onChange={setChosen}
        />
      </div>
      {result.value && <Picture {...result.value} />}
      <Said kind={result.error === undefined ? undefined : "bad"}>
        {result.error ?? (cam && t("cam-says", { layer: cam.layer, name: classes[cam.class] ?? String(cam.class) }))}
      </Said>
    </details>
  );
}

function Picture({ cam, input }: { cam: GradCam; input: Tensor }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => paint(canvas.current!, input, cam), [cam, input]);
  return (
    <div class="cam">
      <canvas ref={canvas} class="pixels" width={input.shape[1]} height={input.shape[0]} role="img" aria-label={t("cam-label")} />
      <div class="heat-key">
        <span>{t("cam-little")}</span>
        <i style={{ background: `linear-gradient(to right, ${HEAT.map((one) => `rgb(${one.join(" ")})`).join(", ")})` }} />
        <span>{t("cam-much")}</span>
      </div>
    </div>
  );
}
