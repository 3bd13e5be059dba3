"""Netron opens the files and shows every layer."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import cases

NODE = shutil.which("node")


@pytest.fixture(scope="module")
def netron(tmp_path_factory):
    """Netron's scripts, where node takes them for modules."""
    found = importlib.util.find_spec("netron")
    if found is None or NODE is None:
        pytest.skip("needs the package netron and node")
    folder = tmp_path_factory.mktemp("netron") / "scripts"
    shutil.copytree(Path(found.origin).parent, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder


def test_netron_shows_every_layer(exported, netron):
    files = [case for prefix in ("preset", "example", "images") for case in cases.group(exported, prefix)]
    words = [NODE, Path(__file__).with_name("netron.mjs"), netron, *(case.onnx for case in files)]
    told = subprocess.run(words, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert len(lines) == len(files)
    for line in lines:
        assert line["format"].startswith("ONNX v8") and line["errors"] == [], line
        assert line["nodes"] and all(name and kind for name, kind in line["nodes"]), line
        assert line["inputs"] in (["images"], ["values"]) and line["outputs"][0] == "probabilities" or "numbers" in line["outputs"]
