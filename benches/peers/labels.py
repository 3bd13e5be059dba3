"""Measures how well `stepnet examine` finds labels that were changed, next to cleanlab with the same predictions.

    python3 benches/peers/labels.py --cifar cifar10-images.tar [--stepnet target/release/stepnet]

`--cifar` is CIFAR-10 as image files in train/CLASS, a folder or a tar archive. For each seed 1,000 images a class are copied to a
folder, 5 % of them into the folder of another class, and `stepnet examine` looks at it. cleanlab (PyPI: cleanlab) gets the
out-of-fold probabilities that Stepnet wrote. Printed are: how many of the 50 most suspicious images were changed ones, the average
precision over all images, and the time of the whole command on `--threads` threads.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

TOP = 50


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    parser.add_argument("--cifar", type=Path, required=True, help="CIFAR-10 as image files, a folder or a tar archive")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--each", type=int, default=1000, help="images a class")
    parser.add_argument("--changed", type=float, default=0.05, help="the share of changed labels")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def plant(cifar, folder, given, seed):
    """Copies images into the folders of classes, some of them wrong; the names of those."""
    drawn = random.Random(seed)
    classes = sorted(path.name for path in (cifar / "train").iterdir() if path.is_dir())
    images = []
    for name in classes:
        (folder / name).mkdir(parents=True)
        files = sorted((cifar / "train" / name).iterdir())
        images += [(name, path) for path in drawn.sample(files, given.each)]
    # Else the numbers in the names of the copies would say the class.
    drawn.shuffle(images)
    changed = set(drawn.sample(range(len(images)), round(given.changed * len(images))))
    wrong = set()
    for at, (name, path) in enumerate(images):
        label = drawn.choice([other for other in classes if other != name]) if at in changed else name
        copy = folder / label / f"{at:05d}{path.suffix}"
        shutil.copy(path, copy)
        if at in changed:
            wrong.add(str(copy))
    return wrong


def examine(given, folder, place):
    """The suspects of `stepnet examine`, the probabilities that it wrote, and the seconds that it took."""
    table = place / f"{folder.name}.csv"
    command = [given.stepnet, "examine", folder, "--json", "--probabilities", table, "--threads", given.threads]
    start = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    # 3: it found a problem.
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)
    suspects = [found["file"] for found in json.loads(done.stdout)["findings"] if found["kind"] == "label"]
    with open(table, newline="") as lines:
        rows = list(csv.reader(lines))
    return suspects, rows, seconds


def average_precision(scores, wrong):
    from sklearn.metrics import average_precision_score

    return average_precision_score(wrong, scores)


def judge(suspects, rows, wrong):
    """The changed ones among the first of a ranking, and its average precision: of Stepnet's, and of cleanlab's by two scores."""
    import numpy
    from cleanlab.rank import get_label_quality_scores

    head, rows = rows[0], rows[1:]
    classes = head[3:]
    names = [row[1] for row in rows]
    labels = numpy.array([classes.index(row[2]) for row in rows])
    probabilities = numpy.array([[float(value) for value in row[3:]] for row in rows])
    truth = numpy.array([name in wrong for name in names])
    own = probabilities[numpy.arange(len(labels)), labels]
    others = probabilities.copy()
    others[numpy.arange(len(labels)), labels] = -1
    margin = others.max(1) - own
    # Those that are no suspects come after all that are.
    place = {name: at for at, name in enumerate(suspects)}
    stepnet = numpy.array([3 - place[name] / len(names) if name in place else m for name, m in zip(names, margin)])
    found = {"Stepnet": stepnet}
    for method in ("self_confidence", "normalized_margin"):
        found[f"cleanlab, {method}"] = -get_label_quality_scores(labels, probabilities, method=method)
    for name, scores in found.items():
        first = numpy.argsort(-scores, kind="stable")[:TOP]
        yield name, int(truth[first].sum()), average_precision(scores, truth)
    yield "accuracy of the predictions (per cent)", round(100 * (probabilities.argmax(1) == labels).mean()), None


def main():
    given = arguments()
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        cifar = given.cifar
        if cifar.is_file():
            with tarfile.open(cifar) as archive:
                archive.extractall(place / "cifar", filter="data")
            cifar = place / "cifar"
        print(f"| seed | ranking | of the first {TOP} | average precision | seconds |")
        print("| --- | --- | --- | --- | --- |")
        for seed in given.seeds:
            folder = place / f"planted-{seed}"
            wrong = plant(cifar, folder, given, seed)
            suspects, rows, seconds = examine(given, folder, place)
            for name, first, precision in judge(suspects, rows, wrong):
                precision = "" if precision is None else f"{precision:.3f}"
                print(f"| {seed} | {name} | {first} | {precision} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
