"""What the workers have in common: the clock, and answers to the lines of standard input.

A line is `CASE VARIANT SECONDS`; the answer is one line of JSON. The clock is that of Stepnet's own
benchmark: calls in batches of some milliseconds, the best and the median batch of a window.
"""

import gc
import json
import sys
import time

BATCH_SECONDS = 0.005
FEWEST_BATCHES = 3


def timing(call, window):
    """Milliseconds of a call: of the best and of the median batch."""

    def batch(calls):
        start = time.perf_counter()
        for _ in range(calls):
            call()
        return time.perf_counter() - start

    batch(1)
    calls = 1
    while batch(calls) < min(BATCH_SECONDS, window):
        calls *= 2
    times = []
    start = time.perf_counter()
    while len(times) < FEWEST_BATCHES or time.perf_counter() - start < window:
        times.append(batch(calls) / calls)
    times.sort()
    return {"ms": 1e3 * times[0], "median_ms": 1e3 * times[len(times) // 2], "calls": calls * len(times)}


def serve(about, prepare):
    """Answers lines until there are no more.

    `prepare(case, variant)` returns a function to call, the number of learnt parameters, and a
    function that says whether the results are finite numbers. What it made is kept as long as
    questions are about the same case, since compiling takes long.
    """
    sys.stdin.reconfigure(line_buffering=True)
    print(json.dumps({"ready": True, **about}), flush=True)
    kept_case, kept = None, {}
    for line in sys.stdin:
        try:
            case, variant, seconds = line.split()
            if case != kept_case:
                kept_case, kept = case, {}
                gc.collect()
            if variant not in kept:
                kept[variant] = prepare(case, variant)
            call, parameters, is_sound = kept[variant]
            gc.disable()
            answer = {"name": case, "parameters": parameters, **timing(call, float(seconds))}
            gc.enable()
            if not is_sound():
                answer = {"error": "some results are not finite numbers"}
        except Exception as error:  # whatever a library throws is an answer, not the end
            answer = {"error": f"{type(error).__name__}: {first_line(error)}"}
        print(json.dumps(answer), flush=True)


def first_line(error):
    """The first line of a message that may have many."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else "no message"
