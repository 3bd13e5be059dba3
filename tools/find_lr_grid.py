#!/usr/bin/env python3
"""Measures whether the learning rates that `stepnet find-lr` suggests train: for each data set and seed the accuracy at
the suggestion is compared with the best of a grid of rates.

    tools/find_lr_grid.py --stepnet target/release/stepnet
    tools/find_lr_grid.py --seeds 0 1 2 --pictures cats=cats/ --pictures mnist=mnist.npz --cache grid.json

Takes numpy and scikit-learn, whose small data sets are used; folders of pictures, npz and HDF5 files are added by
--pictures NAME=DATA, or NAME=DATA,TEST. The grid takes most of the time; --cache FILE saves its accuracies, so that a
change of `find-lr` alone is measured quickly. Remove the file when training itself or a data set changes. Exit code 1
where fewer than 95 % of the suggestions reach 90 % of the best accuracy of the grid.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

# Three rates to each power of ten and a half, from far too low to far too high.
GRID = [1e-4 * 10 ** (0.5 * step) for step in range(10)]
REACHED = 0.9
WANTED = 0.95

TABLE = "linear(16) -> relu -> linear(classes) -> softmax"
SMALL = "conv(6, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax"
DEEPER = "conv(6, 3, stride=2) -> relu -> maxpool(2) -> conv(12, 3) -> relu -> linear(classes) -> softmax"


def tables(folder):
    """The data sets of scikit-learn as files: name, arguments, network, epochs."""
    import numpy
    from sklearn import datasets

    def save(name, x, y):
        order = numpy.random.RandomState(0).permutation(len(x))
        train, test = numpy.split(order, [int(0.7 * len(x))])
        arrays = {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}
        path = folder / f"{name}.npz"
        numpy.savez(path, **arrays)
        return [str(path)]

    for name, load, epochs in [
        ("cancer", datasets.load_breast_cancer, 8),
        ("wine", datasets.load_wine, 20),
        ("iris", datasets.load_iris, 20),
    ]:
        x, y = load(return_X_y=True)
        x = ((x - x.mean(0)) / x.std(0)).astype(numpy.float32)
        yield name, save(name, x, y), TABLE, epochs
    x, y = datasets.make_moons(400, noise=0.2, random_state=0)
    yield "moons", save("moons", x.astype(numpy.float32), y), TABLE, 20
    x, y = datasets.make_circles(400, noise=0.1, factor=0.5, random_state=0)
    yield "circles", save("circles", x.astype(numpy.float32), y), TABLE, 20
    x, y = datasets.load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8).astype(numpy.uint8)
    yield "digits", save("digits", x[:700], y[:700]), SMALL, 6


def pictures(text):
    name, _, data = text.partition("=")
    data, _, test = data.partition(",")
    return name, [data, *(["--test", test] if test else [])], DEEPER, 12


class Cache:
    """Accuracies by what was trained, saved in a file after each of them where one is named."""

    def __init__(self, path):
        self.path = path
        self.lock = Lock()
        self.known = json.loads(path.read_text()) if path and path.exists() else {}

    def get(self, key, measure):
        with self.lock:
            if key in self.known:
                return self.known[key]
        value = measure()
        with self.lock:
            self.known[key] = value
            if self.path:
                part = self.path.with_suffix(".part")
                part.write_text(json.dumps(self.known, indent=0))
                part.replace(self.path)
        return value


class Command:
    """The command, on one thread and in a folder of this run."""

    def __init__(self, program, folder, cache):
        self.program = program
        self.folder = folder
        self.cache = cache

    def __call__(self, *arguments):
        command = [self.program, *arguments, "--threads", "1"]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def suggestion(self, data, network, seed, name):
        svg = self.folder / f"{name}-{seed}.svg"
        ran = self("find-lr", *data, "--model", network, "--seed", str(seed), "--json", "--svg", str(svg))
        if "none can be suggested" in ran.stderr:
            return None
        ran.check_returncode()
        return json.loads(ran.stdout)["suggestion"]

    def accuracy(self, data, network, seed, name, rate, epochs):
        key = f"{name}, {network}, seed {seed}, {epochs} epochs at {rate!r}"
        return self.cache.get(key, lambda: self.train(data, network, seed, name, rate, epochs))

    def train(self, data, network, seed, name, rate, epochs):
        out = str(self.folder / f"{name}-{seed}-{rate:.3e}")
        options = ["--model", network, "--seed", str(seed), "--epochs", str(epochs), "--lr", repr(rate), "--out", out]
        ran = self("train", *data, *options)
        if "left the finite range" in ran.stderr:
            return 0.0
        # Any other failure, an interruption too, is not a result of this rate.
        ran.check_returncode()
        return float(re.search(r"(?:held-out|test) accuracy ([0-9.]+) %", ran.stdout).group(1))


def judge(command, job):
    (name, data, network, epochs), seed = job
    rate = command.suggestion(data, network, seed, name)
    grid = {rate: command.accuracy(data, network, seed, name, rate, epochs) for rate in GRID}
    reached = 0.0 if rate is None else command.accuracy(data, network, seed, name, rate, epochs)
    return name, seed, rate, reached, grid


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--stepnet", default="target/release/stepnet", help="the program")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--pictures", action="append", default=[], type=pictures, metavar="NAME=DATA[,TEST]")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="where accuracies are saved and looked up")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sets = [*tables(folder), *arguments.pictures]
        command = Command(str(Path(arguments.stepnet).resolve()), folder, Cache(arguments.cache))
        jobs = [(of, seed) for of in sets for seed in arguments.seeds]
        with ThreadPoolExecutor(2) as pool:
            judged = list(pool.map(lambda job: judge(command, job), jobs))
    print("| data set | suggestions | accuracy at them | best of the grid, at | reach 90 % of it |")
    print("| --- | --- | --- | --- | --- |")
    good = 0
    for name, *_ in sets:
        own = [entry for entry in judged if entry[0] == name]
        best = [max(grid.items(), key=lambda pair: pair[1]) for *_, grid in own]
        fine = sum(entry[3] >= REACHED * top[1] for entry, top in zip(own, best))
        good += fine
        rates = ", ".join("none" if entry[2] is None else f"{entry[2]:.2g}" for entry in own)
        reached = ", ".join(f"{entry[3]:.1f}" for entry in own)
        tops = ", ".join(f"{accuracy:.1f} ({rate:.1g})" for rate, accuracy in best)
        print(f"| {name} | {rates} | {reached} | {tops} | {fine} of {len(own)} |")
    print(f"\n{good} of {len(judged)} suggestions reach {REACHED:.0%} of the best accuracy ({good / len(judged):.1%})")
    sys.exit(good < WANTED * len(judged))


if __name__ == "__main__":
    main()
