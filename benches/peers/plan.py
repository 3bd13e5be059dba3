"""Compares the forecast of `stepnet plan` with trainings over one and two ranks on links of a known speed.

    sudo python3 benches/peers/plan.py --data mnist-folder --model lenet5 --batch 512 [--stepnet target/release/stepnet]

Two network namespaces of this machine stand for two machines. A pair of virtual cards joins them, and `tc tbf` lets through
--rates. Open MPI starts a rank of one thread in each; it believes that they are different machines, as they have different
addresses, and reaches the second one through a small script in the place of `ssh`. The forecast is of `stepnet plan` alone, in
one process, with the link's speed given; the times are those of a training, of its second epoch and those after.
Without root, `ip`, `tc` or Open MPI it says so and succeeds.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ADDRESSES = ["10.77.0.1", "10.77.0.2"]
SUBNET = "10.77.0.0/24"
LATENCY = "100us"
"""What a message takes through two virtual cards and the system's TCP, roughly: with links this slow it hardly counts."""
WITHIN = 0.20
"""The largest error of the forecast."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    parser.add_argument("--data", type=Path, help="what to train on [default: the embedded digits]")
    parser.add_argument("--model", default="lenet5")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rates", nargs="*", default=["1Gbit", "100Mbit"])
    parser.add_argument("--repeats", type=int, default=3, help="trainings of each kind, of which the median counts")
    parser.add_argument("--options", default="", help="more options of train and plan, such as '--shares 16'")
    return parser.parse_args()


def missing():
    """Why this machine cannot run the comparison, if it cannot."""
    if os.name != "posix" or os.geteuid() != 0:
        return "only root can make network namespaces"
    for program in ("ip", "tc", "mpirun.openmpi"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    return None


def call(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)


class Machines:
    """Two namespaces, joined by a link whose speed can be set; they are gone after the `with` block."""

    def __init__(self, folder):
        self.names = [f"stepnet-{letter}-{os.getpid()}" for letter in "ab"]
        self.cards = [f"sn{letter}{os.getpid() % 100000}" for letter in "ab"]
        self.agent = folder / "agent"
        # Open MPI calls it as `agent HOST COMMAND...`, as it would call ssh.
        self.agent.write_text(f'#!/bin/sh\nshift\nexec ip netns exec {self.names[1]} sh -c "$*"\n')
        self.agent.chmod(0o755)

    def __enter__(self):
        try:
            for name in self.names:
                call("ip", "netns", "add", name)
            call("ip", "link", "add", self.cards[0], "type", "veth", "peer", "name", self.cards[1])
            for name, card, address in zip(self.names, self.cards, ADDRESSES):
                call("ip", "link", "set", card, "netns", name)
                inside = ["ip", "netns", "exec", name, "ip"]
                call(*inside, "address", "add", f"{address}/24", "dev", card)
                call(*inside, "link", "set", card, "up")
                call(*inside, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def shape(self, rate):
        """Lets `rate` through in each direction."""
        for name, card in zip(self.names, self.cards):
            shape = ["root", "tbf", "rate", rate, "burst", "128kb", "latency", "100ms"]
            call("ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", card, *shape)

    def mpirun(self, ranks, command, folder):
        """Runs a command on one rank in the first namespace, or one in each."""
        options = {
            "plm_rsh_agent": self.agent,
            "pml": "ob1",
            "btl": "self,tcp",
            "btl_tcp_if_include": SUBNET,
            "oob_tcp_if_include": SUBNET,
            "mpi_yield_when_idle": 1,
        }
        words = ["ip", "netns", "exec", self.names[0], "mpirun.openmpi", "--allow-run-as-root"]
        words += ["--bind-to", "none", "--map-by", "node", "-n", ranks]
        words += ["--host", ",".join(f"{address}:1" for address in ADDRESSES[:ranks])]
        for name, value in options.items():
            words += ["--mca", name, value]
        words = [str(word) for word in [*words, *command]]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=500, check=False)
        if done.returncode != 0:
            sys.exit(f"failed: {' '.join(words)}\n{done.stdout}{done.stderr}")


def trained(folder, examples):
    """Seconds of the steps of an epoch of `examples` examples, the median of all epochs but the first."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return statistics.median(examples / json.loads(line)["images_per_second"] for line in lines[1:])


def forecast(options, words, rate):
    """Seconds of an epoch by the number of ranks, and its examples, as `stepnet plan` says."""
    command = [options.stepnet, "plan", *words, "--ranks", "1,2", "--bandwidth", rate, "--latency", LATENCY, "--json"]
    done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
    plan = json.loads(done.stdout)
    return {row["ranks"]: row["epoch_seconds"] for row in plan["ranks"]}, plan["examples"]


def compare(options, machines, folder):
    """A row for each rate and number of ranks: the forecast and what was measured, in seconds an epoch."""
    words = [str(options.data.resolve())] if options.data else []
    words += ["--model", options.model, "--batch", options.batch, "--threads", 1, *options.options.split()]
    rows = []
    for rate in options.rates:
        machines.shape(rate.lower())
        times = {1: [], 2: []}
        plans = {1: [], 2: []}
        for repeat in range(options.repeats):
            planned, examples = forecast(options, words, rate)
            for ranks in times:
                plans[ranks].append(planned[ranks])
                out = folder / f"{rate}-{ranks}-{repeat}"
                command = [options.stepnet, "train", *words, "--epochs", options.epochs, "--out", out]
                machines.mpirun(ranks, command, folder)
                times[ranks].append(trained(out, examples))
        for ranks in times:
            rows.append((rate, ranks, statistics.median(plans[ranks]), statistics.median(times[ranks])))
            print(line(*rows[-1]), flush=True)
    return rows


def line(rate, ranks, planned, measured):
    """A row of the table."""
    return f"| {rate} | {ranks} | {planned:.2f} | {measured:.2f} | {100 * (planned / measured - 1):+.0f} % |"


def wrong(rows):
    """The rows whose forecast is too far off."""
    return [row for row in rows if abs(row[2] / row[3] - 1) > WITHIN]


def main():
    options = arguments()
    why = missing()
    if why:
        print(f"skipped: {why}, the forecast of stepnet plan not compared with trainings")
        return 0
    options.stepnet = options.stepnet.resolve()
    with tempfile.TemporaryDirectory() as folder, Machines(Path(folder)) as machines:
        print(f"{options.model}, batch {options.batch}, ranks of one thread; seconds an epoch\n")
        print("| link | ranks | planned | measured | error |\n| --- | --- | --- | --- | --- |")
        rows = compare(options, machines, Path(folder))
    for row in wrong(rows):
        print(f"failed: {line(*row)} is off by more than {100 * WITHIN:.0f} %", file=sys.stderr)
    return 1 if wrong(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
