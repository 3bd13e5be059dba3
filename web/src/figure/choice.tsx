import type { ComponentChildren, JSX } from "preact";

/** A labelled choice among a few numbers or words. */
export function Choice<T extends string | number>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}): JSX.Element {
  const read = (text: string) => props.options.find(([value]) => String(value) === text)?.[0];
  return (
    <label class="choice">
      <span>{props.label}</span>
      <select
        value={String(props.value)}
        onChange={(event) => {
          const chosen = read(event.currentTarget.value);
          if (chosen !== undefined) props.onChange(chosen);
        }}
      >
        {props.options.map(([value, name]) => (
          <option key={value} value={String(value)}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Numbers from a list as a choice. */
export function NumberChoice(props: { label: string; value: number; of: readonly number[]; onChange: (value: number) => void }): JSX.Element {
  return <Choice {...props} options={props.of.map((value) => [value, String(value)] as const)} />;
}

/** What went wrong, or what was computed, said aloud by screen readers when it changes. */
export function Said({ kind, children }: { kind?: "good" | "bad" | undefined; children?: ComponentChildren }): JSX.Element {
  return (
    <p class={`said ${kind ?? ""}`} role="status">
      {children}
    </p>
  );
}
