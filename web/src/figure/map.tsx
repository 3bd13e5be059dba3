import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { number, t } from "../language";
import { useStore } from "../store";
import { colour, isDark } from "./colour";
import { themes } from "./curves";
import type { Area } from "./matrix";

/** One channel of an array: height x width values, `step` apart from `offset` on. */
export interface Plane {
  height: number;
  width: number;
  values: ArrayLike<number>;
  offset: number;
  step: number;
}

export function at(plane: Plane, row: number, column: number): number {
  return plane.values[plane.offset + (row * plane.width + column) * plane.step] ?? 0;
}

/** Channel `channel` of an array (height, width, channels); features are a column, one below the other. */
export function channel(shape: readonly number[], values: ArrayLike<number>, number: number): Plane {
  if (shape.length < 3) return { height: shape[0] ?? 0, width: 1, values, offset: 0, step: 1 };
  return { height: shape[0]!, width: shape[1]!, values, offset: number, step: shape[2]! };
}

function paint(canvas: HTMLCanvasElement, plane: Plane, scale: number): void {
  const { height, width } = plane;
  if (height === 0 || width === 0) return;
  const image = new ImageData(width, height);
  const dark = isDark();
  for (let i = 0; i < height * width; i++) {
    const [red, green, blue] = colour(plane.values[plane.offset + i * plane.step] ?? 0, scale, dark);
    image.data.set([red, green, blue, 255], 4 * i);
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** A feature map in colours; without a name it is decoration next to text that says the same. */
export function MapImage({ plane, scale }: { plane: Plane; scale: number }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useStore(themes);
  useEffect(() => paint(canvas.current!, plane, scale), [plane, scale, theme]);
  return <canvas ref={canvas} class="pixels" width={plane.width} height={plane.height} aria-hidden="true" />;
}

interface PickProps {
  label: string;
  plane: Plane;
  scale: number;
  chosen?: { row: number; column: number } | undefined;
  window?: Area | undefined;
  onPick?: (row: number, column: number) => void;
}

/** A large map whose values can be picked with the pointer or the arrow keys. */
export function PickMap({ label, plane, scale, chosen, window, onPick }: PickProps): JSX.Element {
  const { height, width } = plane;
  const { row, column } = chosen ?? { row: 0, column: 0 };
  const pick = (r: number, c: number) => onPick?.(Math.max(0, Math.min(height - 1, r)), Math.max(0, Math.min(width - 1, c)));
  const moves: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const control = onPick && {
    role: "slider" as const,
    tabIndex: 0,
    "aria-valuemin": 0,
    "aria-valuemax": height * width - 1,
    "aria-valuenow": row * width + column,
    "aria-valuetext": t("map-value", { row, column, value: number(at(plane, row, column)) }),
    onKeyDown: (event: KeyboardEvent) => {
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      pick(row + move[0], column + move[1]);
    },
    onClick: (event: MouseEvent) => {
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      pick(Math.floor(((event.clientY - box.top) / box.height) * height), Math.floor(((event.clientX - box.left) / box.width) * width));
    },
  };
  return (
    <div class={onPick ? "pick-map pickable" : "pick-map"} style={{ aspectRatio: `${width} / ${height}` }} aria-label={label} role="img" {...control}>
      <MapImage plane={plane} scale={scale} />
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {window && <rect class="window" x={window.column} y={window.row} width={window.width} height={window.height} />}
        {chosen && <rect class="chosen" x={column} y={row} width={1} height={1} />}
      </svg>
    </div>
  );
}
