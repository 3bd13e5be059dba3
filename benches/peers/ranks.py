"""Measures the speed of two ranks of one thread against one process of two threads, and of one, and beside PyTorch.

    python3 benches/peers/ranks.py [--networks lenet5,resnet20] [--pairs 5] [--stepnet target/release/stepnet] [--torch PYTHON]

All train on the same random pictures, of the networks' own size, in batches of the same size and in the same shares: so the
two ranks do what the one process does. The ways take turns, and for each the median over the turns of its images a second is
compared, of all epochs but the first. PyTorch trains the same network with `DistributedDataParallel` over gloo, each
process with a part of the same batch, under the Python that --torch names. Two processors are needed, and nothing else to
do for them. Without Open MPI it says so and succeeds.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import Failure, ended, limited_to

HERE = Path(__file__).resolve().parent
NETWORKS = {"lenet5": (512, 20_480), "resnet20": (128, 2_048)}
"""The examples of a batch, and of an epoch."""
WAYS = {"1 process, 1 thread": (1, 1), "1 process, 2 threads": (1, 2), "2 ranks, 1 thread": (2, 1)}
"""Ranks, and the threads of each."""
AIMS = {"1 process, 1 thread": 1.8, "1 process, 2 threads": 0.95}
"""How many times as fast two ranks should be."""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stepnet", type=Path, default=Path("target/release/stepnet"))
    parser.add_argument("--torch", help="a Python that has torch [default: PyTorch is not measured]")
    parser.add_argument("--networks", type=lambda text: text.split(","), default=list(NETWORKS))
    parser.add_argument("--pairs", type=int, default=5, help="turns of each way, of which the median counts")
    parser.add_argument("--epochs", type=int, default=4, help="of a turn, without the first")
    parser.add_argument("--launcher", default="mpirun.openmpi" if shutil.which("mpirun.openmpi") else "mpirun")
    return parser.parse_args()


def write_pictures(network, examples, folder):
    """Random pictures as the network wants them: MNIST's files for LeNet-5, CIFAR-10's for ResNet-20."""
    folder.mkdir()
    if network == "lenet5":
        size = examples.to_bytes(4, "big")
        side = (28).to_bytes(4, "big")
        (folder / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + size + side + side + os.urandom(examples * 784))
        labels = bytes(example % 10 for example in range(examples))
        (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + size + labels)
    else:
        records = (bytes([example % 10]) + os.urandom(3072) for example in range(examples))
        (folder / "data_batch_1.bin").write_bytes(b"".join(records))
    return folder


def rate_of(folder):
    """Images a second of the steps, the median of all epochs but the first."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return statistics.median(json.loads(line)["images_per_second"] for line in lines[1:])


def called(command, environment=None):
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def stepnet_rate(options, network, data, way, out):
    ranks, threads = WAYS[way]
    batch, _ = NETWORKS[network]
    command = [options.stepnet, "train", data, "--model", network, "--batch", batch, "--shares", batch // 8, "--hold-out", 0]
    command += ["--epochs", options.epochs + 1, "--schedule", "constant", "--threads", threads, "--out", out, "--overwrite"]
    if ranks > 1:
        allowed = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        command = [options.launcher, *allowed, "--bind-to", "core", "-n", ranks, *command]
    called(command)
    return rate_of(out)


def torch_rate(options, network, way):
    """The processes of PyTorch find each other at a port; the first one answers."""
    ranks, threads = WAYS[way]
    batch, examples = NETWORKS[network]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    steps = options.epochs * examples // batch
    command = [options.torch, HERE / "ddp_worker.py", network, batch, steps]
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(ranks)}
    workers = [
        subprocess.Popen(
            [str(word) for word in command], env={**limited_to(threads), **place, "RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(ranks)
    ]
    said = [worker.communicate() for worker in workers]
    if any(worker.returncode for worker in workers):
        raise Failure("ddp_worker.py: " + " ".join(errors.strip()[-500:] for _, errors in said))
    return json.loads(said[0][0].splitlines()[-1])["images_per_second"]


def compare(options, network, folder):
    """Images a second by library and way, of each turn."""
    data = write_pictures(network, NETWORKS[network][1], folder / network)
    rates = {}
    for turn in range(options.pairs):
        for way in WAYS:
            rate = stepnet_rate(options, network, data, way, folder / "run")
            rates.setdefault("Stepnet", {}).setdefault(way, []).append(rate)
            if options.torch:
                rates.setdefault("PyTorch", {}).setdefault(way, []).append(torch_rate(options, network, way))
        print(f"{network}: turn {turn + 1} of {options.pairs}", file=sys.stderr, flush=True)
    return rates


def lines(network, rates):
    """Rows of the table: images a second, and how two ranks compare, turn by turn."""
    ranks = rates["2 ranks, 1 thread"]
    for way, found in rates.items():
        ratio = statistics.median(two / one for two, one in zip(ranks, found))
        yield f"{network} | {way} | {statistics.median(found):.0f} | {ratio:.2f}", way, ratio


def main():
    options = arguments()
    if shutil.which(options.launcher) is None:
        print(f"skipped: there is no {options.launcher}, ranks not measured")
        return 0
    options.stepnet = options.stepnet.resolve()
    print("| library | network | way | images/s | 2 ranks are so many times as fast |\n| --- | --- | --- | --- | --- |")
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        for network in options.networks:
            for library, rates in compare(options, network, Path(folder)).items():
                for text, way, ratio in lines(network, rates):
                    print(f"| {library} | {text} |", flush=True)
                    if library == "Stepnet" and ratio < AIMS.get(way, 0):
                        missed.append(f"{text}, aim {AIMS[way]}")
    for text in missed:
        print(f"missed: {text}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(ended(main))
