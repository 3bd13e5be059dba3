"""The values of a result by their places, and what differs between two results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Task
from stepnet._values import shown


@dataclass(frozen=True)
class Difference:
    """One place at which a result is not what it should be."""

    # The name of the output, such as "grads['dW1']".
    leaf: str
    # What to say about it.
    text: str


def parts_of(task: Task, value: Any) -> dict[str, Any] | str:
    """The outputs by name; or what is wrong with their number."""
    if task.single:
        return {task.outputs[0]: value}
    names, count = ", ".join(task.outputs), len(task.outputs)
    if value is None:
        return f"it returns None, expected ({names}): is a return missing?"
    if not isinstance(value, (tuple, list)):
        kind = type(value).__name__
        return f"it returns one value, of type {kind}, expected {count}: ({names})"
    if len(value) != count:
        return f"it returns {len(value)} values, expected {count}: ({names})"
    return dict(zip(task.outputs, value))


def leaves(name: str, expected: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Goes down into what is expected; gives the name of each value, the value, and what is found in its place."""
    if isinstance(expected, Mapping):
        for key, inner in expected.items():
            there = isinstance(found, Mapping) and key in found
            yield from leaves(f"{name}[{key!r}]", inner, found[key] if there else MISSING)
    elif isinstance(expected, (tuple, list)) and not _is_numbers(expected):
        same = isinstance(found, (tuple, list)) and len(found) == len(expected)
        if not same:
            yield name, expected, found
            return
        for at, inner in enumerate(expected):
            yield from leaves(f"{name}[{at}]", inner, found[at])
    else:
        yield name, expected, found


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


def _is_numbers(value: tuple[Any, ...] | list[Any]) -> bool:
    return bool(value) and all(isinstance(one, (int, float, np.generic)) for one in value)


def as_array(value: Any) -> Array | None:
    """A value as an array of numbers, if it is one."""
    if value is None or value is MISSING or isinstance(value, (str, bytes, Mapping)):
        return None
    try:
        array = np.asarray(value)
    except Exception:  # Whatever a class of the user's has for its conversion.
        return None
    return array if array.dtype.kind in "biufc" else None


def near(task: Task, expected: Array, found: Array, single: bool = False) -> Array:
    """Whether each number is right, up to rounding."""
    wanted, got = expected.astype(np.float64), found.astype(np.float64)
    finite = wanted[np.isfinite(wanted)]
    largest = float(np.abs(finite).max(initial=0.0))
    bound = max(1e-4 if single else task.tolerance, 0.0) * largest + task.absolute
    with np.errstate(all="ignore"):
        right = (wanted == got) | (np.abs(wanted - got) <= bound) | (np.isnan(wanted) & np.isnan(got))
    result: Array = right
    return result


def is_single(array: Array) -> bool:
    """Whether numbers have less than double precision."""
    return array.dtype.kind == "f" and array.dtype.itemsize < 8


def same(task: Task, expected: Any, found: Any) -> bool:
    """Whether two leaves are one, up to rounding; their types do not count."""
    one, other = as_array(expected), as_array(found)
    if one is None or other is None:
        if one is not None or other is not None:
            return False
        return type(expected) is type(found) and bool(expected == found) if not isinstance(expected, (tuple, list)) else False
    return one.shape == other.shape and bool(near(task, one, other, is_single(other) or is_single(one)).all())


def differences(task: Task, expected: Any, found: Any) -> list[Difference]:
    """What is wrong with a result, the first output first."""
    wanted, got = parts_of(task, expected), parts_of(task, found)
    if isinstance(got, str):
        return [Difference("", got)]
    assert isinstance(wanted, dict)
    result = []
    for name in wanted:
        for leaf, value, other in leaves(name, wanted[name], got[name]):
            text = _difference(task, leaf, value, other)
            if text is not None:
                result.append(Difference(leaf, text))
    return result


def _difference(task: Task, leaf: str, expected: Any, found: Any) -> str | None:
    if found is MISSING:
        return f"{leaf} is missing"
    array = as_array(expected)
    if array is None:
        if isinstance(expected, (tuple, list)):
            return f"{leaf} is {_kind(found)}, expected {len(expected)} values in a {type(expected).__name__}"
        return None if same(task, expected, found) else f"{leaf} is {shown(found)}, it should be {shown(expected)}"
    other = as_array(found)
    if other is None:
        hint = ": is a return missing?" if found is None and leaf in task.outputs else ""
        return f"{leaf} is {_kind(found)}, expected {_expected(array)}{hint}"
    if other.shape != array.shape:
        return f"{leaf} has shape {other.shape}, it should be {array.shape}"
    single = is_single(other) and not is_single(array)
    right = near(task, array, other, single)
    if right.all():
        return f"{leaf} is of type {other.dtype}, it should be {array.dtype}" if single and array.dtype.kind == "f" else None
    at = np.unravel_index(int(np.argmin(right)), right.shape)
    place = f"[{', '.join(str(int(index)) for index in at)}]" if at else ""
    many = int(right.size - right.sum())
    count = f" ({many} of {right.size} numbers differ)" if right.size > 1 else ""
    return f"{leaf}{place} is {figure(other[at])}, it should be {figure(array[at])}{count}"


def _kind(found: Any) -> str:
    array = as_array(found)
    if array is not None:
        return f"an array of shape {array.shape}" if array.ndim else f"the number {figure(array)}"
    if isinstance(found, (tuple, list)):
        return f"a {type(found).__name__} of {len(found)}"
    return "None" if found is None else f"of type {type(found).__name__}"


def _expected(array: Array) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "a number"


def figure(value: Any) -> str:
    """A number with as many digits as one compares by eye."""
    if isinstance(value, np.ndarray):
        value = value[()]
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    return f"{complex(value):.7g}" if isinstance(value, (complex, np.complexfloating)) else f"{float(value):.7g}"
