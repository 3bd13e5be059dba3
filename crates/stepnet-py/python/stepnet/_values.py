"""Numbers and words that users give, checked; and how messages tell what they are."""

from __future__ import annotations

import operator
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

LONGEST = 120
LARGEST_SEED = 2**32 - 1


def one_line(text: str) -> str:
    """A text on one line, and not without end."""
    text = " ".join(text[: 8 * LONGEST].split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def shown(value: object) -> str:
    """A value as messages tell it."""
    try:
        if isinstance(value, (str, bytes)):
            # All of a long one would be made printable first.
            return one_line(repr(value[: 2 * LONGEST]))
        return one_line(repr(value))
    except Exception:  # A class of the user's, or more digits than Python prints.
        return f"of type {type(value).__name__}"


def number(function: str, name: str, given: object) -> float:
    """A real number."""
    try:
        # Of a text or a truth value Python would make a number as well.
        if not isinstance(given, (str, bytes, bytearray, bool, np.bool_)):
            return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        pass
    raise TypeError(f"{function}: {name} is {shown(given)}, expected a number")


def whole(function: str, name: str, given: object, least: int = 0, most: int = sys.maxsize) -> int:
    """A number that counts something."""
    try:
        size = None if isinstance(given, (bool, np.bool_)) else operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        size = None
    if size is None:
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a whole number")
    if not least <= size <= most:
        wanted = f"at least {least}" if size < least and most == sys.maxsize else f"{least} to {most}"
        raise ValueError(f"{function}: {name} is {shown(size)}, expected {wanted}")
    return size


def text(function: str, name: str, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a string")
    if not given.isascii() and any("\ud800" <= letter <= "\udfff" for letter in given):
        raise ValueError(f"{function}: {name} is {shown(given)}, which is no text: it has half a character in it")
    return given


def truth(function: str, name: str, given: object) -> bool:
    """Yes or no, also as 1 or 0."""
    if isinstance(given, (bool, np.bool_)) or isinstance(given, (int, np.integer)) and given in (0, 1):
        return bool(given)
    raise TypeError(f"{function}: {name} is {shown(given)}, expected True or False")


def names(function: str, classes: Iterable[object]) -> list[str]:
    """What classes are called in a model file."""
    return [text(function, "the name of a class", str(label)) for label in classes]


def path_given(where: str, given: object) -> Path:
    """A path from a string, bytes or an object."""
    try:
        path = os.fsdecode(given)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{where} is {shown(given)}, expected a path") from None
    if "\0" in path:
        raise ValueError(f"{where} is {shown(given)}, expected a path, which has no byte 0 in it")
    return Path(path)
