import type { FluentVariable } from "@fluent/bundle";
import type { JSX } from "preact";

import { t } from "../language";

/** A message in which `backticks` mark code. */
export function Rich({ id, values }: { id: string; values?: Record<string, FluentVariable> }): JSX.Element {
  const parts = t(id, values).split("`");
  return <>{parts.map((part, i) => (i % 2 === 1 ? <code key={i}>{part}</code> : part))}</>;
}
