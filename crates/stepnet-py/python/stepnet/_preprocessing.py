"""How raw values become a network's inputs: what a model file says of it, and what values are divided by."""

from __future__ import annotations

import dataclasses
import functools
import json
import warnings
from typing import Any

import numpy as np

from stepnet import _native
from stepnet._arrays import Array, examples
from stepnet._iterables import gathered
from stepnet._pictures import pictures
from stepnet._values import shown

# Bytes of pictures run up to this.
BRIGHTEST = 255.0

# Values up to this many times the largest of training are ones that training could have had.
BEYOND = 2.0

# Values beyond this many times the largest of training are told of.
FAR = 16.0


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """How raw values become a network's inputs; stored in the model file, from `Network.preprocessing`.

    A picture is brought to ``height``, ``width`` and ``channels``. Then each value ``v`` of channel ``c`` becomes
    ``(v / divisor - mean[c]) / deviation[c]``.

    Attributes
    ----------
    height, width, channels : int
        The shape of an input.
    resize : {"stretch", "crop", "fit"}
        How pictures of other sizes are brought to it, see `stepnet.data.load`.
    divisor : float
        What the values of arrays are divided by.
    picture_divisor : float
        What the values of pictures, 0 to 255, are divided by.
    mean, deviation : tuple of float
        Subtracted and divided by after that, a value a channel; empty for none.

    Examples
    --------
    >>> import stepnet
    >>> stepnet.Network("lenet5").preprocessing
    Preprocessing(height=28, width=28, channels=1, resize='stretch', divisor=255.0, picture_divisor=255.0)
    """

    height: int
    width: int
    channels: int
    resize: str
    divisor: float
    picture_divisor: float
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    @property
    def largest(self) -> float:
        """The largest raw value that is brought to where pictures have their brightest."""
        return BRIGHTEST * self.divisor / self.picture_divisor

    def __repr__(self) -> str:
        told = [f"{name}={value!r}" for name, value in dataclasses.asdict(self).items() if value != ()]
        return f"Preprocessing({', '.join(told)})"


def stored(network: _native.Network) -> Preprocessing:
    return parsed(network.preprocessing)


@functools.lru_cache(maxsize=64)
def parsed(text: str) -> Preprocessing:
    # Each prediction asks; most ask again what one has asked before.
    told = json.loads(text)
    fields = {field.name: told[field.name] for field in dataclasses.fields(Preprocessing)}
    return Preprocessing(**{**fields, "mean": tuple(told["mean"]), "deviation": tuple(told["deviation"])})


def store(network: _native.Network, given: object) -> None:
    """Puts another preprocessing into a network."""
    if not isinstance(given, Preprocessing):
        wanted = "a stepnet.Preprocessing, such as dataclasses.replace(net.preprocessing, divisor=16)"
        raise TypeError(f"preprocessing is {shown(given)}, expected {wanted}")
    own = stored(network)
    shape, found = ([p.height, p.width, p.channels] for p in (own, given))
    if shape != found:
        raise ValueError(f"preprocessing makes inputs of {shown(found)}, expected {shape}, as the network takes them")
    told = {**json.loads(network.preprocessing), **dataclasses.asdict(given)}
    try:
        text = json.dumps(told, allow_nan=False, default=float)
    except (TypeError, ValueError) as error:
        wanted = "numbers and a word" if isinstance(error, TypeError) else "finite numbers"
        raise type(error)(f"preprocessing is {shown(given)}, expected {wanted}") from None
    network.set_preprocessing(text)


def inputs(function: str, given: object, network: _native.Network, name: str = "X") -> tuple[Array, float]:
    """Examples as rows of raw values, and what these are to be divided by."""
    where, shape = f"{function}: {name}", tuple(network.input_shape)
    given = gathered(where, given, shape)
    found = pictures(where, given, shape)
    if found is not None:
        return _native.pictures(network, found), stored(network).picture_divisor
    rows, whole = examples(function, given, shape, name)
    return rows, divided(where, rows, whole, network)


def divided(where: str, rows: Array, whole: bool, network: _native.Network) -> float:
    """What raw values are divided by for a network, whether it was trained before or not."""
    if not network.settled:
        return BRIGHTEST if rows.dtype == np.uint8 else 1.0
    known = stored(network)
    chosen = divisor(where, rows, whole, known)
    if chosen == known.divisor:
        check_range(where, rows, known, network.largest)
    return chosen


def divisor(where: str, rows: Array, whole: bool, known: Preprocessing) -> float:
    """What a trained network's raw values are divided by: as in training, unless they cannot be such values."""
    if not rows.size:
        return known.divisor
    if rows.dtype == np.uint8:
        # Bytes are raw values where training had the like, and else those of pictures.
        most = known.largest if known.largest <= 1 else BEYOND * known.largest
        return known.divisor if rows.max() <= most else known.picture_divisor
    if whole or known.divisor == 1 or known.largest <= BEYOND:
        return known.divisor
    least, largest = float(rows.min()), float(rows.max())
    if not (0 <= least <= largest <= 1 and largest > 0):
        return known.divisor
    warnings.warn(
        f"{where} has values from {least:.4g} to {largest:.4g}, but the network was trained on values up to "
        f"{known.largest:g}, which it divides by {known.divisor:g} itself: taken as values that are already divided",
        stacklevel=caller(),
    )
    return 1.0


def check_range(where: str, rows: Array, known: Preprocessing, largest: float | None) -> None:
    """Warns of values that are far beyond those of training: pictures that were not divided, say."""
    if largest is None:
        # The command divides by the largest, unless that is at most 1.
        largest = known.largest if known.divisor != 1 else None
    if largest and rows.size and rows.dtype != np.uint8:
        found = max(abs(float(rows.min())), abs(float(rows.max())))
        if FAR * largest < found < np.inf:
            warnings.warn(
                f"{where} has values up to {found:.4g}, but the network was trained on values up to {largest:.4g}: "
                "they may have to be divided as those were",
                stacklevel=caller(),
            )


def caller() -> int:
    """How many calls up the first is that is not of this package."""
    import sys

    frame: Any = sys._getframe(1)
    level = 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("stepnet"):
        frame, level = frame.f_back, level + 1
    return level
