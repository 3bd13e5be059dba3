"""Measures the Python package's functions beside loops in numpy and beside PyTorch.

    python3 benches/peers/steps.py [--pairs 9] [--threads 1,2] [--window 0.3]

It runs under a Python that has the package, numpy and, if it is to be measured, torch. All of them compute the
same in float64, which is checked; they run in processes of their own that take turns.
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
import naive_loops
import report
from compare import positive, seconds, threads
from processes import Failure, Server, ended, limited_to
from serve import first_line, serve

STRIDE, PAD, WINDOW = 1, 1, 2
CASES = ["conv_forward", "conv_backward", "pool_forward", "pool_backward"]
CALL = "one_number"
LAYOUTS = ["contiguous", "channels_last"]
IMPORTS = 15

# What the results of two libraries may differ by, relative to the largest of the numbers that sum them up.
TOLERANCE = 1e-9


def inputs():
    """A batch, filters, biases, and gradients by the outputs of a convolution and of a pooling."""
    import numpy as np

    rng = np.random.RandomState(1)
    shapes = [(10, 32, 32, 8), (3, 3, 8, 16), (1, 1, 1, 16), (10, 32, 32, 16), (10, 16, 16, 8)]
    return [rng.randn(*shape) for shape in shapes]


def summed_up(arrays):
    """A few numbers by which to tell results apart, also if their entries are in another order."""
    import numpy as np

    found = []
    for array in arrays:
        array = np.asarray(array)
        weights = np.cos(np.arange(array.size)).reshape(array.shape)
        found += [float((array * weights).sum()), float((array * array).sum())]
    return found


def prepared(call):
    """A call as serve.py wants it."""
    result = call()
    return call, summed_up(result), lambda: all(bool((abs(array) < float("inf")).all()) for array in call())


# Stepnet.


def stepnet_case(case, _):
    import numpy as np
    from stepnet import steps

    A, W, b, dZ, dA = inputs()
    convolution, pooling = {"stride": STRIDE, "pad": PAD}, {"f": WINDOW, "stride": WINDOW}
    one, plain = np.ones((1, 1, 1, 1)), {"stride": 1, "pad": 0}
    conv_cache, pool_cache = (A, W, b, convolution), (A, pooling)
    return prepared({
        "conv_forward": lambda: steps.conv_forward(A, W, b, convolution)[:1],
        "conv_backward": lambda: steps.conv_backward(dZ, conv_cache),
        "pool_forward": lambda: steps.pool_forward(A, pooling)[:1],
        "pool_backward": lambda: [steps.pool_backward(dA, pool_cache)],
        CALL: lambda: steps.conv_forward(one, one, one, plain)[:1],
    }[case])


# Loops.


def loops_case(case):
    A, W, b, dZ, dA = inputs()
    return {
        "conv_forward": lambda: naive_loops.conv_forward(A, W, b, PAD),
        "conv_backward": lambda: naive_loops.conv_backward(dZ, A, W, PAD),
        "pool_forward": lambda: naive_loops.pool_forward(A, dA.shape, WINDOW),
        "pool_backward": lambda: naive_loops.pool_backward(dA, A, WINDOW),
    }[case]


def serve_loops():
    """As serve.py does, but one call for each answer: a call takes seconds, of which no clock misses much."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        case = line.split()[0]
        try:
            call = loops_case(case)
            start = time.perf_counter()
            result = call()
            ms = 1e3 * (time.perf_counter() - start)
            answer = {"name": case, "ms": ms, "parameters": summed_up(result)}
        except Exception as error:  # an answer, not the end
            answer = {"error": f"{type(error).__name__}: {first_line(error)}"}
        print(json.dumps(answer), flush=True)


# PyTorch.


def torch_case(case, layout):
    """Tensors are made once, outside of what is measured; the operators are those that autograd calls itself."""
    import torch

    memory = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}[layout]

    def pictures(array):
        return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=memory)

    A, W, b, dZ, dA = inputs()
    A, dZ, dA = (pictures(array) for array in (A, dZ, dA))
    W = torch.from_numpy(W).permute(3, 2, 0, 1).contiguous(memory_format=memory)
    b = torch.from_numpy(b.ravel().copy())
    one = torch.ones(1, 1, 1, 1, dtype=torch.float64).contiguous(memory_format=memory)
    strides, pads, zeros, ones, window = [STRIDE] * 2, [PAD] * 2, [0, 0], [1, 1], [WINDOW] * 2
    aten, conv2d = torch.ops.aten, torch.nn.functional.conv2d
    _, indices = aten.max_pool2d_with_indices(A, window, window, zeros, ones, False)
    call = {
        "conv_forward": lambda: [conv2d(A, W, b, STRIDE, PAD)],
        "conv_backward": lambda: aten.convolution_backward(
            dZ, A, W, [b.numel()], strides, pads, ones, False, zeros, 1, [True, True, True]
        ),
        "pool_forward": lambda: [aten.max_pool2d_with_indices(A, window, window, zeros, ones, False)[0]],
        "pool_backward": lambda: [
            aten.max_pool2d_with_indices_backward(dA, A, window, window, zeros, ones, False, indices)
        ],
        CALL: lambda: [conv2d(one, one, one.reshape(1))],
    }[case]
    results = call()
    # In Stepnet's order: channels last, and filters with the height first.
    orders = [(0, 2, 3, 1), (2, 3, 1, 0), (0,)]
    found = summed_up([result.permute(order).contiguous() for result, order in zip(results, orders)])

    def is_sound():
        return all(bool(result.isfinite().all()) for result in call())

    return call, found, is_sound


def work(who, count):
    """The process of one library."""
    if who == "loops":
        serve_loops()
    elif who == "stepnet":
        import numpy

        serve({"versions": {"numpy": numpy.__version__}}, stepnet_case)
    else:
        import torch

        torch.set_num_threads(count)
        # Gradients are asked for by name; nothing else is to be recorded.
        torch.set_grad_enabled(False)
        serve({"versions": {"PyTorch": torch.__version__}}, torch_case)


# The measurement.


def same(name, who, ours, theirs):
    """Two libraries with different results did not compute the same."""
    largest = max(map(abs, ours))
    if len(ours) != len(theirs) or any(abs(a - b) > TOLERANCE * largest for a, b in zip(ours, theirs)):
        raise Failure(f"{name}: the results differ: {ours} and {who}'s {theirs}")


class Turns:
    """The processes for one number of threads."""

    def __init__(self, count, folder):
        self.variables = limited_to(count)
        self.count, self.folder = count, folder
        self.servers = []
        self.torch = None
        try:
            self.ours, self.loops = self._start("Stepnet", "stepnet"), self._start("loops", "loops")
            try:
                self.torch = self._start("PyTorch", "torch")
            except Failure as failure:
                # The log that the rest of it names is gone when this is read.
                why = str(failure).partition(" (all of it")[0]
                print(f"without PyTorch: {why}", file=sys.stderr)
        except BaseException:
            self.close()
            raise

    def _start(self, name, who):
        command = [sys.executable, str(Path(__file__).resolve()), "--work", who, "--threads", str(self.count)]
        server = Server(name, command, self.variables, self.folder / f"{who}-{self.count}.log")
        self.servers.append(server)
        return server

    def close(self):
        for server in self.servers:
            server.close()

    def row(self, case, pairs, window):
        """Milliseconds of ours, of the loops, and of PyTorch's better layout, turn by turn."""
        ours, loops, theirs = [], [], {layout: [] for layout in LAYOUTS} if self.torch else {}
        for _ in range(pairs):
            ours.append(self.ours.ask(case, "-", window))
            if case != CALL:
                loops.append(self.loops.ask(case, "-", window))
            for layout, answers in theirs.items():
                answers.append(self.torch.ask(case, layout, window))
        for who, answers in [("the loops", loops), *theirs.items()]:
            for answer in answers:
                same(case, who, ours[0]["parameters"], answer["parameters"])
        times = {layout: [answer["ms"] for answer in answers] for layout, answers in theirs.items()}
        best = min(times, key=lambda layout: statistics.median(times[layout]), default=None)
        return {
            "ours": [answer["ms"] for answer in ours], "loops": [answer["ms"] for answer in loops],
            "torch": times.get(best, []), "layout": best,
        }


def import_ms(module):
    """How long a new process takes to import a module, without the start of Python itself."""
    code = f"import time; start = time.perf_counter(); import {module}; print(1e3 * (time.perf_counter() - start))"
    return float(environment.output_of([sys.executable, "-c", code], f"importing {module}"))


def imports():
    """The best times of importing numpy alone, and the package with numpy in it."""
    times = [(import_ms("numpy"), import_ms("stepnet")) for _ in range(IMPORTS)]
    return [min(column) for column in zip(*times)]


# The report.


def number(value):
    """Three digits, and no power of ten."""
    return f"{value:.3g}" if value < 999.5 else f"{value:,.0f}"


def fast(ratios):
    """As in report.py, where no ratio is in the thousands."""
    return f"**{number(statistics.median(ratios))}** ({number(min(ratios))} to {number(max(ratios))})"


def cells(row, unit=1.0):
    """Times and ratios; empty where there is no peer."""
    found = [number(unit * statistics.median(row["ours"]))]
    for peer in ("loops", "torch"):
        ms = row[peer]
        ratios = report.ratios({"ours_ms": row["ours"], "theirs_ms": ms})
        found += [number(unit * statistics.median(ms)), fast(ratios)] if ms else ["", ""]
    return [*found, (row["layout"] or "").replace("_", " ")]


def section(count, rows):
    """The tables of one number of threads."""
    heading = ["function", "ms, Stepnet", "loops in numpy", "times as fast", "PyTorch", "times as fast", "its layout"]
    lines = [[name, *cells(row)] for name, row in rows.items() if name != CALL]
    with_torch = any(row["torch"] for row in rows.values())
    if not with_torch:
        heading, lines = heading[:4], [line[:4] for line in lines]
    table = report.table(heading, lines)
    text = f"## {count} thread{'s' if count > 1 else ''}\n\n{table}"
    if CALL in rows:
        ours, _, _, theirs, ratio, _ = cells(rows[CALL], unit=1e3)
        text += f"\n\nA convolution of one number: {ours} microseconds"
        text += f", PyTorch {theirs}, {ratio} times as fast." if with_torch else "."
    return text


def page(options, versions, rows, import_times):
    """All that was measured."""
    model, _ = environment.processor()
    facts = ", ".join(f"{name} {version}" for name, version in versions.items())
    alone, package = import_times
    parts = [
        f"(10, 32, 32, 8) float64; 3x3x8x16 filters with pad 1; maxima of 2x2. {model}, {facts}. Medians of "
        f"{options.pairs} interleaved pairs, ratios with their least and greatest; above 1 Stepnet is faster. "
        f"A measurement is the best of the batches of calls in {options.window:g} s, of the loops a single call. "
        "PyTorch's pool_backward is given the places of the maxima, which Stepnet's finds again.",
        *(section(count, found) for count, found in rows.items()),
        f"Importing numpy takes {alone:.0f} ms; importing stepnet, with numpy in it, {package:.0f} ms "
        f"(the best of {IMPORTS}).",
    ]
    return "\n\n".join(parts)


def arguments():
    parser = argparse.ArgumentParser(
        description="Measures the Python package's functions beside loops in numpy and beside PyTorch.",
    )
    parser.add_argument("--pairs", type=positive, default=9, help="interleaved pairs of each case [9]")
    parser.add_argument("--threads", type=threads, default=[1, 2], metavar="N,N", help="numbers of threads [1,2]")
    parser.add_argument("--window", type=seconds, default=0.3, help="seconds of each measurement [0.3]")
    parser.add_argument("--work", choices=["stepnet", "loops", "torch"], help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options):
    try:
        import_ms("stepnet")
    except Failure as failure:
        raise Failure(f"{failure}; the package is to be installed for {sys.executable}") from None
    rows, versions = {}, {"Python": platform.python_version()}
    with tempfile.TemporaryDirectory() as folder:
        for count in options.threads:
            turns = Turns(count, Path(folder))
            try:
                for server in turns.servers:
                    versions.update(server.about.get("versions", {}))
                rows[count] = {case: turns.row(case, options.pairs, options.window) for case in [*CASES, CALL]}
            finally:
                turns.close()
    print(page(options, versions, rows, imports()))
    return 0


def main():
    options = arguments()
    if options.work:
        work(options.work, options.threads[0])
        return 0
    return ended(lambda: measure(options))


if __name__ == "__main__":
    sys.exit(main())
