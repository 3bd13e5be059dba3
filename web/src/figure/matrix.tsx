import type { CSSProperties, JSX } from "preact";

import { number, t } from "../language";
import { cell, largest } from "./colour";

/** A part of a matrix: first row and column, height and width. */
export interface Area {
  row: number;
  column: number;
  height: number;
  width: number;
}

export function inside(area: Area | undefined, row: number, column: number): boolean {
  if (area === undefined) return false;
  const { row: top, column: left } = area;
  return row >= top && row < top + area.height && column >= left && column < left + area.width;
}

/** The classes of a cell in a window: those at its edges draw the frame. */
function frame(area: Area | undefined, row: number, column: number): string[] {
  if (area === undefined || !inside(area, row, column)) return [];
  const edges: Record<string, boolean> = {
    top: row === area.row,
    bottom: row === area.row + area.height - 1,
    left: column === area.column,
    right: column === area.column + area.width - 1,
  };
  return ["win", ...Object.keys(edges).filter((name) => edges[name]).map((name) => `win-${name}`)];
}

interface Props {
  /** What it shows, above it. */
  caption: string;
  rows: number;
  columns: number;
  values: ArrayLike<number>;
  /** The reader may change the values. */
  onEdit?: (index: number, value: number) => void;
  /** A click, or enter, on a value. */
  onPick?: (row: number, column: number) => void;
  /** The window over it. */
  window?: Area;
  /** The value that the figure is about. */
  chosen?: { row: number; column: number };
  /** How many rows and columns at the edge are padding. */
  pad?: number;
  /** The end of the colour scale; the largest magnitude if it is not given. */
  scale?: number;
  digits?: number;
  /** Values that are not yet computed. */
  hidden?: (row: number, column: number) => boolean;
}

/** Columns of cells of the usual width on a narrow screen, and of narrow cells; more are scrolled. */
const SMALL = 6;
const FITS = 9;

/** A matrix as a table of coloured cells. */
export function Matrix(props: Props): JSX.Element {
  const { rows, columns, values, pad = 0 } = props;
  const scale = props.scale ?? largest(values);
  const classes = (row: number, column: number): string => {
    const edge = row < pad || column < pad || row >= rows - pad || column >= columns - pad;
    const chosen = props.chosen?.row === row && props.chosen.column === column;
    return [edge && "pad", ...frame(props.window, row, column), chosen && "chosen"].filter(Boolean).join(" ");
  };
  const table = (
    <table class={columns > SMALL ? "matrix wide" : "matrix"}>
      <caption>{props.caption}</caption>
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row}>
            {Array.from({ length: columns }, (_, column) => {
              const index = row * columns + column;
              const hidden = props.hidden?.(row, column) ?? false;
              const style: CSSProperties = hidden ? {} : cell(values[index] ?? 0, scale);
              return (
                <td key={column} class={classes(row, column)} style={style}>
                  {hidden ? <span role="img" aria-label={t("matrix-later")}>·</span> : <Content {...props} row={row} column={column} style={style} />}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (columns <= FITS) return table;
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={props.caption}>
      {table}
    </div>
  );
}

function Content(props: Props & { row: number; column: number; style: CSSProperties }): JSX.Element {
  const { row, column } = props;
  const index = row * props.columns + column;
  const value = props.values[index] ?? 0;
  const place = t("matrix-cell", { caption: props.caption, row: row + 1, column: column + 1 });
  if (props.onEdit) {
    const read = (input: HTMLInputElement) => {
      const typed = Number(input.value.replace(",", "."));
      if (input.value.trim() !== "" && Number.isFinite(typed)) props.onEdit!(index, typed);
      else input.value = String(value);
    };
    return <input style={props.style} inputMode="decimal" value={String(value)} aria-label={place} onChange={(event) => read(event.currentTarget)} size={4} />;
  }
  const text = number(value, props.digits ?? 3);
  if (props.onPick) {
    return (
      <button type="button" style={props.style} aria-label={`${place}: ${text}`} onClick={() => props.onPick!(row, column)}>
        {text}
      </button>
    );
  }
  return <>{text}</>;
}
