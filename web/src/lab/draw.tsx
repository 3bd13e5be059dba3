import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { t } from "../language";
import type { Picture } from "../protocol";

/** The side of the drawing in pixels; the engine brings it to the input's size. */
const SIDE = 112;
const PEN = 11;

/** White lines on black, as the digits are. */
export function DrawingPad({ label, onDrawn }: { label: string; onDrawn: (picture: Picture | undefined) => void }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const last = useRef<[number, number] | undefined>(undefined);

  const context = () => canvas.current!.getContext("2d", { willReadFrequently: true })!;
  const clear = () => {
    const on = context();
    on.fillStyle = "#000";
    on.fillRect(0, 0, SIDE, SIDE);
    onDrawn(undefined);
  };
  useEffect(clear, []);

  const place = (event: PointerEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  const line = (to: [number, number]) => {
    const on = context();
    const from = last.current ?? to;
    Object.assign(on, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round" });
    on.beginPath();
    on.moveTo(...from);
    on.lineTo(to[0] + 0.01, to[1]);
    on.stroke();
    last.current = to;
  };
  const end = () => {
    if (last.current === undefined) return;
    last.current = undefined;
    onDrawn(grey(context()));
  };
  return (
    <div class="pad-drawing">
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={label}
        onPointerDown={(event) => {
          canvas.current!.setPointerCapture(event.pointerId);
          line(place(event));
        }}
        onPointerMove={(event) => last.current && line(place(event))}
        onPointerUp={end}
        onPointerCancel={end}
      />
      <button type="button" onClick={clear}>
        {t("draw-clear")}
      </button>
    </div>
  );
}

function grey(context: CanvasRenderingContext2D): Picture {
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  const values = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < values.length; i++) values[i] = data[4 * i]!;
  return { width: SIDE, height: SIDE, channels: 1, values };
}
