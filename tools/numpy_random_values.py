"""Take random numbers from numpy itself, for the tests of stepnet's RandomState.

    pip install numpy
    python tools/numpy_random_values.py > crates/stepnet-base/fixtures/numpy_random.json

Only numpy.random.RandomState is used: its streams are frozen, so every version of numpy gives this file.
Floats are written as the 16 hex digits of their bits. Long lists are written as their first and last
values and a hash: h = 0, then h = (h * 1099511628211 + value) mod 2^64 for each value.
numpy's randn takes its logarithm from the C library of the machine, so its last bits are not the same
everywhere. Here it is done over numpy's uniform numbers with a correctly rounded logarithm (decimal's, to 40
digits); how many values then differ from numpy's own on the machine at hand goes to standard error.
"""

import json
import math
import struct
import sys
from decimal import Decimal, getcontext

import numpy as np

SEEDS = [0, 1, 42, 1234567, 2**32 - 1]
COUNT = 20
RANGES = [
    (0, 1),  # one value: draws nothing
    (-7, -6),
    (0, 2),
    (0, 10),
    (5, 133),
    (0, 256),
    (0, 257),
    (-100, 100),
    (0, 2**31 - 1),
    (0, 2**32 - 1),
    (0, 2**32),  # the last range that takes 32 bits
    (-1, 2**32),  # the first that takes 64
    (0, 2**33),
    (-(2**40), 2**40 + 12345),
    (0, 2**63 - 1),
    (-(2**62), 2**62 + 1),
    (-(2**63), 0),
    (-(2**63), 2**63 - 1),
    (-(2**63), -(2**63) + 3),
]
LENGTHS = [0, 1, 2, 3, 16, 17, 300, 60000]


def bits(values):
    return [struct.pack(">d", value).hex() for value in values]


def fnv(values):
    result = 0
    for value in values:
        result = (result * 1099511628211 + int(value)) % 2**64
    return f"{result:016x}"


def order(values):
    values = [int(value) for value in values]
    return {"first": values[:8], "last": values[-8:], "hash": fnv(values)}


def randints():
    for seed in SEEDS:
        random = np.random.RandomState(seed)
        # One stream through all ranges, so that a draw too many or too few shows in the next range.
        calls = [
            {"low": low, "high": high, "values": random.randint(low, high, COUNT).tolist()}
            for low, high in RANGES
        ]
        yield {"seed": seed, "calls": calls}


def permutations():
    for seed in SEEDS:
        random = np.random.RandomState(seed)
        calls = [{"n": n, **order(random.permutation(n))} for n in LENGTHS]
        yield {"seed": seed, "calls": calls}


def shuffles():
    for seed in SEEDS:
        random = np.random.RandomState(seed)
        words = list("abcdefghijk")
        random.shuffle(words)
        rows = np.arange(1000)
        random.shuffle(rows)
        random.shuffle(rows)
        yield {"seed": seed, "letters": "".join(words), "twice": order(rows)}


def mixed():
    """Calls of every kind in turn; the cached normal must survive those between."""
    for seed in SEEDS:
        random = np.random.RandomState(seed)
        uniform = random.rand(3)
        random.randn(1)
        coins = random.randint(0, 2, 700).tolist()
        shuffled = random.permutation(100)
        random.randn(4)
        large = random.randint(-(2**50), 2**50, 5).tolist()
        _, keys, position, has_gauss, _ = random.get_state()
        yield {
            "seed": seed,
            "rand": bits(uniform),
            "coins": fnv(coins),
            "permutation": order(shuffled),
            "large": large,
            "keys": fnv(keys),
            "position": int(position),
            "has_gauss": bool(has_gauss),
        }


def polar(random, count):
    """numpy's legacy randn, two at a time, with a correctly rounded logarithm."""
    values = []
    while len(values) < count:
        x1 = 2.0 * random.random_sample() - 1.0
        x2 = 2.0 * random.random_sample() - 1.0
        r2 = x1 * x1 + x2 * x2
        if 0.0 < r2 < 1.0:
            f = math.sqrt(-2.0 * float(Decimal(r2).ln()) / r2)
            values += [f * x2, f * x1]
    return values[:count]


def normals(count=20000):
    getcontext().prec = 40
    for seed in SEEDS:
        values = polar(np.random.RandomState(seed), count)
        own = np.random.RandomState(seed).randn(count)
        differ = sum(value != other for value, other in zip(values, own))
        print(f"seed {seed}: {differ} of {count} differ from numpy's", file=sys.stderr)
        words = [int(word, 16) for word in bits(values)]
        yield {"seed": seed, "count": count, "last": bits(values[-8:]), "hash": fnv(words)}


def main():
    document = {
        "made_by": "tools/numpy_random_values.py",
        "numpy": np.__version__,
        "rand": [{"seed": seed, "bits": bits(np.random.RandomState(seed).rand(700)[-50:])} for seed in SEEDS],
        "randn": list(normals()),
        "randint": list(randints()),
        "permutation": list(permutations()),
        "shuffle": list(shuffles()),
        "mixed": list(mixed()),
    }
    json.dump(document, sys.stdout, indent=None, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
