import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";

import en from "../messages/en.ftl";
import ko from "../messages/ko.ftl";
import ru from "../messages/ru.ftl";
import zh from "../messages/zh.ftl";
import { remember, remembered } from "./memory";
import { Store } from "./store";

export const LANGUAGES = [
  { code: "en", tag: "en", name: "English", text: en },
  { code: "ru", tag: "ru", name: "Русский", text: ru },
  { code: "zh", tag: "zh-Hans", name: "简体中文", text: zh },
  { code: "ko", tag: "ko", name: "한국어", text: ko },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

const bundles = new Map<Language, FluentBundle>();

function bundle(code: Language): FluentBundle {
  let found = bundles.get(code);
  if (found === undefined) {
    const { tag, text } = LANGUAGES.find((language) => language.code === code)!;
    // None of the four is written from right to left, so values need no isolating marks.
    found = new FluentBundle(tag, { useIsolating: false });
    found.addResource(new FluentResource(text));
    bundles.set(code, found);
  }
  return found;
}

/** The first of the browser's languages that the page has. */
export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((language) => language.code === tag.slice(0, 2).toLowerCase());
    if (found) return found.code;
  }
  return "en";
}

const kept = remembered("language");
export const language = new Store<Language>(preferred(kept ? [kept] : navigator.languages));

export function chooseLanguage(code: Language): void {
  remember("language", code);
  language.set(code);
}

/** Marks a string as the name of a message, so that the tests find it. */
export function m(id: string): string {
  return id;
}

/** A message in the current language. */
export function t(id: string, values?: Record<string, FluentVariable>): string {
  const current = bundle(language.value);
  const message = current.getMessage(id);
  if (!message?.value) throw new Error(`no message ${id} in ${language.value}`);
  const errors: Error[] = [];
  const text = current.formatPattern(message.value, values, errors);
  if (errors.length > 0) throw new Error(`message ${id} in ${language.value}: ${errors[0]!.message}`);
  return text;
}

/** A number as the language writes it, with so many significant digits. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  const scientific = value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e7);
  const notation = scientific ? "scientific" : "standard";
  const format = new Intl.NumberFormat(bundle(language.value).locales[0], { maximumSignificantDigits: digits, notation });
  // Products of 0 and a negative number are -0.
  return format.format(value === 0 ? 0 : value);
}

/** A share of 1 in percent. */
export function percent(value: number): string {
  const format = new Intl.NumberFormat(bundle(language.value).locales[0], { style: "percent", maximumFractionDigits: 1 });
  return format.format(value);
}
