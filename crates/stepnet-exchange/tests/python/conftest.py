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


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Photographs as values, by path: JPEG files of the repository, and scikit-learn's if it is there.

    They are PNG files of the pixels that Pillow decodes: decoders of JPEG differ by a level or two where colours are
    stored at half the size, and what is compared here is the resizing.
    """
    image = pytest.importorskip("PIL.Image")
    import numpy as np

    paths = sorted((cases.ROOT / "crates" / "stepnet-data" / "tests" / "files").glob("wave-4*.jpg"))
    assert len(paths) > 5
    try:
        import sklearn.datasets

        paths += sorted((Path(sklearn.datasets.__file__).parent / "images").glob("*.jpg"))
    except ImportError:
        print("skipped: no scikit-learn, whose photographs are larger")
    folder, found = tmp_path_factory.mktemp("photographs"), {}
    for path in paths:
        pixels = image.open(path).convert("RGB")
        pixels.save(folder / f"{path.stem}.png")
        found[folder / f"{path.stem}.png"] = np.asarray(pixels)
    return found
