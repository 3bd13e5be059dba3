/** The diverging scale of Stepnet's pages: orange below zero, blue above, as in the pages of `stepnet why`. */

type Colour = readonly [number, number, number];

interface Scale {
  zero: Colour;
  below: readonly [Colour, Colour];
  above: readonly [Colour, Colour];
}

const LIGHT: Scale = {
  zero: [247, 247, 247],
  below: [[253, 184, 99], [160, 82, 10]],
  above: [[146, 197, 222], [31, 95, 168]],
};

const DARK: Scale = {
  zero: [32, 36, 43],
  below: [[148, 89, 26], [255, 191, 117]],
  above: [[47, 102, 144], [140, 200, 245]],
};

export function isDark(): boolean {
  const theme = document.documentElement.dataset["theme"];
  if (theme === "dark" || theme === "light") return theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colour of a value where `largest` is the end of the scale. */
export function colour(value: number, largest: number, dark = isDark()): Colour {
  const scale = dark ? DARK : LIGHT;
  const t = largest > 0 && Number.isFinite(value) ? Math.max(-1, Math.min(1, value / largest)) : 0;
  const [half, end] = t < 0 ? scale.below : scale.above;
  const size = Math.abs(t) * 2;
  const [from, to, share] = size < 1 ? [scale.zero, half, size] : [half, end, size - 1];
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as unknown as Colour;
}

function luminance(of: Colour): number {
  const [red, green, blue] = of.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Background and text of a cell; black or white text, whichever has more contrast. */
export function cell(value: number, largest: number): { background: string; color: string } {
  const [red, green, blue] = colour(value, largest);
  const bright = luminance([red, green, blue]) + 0.05;
  return { background: `rgb(${red} ${green} ${blue})`, color: bright / 0.05 > 1.05 / bright ? "#000" : "#fff" };
}

/** The largest magnitude of finite values. */
export function largest(values: ArrayLike<number>): number {
  let found = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > found && Number.isFinite(size)) found = size;
  }
  return found;
}
