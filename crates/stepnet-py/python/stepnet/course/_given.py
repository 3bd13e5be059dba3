"""What the functions are given: numbers that are no arrays of the right type yet, labels, sizes; and what models print."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet._arrays import Array, read
from stepnet._values import LARGEST_SEED, one_line, whole
from stepnet.steps._arguments import sizes

Parameters: TypeAlias = Mapping[str, npt.ArrayLike]

# How often a model prints, whether after its last step as well, and with which function.
Follow: TypeAlias = tuple[int, bool, Callable[[int, float], object] | None]


def numbers(where: str, value: npt.ArrayLike, dtype: np.dtype[Any]) -> Array:
    """Anything that numpy can read, as an array of numbers of one type. The native functions ask for it where they are given
    something other than an array of a common type."""
    array = read(where, value, "an array of numbers")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{where} is of type {one_line(str(array.dtype))}, expected numbers")
    try:
        return np.require(array, dtype, ["ALIGNED"])
    except MemoryError:
        expected = f"expected an array of which a copy, of shape {list(array.shape)} and type {dtype}, fits in memory"
        raise ValueError(f"{where} is too large, {expected}") from None


def is_single(*given: npt.ArrayLike) -> bool:
    """Whether all of these are arrays of ``float32``."""
    return all(getattr(value, "dtype", None) == np.float32 for value in given)


def unit_counts(function: str, argument: str, given: Sequence[int]) -> list[int]:
    return sizes(function, argument, given, "a list of sizes: the inputs, and the units of each layer", 1)


def seeded(function: str, seed: int) -> int:
    return whole(function, "seed", seed, 0, LARGEST_SEED)


def follow(print_cost: object, line: str, every: int, at_last: bool = False) -> Follow:
    """What a model prints: the line with the number of the step and the cost, every so many steps."""
    if not print_cost:
        return every, False, None
    if "%" in line:
        return every, at_last, lambda step, cost: print(line % (step, cost))
    return every, at_last, lambda step, cost: print(line.format(step, cost))
