"""What the functions take: arrays, numbers, dictionaries, words; and how they refuse what they do not."""

from __future__ import annotations

import sys
from typing import Any, Collection, Literal, Mapping, Sequence, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet._arrays import Array, read
from stepnet._values import one_line, shown, whole

Engine: TypeAlias = Literal["fast", "loops"]
Hparameters: TypeAlias = Mapping[str, int]

_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def named(names: Collection[object]) -> str:
    """The keys of a dictionary as messages tell them."""
    told = [name if isinstance(name, str) and name.isprintable() else shown(name) for name in names]
    return one_line(", ".join(told)) or "nothing"


def arrays(function: str, **given: npt.ArrayLike) -> list[Array]:
    """The arguments as arrays of one type: ``float32`` if all are, else ``float64``."""
    # Most are read as they lie. To ask numpy for what they are already takes longer than a small kernel.
    values: list[Any] = list(given.values())
    dtype = getattr(values[0], "dtype", None)
    if dtype is _DOUBLE or dtype is _SINGLE:
        for value in values:
            if type(value) is not np.ndarray or value.dtype is not dtype or not value.flags.aligned:
                break
        else:
            return values
    taken = {name: _array(function, name, value) for name, value in given.items()}
    # A plain number goes by the arrays beside it, as in numpy; the others' order of bytes does not matter.
    decisive = [taken[name] for name, value in given.items() if type(value) not in (int, float)]
    narrow = bool(decisive) and all(array.dtype.kind == "f" and array.dtype.itemsize == 4 for array in decisive)
    return [_required(function, name, array, _SINGLE if narrow else _DOUBLE) for name, array in taken.items()]


def _array(function: str, name: str, value: npt.ArrayLike) -> Array:
    array = read(f"{function}: {name}", value, "an array of numbers")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{function}: {name} is of type {one_line(str(array.dtype))}, expected numbers")
    return array


def _required(function: str, name: str, array: Array, dtype: np.dtype[Any]) -> Array:
    try:
        return np.require(array, dtype, ["ALIGNED"])
    except MemoryError:
        expected = f"expected an array of which a copy, of shape {list(array.shape)} and type {dtype}, fits in memory"
        raise ValueError(f"{function}: {name} is too large, {expected}") from None


def together(one: Array, other: Array) -> tuple[Array, Array]:
    """Two arrays of one shape, by numpy's rules for broadcasting; as they are where there is none."""
    if one.shape == other.shape:
        return one, other
    try:
        wide, wide_other = np.broadcast_arrays(one, other)
    except ValueError:
        return one, other
    return wide, wide_other


def one_of(function: str, name: str, given: object, *words: str) -> str:
    """A choice among words."""
    if not isinstance(given, str) or given not in words:
        expected = " or ".join(f'"{word}"' for word in words)
        error = ValueError if isinstance(given, str) else TypeError
        raise error(f"{function}: {name} is {shown(given)}, expected {expected}")
    return given


def is_fast(function: str, engine: str) -> bool:
    return one_of(function, "engine", engine, "fast", "loops") == "fast"


def sizes(function: str, name: str, given: object, expected: str, least: int = 0) -> list[int]:
    """Several of them."""
    try:
        items = list(given) if isinstance(given, Collection) else None
    except TypeError:  # An array without dimensions is a collection that cannot be gone through.
        items = None
    if items is None:
        raise TypeError(f"{function}: {name} is {shown(given)}, expected {expected}")
    return [whole(function, f"{name}[{index}]", size, least) for index, size in enumerate(items)]


def pair(function: str, hparameters: Hparameters, first: str, second: str) -> tuple[int, int]:
    """Two sizes from the notebooks' dictionary."""
    try:
        one, other = hparameters[first], hparameters[second]
    except (KeyError, TypeError, IndexError):
        expected = f"expected a dictionary with {first!r} and {second!r}"
        raise ValueError(f"{function}: hparameters is {shown(hparameters)}, {expected}") from None
    # As for arrays: what is right already is not asked for at length.
    if type(one) is int and type(other) is int and 0 <= one <= sys.maxsize and 0 <= other <= sys.maxsize:
        return one, other
    return (
        whole(function, f"hparameters[{first!r}]", one),
        whole(function, f"hparameters[{second!r}]", other),
    )


def parts(function: str, name: str, cache: object, *names: str) -> Sequence[Any]:
    """The parts of a cache."""
    if not isinstance(cache, (tuple, list)) or len(cache) != len(names):
        error = ValueError if isinstance(cache, (tuple, list)) else TypeError
        expected = f"expected ({', '.join(names)}) as the forward pass returned it"
        raise error(f"{function}: {name} is {shown(cache)}, {expected}")
    return cache


def dictionary(function: str, name: str, given: object, expected: str) -> Mapping[str, npt.ArrayLike]:
    if not isinstance(given, Mapping):
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a dictionary with {expected}")
    return given
