import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { number, t } from "../language";
import { Store, useStore } from "../store";

/** Grows when the theme changes: canvases are drawn again. */
export const themes = new Store(0);

export interface Series {
  name: string;
  x: readonly number[];
  y: readonly (number | null)[];
}

const HEIGHT = 220;
/** Colours differ in hue and lightness, dashes for those who see neither. */
const STYLES = [
  { token: "--one", dash: [] },
  { token: "--two", dash: [7, 4] },
  { token: "--ink", dash: [2, 3] },
];

function token(name: string): string {
  // The computed value of a colour resolves light-dark(); that of a custom property does not.
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function options(series: readonly Series[], width: number, percentages: boolean): uPlot.Options {
  const axis = { stroke: token("--soft"), grid: { stroke: token("--line"), width: 1 }, ticks: { show: false } };
  const format = (value: number) => (percentages ? `${number(100 * value, 3)} %` : number(value, 3));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: percentages ? { range: (_, low) => [Math.min(low, 0.9), 1] } : {} },
    axes: [axis, { ...axis, size: 62, values: (_, ticks) => ticks.map(format) }],
    series: [
      {},
      ...series.map((one, index) => ({
        label: one.name,
        stroke: token(STYLES[index % STYLES.length]!.token),
        dash: STYLES[index % STYLES.length]!.dash,
        width: 2,
        spanGaps: true,
        // Few values are points, too: a single one would not be a line.
        points: { show: (plot: uPlot, index: number) => [...(plot.data[index] ?? [])].filter((value) => value != null).length < 40 },
      })),
    ],
  };
}

/** The series over one common axis, as uPlot takes them. */
function aligned(series: readonly Series[]): uPlot.AlignedData {
  if (series.length === 0) return [[]];
  return uPlot.join(series.map((one) => [[...one.x], [...one.y]] as uPlot.AlignedData));
}

/** Curves over a common axis. The last values are there as text, too. */
export function Curves(props: { title: string; axis: string; series: readonly Series[]; percentages?: boolean }): JSX.Element {
  const { series, percentages = false } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = useStore(themes);
  const names = series.map((one) => one.name).join("\n");
  useEffect(() => {
    const element = holder.current!;
    const made = new uPlot(options(series, element.clientWidth, percentages), aligned(series), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [names, percentages, theme]);
  useEffect(() => plot.current?.setData(aligned(series)), [series]);
  return (
    <figure class="curves">
      <figcaption>
        {props.title}
        <span class="keys">
          {series.map((one, index) => (
            <span key={one.name} class={`key key-${index % STYLES.length}`}>
              {one.name}
              <Last series={one} percentages={percentages} />
            </span>
          ))}
        </span>
      </figcaption>
      <div ref={holder} class="plot" role="img" aria-label={t("curves-label", { title: props.title })} />
      <p class="axis">{props.axis}</p>
    </figure>
  );
}

function Last({ series, percentages }: { series: Series; percentages: boolean }): JSX.Element | null {
  const last = series.y.at(-1);
  if (last === undefined || last === null) return null;
  return <b>{percentages ? `${number(100 * last, 4)} %` : number(last, 4)}</b>;
}
