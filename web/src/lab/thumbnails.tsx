import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { ask } from "../engine";
import { t } from "../language";
import { useLater } from "../later";
import type { ExamplePictures, Part } from "../protocol";
import { useStore } from "../store";
import { imageCount, part } from "./actions";
import { lab } from "./state";

const PAGE = 20;

/** One image of several that came together. */
export function Thumbnail({ pictures, index }: { pictures: ExamplePictures; index: number }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, rgba } = pictures;
  useEffect(() => {
    const bytes = width * height * 4;
    const own = new Uint8ClampedArray(rgba.slice(index * bytes, (index + 1) * bytes));
    if (own.length === bytes && bytes > 0) canvas.current!.getContext("2d")!.putImageData(new ImageData(own, width, height), 0, 0);
  }, [pictures, index]);
  return <canvas ref={canvas} class="pixels" width={width} height={height} aria-hidden="true" />;
}

/** Images of the data, a page at a time; a click looks at one. */
export function Thumbnails(): JSX.Element | null {
  const { data, run, subject, dataNumber } = useStore(lab);
  const [first, setFirst] = useState(0);
  const of: Part = part();
  const count = data === undefined ? 0 : imageCount(data, run);
  const start = first < count ? first : 0;
  const indices = Array.from({ length: Math.max(0, Math.min(PAGE, count - start)) }, (_, i) => start + i);
  const pictures = useLater(async () => ({ of: start, pictures: await ask("examples", { of, indices }) }), [dataNumber, of, run, start, count]);
  if (data === undefined || count === 0) return null;
  const shown = pictures.value;
  return (
    <div class="gallery" role="group" aria-label={run ? t("images-test") : t("images-all")}>
      <div class="thumbnails">
        {shown?.pictures.labels.map((label, i) => {
          const index = shown.of + i;
          const name = data.classes[label] ?? String(label);
          return (
            <button
              key={index}
              type="button"
              aria-pressed={subject.kind === "data" && subject.index === index}
              aria-label={t("images-one", { number: index + 1, name })}
              onClick={() => lab.patch({ subject: { kind: "data", index, label } })}
            >
              <Thumbnail pictures={shown.pictures} index={i} />
              <small>{name}</small>
            </button>
          );
        })}
      </div>
      <div class="buttons">
        <button type="button" disabled={start === 0} onClick={() => setFirst(Math.max(0, start - PAGE))}>
          {t("images-before")}
        </button>
        <span>{t("images-range", { from: start + 1, to: start + indices.length, count })}</span>
        <button type="button" disabled={start + PAGE >= count} onClick={() => setFirst(start + PAGE)}>
          {t("images-after")}
        </button>
      </div>
    </div>
  );
}
