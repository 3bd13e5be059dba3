/** A layer's text in the arrow notation, taken apart for the form that changes its arguments. */

export interface Argument {
  /** The parameter's name if the text has it: `stride=2`. */
  key: string | undefined;
  value: string;
}

export interface LayerText {
  label: string | undefined;
  kind: string;
  arguments: Argument[];
}

/** Splits at commas that are not inside brackets. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]!;
    if (sign === "(" || sign === "[") depth++;
    if (sign === ")" || sign === "]") depth--;
    if (sign === "," && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** The parts of a layer's text; undefined for a text that is not one layer. */
export function takeApart(text: string): LayerText | undefined {
  const found = /^\s*(?:([A-Za-z_]\w*)\s*:)?\s*([A-Za-z_]\w*)\s*(?:\(([\s\S]*)\))?\s*$/.exec(text);
  if (!found) return undefined;
  const parts = split(found[3] ?? "").map((part): Argument => {
    const named = /^([A-Za-z_]\w*)\s*=\s*([\s\S]*)$/.exec(part);
    return named ? { key: named[1], value: named[2]! } : { key: undefined, value: part };
  });
  return { label: found[1], kind: found[2]!, arguments: parts };
}

export function putTogether(layer: LayerText): string {
  const parts = layer.arguments.map(({ key, value }) => (key === undefined ? value : `${key}=${value}`));
  const label = layer.label === undefined ? "" : `${layer.label}: `;
  return `${label}${layer.kind}${parts.length > 0 ? `(${parts.join(", ")})` : ""}`;
}

/** The value of a parameter: by its name, or by its place among those without one. */
export function argument(layer: LayerText, name: string, place: number): string {
  const named = layer.arguments.find((one) => one.key === name);
  if (named) return named.value;
  const placed = layer.arguments[place];
  return placed !== undefined && placed.key === undefined ? placed.value : "";
}

/** The layer with a parameter set; an empty value takes it out. */
export function withArgument(layer: LayerText, name: string, place: number, value: string): LayerText {
  const parts = [...layer.arguments];
  const named = parts.findIndex((one) => one.key === name);
  const placed = parts[place] !== undefined && parts[place].key === undefined ? place : -1;
  const at = named >= 0 ? named : placed;
  if (value === "") {
    // Arguments by place that follow would move up: those need their predecessor.
    const follows = at >= 0 && parts.slice(at + 1).some((one) => one.key === undefined);
    if (at >= 0 && !follows) parts.splice(at, 1);
  } else if (at >= 0) {
    parts[at] = { key: parts[at]!.key, value };
  } else {
    const next = parts.length === place && parts.every((one) => one.key === undefined);
    parts.push({ key: next ? undefined : name, value });
  }
  return { ...layer, arguments: parts };
}

/** The text with the characters from `column` to `end` (counted in code points from 1) replaced. */
export function replaced(text: string, column: number, end: number, by: string): string {
  const points = [...text];
  return [...points.slice(0, column - 1), by, ...points.slice(end - 1)].join("");
}

/** The text without the layer there, and without one of the arrows next to it. */
export function without(text: string, column: number, end: number): string {
  const points = [...text];
  const [before, after] = [points.slice(0, column - 1).join(""), points.slice(end - 1).join("")];
  if (/^\s*->/.test(after)) return before + after.replace(/^\s*->\s*/, "");
  return before.replace(/\s*->\s*$/, "") + after;
}

/** The place of a code point, counted from 1, in UTF-16 units from 0, as editors count. */
export function toUnits(text: string, column: number): number {
  let [units, points] = [0, 1];
  for (const point of text) {
    if (points >= column) break;
    units += point.length;
    points++;
  }
  return units;
}
