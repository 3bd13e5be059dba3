#!/usr/bin/env python3
"""Checks the licences, sources and bans of deny.toml where cargo-deny cannot be had.

    tools/check_licences.py

Every crate of the lock file, for all platforms and features, must be allowed by its licence expression, come from
crates.io or from this repository, and be required by us with a version that is no wildcard. Standard library only
(Python 3.11 for TOML).
"""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def allowed(expression, licences):
    """Whether one of the choices of an SPDX expression consists of allowed licences alone."""
    words = re.findall(r"[()]|[^()\s]+", expression.replace("/", " OR "))
    at = 0

    def either():
        nonlocal at
        value = both()
        while at < len(words) and words[at] == "OR":
            at += 1
            value = both() or value
        return value

    def both():
        nonlocal at
        value = one()
        while at < len(words) and words[at] == "AND":
            at += 1
            value = one() and value
        return value

    def one():
        nonlocal at
        word = words[at]
        at += 1
        if word == "(":
            value = either()
            at += 1
            return value
        if words[at : at + 1] == ["WITH"]:
            word = f"{word} WITH {words[at + 1]}"
            at += 2
        return word in licences

    value = either()
    if at != len(words):
        raise ValueError(f"no licence expression: {expression}")
    return value


def problems(metadata, rules):
    licences = set(rules["licenses"]["allow"])
    for package in metadata["packages"]:
        name = f"{package['name']} {package['version']}"
        expression = package["license"]
        if not expression or not allowed(expression, licences):
            yield f"{name}: the licence {expression} is not allowed by deny.toml"
        if package["source"] not in (None, REGISTRY):
            yield f"{name}: comes from {package['source']}"
        if package["source"] is None:
            for dependency in package["dependencies"]:
                if dependency["req"] == "*" and dependency["source"] is not None:
                    yield f"{name}: takes any version of {dependency['name']}"


def main():
    with open(ROOT / "deny.toml", "rb") as file:
        rules = tomllib.load(file)
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    found = list(problems(metadata, rules))
    if found:
        sys.exit("\n".join(found))
    print(f"licences and sources of {len(metadata['packages'])} crates: as deny.toml allows")


if __name__ == "__main__":
    main()
