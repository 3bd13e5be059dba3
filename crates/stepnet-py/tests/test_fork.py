"""The functions in processes that were made by a fork, in which the parent's threads are not."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from stepnet import steps

PATIENCE_SECONDS = 120
HPARAMETERS = {"stride": 1, "pad": 1}


def large():
    """Results of functions that use several threads, as bytes: a convolution's and a light function's."""
    rng = np.random.RandomState(1)
    A, W, b = rng.randn(8, 24, 24, 16), rng.randn(3, 3, 16, 32), rng.randn(1, 1, 1, 32)
    Z, cache = steps.conv_forward(A, W, b, HPARAMETERS)
    found = [Z, *steps.conv_backward(Z, cache), steps.relu(Z)[0], *steps.pool_forward(Z, {"f": 2, "stride": 2})[:1]]
    return [array.tobytes() for array in found]


def small():
    return steps.relu(np.arange(-2.0, 3.0))[0].tolist()


def forked(work):
    """Runs this in a child; the parent fails with it."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, status


def same(expected):
    assert large() == expected
    assert small() == [0.0, 0.0, 0.0, 1.0, 2.0]


# What the helper process does, by name.


def in_workers():
    expected = large()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert [result.get() for result in [pool.apply_async(large) for _ in range(4)]] == [expected] * 4


def before_the_parent_works():
    found = []
    forked(lambda: found.append(large()))
    same(large())


def in_grandchildren():
    expected = large()

    def child():
        same(expected)
        forked(lambda: same(expected))
        same(expected)

    forked(child)
    same(expected)


def in_threads_of_a_child():
    expected = large()

    def child():
        found = []
        threads = [threading.Thread(target=lambda: found.append(large() == expected)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [True] * 6

    forked(child)


def while_threads_of_the_parent_work():
    expected, running = large(), True

    def work():
        while running:
            large()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        forked(lambda: same(expected))
    running = False
    for thread in threads:
        thread.join()


def waits_for_ever():
    forked(threading.Event().wait)


CASES = [
    in_workers,
    before_the_parent_works,
    in_grandchildren,
    in_threads_of_a_child,
    while_threads_of_the_parent_work,
]


def ended(case, patience):
    """Whether a process that does this ends in time, and well; all that it has started ends with it."""
    command = [sys.executable, "-W", "ignore", __file__, case.__name__]
    # More than one thread, on whatever machine.
    environment = {**os.environ, "RAYON_NUM_THREADS": "3"}
    helper = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        _, told = helper.communicate(timeout=patience)
        assert helper.returncode == 0, told
        return True
    except subprocess.TimeoutExpired:
        return False
    finally:
        try:
            os.killpg(helper.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        helper.wait()


FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@FORKS
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_forked_process_gets_the_same_bits(case):
    assert ended(case, PATIENCE_SECONDS), "a process waits for ever"


@FORKS
def test_a_process_that_waits_is_found_out():
    assert not ended(waits_for_ever, 3)


if __name__ == "__main__":
    {case.__name__: case for case in [*CASES, waits_for_ever]}[sys.argv[1]]()
