#!/usr/bin/env python3
"""Writes THIRD-PARTY-NOTICES: the licences of what is linked into the command, the Python package and the engine of the page.

    tools/third_party_notices.py           writes the files
    tools/third_party_notices.py --check   exit code 1 where one is out of date

Each text stands once, under the crates that have it. Where a crate may be taken under several licences, the MIT
licence is taken if it is one of them. Crates of all platforms are listed, so that the file is the same everywhere.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = {"stepnet-cli": [], "stepnet-py": ["stepnet-py/module"], "stepnet-web": []}
NAME = "THIRD-PARTY-NOTICES"
FILES = re.compile(r"^(licen[sc]e|copying|notice|unlicense)", re.IGNORECASE)
HEAD = "Stepnet contains the following works of others, each under its licence.\n"

# For crates that come without a file of their licence.
MIT = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def metadata(features):
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    if features:
        command += ["--features", ",".join(features)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def linked(package, features):
    """The packages from a registry that are linked into `package`."""
    data = metadata(features)
    packages = {entry["id"]: entry for entry in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    start = next(key for key, entry in packages.items() if entry["name"] == package)
    seen, waiting = set(), [start]
    while waiting:
        key = waiting.pop()
        if key in seen or is_macro(packages[key]):
            continue
        seen.add(key)
        for dependency in nodes[key]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    entries = [packages[key] for key in seen if packages[key]["source"]]
    return sorted(entries, key=lambda entry: (entry["name"], entry["version"]))


def is_macro(entry):
    """Macros run at compile time: nothing of them is shipped."""
    return any("proc-macro" in target["kind"] for target in entry["targets"])


def texts(entry):
    """The texts that go with a package."""
    folder = Path(entry["manifest_path"]).parent
    files = sorted(path for path in folder.iterdir() if path.is_file() and FILES.match(path.name))
    licence = entry["license"] or ""
    of_mit = [path for path in files if "mit" in path.name.lower()]
    if re.search(r"\bMIT\b", licence) and " AND " not in licence and of_mit:
        notices = [path for path in files if path.name.lower().startswith("notice")]
        files = of_mit + notices
    found = [path.read_text(encoding="utf-8", errors="replace") for path in files]
    if found:
        return [tidy(text) for text in found]
    if not re.search(r"\bMIT\b", licence):
        sys.exit(f"{entry['name']} {entry['version']} ({licence}) has no file of its licence")
    authors = ", ".join(entry["authors"]) or f"the authors of {entry['name']}"
    return [tidy(f"Copyright (c) {authors}\n\n{MIT}")]


def tidy(text):
    """Line ends and blanks at them are no part of a licence."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")) + "\n"


def notices(package, features):
    by_text = {}
    for entry in linked(package, features):
        title = f"{entry['name']} {entry['version']} ({entry['license']})"
        for text in texts(entry):
            by_text.setdefault(text, []).append(title)
    parts = [HEAD]
    for text, titles in sorted(by_text.items(), key=lambda item: item[1]):
        parts.append("=" * 100 + "\n" + "\n".join(titles) + "\n\n" + text)
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    check = parser.parse_args().check
    stale = []
    for package, features in SHIPPED.items():
        path = ROOT / "crates" / package / NAME
        text = notices(package, features)
        if not check:
            path.write_text(text, encoding="utf-8", newline="\n")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
    if stale:
        sys.exit(f"out of date: {', '.join(stale)}; run tools/third_party_notices.py")


if __name__ == "__main__":
    main()
