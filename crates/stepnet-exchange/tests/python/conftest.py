"""Tests of exported models by those who read them: run by tools/check_exchange.sh."""

import os
from pathlib import Path

import pytest

import cases

RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", cases.ROOT / "target")) / "release"


def program(variable, default):
    path = Path(os.environ.get(variable, default))
    if not path.exists():
        pytest.exit(f"{path} is not built; tools/check_exchange.sh builds it", returncode=2)
    return path


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """All exported networks by name."""
    many = program("STEPNET_EXPORT_MANY", RELEASE / "examples" / "export_many")
    return cases.export_all(many, tmp_path_factory.mktemp("exported"))


@pytest.fixture(scope="session")
def command():
    """The command."""
    return program("STEPNET_COMMAND", RELEASE / "stepnet")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Images of several sizes, in colour and grey, by path."""
    image = pytest.importorskip("PIL.Image")
    import numpy as np

    folder = tmp_path_factory.mktemp("pictures")
    found = {"colour": {}, "grey": {}}
    for number, (height, width) in enumerate(cases.SIZES):
        random = np.random.RandomState(number)
        for kind, channels in [("colour", 3), ("grey", 1)]:
            values = random.randint(0, 256, (height, width, channels)).astype(np.uint8)
            path = folder / f"{kind}{number}.png"
            image.fromarray(values if channels == 3 else values[:, :, 0]).save(path)
            found[kind][path] = values
    return found
