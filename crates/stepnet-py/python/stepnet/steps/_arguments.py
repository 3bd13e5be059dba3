"""What the functions take: arrays, dictionaries of sizes, the choice of an engine."""

from __future__ import annotations

import operator
import sys
from typing import Any, Literal, Mapping, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Engine: TypeAlias = Literal["fast", "loops"]
Hparameters: TypeAlias = Mapping[str, int]


def arrays(function: str, **given: npt.ArrayLike) -> list[Array]:
    """The arguments as arrays of one type: ``float32`` if all are, else ``float64``."""
    taken = {name: np.asarray(value) for name, value in given.items()}
    for name, array in taken.items():
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{function}: {name} is of type {array.dtype}, expected numbers")
    narrow = all(array.dtype == np.float32 for array in taken.values())
    dtype = np.float32 if narrow else np.float64
    return [np.require(array, dtype, ["ALIGNED"]) for array in taken.values()]


def is_fast(function: str, engine: str) -> bool:
    if engine not in ("fast", "loops"):
        raise ValueError(f'{function}: engine is {engine!r}, expected "fast" or "loops"')
    return engine == "fast"


def whole(function: str, given: Mapping[str, object], least: int = 0) -> list[int]:
    """Numbers that count something, by the names that messages call them by."""
    sizes = []
    for name, value in given.items():
        try:
            size = operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            raise TypeError(f"{function}: {name} is {value!r}, expected a whole number") from None
        if not least <= size <= sys.maxsize:
            raise ValueError(f"{function}: {name} is {size}, expected {least} to {sys.maxsize}")
        sizes.append(size)
    return sizes


def pair(function: str, hparameters: Hparameters, first: str, second: str) -> tuple[int, int]:
    """Two sizes from the notebooks' dictionary."""
    try:
        given = {f"hparameters[{name!r}]": hparameters[name] for name in (first, second)}
    except (KeyError, TypeError, IndexError):
        expected = f"expected a dictionary with {first!r} and {second!r}"
        raise ValueError(f"{function}: hparameters is {hparameters!r}, {expected}") from None
    one, other = whole(function, given)
    return one, other
