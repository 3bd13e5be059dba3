"""Measures the Python package's functions against numpy, on arrays of every layout in memory.

    python3 benches/peers/layouts.py [--pairs 15] [--only linear_forward]

It runs under a Python that has the package and numpy. The sizes are those of the course's application notebook: pictures
of 64x64x3, layers of 20, 7, 5 and 1 units, 209 examples. Both run in one process and take turns, each with its threads as
they are by default; a ratio above 1 says that Stepnet is faster.

After each product, the threads of OpenBLAS, numpy's library, wait actively for some ten milliseconds, on the cores that
Stepnet needs when its turn comes. Here they sleep at once, unless OPENBLAS_THREAD_TIMEOUT is set to something else.
"""

import argparse
import os
import statistics
import sys
import time

import report
from compare import positive
from processes import Failure, ended

UNITS, EXAMPLES = [12288, 20, 7, 5, 1], 209
RATE = 0.0075


def layouts(array):
    """The same values as numpy's C order has them, by column, as a view of a transposed array, and with gaps."""
    import numpy as np

    wide = np.zeros((array.shape[0], 2 * array.shape[1]))
    wide[:, ::2] = array
    return {
        "C": np.ascontiguousarray(array),
        "Fortran": np.asfortranarray(array),
        "reshape(m, -1).T": np.ascontiguousarray(array.T).reshape(array.shape[1], -1).T,
        "strided": wide[:, ::2],
    }


def relu(Z):
    import numpy as np

    return np.maximum(0, Z)


def sigmoid(Z):
    import numpy as np

    return 1 / (1 + np.exp(-Z))


def numpy_forward(X, parameters):
    A, kept = X, []
    for layer in range(1, len(UNITS)):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = W @ A + b
        kept.append((A, W, Z))
        A = sigmoid(Z) if layer == len(UNITS) - 1 else relu(Z)
    return A, kept


def numpy_cost(AL, Y):
    import numpy as np

    return -(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)).sum() / Y.shape[1]


def numpy_linear_backward(dZ, A, W):
    m = A.shape[1]
    return W.T @ dZ, dZ @ A.T / m, dZ.sum(axis=1, keepdims=True) / m


def numpy_backward(AL, Y, kept):
    dA, grads = (1 - Y) / (1 - AL) - Y / AL, {}
    for layer in range(len(kept), 0, -1):
        A, W, Z = kept[layer - 1]
        if layer == len(kept):
            s = sigmoid(Z)
            dZ = dA * s * (1 - s)
        else:
            dZ = dA.copy()
            dZ[Z <= 0] = 0
        dA, grads[f"dW{layer}"], grads[f"db{layer}"] = numpy_linear_backward(dZ, A, W)
    return grads


def numpy_update(parameters, grads):
    return {name: value - RATE * grads[f"d{name}"] for name, value in parameters.items()}


def cases():
    """Pairs of calls by function and layout: ours, numpy's."""
    import numpy as np
    from stepnet import steps

    rng = np.random.RandomState(1)
    parameters = steps.initialize_parameters_deep(UNITS)
    W, b = parameters["W1"], parameters["b1"]
    dZ, Y = rng.randn(UNITS[1], EXAMPLES), (rng.rand(1, EXAMPLES) > 0.5).astype(float)
    for layout, X in layouts(rng.rand(UNITS[0], EXAMPLES)).items():
        AL, caches = steps.L_model_forward(X, parameters)
        _, kept = numpy_forward(X, parameters)
        grads = steps.L_model_backward(AL, Y, caches)

        def ours(X=X):
            AL, caches = steps.L_model_forward(X, parameters)
            steps.compute_cost(AL, Y)
            return steps.update_parameters(parameters, steps.L_model_backward(AL, Y, caches), RATE)

        def theirs(X=X):
            AL, kept = numpy_forward(X, parameters)
            numpy_cost(AL, Y)
            return numpy_update(parameters, numpy_backward(AL, Y, kept))

        yield "linear_forward", layout, lambda: steps.linear_forward(X, W, b), lambda: W @ X + b
        cache = (X, W, b)
        yield "linear_backward", layout, lambda: steps.linear_backward(dZ, cache), lambda: numpy_linear_backward(dZ, X, W)
        yield "relu", layout, lambda: steps.relu(X), lambda: relu(X)
        yield "L_model_forward", layout, lambda: steps.L_model_forward(X, parameters), lambda: numpy_forward(X, parameters)
        yield (
            "L_model_backward", layout,
            lambda: steps.L_model_backward(AL, Y, caches), lambda: numpy_backward(AL, Y, kept),
        )
        yield "an iteration", layout, ours, theirs
    yield "compute_cost", "C", lambda: steps.compute_cost(AL, Y), lambda: numpy_cost(AL, Y)
    for layout, W1 in layouts(W).items():
        moved = parameters | {"W1": W1}
        yield (
            "update_parameters", layout,
            lambda: steps.update_parameters(moved, grads, RATE), lambda: numpy_update(moved, grads),
        )
    yield from convolutions(rng)


def convolutions(rng):
    """Images by the layout of their first and last axes, against sums over windows in numpy."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view
    from stepnet import steps

    weights, bias = rng.randn(3, 3, 8, 16), rng.randn(1, 1, 1, 16)

    def theirs(images):
        return np.einsum("mhwcij,ijck->mhwk", sliding_window_view(images, (3, 3), axis=(1, 2)), weights, optimize=True) + bias

    plain = rng.rand(10, 32, 32, 8)
    gaps = np.zeros((10, 32, 32, 16))
    gaps[..., ::2] = plain
    by_channel = np.ascontiguousarray(np.moveaxis(plain, 3, 1))
    for layout, images in [("C", plain), ("channels first", np.moveaxis(by_channel, 1, 3)), ("strided", gaps[..., ::2])]:
        yield (
            "conv_forward", layout,
            lambda: steps.conv_forward(images, weights, bias, {"stride": 1, "pad": 0}), lambda: theirs(images),
        )
        yield (
            "pool_forward", layout,
            lambda: steps.pool_forward(images, {"f": 2, "stride": 2}),
            lambda: images.reshape(10, 16, 2, 16, 2, 8).max(axis=(2, 4)),
        )


def milliseconds(call):
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def measure(options):
    rows = []
    for name, layout, ours, theirs in cases():
        if options.only and options.only != name:
            continue
        ours(), theirs()
        pairs = [(milliseconds(ours), milliseconds(theirs)) for _ in range(options.pairs)]
        our_ms, their_ms = (statistics.median(column) for column in zip(*pairs))
        ratio = statistics.median(theirs / ours for ours, theirs in pairs)
        rows.append([name, layout, f"{our_ms:.3f}", f"{their_ms:.3f}", f"{ratio:.2f}"])
    if not rows:
        raise Failure(f"--only {options.only}: no such function")
    print(report.table(["function", "layout", "ms, Stepnet", "ms, numpy", "times as fast"], rows))
    return 0


def main():
    parser = argparse.ArgumentParser(description="Measures the Python package's functions against numpy, by layout.")
    parser.add_argument("--pairs", type=positive, default=15, help="alternating pairs of each case [15]")
    parser.add_argument("--only", metavar="FUNCTION", help="one function alone")
    options = parser.parse_args()
    # Read when numpy is loaded: the least value, for no active waiting.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    return ended(lambda: measure(options))


if __name__ == "__main__":
    sys.exit(main())
