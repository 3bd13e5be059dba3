#!/usr/bin/env python3
"""Run a course's public graders on the functions of `stepnet.course`, and print for each function whether it passes.

    python3 tools/run_graders.py DIR [--edition 2021] [--seconds 300]

DIR is a folder of graders, such as a copy of the course's notebooks: every file `public_tests.py` or `*_tests.py` in it is run, in a
process of its own and in its own folder, so that it finds its helpers. None is part of this project. A grader is a function
`NAME_test(target)`, `NAME_test_1(target)` and so on. To which notebook a file belongs is found by the names that it tests.

Exit code 1 if a grader fails, 2 if there is none.
"""

import argparse
import contextlib
import importlib
import inspect
import io
import json
import re
import subprocess
import sys
from pathlib import Path

PATTERNS = ("public_tests.py", "*_tests.py")
GRADER = re.compile(r"(\w+?)_test(?:_?\w*\d+)?$")


def files(folder):
    """The graders in a folder and in those within."""
    found = {file for pattern in PATTERNS for file in folder.rglob(pattern) if file.is_file()}
    return sorted(found)


def tested(text):
    """The names of the functions that a file tests."""
    names = re.findall(r"^def (\w+)\(", text, re.M)
    return {match[1] for name in names if (match := GRADER.match(name))}


def module_of(names, file, course):
    """The module whose functions these are; where several fit, the one that the path names, or the first."""
    counts = {module: len(names & set(getattr(course, module).__all__)) for module in course.__all__}
    most = max(counts.values())
    best = [module for module in counts if counts[module] == most and most]
    words = set(re.findall(r"[a-z]+", str(file.parent).lower()))
    return max(best, key=lambda module: len(words & set(module.split("_"))), default=None)


def one(file, edition):
    """Runs a file's graders, in this process; gives (function, grader, what came of it)."""
    from stepnet import course, steps

    steps.set_edition(edition)
    names = tested(file.read_text(encoding="utf-8", errors="replace"))
    module = module_of(names, file, course)
    if module is None:
        return [("", "", "skipped: it tests no function of a module")]
    functions = getattr(course, module)
    sys.path.insert(0, str(file.parent))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            graders = importlib.import_module(file.stem)
    except ImportError as error:
        return [(module, "", f"skipped: it needs {error.name or error}")]
    rows = []
    for name, grader in inspect.getmembers(graders, inspect.isfunction):
        match = GRADER.match(name)
        if match and grader.__module__ == file.stem:
            rows.append((f"{module}.{match[1]}", name, graded(grader, getattr(functions, match[1], None))))
    return rows


def graded(grader, function):
    if function is None:
        return "skipped: the module has no such function"
    required = [p for p in inspect.signature(grader).parameters.values() if p.default is p.empty]
    if len(required) != 1:
        return f"skipped: it takes values of the notebook ({', '.join(p.name for p in required)})"
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            grader(function)
    except (Exception, SystemExit) as error:
        return f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:160]}"
    return "passed"


def apart(file, edition, seconds):
    """The same in a process of its own."""
    command = [sys.executable, __file__, str(file), "--one", "--edition", edition]
    try:
        done = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return [("", "", f"FAILED: it did not end in {seconds:g} s")]
    if done.returncode:
        return [("", "", f"FAILED: {(done.stderr.strip().splitlines() or ['it ended without a word'])[-1][:160]}")]
    return json.loads(done.stdout.splitlines()[-1])


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("folder", metavar="DIR", type=Path)
    options.add_argument("--edition", default="2021", choices=["2021", "v8a", "2017"])
    options.add_argument("--seconds", type=float, default=300, help="how long a file may take")
    options.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = options.parse_args()
    if options.one:
        print("\n" + json.dumps(one(options.folder, options.edition)))
        return 0
    found = files(options.folder.resolve())
    if not found:
        print(f"{options.folder}: no file {' or '.join(PATTERNS)} in it", file=sys.stderr)
        return 2
    counts = {"passed": 0, "FAILED": 0, "skipped": 0}
    for file in found:
        print(file.relative_to(options.folder.resolve()))
        for function, grader, outcome in apart(file, options.edition, options.seconds):
            counts[outcome.split(":")[0]] += 1
            print(f"    {function:45} {grader:40} {outcome}")
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["FAILED"] else 0 if counts["passed"] else 2


if __name__ == "__main__":
    sys.exit(main())
