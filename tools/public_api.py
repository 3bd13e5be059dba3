#!/usr/bin/env python3
"""Writes docs/api/stepnet.txt: every public item of the crate `stepnet`, one a line, so that a change of it shows in a diff.

    tools/public_api.py            writes the file
    tools/public_api.py --check    exit code 1 and a diff where it is out of date

The items come from rustdoc's JSON; where its format is not one of FORMATS, nothing is checked, visibly. What the facade passes on from the other crates is listed under the names that users
write. Methods stand under their type; of traits only those that are ours are listed, and what `derive` makes is not.
"""

import argparse
import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "api" / "stepnet.txt"
CRATES = ["stepnet", "stepnet-base", "stepnet-data", "stepnet-exchange", "stepnet-files", "stepnet-kernels", "stepnet-nn", "stepnet-see", "stepnet-steps"]
# The versions of rustdoc's JSON that were seen to be understood.
FORMATS = range(45, 61)


def skip(reason):
    print(f"skipped: {reason}, the public items not compared")
    sys.exit(0)


def documents():
    """The JSON of each of our crates, by the name that Rust code has for it."""
    if not shutil.which("cargo") or os.name != "posix":
        skip("no cargo, or no POSIX shell")
    command = ["cargo", "doc", "--quiet", "--locked", "--no-deps", "--lib"]
    for crate in CRATES:
        command += ["-p", crate]
    with tempfile.TemporaryDirectory() as folder:
        # The JSON is not stable yet, so the compiler has to be asked for it as its own build does. Only rustdoc is: what
        # other steps have built stays as it is.
        rustdoc = Path(folder) / "rustdoc"
        rustdoc.write_text('#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc "$@"\n', encoding="utf-8")
        rustdoc.chmod(0o755)
        flags = "-Z unstable-options --output-format json --cap-lints allow"
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "RUSTDOC": str(rustdoc), "RUSTDOCFLAGS": flags})
    metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    folder = Path(json.loads(metadata.stdout)["target_directory"]) / "doc"
    found = {}
    for crate in CRATES:
        name = crate.replace("-", "_")
        found[name] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if found[name]["format_version"] not in FORMATS:
            skip(f"rustdoc's JSON has format {found[name]['format_version']}")
    return found


class Types:
    """Types, bounds and parameters as Rust code has them."""

    def of(self, kind):
        (form, value), = kind.items() if isinstance(kind, dict) else ((kind, None),)
        return getattr(self, form)(value) if hasattr(self, form) else f"<{form}>"

    def infer(self, _):
        return "_"

    def primitive(self, name):
        return {"never": "!"}.get(name, name)

    def generic(self, name):
        return name

    def resolved_path(self, path):
        return path["path"].split("::")[-1] + self.arguments(path.get("args"))

    def arguments(self, given):
        if not given:
            return ""
        (form, value), = given.items() if isinstance(given, dict) else ((given, None),)
        if form == "angle_bracketed":
            words = [self.argument(one) for one in value["args"]]
            for constraint in value["constraints"]:
                binding = constraint["binding"]
                if "equality" in binding:
                    words.append(f"{constraint['name']} = {self.term(binding['equality'])}")
                else:
                    words.append(f"{constraint['name']}: {self.bounds(binding['constraint'])}")
            return f"<{', '.join(words)}>" if words else ""
        if form == "parenthesized":
            output = f" -> {self.of(value['output'])}" if value["output"] else ""
            return f"({', '.join(map(self.of, value['inputs']))}){output}"
        return f"<{form}>"

    def argument(self, one):
        (form, value), = one.items() if isinstance(one, dict) else ((one, None),)
        return {"lifetime": lambda: value, "type": lambda: self.of(value), "const": lambda: value["expr"]}.get(form, lambda: "_")()

    def term(self, term):
        return self.of(term["type"]) if "type" in term else term["constant"]["expr"]

    def tuple(self, parts):
        return f"({', '.join(map(self.of, parts))}{',' if len(parts) == 1 else ''})"

    def slice(self, kind):
        return f"[{self.of(kind)}]"

    def array(self, array):
        return f"[{self.of(array['type'])}; {array['len']}]"

    def borrowed_ref(self, ref):
        lifetime = f"{ref['lifetime']} " if ref["lifetime"] else ""
        return f"&{lifetime}{'mut ' if ref['is_mutable'] else ''}{self.of(ref['type'])}"

    def raw_pointer(self, pointer):
        return f"*{'mut' if pointer['is_mutable'] else 'const'} {self.of(pointer['type'])}"

    def impl_trait(self, bounds):
        return f"impl {self.bounds(bounds)}"

    def dyn_trait(self, value):
        words = [self.poly(one) for one in value["traits"]] + ([value["lifetime"]] if value["lifetime"] else [])
        return f"dyn {' + '.join(words)}"

    def qualified_path(self, path):
        start = self.of(path["self_type"])
        trait = path.get("trait")
        if trait and trait["path"]:
            start = f"<{start} as {self.resolved_path(trait)}>"
        return f"{start}::{path['name']}"

    def function_pointer(self, pointer):
        return f"fn{self.signature(pointer['sig'], names=False)}"

    def bounds(self, bounds):
        words = []
        for bound in bounds:
            if "trait_bound" in bound:
                mark = "?" if bound["trait_bound"]["modifier"] == "maybe" else ""
                words.append(mark + self.poly(bound["trait_bound"]))
            elif "outlives" in bound:
                words.append(bound["outlives"])
        return " + ".join(words)

    def poly(self, bound):
        return self.resolved_path(bound["trait"])

    def generics(self, generics):
        """The parameters in angle brackets, and the clause of what is demanded of them."""
        words = []
        for parameter in generics["params"]:
            (form, value), = parameter["kind"].items()
            if form == "lifetime":
                words.append(parameter["name"])
            elif form == "const":
                words.append(f"const {parameter['name']}: {self.of(value['type'])}")
            elif not value["is_synthetic"]:
                bounds = self.bounds(value["bounds"])
                words.append(parameter["name"] + (f": {bounds}" if bounds else ""))
        clauses = []
        for clause in generics["where_predicates"]:
            if "bound_predicate" in clause:
                bound = clause["bound_predicate"]
                clauses.append(f"{self.of(bound['type'])}: {self.bounds(bound['bounds'])}")
        return (f"<{', '.join(words)}>" if words else ""), (f" where {', '.join(clauses)}" if clauses else "")

    def signature(self, signature, names=True):
        words = []
        for name, kind in signature["inputs"]:
            text = self.of(kind)
            if name == "self":
                words.append({"Self": "self", "&Self": "&self", "&mut Self": "&mut self"}.get(text, f"self: {text}"))
            else:
                words.append(f"{name}: {text}" if names else text)
        output = f" -> {self.of(signature['output'])}" if signature["output"] else ""
        return f"({', '.join(words)}){output}"


class Listing:
    """The lines of a crate's public items, other crates of ours included where it passes them on."""

    def __init__(self, found):
        self.found, self.types, self.lines, self.seen = found, Types(), [], {}

    def item(self, crate, number):
        return self.found[crate]["index"].get(str(number))

    def follow(self, crate, number):
        """Where an item is defined: the crate and the item, or None for what is not ours."""
        item = self.item(crate, number)
        if item:
            return crate, item
        path = self.found[crate]["paths"].get(str(number))
        if not path:
            return None
        owner = path["path"][0]
        if owner not in self.found:
            return None
        for other, entry in self.found[owner]["paths"].items():
            if entry["path"] == path["path"] and entry["kind"] == path["kind"] and entry["crate_id"] == 0:
                item = self.item(owner, other)
                return (owner, item) if item else None
        if len(path["path"]) == 1:
            return owner, self.item(owner, self.found[owner]["root"])
        return None

    def add(self, line, item):
        self.lines.append(line + (" #[non_exhaustive]" if is_open(item) else ""))

    def module(self, crate, item, path):
        for number in item["inner"]["module"]["items"]:
            child = self.item(crate, number)
            if child and not is_hidden(child):
                self.one(crate, child, path, child["name"])

    def one(self, crate, item, path, name):
        (form, value), = item["inner"].items()
        if form == "use":
            return self.passed_on(crate, value, path)
        full = f"{path}::{name}"
        # What is had under two names is listed under the first.
        key = (crate, item["id"])
        if form != "module" and key in self.seen:
            self.lines.append(f"pub use {full} = {self.seen[key]}")
            return None
        self.seen[key] = full
        if form == "module":
            self.lines.append(f"pub mod {full}")
            return self.module(crate, item, full)
        if hasattr(self, form):
            return getattr(self, form)(crate, item, full, value)
        self.lines.append(f"{form} {full}")
        return None

    def passed_on(self, crate, use, path):
        target = self.follow(crate, use["id"]) if use["id"] is not None else None
        if not target or not target[1]:
            self.lines.append(f"pub use {path}::{use['name']} = {use['source']}")
        elif use["is_glob"]:
            self.module(*target, path)
        elif not is_hidden(target[1]):
            self.one(*target, path, use["name"])

    def struct(self, crate, item, full, value):
        parameters, clause = self.types.generics(value["generics"])
        self.add(f"pub struct {full}{parameters}{clause}", item)
        kind = value["kind"]
        if isinstance(kind, dict) and "plain" in kind:
            self.fields(crate, kind["plain"]["fields"], full)
        elif isinstance(kind, dict) and "tuple" in kind:
            self.fields(crate, [field for field in kind["tuple"] if field is not None], full)
        self.implementations(crate, value["impls"], full)

    def fields(self, crate, numbers, full):
        for number in numbers:
            field = self.item(crate, number)
            if field and field["visibility"] in ("public", "default") and not is_hidden(field):
                self.lines.append(f"pub {full}::{field['name']}: {self.types.of(field['inner']['struct_field'])}")

    def enum(self, crate, item, full, value):
        parameters, clause = self.types.generics(value["generics"])
        self.add(f"pub enum {full}{parameters}{clause}", item)
        for number in value["variants"]:
            variant = self.item(crate, number)
            kind = variant["inner"]["variant"]["kind"]
            name = f"{full}::{variant['name']}"
            if isinstance(kind, dict) and "tuple" in kind:
                parts = [self.item(crate, part)["inner"]["struct_field"] for part in kind["tuple"] if part is not None]
                self.lines.append(f"pub {name}({', '.join(map(self.types.of, parts))})")
            else:
                self.lines.append(f"pub {name}")
                if isinstance(kind, dict) and "struct" in kind:
                    self.fields(crate, kind["struct"]["fields"], name)
        self.implementations(crate, value["impls"], full)

    def trait(self, crate, item, full, value):
        parameters, clause = self.types.generics(value["generics"])
        bounds = self.types.bounds(value["bounds"])
        self.add(f"pub trait {full}{parameters}{': ' + bounds if bounds else ''}{clause}", item)
        for number in value["items"]:
            self.member(crate, self.item(crate, number), full)

    def implementations(self, crate, numbers, full):
        for number in numbers:
            found = self.item(crate, number)
            if found and found["inner"]["impl"]["trait"] is None:
                for member in found["inner"]["impl"]["items"]:
                    self.member(crate, self.item(crate, member), full)

    def member(self, crate, item, full):
        if item and not is_hidden(item) and item["visibility"] in ("public", "default"):
            (form, value), = item["inner"].items()
            getattr(self, form)(crate, item, f"{full}::{item['name']}", value)

    def function(self, crate, item, full, value):
        header = "".join(f"{word} " for word, key in (("const", "is_const"), ("unsafe", "is_unsafe")) if value["header"][key])
        parameters, clause = self.types.generics(value["generics"])
        self.add(f"pub {header}fn {full}{parameters}{self.types.signature(value['sig'])}{clause}", item)

    def constant(self, crate, item, full, value):
        self.lines.append(f"pub const {full}: {self.types.of(value['type'])}")

    def static(self, crate, item, full, value):
        self.lines.append(f"pub static {full}: {self.types.of(value['type'])}")

    def assoc_const(self, crate, item, full, value):
        self.lines.append(f"pub const {full}: {self.types.of(value['type'])}")

    def assoc_type(self, crate, item, full, value):
        self.lines.append(f"pub type {full}")

    def type_alias(self, crate, item, full, value):
        parameters, _ = self.types.generics(value["generics"])
        self.lines.append(f"pub type {full}{parameters} = {self.types.of(value['type'])}")

    def macro(self, crate, item, full, value):
        self.lines.append(f"macro {full}!")


def is_open(item):
    return any("non_exhaustive" in str(attribute) for attribute in item["attrs"])


def is_hidden(item):
    return any("doc(hidden)" in str(attribute).replace(" ", "") or "hidden" == attribute for attribute in item["attrs"])


def text(found):
    listing = Listing(found)
    listing.module("stepnet", listing.item("stepnet", found["stepnet"]["root"]), "stepnet")
    lines = sorted(set(listing.lines), key=lambda line: (line.split("stepnet::", 1)[-1], line))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    found = text(documents())
    count = found.count("\n")
    if not check:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(found, encoding="utf-8", newline="\n")
        print(f"{FILE.relative_to(ROOT)}: {count} public items")
        return
    before = FILE.read_text(encoding="utf-8") if FILE.is_file() else ""
    if before != found:
        lines = difflib.unified_diff(before.splitlines(), found.splitlines(), "recorded", "now", lineterm="", n=0)
        print("\n".join(lines))
        sys.exit("the public items have changed: if they are meant to, run tools/public_api.py and commit what it writes")
    print(f"public items: the {count} that are recorded")


if __name__ == "__main__":
    main()
