"""The networks that the tests export: presets, examples of every kind of layer, random ones, and models for images."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT / "benches" / "peers"))

import random_networks  # noqa: E402  (it lies in the folder above)

RANDOM = int(os.environ.get("STEPNET_RANDOM_NETWORKS", "500"))

# How models for images prepare them: each rule of resizing, with and without a mean and a deviation.
IMAGES = {
    "stretch": {"resize": "stretch"},
    "crop": {"resize": "crop", "mean": [0.5, 0.4, 0.3], "deviation": [0.2, 0.25, 0.3]},
    "fit": {"resize": "fit", "picture_divisor": 127.0, "mean": [1.0, 1.0, 1.0]},
}
# Height and width of images: larger, smaller, wider and higher than the models' 24x20, of its size, and of one row.
SIZES = [(96, 80), (11, 13), (24, 20), (40, 200), (160, 31), (25, 20), (1, 50)]
CLASSES = ["cat", 'a "dog"', "Zürich"]

# What outputs may differ by: probabilities by themselves, logits in units of the largest.
PROBABILITIES = 1e-5
LOGITS = 1e-4
# Networks that magnify rounding, with the factor that they get: a group normalisation divides values that are nearly equal by
# their deviation. In 363 Stepnet's probabilities are 7e-6 from PyTorch's float64 and ONNX Runtime's 3e-6, on opposite sides;
# in 142 it is PyTorch's float32 that is off.
SENSITIVE = {"random142": 2, "random363": 2}


def too_far(name, gaps):
    """Whether the differences of a network are more than rounding."""
    factor = SENSITIVE.get(name, 1)
    return gaps["probabilities"] > factor * PROBABILITIES or gaps["logits"] > factor * LOGITS


def random_cases():
    for seed in range(RANDOM):
        shape, layers, classes = random_networks.Writer(seed).network()
        closing = "sigmoid" if classes == 1 else "softmax"
        yield {
            "name": f"random{seed}", "network": f"{random_networks.written(layers)} -> {closing}",
            "input": "x".join(map(str, shape)), "classes": max(classes, 2), "seed": seed,
        }


def image_cases():
    for number, (name, preprocessing) in enumerate(IMAGES.items()):
        yield {
            "name": f"images_{name}", "network": "conv(8, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax",
            "input": "24x20x3", "classes": 3, "names": CLASSES, "seed": number, "preprocessing": preprocessing,
        }
    yield {
        "name": "images_grey", "network": "conv(4, 3) -> relu -> linear(1) -> sigmoid", "input": "24x20x1", "classes": 2,
        "names": CLASSES[:2], "seed": 7, "preprocessing": {},
    }
    yield {
        "name": "images_numbers", "network": "conv(4, 3) -> relu -> linear(2)", "input": "24x20x3", "classes": 2, "seed": 8,
        "names": ["width", "age"],
        "preprocessing": {"task": {"kind": "numbers", "mean": [40.0, -3.0], "deviation": [12.5, 0.5]}},
    }
    yield {
        "name": "images_labels", "network": "conv(4, 3) -> relu -> linear(3) -> sigmoid", "input": "24x20x3", "classes": 3,
        "names": ["red", "green", "blue"], "seed": 9, "preprocessing": {"task": {"kind": "labels"}},
    }


class Exported:
    """What `export_many` has made of a case."""

    def __init__(self, folder, told):
        self.folder, self.name = folder, told["name"]
        self.told = told
        self.onnx = folder / f"{self.name}.onnx"
        self.model = folder / "models" / f"{self.name}.safetensors"

    def array(self, kind, columns):
        import numpy as np

        return np.fromfile(self.folder / f"{self.name}.{kind}", "<f4").reshape(-1, *columns)

    @property
    def inputs(self):
        return self.array("inputs", self.told["input"])

    @property
    def outputs(self):
        return self.array("outputs", [self.told["columns"]])

    @property
    def logits(self):
        return self.array("logits", [self.told["logits"]]) if self.told["logits"] else None

    def program(self):
        """The PyTorch program as a module."""
        import importlib.util

        spec = importlib.util.spec_from_file_location(self.name, self.folder / f"{self.name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def export_all(program, folder):
    """All cases by name, exported by one process."""
    listed = subprocess.run([program, "--examples"], check=True, capture_output=True, text=True).stdout
    cases = [*map(json.loads, listed.splitlines()), *image_cases(), *random_cases()]
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    told = subprocess.run([program, str(folder)], input=lines, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [Exported(folder, json.loads(line)) for line in told.splitlines()]
    assert len(found) == len(cases), f"{len(cases)} networks were to be exported, {len(found)} were"
    return {each.name: each for each in found}


def group(exported, prefix):
    """The cases of a group, which may not be empty."""
    found = [each for name, each in exported.items() if name.startswith(prefix)]
    assert found, f"there are no networks called {prefix}..."
    return found


def apart(found, expected):
    """The largest difference, infinite where one is no number."""
    import numpy as np

    assert found.shape == expected.shape, f"the shape is {found.shape}, expected {expected.shape}"
    gap = float(np.abs(found.astype(np.float64) - expected).max())
    return gap if np.isfinite(gap) else float("inf")
