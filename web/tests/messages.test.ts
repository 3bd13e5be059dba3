import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const TAGS: Record<string, string> = { en: "en", ru: "ru", zh: "zh-Hans", ko: "ko" };
/** Names that are the same in every language. */
const SAME = new Set(["cam-heading", "forward-value", "pool-value", "fact-of", "window-of", "setting-seed"]);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

/** Messages by their ids, as written. */
function messages(code: string): Map<string, string> {
  const text = readFileSync(`messages/${code}.ftl`, "utf8");
  const found = new Map<string, string>();
  for (const part of text.split(/^(?=[a-z][a-z0-9-]* =)/m)) {
    const [, id, value] = /^([a-z][a-z0-9-]*) = ([\s\S]*)$/.exec(part) ?? [];
    if (id === undefined || value === undefined) continue;
    assert(!found.has(id), `${code}.ftl has ${id} twice`);
    found.set(id, value.replace(/^#.*$/gm, "").trim());
  }
  return found;
}

function variables(text: string): string[] {
  return [...new Set([...text.matchAll(/\$([a-z]+)/g)].map((match) => match[1]!))].sort();
}

const english = messages("en");

test("every message that the page names exists, and every message is used", () => {
  const used = new Set<string>();
  for (const source of sources("src")) {
    for (const match of source.matchAll(/\b(?:t|m)\(\s*"([a-z0-9-]+)"|<Rich id="([a-z0-9-]+)"/g)) used.add(match[1] ?? match[2]!);
  }
  assert(used.size > 100, "the search for messages finds too few");
  assert.deepEqual([...used].filter((id) => !english.has(id)), [], "named but not written");
  assert.deepEqual([...english.keys()].filter((id) => !used.has(id)), [], "written but not named");
});

for (const [code, tag] of Object.entries(TAGS)) {
  test(`${code}: complete, with the same values, and readable by Fluent`, () => {
    const own = messages(code);
    assert.deepEqual([...own.keys()], [...english.keys()], "not the same messages in the same order");
    const resource = new FluentResource(readFileSync(`messages/${code}.ftl`, "utf8"));
    const bundle = new FluentBundle(tag, { useIsolating: false });
    assert.deepEqual(bundle.addResource(resource), []);
    for (const [id, text] of own) {
      assert.deepEqual(variables(text), variables(english.get(id)!), `${id} has other values than in English`);
      const found = bundle.getMessage(id);
      assert(found?.value, `${code}.ftl: Fluent cannot read ${id}`);
      for (const count of [1, 2, 5, 21]) {
        const value = (name: string) => (name === "count" || name === "examples" ? count : `<${name}>`);
        const values = Object.fromEntries(variables(text).map((name): [string, FluentVariable] => [name, value(name)]));
        const errors: Error[] = [];
        const said = bundle.formatPattern(found.value, values, errors);
        assert.deepEqual(errors, [], id);
        assert(said.length > 0 && !/[{}]/.test(said), `${code} ${id}: ${said}`);
        assert.equal((said.match(/`/g) ?? []).length % 2, 0, `${code} ${id}: code marks in pairs`);
      }
    }
  });
}

for (const code of ["ru", "zh", "ko"]) {
  test(`${code}: nothing is left in English`, () => {
    const script = { ru: /[а-яё]/i, zh: /\p{Script=Han}/u, ko: /\p{Script=Hangul}/u }[code]!;
    assert(script.test(messages(code).get("lab-title")!));
    const left = [...messages(code)].filter(([id, text]) => !SAME.has(id) && (!script.test(text) || text === english.get(id)));
    assert.deepEqual(left.map(([id]) => id), []);
  });
}

test("every kind of layer of the notation is described", () => {
  const listed = readFileSync("../crates/stepnet-nn/src/notation/kinds.md", "utf8").matchAll(/^\| `([a-z0-9]+)/gm);
  const kinds = [...listed].map((match) => match[1]!);
  assert(kinds.length > 20);
  assert.deepEqual(kinds.filter((kind) => !english.has(`kind-${kind}`)), []);
});
