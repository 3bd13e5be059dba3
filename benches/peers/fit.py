"""Measures `Network.fit` beside PyTorch: LeNet-5 on 10,000 pictures of MNIST, the same settings for both.

    python3 benches/peers/fit.py MNIST [--pairs 5] [--threads 1,2] [--epochs 3]

MNIST is the folder of the four files. It runs under a Python that has the package, numpy and torch. Both train in
processes of their own that take turns: Adam at 0.001, batches of 64 of an order drawn anew each epoch, weights drawn
alike. PyTorch is given the pictures as tensors of float, and the batches are cut without its data loader; its first
training, in which it compiles, is not counted.
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

import environment
import report
from compare import positive, threads
from processes import Failure, Server, ended, limited_to

NETWORK, BATCH, LEARNING_RATE = "lenet5", 64, 1e-3
EXAMPLES = 10_000


# Stepnet.


def stepnet_fit(data, _, epochs, seed):
    import stepnet

    net = stepnet.Network(NETWORK, init="fan-in", seed=seed)
    start = time.perf_counter()
    net.fit(
        data["X"], data["y"], epochs=epochs, batch_size=BATCH, learning_rate=LEARNING_RATE, schedule="constant",
        seed=seed, verbose=False,
    )
    seconds = time.perf_counter() - start
    return seconds, net.evaluate(data["X_test"], data["y_test"])["accuracy"]


# PyTorch.

# Networks that are trained again, so that none is compiled twice.
KEPT = {}


def torch_fit(data, variant, epochs, seed):
    import torch

    from networks import NETWORKS
    from torch_worker import LAYOUTS, module

    layout, mode = variant.split("-")
    layout = LAYOUTS[layout]

    def pictures(array):
        return (torch.from_numpy(array).permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=layout)

    if variant not in KEPT:
        network = module(NETWORKS[NETWORK]["layers"], NETWORKS[NETWORK]["input"]).to(memory_format=layout)
        KEPT[variant] = network, network if mode == "eager" else torch.compile(network)
    network, run = KEPT[variant]
    torch.manual_seed(seed)
    for layer in network:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    X, y = pictures(data["X"]), torch.from_numpy(data["y"])
    update = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    start = time.perf_counter()
    for _ in range(epochs):
        for part in torch.randperm(len(X)).split(BATCH):
            update.zero_grad()
            torch.nn.functional.cross_entropy(run(X[part]), y[part]).backward()
            update.step()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        right = network(pictures(data["X_test"])).argmax(1) == torch.from_numpy(data["y_test"])
    return seconds, right.float().mean().item()


def work(who, count, path):
    """The process of one library: a line is a variant, epochs and a seed."""
    import numpy as np

    data = dict(np.load(path))
    fit, about = stepnet_fit, {"numpy": np.__version__}
    if who == "torch":
        import torch

        torch.set_num_threads(count)
        fit, about = torch_fit, {"PyTorch": torch.__version__}
    print(json.dumps({"ready": True, "versions": about}), flush=True)
    for line in sys.stdin:
        variant, epochs, seed = line.split()
        try:
            seconds, accuracy = fit(data, variant, int(epochs), int(seed))
            answer = {"seconds": seconds, "accuracy": accuracy}
        except Exception as error:  # an answer, not the end
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), flush=True)


# The measurement.


def started(who, count, path):
    command = [sys.executable, str(Path(__file__).resolve()), str(path), "--work", who, "--threads", str(count)]
    return Server(who, command, limited_to(count), path.parent / f"{who}-{count}.log")


def turns(count, options, path, versions):
    """Seconds and accuracies of each variant, turn by turn, after a training that is not counted."""
    variants = ["nchw-eager", "channels_last-eager"]
    if environment.has_compiler():
        variants.append("nchw-compiled")
    servers = []
    try:
        for who in ("stepnet", "torch"):
            servers.append(started(who, count, path))
            versions.update(servers[-1].about["versions"])
        asked = [("Stepnet", servers[0], "-"), *((variant, servers[1], variant) for variant in variants)]
        found = {name: [] for name, _, _ in asked}
        for turn in range(-1, options.pairs):
            for name, server, variant in asked:
                answer = server.ask(variant, 1 if turn < 0 else options.epochs, max(turn, 0))
                if turn >= 0:
                    found[name].append(answer)
        return found
    finally:
        for server in servers:
            server.close()


def line(count, found):
    """A row of the table: Stepnet beside PyTorch's best variant."""
    seconds = {name: [answer["seconds"] for answer in answers] for name, answers in found.items()}
    accuracy = {name: statistics.mean(answer["accuracy"] for answer in answers) for name, answers in found.items()}
    best = min((name for name in seconds if name != "Stepnet"), key=lambda name: statistics.median(seconds[name]))
    ratios = [theirs / ours for ours, theirs in zip(seconds["Stepnet"], seconds[best])]
    return [
        str(count), f"{statistics.median(seconds['Stepnet']):.2f}", f"{statistics.median(seconds[best]):.2f}",
        best.replace("_", " ").replace("-", ", "),
        report.fast(ratios),
        f"{accuracy['Stepnet']:.2%}", f"{accuracy[best]:.2%}",
    ]


def measure(options):
    try:
        import numpy as np
        import stepnet
    except ImportError as error:
        raise Failure(f"{error}; numpy, torch and the package are to be installed for {sys.executable}") from None
    versions = {"Python": platform.python_version()}
    heading = ["threads", "s, Stepnet", "s, PyTorch", "its best", "times as fast", "accuracy, Stepnet", "PyTorch"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mnist.npz"
        try:
            X, y = stepnet.data.load(options.data)
            X_test, y_test = stepnet.data.load(options.data, part="test")
        except (OSError, ValueError) as error:
            raise Failure(error) from None
        np.savez(path, X=X[:EXAMPLES], y=y[:EXAMPLES], X_test=X_test, y_test=y_test)
        lines = [line(count, turns(count, options, path, versions)) for count in options.threads]
    model, _ = environment.processor()
    facts = ", ".join(f"{name} {version}" for name, version in versions.items())
    print(f"{NETWORK}, {EXAMPLES:,} pictures, {options.epochs} epochs. {model}, {facts}. Medians of {options.pairs} pairs.\n")
    print(report.table(heading, lines))
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="the folder of MNIST's four files")
    parser.add_argument("--pairs", type=positive, default=5, help="interleaved pairs [5]")
    parser.add_argument("--threads", type=threads, default=[1, 2], metavar="N,N", help="numbers of threads [1,2]")
    parser.add_argument("--epochs", type=positive, default=3, help="epochs of each training [3]")
    parser.add_argument("--work", choices=["stepnet", "torch"], help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if options.work:
        work(options.work, options.threads[0], options.data)
        return 0
    return ended(lambda: measure(options))


if __name__ == "__main__":
    sys.exit(main())
