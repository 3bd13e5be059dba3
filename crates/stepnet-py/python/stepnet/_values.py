"""Numbers and words that users give, checked; and how messages tell what they are."""

from __future__ import annotations

import operator
import sys

LONGEST = 120
LARGEST_SEED = 2**32 - 1


def one_line(text: str) -> str:
    """A text on one line, and not without end."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def shown(value: object) -> str:
    """A value as messages tell it."""
    try:
        return one_line(repr(value))
    except Exception:  # A class of the user's, or more digits than Python prints.
        return f"of type {type(value).__name__}"


def number(function: str, name: str, given: object) -> float:
    """A real number."""
    try:
        # Of a text Python would make a number as well.
        if not isinstance(given, (str, bytes, bytearray)):
            return float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        pass
    raise TypeError(f"{function}: {name} is {shown(given)}, expected a number")


def whole(function: str, name: str, given: object, least: int = 0, most: int = sys.maxsize) -> int:
    """A number that counts something."""
    try:
        size = operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a whole number") from None
    if not least <= size <= most:
        wanted = f"at least {least}" if size < least and most == sys.maxsize else f"{least} to {most}"
        raise ValueError(f"{function}: {name} is {shown(size)}, expected {wanted}")
    return size


def text(function: str, name: str, given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a string")
    return given
