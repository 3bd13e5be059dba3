import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { Said } from "../figure/choice";
import { t } from "../language";
import { reason } from "../later";
import type { Picture } from "../protocol";

const SIDE = 64;
/** Milliseconds between the examples that are recorded while a button is held. */
const EVERY = 150;

/** The camera's picture, and what takes a square from its middle. */
export function Webcam({ onReady }: { onReady: (grab: (() => Picture | undefined) | undefined) => void }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const [on, setOn] = useState(false);
  const [error, setError] = useState<string | undefined>();
  const stream = useRef<MediaStream | undefined>(undefined);

  const stop = () => {
    stream.current?.getTracks().forEach((track) => track.stop());
    stream.current = undefined;
    onReady(undefined);
    setOn(false);
  };
  useEffect(() => stop, []);

  const start = async () => {
    setError(undefined);
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
      stream.current = opened;
      video.current!.srcObject = opened;
      await video.current!.play();
      setOn(true);
      onReady(() => (video.current ? square(video.current) : undefined));
    } catch (failure) {
      setError(t("webcam-error", { reason: reason(failure) }));
    }
  };
  return (
    <div class="webcam">
      <video ref={video} muted playsInline hidden={!on} aria-label={t("webcam-label")} />
      <button type="button" onClick={() => (on ? stop() : void start())}>
        {on ? t("webcam-stop") : t("webcam-start")}
      </button>
      <Said kind="bad">{error}</Said>
    </div>
  );
}

function square(video: HTMLVideoElement): Picture | undefined {
  const side = Math.min(video.videoWidth, video.videoHeight);
  if (side === 0) return undefined;
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = canvas.getContext("2d")!;
  context.drawImage(video, (video.videoWidth - side) / 2, (video.videoHeight - side) / 2, side, side, 0, 0, SIDE, SIDE);
  return { width: SIDE, height: SIDE, channels: 4, values: context.getImageData(0, 0, SIDE, SIDE).data };
}

/** Records examples while it is held, with the pointer or the space bar. */
export function HoldButton({ label, disabled, onTick }: { label: string; disabled: boolean; onTick: () => void }): JSX.Element {
  const timer = useRef<ReturnType<typeof setInterval> | undefined>(undefined);
  const tick = useRef(onTick);
  tick.current = onTick;
  const start = () => {
    if (timer.current !== undefined) return;
    tick.current();
    timer.current = setInterval(() => tick.current(), EVERY);
  };
  const end = () => {
    clearInterval(timer.current);
    timer.current = undefined;
  };
  useEffect(() => end, []);
  return (
    <button
      type="button"
      disabled={disabled}
      onPointerDown={start}
      onPointerUp={end}
      onPointerLeave={end}
      onKeyDown={(event) => (event.key === " " || event.key === "Enter") && start()}
      onKeyUp={end}
      onBlur={end}
    >
      {label}
    </button>
  );
}
