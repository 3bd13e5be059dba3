"""Measures how much of the exchange of gradients is hidden by the backward passes.

    sudo python3 benches/peers/overlap.py [--network resnet20] [--batch 128] [--rates 1Gbit 100Mbit] [--pairs 3]

Two ranks of one thread train in network namespaces with a link between them, as plan.py has them. A step of theirs is
compared with its parts, each alone: the passes, which are those of one process with half of the batch and half of the
shares, and the exchange, the sum of as many values over the same link. What a step takes less than both together is hidden.
Without root, `ip`, `tc` or Open MPI it says so and succeeds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import plan
from processes import Failure, ended
from ranks import NETWORKS, rate_of, write_pictures


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    parser.add_argument("--program", type=Path, default=Path("target/release/examples/bandwidth"))
    parser.add_argument("--network", default="resnet20", choices=list(NETWORKS))
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rates", nargs="*", default=["1Gbit", "100Mbit"])
    parser.add_argument("--pairs", type=int, default=3, help="turns of each, of which the median counts")
    return parser.parse_args()


def step(options, machines, ranks, data, out):
    """Seconds of a step: of two ranks, or of one process with its half of everything."""
    batch = options.batch * ranks // 2
    command = [options.stepnet, "train", data, "--model", options.network, "--batch", batch, "--shares", batch // 8]
    command += ["--epochs", options.epochs, "--hold-out", 0, "--schedule", "constant", "--threads", 1, "--out", out, "--overwrite"]
    machines.mpirun(ranks, command, out.parent)
    return batch / rate_of(out)


def exchange(options, machines, values, out):
    """Seconds of the sum of fixed order of as many values over the link."""
    # The launcher's output is not kept: a file has the first rank's lines.
    script = out.parent / "exchange.sh"
    script.write_text(f'#!/bin/sh\nexec {options.program} {values} >"{out}.$OMPI_COMM_WORLD_RANK"\n')
    script.chmod(0o755)
    machines.mpirun(2, [script], out.parent)
    lines = Path(f"{out}.0").read_text().splitlines()
    return json.loads(next(text for text in lines if text.startswith("{")))["exact"]


def line(rate, passes, sums, whole):
    """A row of the table, in milliseconds."""
    hidden = passes + sums - whole
    cells = [rate, *(f"{1e3 * seconds:.2f}" for seconds in (passes, sums, whole, hidden)), f"{100 * hidden / sums:.0f} %"]
    return f"| {' | '.join(cells)} |"


def main():
    options = arguments()
    why = plan.missing()
    if why:
        print(f"skipped: {why}, overlap not measured")
        return 0
    options.stepnet, options.program = options.stepnet.resolve(), options.program.resolve()
    if not options.program.exists():
        raise Failure(f"there is no {options.program}: cargo build --release -p stepnet-mpi --examples makes it")
    asked = [options.stepnet, "plan", "--model", options.network, "--batch", options.batch, "--ranks", 2, "--json"]
    planned = subprocess.run([str(word) for word in asked], check=True, capture_output=True, text=True)
    values = json.loads(planned.stdout)["values_sent"]
    with tempfile.TemporaryDirectory() as folder, plan.Machines(Path(folder)) as machines:
        folder = Path(folder)
        data = write_pictures(options.network, 16 * options.batch, folder / "data")
        print(f"{options.network}, batch {options.batch}, two ranks of one thread, {values:,} values; milliseconds a step\n")
        print("| link | passes | exchange | together | hidden | of the exchange |\n| --- | --- | --- | --- | --- | --- |")
        for rate in options.rates:
            machines.shape(rate.lower())
            turns = [
                (
                    step(options, machines, 1, data, folder / "one"),
                    exchange(options, machines, values, folder / "sum"),
                    step(options, machines, 2, data, folder / "two"),
                )
                for _ in range(options.pairs)
            ]
            print(line(rate, *(statistics.median(times) for times in zip(*turns))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(ended(main))
