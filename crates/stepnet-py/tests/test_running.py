"""How the functions run: beside other threads, with the interpreter's lock released, and without a leak."""

import multiprocessing
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from stepnet import steps

RNG = np.random.RandomState(7)
ENGINES = ["fast", "loops"]
HPARAMETERS = {"stride": 1, "pad": 1}
PATIENCE_SECONDS = 120


def convolution(m, size, n_C_prev, n_C):
    return RNG.randn(m, size, size, n_C_prev), RNG.randn(3, 3, n_C_prev, n_C), RNG.randn(1, 1, 1, n_C)


# Many threads at once.


def both_ways(given, engine):
    """The bytes of all results of a convolution, forward and backward."""
    Z, cache = steps.conv_forward(*given, HPARAMETERS, engine=engine)
    return [array.tobytes() for array in (Z, *steps.conv_backward(Z, cache, engine=engine))]


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_get_the_same_bits_as_alone(engine):
    # Of different sizes, so that what one thread wrote into another's memory would show.
    cases = [convolution(2, 6 + index, 1 + 3 * index, 2 + 5 * index) for index in range(4)]
    alone = [both_ways(case, engine) for case in cases]
    start = threading.Barrier(len(cases) + 2)
    wrong, rounds = [], []

    def work(index):
        start.wait(PATIENCE_SECONDS)
        for _ in range(30):
            for offset in range(len(cases)):
                which = (index + offset) % len(cases)
                if both_ways(cases[which], engine) != alone[which]:
                    wrong.append((index, which))
        rounds.append(index)

    # More threads than sizes: some work on the same arrays.
    workers = [threading.Thread(target=work, args=(index,), daemon=True) for index in range(start.parties)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE_SECONDS)
    assert sorted(rounds) == list(range(start.parties)), "a thread failed, or did not end in time"
    assert not wrong


# The interpreter's lock.


def ticks_meanwhile(call, seconds):
    """How often another thread gets to run while one call takes so many seconds."""
    running, ticks, started = True, [], threading.Event()

    def tick():
        started.set()
        while running:
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    ticker = threading.Thread(target=tick, daemon=True)
    switch = sys.getswitchinterval()
    # Around the call, Python's own switching must give no turn away that would count as one during it.
    sys.setswitchinterval(10 * seconds + 10)
    try:
        ticker.start()
        started.wait(PATIENCE_SECONDS)
        begin = time.perf_counter()
        call()
        end = time.perf_counter()
    finally:
        running = False
        sys.setswitchinterval(switch)
        ticker.join(PATIENCE_SECONDS)
    assert end - begin > seconds / 4, "the call is too short to tell"
    # Those at the very ends can be of Python's own code around the kernel.
    margin = (end - begin) / 20
    return sum(begin + margin < moment < end - margin for moment in ticks)


def filling(call, seconds):
    """A call of a batch that is large enough to take about so long."""
    m = 1
    while True:
        begin = time.perf_counter()
        call(m)
        taken = time.perf_counter() - begin
        if taken > seconds / 20:
            return lambda: call(max(1, int(m * seconds / taken)))
        m *= 2


def held():
    """The lock held for as long as a kernel might: a sort of objects does not give it up."""
    numbers = list(range(2_000_000))
    begin = time.perf_counter()
    while time.perf_counter() - begin < 0.4:
        numbers.sort(reverse=True)


def test_a_call_that_keeps_the_lock_is_found_out():
    assert ticks_meanwhile(held, 0.4) == 0


@pytest.mark.parametrize("function", ["conv_forward", "conv_backward", "linear_forward", "pool_backward"])
def test_the_lock_is_released_while_a_kernel_runs(function):
    W, b = RNG.randn(3, 3, 8, 16), RNG.randn(1, 1, 1, 16)
    dense = RNG.randn(256, 256)

    def call(m):
        # As a broadcast view the batch takes no time of Python's to make.
        A = np.broadcast_to(0.5, (m, 32, 32, 8))
        if function == "conv_forward":
            steps.conv_forward(A, W, b, HPARAMETERS, engine="loops")
        elif function == "conv_backward":
            dZ = np.broadcast_to(0.5, (m, 32, 32, 16))
            steps.conv_backward(dZ, (A, W, b, HPARAMETERS), engine="loops")
        elif function == "linear_forward":
            steps.linear_forward(np.broadcast_to(0.5, (256, 8 * m)), dense, dense[:, :1], engine="loops")
        else:
            steps.pool_backward(A[:, :30, :30], (A, {"f": 3, "stride": 1}), engine="loops")

    # At a thousand a second there are hundreds; on a machine busy with other things some are left.
    assert ticks_meanwhile(filling(call, 1.0), 1.0) >= 5


# Memory.


def resident():
    """Bytes of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE


try:
    import resource

    PAGE = resource.getpagesize()
    resident()
    UNTOLD = None
except (ImportError, OSError) as error:
    UNTOLD = f"the memory of a process is not told here: {error}"

CALLS = 10_000
# A leak of 512 bytes a call is above it, the allocator's own coming and going below.
MOST_GROWTH = 4 * 2**20

A_PREV, W, B = RNG.randn(1, 6, 6, 4), RNG.randn(3, 3, 4, 4), RNG.randn(1, 1, 1, 4)
Z, CACHE = steps.conv_forward(A_PREV, W, B, HPARAMETERS)
POOLED, POOL_CACHE = steps.pool_forward(A_PREV, {"f": 2, "stride": 2})
X, PARAMETERS = RNG.randn(8, 16), steps.initialize_parameters_deep([8, 16, 8, 1])


def refused():
    with pytest.raises(ValueError, match="W has shape"):
        steps.conv_forward(A_PREV, W[:, :, :2], B, HPARAMETERS)


REPEATED = {
    "conv_forward": lambda: steps.conv_forward(A_PREV, W, B, HPARAMETERS),
    "conv_backward": lambda: steps.conv_backward(Z, CACHE),
    "pool_backward": lambda: steps.pool_backward(POOLED, POOL_CACHE),
    "L_model_forward": lambda: steps.L_model_forward(X, PARAMETERS),
    "an error": refused,
    # What is copied before it is read.
    "big-endian": lambda: steps.conv_forward(A_PREV.astype(">f8"), W.tolist(), B, HPARAMETERS),
}


KEPT = []


def leaks():
    KEPT.append(bytearray(512))


def growth_here(name):
    """By how much this process has grown after the calls."""
    call = leaks if name == "a leak" else REPEATED[name]
    # Before that, caches and the allocator's pools fill.
    for _ in range(CALLS // 10):
        call()
    before = resident()
    for _ in range(CALLS):
        call()
    return resident() - before


def growth(name):
    """The same of a new process: in this one a leak could hide in what earlier tests have freed."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(growth_here, (name,)).get(PATIENCE_SECONDS)


@pytest.mark.skipif(UNTOLD is not None, reason=str(UNTOLD))
@pytest.mark.parametrize("name", REPEATED)
def test_memory_does_not_grow(name):
    assert growth(name) < MOST_GROWTH


@pytest.mark.skipif(UNTOLD is not None, reason=str(UNTOLD))
def test_a_leak_is_found_out():
    assert growth("a leak") > MOST_GROWTH


# References.


def counted(given, call):
    """How the numbers of references to these objects change by one call."""
    # Once before, as numbers and types that are made on first use may stay.
    call()
    before = [sys.getrefcount(value) for value in given]
    call()
    after = [sys.getrefcount(value) for value in given]
    return [new - old for old, new in zip(before, after, strict=True)]


def references():
    """Every function with the objects that it is given."""
    hparameters, pool = {"stride": 1, "pad": 1}, {"f": 2, "stride": 2}
    convolution, (dense, weights, bias) = (Z, A_PREV, W, B), (X, PARAMETERS["W1"], PARAMETERS["b1"])
    AL, caches = steps.L_model_forward(X, PARAMETERS)
    Y = np.ones(AL.shape)
    grads = steps.L_model_backward(AL, Y, caches)
    dZ = caches[0][1]
    for engine in ENGINES:
        yield [*convolution, hparameters], lambda engine=engine: (
            steps.conv_forward(A_PREV, W, B, hparameters, engine=engine),
            steps.conv_backward(Z, (A_PREV, W, B, hparameters), engine=engine),
        )
        yield [A_PREV, POOLED, pool], lambda engine=engine: (
            steps.pool_forward(A_PREV, pool, engine=engine),
            steps.pool_backward(POOLED, (A_PREV, pool), "average", engine=engine),
        )
        yield [dense, weights, bias, dZ], lambda engine=engine: (
            steps.linear_forward(dense, weights, bias, engine=engine),
            steps.linear_backward(dZ, (dense, weights, bias), engine=engine),
            steps.linear_activation_forward(dense, weights, bias, "relu", engine=engine),
            steps.sigmoid_backward(dZ, dZ, engine=engine),
            steps.relu(dZ, engine=engine),
        )
        yield [X, PARAMETERS, *PARAMETERS.values(), AL, Y, caches, dZ], lambda engine=engine: (
            steps.L_model_forward(X, PARAMETERS, engine=engine),
            steps.L_model_backward(AL, Y, caches, engine=engine),
        )
    yield [*PARAMETERS.values(), grads, *grads.values()], lambda: steps.update_parameters(PARAMETERS, grads, 0.1)
    yield [A_PREV, W], lambda: (steps.zero_pad(A_PREV, 1), steps.create_mask_from_window(W[0, 0]))


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="this interpreter counts no references")
def test_references_to_what_is_given_are_given_back():
    for given, call in references():
        assert counted(given, call) == [0] * len(given)


@pytest.mark.skipif(not hasattr(sys, "getrefcount"), reason="this interpreter counts no references")
def test_references_are_given_back_after_an_error():
    def fails():
        with pytest.raises(ValueError):
            steps.conv_forward(A_PREV, W, B[..., :2], HPARAMETERS)
        with pytest.raises(TypeError):
            steps.conv_forward(A_PREV, W, "no", HPARAMETERS)
        with pytest.raises(ValueError):
            steps.conv_backward(Z[:, 1:], CACHE)

    assert counted([A_PREV, W, B, Z, CACHE, HPARAMETERS], fails) == [0] * 6


def test_a_reference_that_is_kept_is_found_out():
    kept = []
    assert counted([A_PREV, W], lambda: kept.append(A_PREV)) == [1, 0]
