import { autocompletion, type Completion, type CompletionContext, completionKeymap, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type Diagnostic, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { Decoration, EditorView, keymap, MatchDecorator, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { language, t } from "../language";
import type { Checked, LayerKind, Vocabulary } from "../protocol";
import { useStore } from "../store";
import { summary } from "./kinds";
import { toUnits } from "./layer_text";
import { lab } from "./state";

const LONGEST_TEXT = 100_000;

const marks = new MatchDecorator({
  regexp: /->|\d+(?:\.\d+)?|[A-Za-z_]\w*(?=\s*=)|[A-Za-z_]\w*/g,
  decoration: (match) => {
    const text = match[0];
    const rest = match.input.slice((match.index ?? 0) + text.length);
    const name = text === "->" ? "arrow" : /^\d/.test(text) ? "number" : /^\s*=/.test(rest) ? "key" : "name";
    return Decoration.mark({ class: `nt-${name}` });
  },
});

const highlighting = ViewPlugin.define(
  (view) => ({
    decorations: marks.createDeco(view),
    update(update: ViewUpdate) {
      this.decorations = marks.updateDeco(update, this.decorations);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

function kindCompletion(kind: LayerKind): Completion {
  const required = kind.parameters.some((parameter) => parameter.required);
  return { label: kind.name, type: "function", detail: kind.usage, info: summary(kind), apply: required ? `${kind.name}(` : kind.name };
}

/** The layer whose brackets the end of `before` is in. */
function enclosing(before: string): string | undefined {
  let depth = 0;
  for (let i = before.length - 1; i >= 0; i--) {
    if (before[i] === ")") depth++;
    if (before[i] === "(" && depth-- === 0) return /([A-Za-z_]\w*)\s*$/.exec(before.slice(0, i))?.[1];
  }
  return undefined;
}

/** Kinds and presets where a layer begins; names of parameters inside a layer's brackets. */
export function complete(context: CompletionContext, vocabulary: Vocabulary | undefined): CompletionResult | null {
  if (vocabulary === undefined) return null;
  const before = context.state.sliceDoc(0, context.pos);
  const word = /[A-Za-z_][\w-]*$/.exec(before)?.[0] ?? "";
  const start = before.slice(0, before.length - word.length);
  const from = context.pos - word.length;
  if (word === "" && !context.explicit && !/(->|\[|\|)\s*$/.test(before)) return null;
  const around = enclosing(start);
  const kind = vocabulary.kinds.find((one) => one.name === around?.toLowerCase() || one.aliases.includes(around?.toLowerCase() ?? ""));
  const takesNetwork = kind !== undefined && ["residual", "scale", "branch"].includes(kind.name);
  if (kind !== undefined && !takesNetwork) {
    const options = kind.parameters.map((one) => ({ label: one.name, type: "property", detail: one.expected, apply: `${one.name}=` }));
    return { from, options };
  }
  if (!/(^|->|\[|\||\(|:|,)\s*$/.test(start)) return null;
  const presets = start.trim() === "" ? vocabulary.presets : [];
  const named = presets.map((one): Completion => ({ label: one.name, type: "constant", detail: one.summary, apply: one.text }));
  return { from, options: [...vocabulary.kinds.map(kindCompletion), ...named] };
}

/** What the check found, as marks in the text. */
export function diagnostics(checked: Checked | undefined, text: string): Diagnostic[] {
  if (checked === undefined || checked.ok || checked.column === 0) return [];
  const from = Math.min(toUnits(text, checked.column), text.length);
  const to = Math.max(from, Math.min(toUnits(text, checked.end), text.length));
  return [{ from, to, severity: "error", message: checked.message }];
}

/** The editor of the network's text. */
export function Editor({ text, onChange }: { text: string; onChange: (text: string) => void }): JSX.Element {
  const holder = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | undefined>(undefined);
  const change = useRef(onChange);
  change.current = onChange;
  const { checked } = useStore(lab);
  const label = useRef(new Compartment());
  const current = useStore(language);

  useEffect(() => {
    const state = EditorState.create({
      doc: text,
      extensions: [
        history(),
        EditorView.lineWrapping,
        highlighting,
        autocompletion({ override: [(context) => complete(context, lab.value.vocabulary)], icons: false }),
        keymap.of([...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap]),
        // A paste of a whole book would be checked at every key.
        EditorState.changeFilter.of((transaction) => transaction.newDoc.length <= LONGEST_TEXT),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) change.current(update.state.doc.toString());
        }),
        label.current.of([]),
      ],
    });
    const editor = new EditorView({ state, parent: holder.current! });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const attributes = EditorView.contentAttributes.of({ "aria-label": t("network-text"), spellcheck: "false", autocapitalize: "off" });
    view.current?.dispatch({ effects: label.current.reconfigure(attributes) });
  }, [current]);

  useEffect(() => {
    const editor = view.current;
    // Not the text of this drawing: effects run late, and a key pressed since would be taken back. Taking it back draws again,
    // with the key's text in an effect that is as late, and so on for ever.
    const now = lab.value.text;
    if (editor && editor.state.doc.toString() !== now) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: now } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor) editor.dispatch(setDiagnostics(editor.state, diagnostics(checked, editor.state.doc.toString())));
  }, [checked]);

  return <div ref={holder} class="editor" />;
}
