import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

import { t } from "../language";

const PAUSE = 900;

export interface Position {
  index: number;
  count: number;
  playing: boolean;
  go: (index: number) => void;
  play: (on: boolean) => void;
}

/** Readers who asked for less motion move the window themselves. */
export function stillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** The place of a sliding window among `count`, and whether it moves by itself. */
export function usePosition(count: number): Position {
  const [wanted, go] = useState(0);
  const [playing, play] = useState(false);
  const index = Math.max(0, Math.min(wanted, count - 1));
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => (index + 1 < count ? go(index + 1) : play(false)), PAUSE);
    return () => clearTimeout(timer);
  }, [playing, index, count]);
  const start = (on: boolean) => {
    if (on && index + 1 >= count) go(0);
    play(on);
  };
  return { index, count, playing, go, play: start };
}

/** The buttons and the slider that move the window. */
export function PositionControl({ position, label }: { position: Position; label: string }): JSX.Element {
  const { index, count, playing } = position;
  const jump = (to: number) => {
    position.play(false);
    position.go(to);
  };
  return (
    <div class="position">
      {!stillness() && (
        <button type="button" onClick={() => position.play(!playing)}>
          {playing ? t("window-pause") : t("window-play")}
        </button>
      )}
      <button type="button" disabled={index === 0} onClick={() => jump(index - 1)}>
        {t("window-back")}
      </button>
      <button type="button" disabled={index + 1 >= count} onClick={() => jump(index + 1)}>
        {t("window-next")}
      </button>
      <label>
        {label}
        <input
          type="range"
          min={0}
          max={Math.max(0, count - 1)}
          value={index}
          aria-valuetext={t("window-of", { index: index + 1, count })}
          onInput={(event) => jump(Number(event.currentTarget.value))}
        />
        <output>{t("window-of", { index: index + 1, count })}</output>
      </label>
    </div>
  );
}
