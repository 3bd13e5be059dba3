#!/usr/bin/env python3
"""Measures whether the learning rates that `stepnet find-lr` suggests train: for each data set and seed the accuracy at
the suggestion is compared with the best accuracy of a grid of rates.

    tools/find_lr_grid.py --stepnet target/release/stepnet
    tools/find_lr_grid.py --pictures cats=cats/ --pictures mnist=mnist.npz --cache grid.json
    tools/find_lr_grid.py --seeds 10 11 12 13 14 --options "--optimizer gd"

Each suggestion is made with one of the seeds. The accuracy at a rate is the mean over runs with all of them: where a
test part has 24 images, a single one is 4.2 points, so the best of ten single runs is mostly luck. The figure of single
runs, in which the suggestion of a seed and the grid are trained with that seed only, is printed too.

Takes numpy and scikit-learn, whose small data sets are used; folders of images, npz and HDF5 files are added by
--pictures NAME=DATA, or NAME=DATA,TEST. The grid takes most of the time; --cache FILE saves its accuracies, so that a
change of `find-lr` alone is measured quickly. Remove the file when training itself or a data set changes. Exit code 1
where fewer than 95 % of the suggestions reach 90 % of the best mean accuracy of the grid.
"""

import argparse
import itertools
import json
import re
import shlex
import statistics
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

# Accuracies are printed with two digits after the point, so exactly 90 % may look like less.
ROUNDED = 0.01

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

    def __init__(self, program, folder, cache, options):
        self.program = program
        self.folder = folder
        self.cache = cache
        self.options = options

    def __call__(self, *arguments):
        command = [self.program, *arguments, "--threads", "1", *self.options]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def suggestion(self, of, seed):
        name, data, network, _ = of
        svg = self.folder / f"{name}-{seed}.svg"
        ran = self("find-lr", *data, "--model", network, "--seed", str(seed), "--json", "--svg", str(svg))
        if "no rate can be suggested" in ran.stderr:
            return None
        ran.check_returncode()
        return json.loads(ran.stdout)["suggestion"]

    def accuracy(self, of, seed, rate):
        name, _, network, epochs = of
        key = ", ".join([name, network, *self.options, f"seed {seed}", f"{epochs} epochs at {rate!r}"])
        return self.cache.get(key, lambda: self.train(of, seed, rate))

    def train(self, of, seed, rate):
        name, data, network, epochs = of
        out = str(self.folder / f"{name}-{seed}-{rate:.3e}")
        options = ["--model", network, "--seed", str(seed), "--epochs", str(epochs), "--lr", repr(rate), "--out", out]
        ran = self("train", *data, *options)
        if "left the finite range" in ran.stderr:
            return 0.0
        # Any other failure, an interruption too, is not a result of this rate.
        ran.check_returncode()
        return float(re.search(r"(?:held-out|test) accuracy ([0-9.]+) %", ran.stdout).group(1))


class Judged:
    """The suggestions for one data set, and the accuracies at them and at the rates of the grid."""

    def __init__(self, name, seeds, suggestions, accuracies):
        self.name = name
        self.seeds = seeds
        self.suggestions = suggestions
        self.accuracies = accuracies

    def mean(self, rate):
        return 0.0 if rate is None else statistics.fmean(self.accuracies[rate, seed] for seed in self.seeds)

    def reached(self):
        """How many suggestions reach the wanted part of the best mean accuracy of the grid."""
        best = max(map(self.mean, GRID))
        return sum(self.mean(rate) >= REACHED * best - ROUNDED for rate in self.suggestions)

    def reached_alone(self):
        """The same for single runs, each with the seed of its suggestion."""
        good = 0
        for rate, seed in zip(self.suggestions, self.seeds):
            best = max(self.accuracies[other, seed] for other in GRID)
            good += rate is not None and self.accuracies[rate, seed] >= REACHED * best - ROUNDED
        return good

    def row(self):
        best = max(GRID, key=self.mean)
        rates = ", ".join("none" if rate is None else f"{rate:.2g}" for rate in self.suggestions)
        means = ", ".join(f"{self.mean(rate):.1f}" for rate in self.suggestions)
        top = f"{self.mean(best):.1f} ({best:.1g})"
        of = f"of {len(self.seeds)}"
        return f"| {self.name} | {rates} | {means} | {top} | {self.reached()} {of} | {self.reached_alone()} {of} |"


def judge(command, sets, seeds):
    with ThreadPoolExecutor(2) as pool:
        suggested = pool.map(lambda job: command.suggestion(*job), itertools.product(sets, seeds))
        suggestions = [list(itertools.islice(suggested, len(seeds))) for _ in sets]
        rates = [dict.fromkeys([*GRID, *own]) for own in suggestions]
        jobs = [
            (place, seed, rate)
            for place, own in enumerate(rates)
            for rate, seed in itertools.product(own, seeds)
            if rate is not None
        ]
        accuracies = pool.map(lambda job: command.accuracy(sets[job[0]], *job[1:]), jobs)
        known = dict(zip(jobs, accuracies))
    for place, (name, *_) in enumerate(sets):
        own = {(rate, seed): accuracy for (at, seed, rate), accuracy in known.items() if at == place}
        yield Judged(name, seeds, suggestions[place], own)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--stepnet", default="target/release/stepnet", help="the program")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--pictures", action="append", default=[], type=pictures, metavar="NAME=DATA[,TEST]")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="where accuracies are saved and looked up")
    parser.add_argument("--options", type=shlex.split, default=[], help="more options for find-lr and train")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sets = [*tables(folder), *arguments.pictures]
        program = str(Path(arguments.stepnet).resolve())
        command = Command(program, folder, Cache(arguments.cache), arguments.options)
        judged = list(judge(command, sets, arguments.seeds))
    print("| data set | suggestions | mean accuracy at them | best of the grid, at | reach 90 % of it | single runs |")
    print("| --- | --- | --- | --- | --- | --- |")
    for own in judged:
        print(own.row())
    good, alone = sum(own.reached() for own in judged), sum(own.reached_alone() for own in judged)
    total = len(judged) * len(arguments.seeds)
    print(f"\n{good} of {total} suggestions reach {REACHED:.0%} of the best mean accuracy ({good / total:.1%})")
    print(f"{alone} of {total} single runs reach {REACHED:.0%} of the best run with their seed ({alone / total:.1%})")
    sys.exit(good < WANTED * total)


if __name__ == "__main__":
    main()
