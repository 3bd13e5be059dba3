"""What a wrong array may be to the right one, whatever the function: a factor, a sign, a shape, a type.

A relation explains an output only if it holds in every case, also in those in which the output is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._compare import as_array, figure, is_single, near, same
from stepnet._checking._task import Case, Task


@dataclass(frozen=True)
class Seen:
    """An output in one case: what it should be, what it is, and all that it could be confused with."""

    task: Task
    case: Case
    expected: Any
    found: Any
    # The other outputs, as they should be, and the arguments, each by name.
    others: dict[str, Any]
    given: dict[str, Any]
    # Arguments that the function has changed, as they are now.
    changed: dict[str, Any]

    def arrays(self) -> tuple[Array, Array] | None:
        expected, found = as_array(self.expected), as_array(self.found)
        return None if expected is None or found is None else (expected, found)


def relation(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    """The key and the sentence of the first relation that holds in all cases."""
    for find in _FINDERS:
        found = find(name, seen)
        if found is not None:
            return found
    return None


def _all(seen: list[Seen], holds: Callable[[Seen, Array, Array], bool]) -> bool:
    for one in seen:
        pair = one.arrays()
        if pair is None or not holds(one, *pair):
            return False
    return True


def _near(one: Seen, expected: Array, found: Array) -> bool:
    return expected.shape == found.shape and bool(near(one.task, expected, found, is_single(found)).all())


def _in_place(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    for argument in seen[0].changed:
        if all(argument in one.changed and same(one.task, one.changed[argument], one.found) for one in seen):
            what = f"the function changes its argument {argument} in place, and {name} is what is left of it"
            return "in place", f"{what}. Compute a new array, or work on a copy: {argument}.copy()."
    return None


def _type(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    if _all(seen, lambda one, e, f: e.shape == f.shape and is_single(f) and not is_single(e) and _near(one, e, f)):
        dtype = seen[0].arrays()
        kind = dtype[1].dtype if dtype else "float32"
        return "wrong dtype", f"{name} is computed in {kind}, which has 3 to 7 digits; leave the arrays in float64."
    for rounding, word in ((np.trunc, "cut off"), (np.round, "rounded")):
        whole = [pair[1].dtype.kind in "iu" for one in seen if (pair := one.arrays())]
        if _all(seen, lambda one, e, f: e.shape == f.shape and e.dtype.kind == "f" and _near(one, rounding(e), f)):
            reason = " The array has a whole-number dtype: create it with np.zeros(shape), without dtype=int." if any(whole) else ""
            return "wrong dtype", f"the decimals of {name} are {word}.{reason}"
    return None


def _factor(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    if any(one.case.m > 1 for one in seen):
        if _all(seen, lambda one, e, f: _near(one, e * one.case.m, f)):
            return "missing 1/m", f"{name} is m times too large: it is a sum over the m examples, the factor 1/m is missing."
        if _all(seen, lambda one, e, f: _near(one, e / one.case.m, f)):
            return "1/m too often", f"{name} is m times too small: it is divided by the m examples once too often."
    if _all(seen, lambda one, e, f: _near(one, -e, f)):
        return "sign", f"{name} has the wrong sign."
    ratio = _ratio(seen)
    if ratio is not None and ratio != 1.0 and _all(seen, lambda one, e, f: _near(one, e * ratio, f)):
        return "factor", f"{name} is {figure(ratio)} times what it should be, in all cases."
    offset = _offset(seen)
    if offset is not None and _all(seen, lambda one, e, f: e.shape == f.shape and _near(one, e + offset, f)):
        return "offset", f"{name} is {figure(offset)} more than it should be, in all cases."
    return None


def _ratio(seen: list[Seen]) -> float | None:
    for one in seen:
        pair = one.arrays()
        if pair is None or pair[0].shape != pair[1].shape or not pair[0].size:
            return None
        at = int(np.argmax(np.abs(pair[0])))
        if pair[0].flat[at] != 0:
            return round(float(pair[1].flat[at]) / float(pair[0].flat[at]), 9) or None
    return None


def _offset(seen: list[Seen]) -> float | None:
    pair = seen[0].arrays()
    if pair is None or pair[0].shape != pair[1].shape or pair[0].size < 2:
        return None
    return round(float(pair[1].flat[0]) - float(pair[0].flat[0]), 9) or None


def _shape(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    def squeezed(one: Seen, e: Array, f: Array) -> bool:
        return e.size == f.size and e.squeeze().shape == f.squeeze().shape and _near(one, e.squeeze(), f.squeeze())

    other = [pair for one in seen if (pair := one.arrays()) and pair[0].shape != pair[1].shape]
    if other:
        wanted, got = other[0][0].shape, other[0][1].shape
        if _all(seen, squeezed):
            if len(got) < len(wanted):
                hint = "np.sum and np.max drop an axis without keepdims=True, and np.zeros(n) has one axis"
            else:
                hint = "an axis of length 1 is left over: np.squeeze, or a sum without keepdims, takes it away"
            return "keepdims", f"the numbers of {name} are right, but its shape is {got} in place of {wanted}; {hint}."
        if _all(seen, lambda one, e, f: e.T.shape == f.shape and _near(one, e.T, f)):
            return "transposed", f"{name} is transposed: its shape is {got} in place of {wanted}."
        if _all(seen, lambda one, e, f: e.size == f.size and _near(one, e.ravel(), f.ravel())):
            return "shape", f"the numbers of {name} are right, but its shape is {got} in place of {wanted}."
        if _all(seen, _is_total):
            return "wrong axis", f"{name} is one number, the sum over all axes: it should have shape {wanted}. Sum over one axis only."
        if _all(seen, _is_wide):
            why = f"its shape is {got} in place of {wanted}: it still has one column for each example"
            return "not summed", f"{name} is not summed over the examples: {why}."
    elif _all(seen, lambda one, e, f: e.ndim == 2 and e.shape[0] == e.shape[1] and _near(one, e.T, f)):
        return "transposed", f"{name} is transposed."
    return None


def _is_total(one: Seen, expected: Array, found: Array) -> bool:
    return found.size == 1 and _near(one, np.array(expected.sum()), found.reshape(()))


def _is_wide(one: Seen, expected: Array, found: Array) -> bool:
    if found.ndim != 2 or expected.ndim != 2 or expected.shape[1] != 1 or found.shape[0] != expected.shape[0]:
        return False
    total = found.sum(axis=1, keepdims=True)
    return _near(one, expected, total) or _near(one, expected * one.case.m, total) or _near(one, expected, total / one.case.m)


def _spread(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    """One number everywhere, or a constant."""

    def total(one: Seen, e: Array, f: Array) -> bool:
        return e.shape == f.shape and _near(one, np.full(e.shape, e.sum()), f)

    if any(one.arrays() is not None and one.arrays()[0].size > 1 for one in seen) and _all(seen, total):  # type: ignore[index]
        return "wrong axis", f"{name} is summed over all axes: each of its numbers is the sum of all."
    if _all(seen, lambda one, e, f: e.shape == f.shape and not f.any()):
        return "never set", f"{name} is all zeros: it is created, but nothing is written into it, or written to another name."
    if _all(seen, lambda one, e, f: e.shape == f.shape and f.dtype.kind == "f" and bool(np.isnan(f).any())):
        return "nan", f"{name} has NaN in it: a division by 0, the logarithm of a negative number, or an array that was never filled."
    return None


def _confused(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    for other in seen[0].others:
        if all(other in one.others and same(one.task, one.others[other], one.found) for one in seen):
            return "confused", f"{name} is what {other} should be: are two results or names interchanged?"
    for argument in seen[0].given:
        if all(argument in one.given and same(one.task, one.given[argument], one.found) for one in seen):
            return "unchanged", f"{name} is the argument {argument}, as it was given."
    return None


def _part(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    """Right where something is written, and zero in the rest."""

    def partly(one: Seen, e: Array, f: Array) -> bool:
        return e.shape == f.shape and bool((near(one.task, e, f) | (f == 0)).all())

    if not _all(seen, partly):
        return None
    for one in seen:
        pair = one.arrays()
        if pair is None:
            continue
        wrong = ~near(one.task, *pair)
        if wrong.any():
            return "part", f"{name} is right in one part and 0 in the rest: {_region(wrong)}. Does a loop end early, or a return stand in it?"
    return None


def _region(wrong: Array) -> str:
    """Where an array is wrong, by an axis of which only some indices are."""
    for axis in range(wrong.ndim):
        rest = tuple(other for other in range(wrong.ndim) if other != axis)
        of_axis = wrong.any(axis=rest)
        if not of_axis.all():
            places = ", ".join(map(str, np.flatnonzero(of_axis)[:4]))
            return f"0 at index {places} of axis {axis}"
    return f"0 at {int(wrong.sum())} of {wrong.size} places"


def _order(name: str, seen: list[Seen]) -> tuple[str, str] | None:
    def mixed(one: Seen, e: Array, f: Array) -> bool:
        return e.size == f.size and _near(one, np.sort(e.ravel()), np.sort(f.ravel()))

    if _all(seen, mixed):
        return "order", f"{name} has the right numbers, in another order."
    return None


_FINDERS: list[Callable[[str, list[Seen]], tuple[str, str] | None]] = [
    _in_place, _type, _factor, _shape, _spread, _confused, _part, _order,
]


def without_layers(leaf: str) -> str:
    """The name of an output without the number of its layer."""
    return re.sub(r"\d+(?='?\]?$)", "", leaf)
