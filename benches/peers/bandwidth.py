"""Measures sums over ranks of this machine against the all-reduce of the MPI library itself.

    python3 benches/peers/bandwidth.py [--ranks 2,4] [--program target/release/examples/bandwidth] [--values 100000,1000000]

`exact` is the sum of fixed order that training uses, `fast` that of `--all-reduce fast`, each with the copies that it takes;
`MPI` is the library's call alone, on values that lie ready. Bandwidths count the bytes of the summed values once, as benchmarks
of MPI do. Launchers that are not installed are named.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from processes import Failure, ended

LAUNCHERS = ["mpirun.openmpi", "mpiexec.hydra"]
"""Open MPI's and MPICH's own names, as a system that has both calls them."""


def numbers(text):
    return [int(number) for number in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=Path("target/release/examples/bandwidth"))
    parser.add_argument("--ranks", type=numbers, default=[2])
    parser.add_argument("--values", type=numbers, default=[], help="numbers of values of 4 bytes [default: 1,000 to 10 million]")
    return parser.parse_args()


def measured(options, launcher, ranks):
    """What the program says, a dictionary for each number of values."""
    command = [launcher]
    if "openmpi" in launcher:
        command += ["--oversubscribe", *(["--allow-run-as-root"] if os.geteuid() == 0 else [])]
    command += ["-n", ranks, options.program, *options.values]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {done.stderr.strip()[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def line(launcher, row):
    """A row of the table: gigabytes a second, and what part of MPI's own they are."""
    own = 4 * row["values"] / row["mpi"] / 1e9
    cells = [launcher, row["ranks"], f"{row['values']:,}", f"{own:.3f}"]
    for way in ("exact", "fast"):
        rate = 4 * row["values"] / row[way] / 1e9
        cells.append(f"{rate:.3f} ({rate / own:.2f})")
    return f"| {' | '.join(map(str, cells))} |"


def main():
    options = arguments()
    if not options.program.exists():
        raise Failure(f"there is no {options.program}: cargo build --release -p stepnet-mpi --examples makes it")
    print("| launcher | ranks | values | MPI, GB/s | exact, GB/s | fast, GB/s |\n| --- | --- | --- | --- | --- | --- |")
    for launcher in LAUNCHERS:
        if shutil.which(launcher) is None:
            print(f"skipped: there is no {launcher}", file=sys.stderr)
            continue
        for ranks in options.ranks:
            for row in measured(options, launcher, ranks):
                print(line(launcher, row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(ended(main))
