#!/usr/bin/env python3
"""Print who depends on whom among the crates and the circles among their files; fail where one is too large.

A file depends on another when it names something that is defined there; names that a module passes on with `pub use` are
followed to where they are defined. Files and functions that are too long are errors, too, in Rust, Python and shell; doc
comments do not count. Tests are left out. Standard library only.

    tools/check_structure.py                  what CI runs: exit code 1 for what is wrong
    tools/check_structure.py --all            the circles of two and three files, too
    tools/check_structure.py --edges NAME     what files of this name depend on inside their circle
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from pathlib import Path

from rust_modules import Crate, circles

LARGEST_CIRCLE = 3
FILE_LINES = 400
FUNCTION_LINES = 80
# The folders that may use `unsafe`. Lints cannot say so: macros of ndarray allow it where they are used.
UNSAFE_FOLDERS = ("stepnet-kernels/src/simd/", "stepnet-mpi/src/library/")
# Files of a recursive grammar, which name each other by nature.
GRAMMARS = ("nn/notation/", "notation/")


class Lengths:
    """Prints files and functions that are too long, and counts them."""

    def __init__(self, root):
        self.root, self.wrong = root, 0

    def compare(self, file, lines, most, function=None):
        if lines <= most:
            return
        place = file.relative_to(self.root)
        self.wrong += 1
        print(f"    function of {lines} lines: {function} in {place}" if function else f"    {lines} lines: {place}")

    def rust(self, crate):
        for file in sorted(crate.files):
            self.compare(file, file.read_text().split("#[cfg(test)]\nmod tests {")[0].count("\n"), FILE_LINES)
        for lines, file, name in sorted(crate.functions, reverse=True, key=lambda f: f[0]):
            self.compare(file, lines, FUNCTION_LINES, name)

    def python(self, file):
        text = file.read_text()
        self.compare(file, text.count("\n"), FILE_LINES)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                if ast.get_docstring(node) is not None:
                    lines -= node.body[0].end_lineno - node.body[0].lineno + 1
                self.compare(file, lines, FUNCTION_LINES, node.name)

    def shell(self, file):
        text = file.read_text()
        self.compare(file, text.count("\n"), FILE_LINES)
        for found in re.finditer(r"^(\w+)\(\) \{\n(.*?)^\}", text, re.M | re.S):
            self.compare(file, found.group().count("\n") + 1, FUNCTION_LINES, found.group(1))


def scripts(root):
    """The project's own files that are not Rust, as (file, whether it is Python); without tests."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.py", "*.pyi", "*.sh", ".ci/run"], cwd=root, check=True, capture_output=True, text=True)
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        file = root / name
        if not file.name.startswith("test_") and "tests" not in file.parts and file.is_file():
            yield file, file.suffix in (".py", ".pyi")


def check_circles(crate, options):
    """Prints the circles of a crate; how many are wrong."""
    wrong = 0
    graph = crate.edges()
    for circle in circles(graph):
        shown = [str(file.relative_to(crate.base)) for file in circle]
        grammar = all(file.startswith(GRAMMARS) for file in shown)
        large = len(circle) > LARGEST_CIRCLE and not grammar
        wrong += large
        if large or options.all:
            print(f"    circle of {len(circle)} files{' (a grammar)' * grammar}: {' '.join(shown)}")
        if options.edges:
            for file in circle:
                if options.edges in str(file):
                    inner = sorted(str(o.relative_to(crate.base)) for o in graph[file] if o in circle)
                    print(f"        {file.relative_to(crate.base)} -> {' '.join(inner)}")
    return wrong


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--all", action="store_true", help="print circles of two and three files, too")
    options.add_argument("--edges", metavar="NAME", help="print what files of this name depend on inside their circle")
    options = options.parse_args()
    command = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    packages, root = found["packages"], Path(found["workspace_root"])
    names = {package["name"] for package in packages}
    lengths = Lengths(root)
    wrong = 0
    for package in sorted(packages, key=lambda package: package["name"]):
        uses = sorted(d["name"] for d in package["dependencies"] if d["name"] in names and d["kind"] is None)
        print(f"{package['name']} -> {', '.join(uses) or 'no crate of the workspace'}")
        for target in package["targets"]:
            if not {"lib", "bin", "cdylib", "rlib", "proc-macro"} & set(target["kind"]):
                continue
            crate = Crate(package["name"], Path(target["src_path"]))
            wrong += check_circles(crate, options)
            for file in sorted(crate.unsafe):
                if not any(folder in str(file) for folder in UNSAFE_FOLDERS):
                    wrong += 1
                    print(f"    unsafe code: {file.relative_to(crate.base)}")
            lengths.rust(crate)
    print("scripts")
    for file, is_python in scripts(root):
        lengths.python(file) if is_python else lengths.shell(file)
    return 1 if wrong + lengths.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
