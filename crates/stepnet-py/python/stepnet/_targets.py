"""Targets that are numbers or labels: which kind they are, their arrays, their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stepnet import _native
from stepnet._arrays import Array, of_objects, one_hot, read
from stepnet._values import shown, whole

# Losses of networks whose outputs are no probabilities.
OF_NUMBERS = ("mean-squared-error", "mean-absolute-error", "huber")

# What early stopping and the line of an epoch go by: of classes, labels and numbers.
MEASURES = ("accuracy", "mean_average_precision", "r2")


def outputs_given(given: object, kind: str | None, classes: object) -> list[str] | None:
    """The names of a network's outputs, from them or their number."""
    if given is None:
        return None
    if kind in (None, "classes"):
        raise ValueError('Network: outputs is given, so targets is expected to be "numbers" or "labels"')
    if classes is not None:
        raise ValueError("Network: classes and outputs are both given, expected one of them")
    if np.ndim(given) == 0 and not isinstance(given, str):  # type: ignore[arg-type]
        return default_names(str(kind), whole("Network", "outputs", given, 1, 65_536))
    named = [given] if isinstance(given, str) else list(given)  # type: ignore[call-overload]
    if not all(isinstance(name, str) for name in named):
        raise TypeError(f"Network: outputs is {shown(given)}, expected a number, or names")
    return named


def default_names(kind: str, outputs: int) -> list[str]:
    if kind == "labels":
        return [str(output) for output in range(outputs)]
    return ["y"] if outputs == 1 else [f"y{output + 1}" for output in range(outputs)]


def kind_of(function: str, network: _native.Network, y: object, name: str = "y") -> str:
    """What the targets of a network's first training are, where nobody has said so: floats of a network that ends in
    neither softmax nor sigmoid are numbers; a matrix of zeros and ones that is not one-hot is labels, of sigmoids."""
    array = read(f"{function}: {name}", y)
    if network.loss in OF_NUMBERS:
        return "numbers" if array.dtype.kind == "f" else "classes"
    several = network.outputs > 1 and array.ndim == 2 and array.shape[1] == network.outputs
    if network.loss == "binary-cross-entropy" and several and array.dtype.kind in "biuf" and np.isin(array, (0, 1)).all():
        try:
            one_hot(name, array)
        except ValueError:
            return "labels"
    return "classes"


def values(function: str, y: object, kind: str, shape: tuple[int, int], name: str = "y") -> Array:
    """Numbers or labels as rows of floats."""
    where = f"{function}: {name}"
    array = read(where, y)
    if array.dtype.kind == "O":
        array = of_objects(where, array, getattr(y, "columns", None))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{where} is of type {array.dtype}, expected {kind}")
    rows = array[:, None] if array.ndim == 1 else array
    if rows.ndim != 2 or rows.shape[1] != shape[1]:
        wanted = f"({shape[0]}, {shape[1]}), a row of {kind} for each example"
        raise ValueError(f"{where} has shape {array.shape}, expected {wanted}")
    if len(rows) != shape[0]:
        raise ValueError(f"{where} has {len(rows)} rows, expected {shape[0]}, one for each example")
    rows = np.ascontiguousarray(rows, np.float64)
    sound = np.isin(rows, (0, 1)) if kind == "labels" else np.isfinite(rows)
    if not sound.all():
        at, output = (int(place) for place in np.argwhere(~sound)[0])
        wanted = "0 or 1: whether the label applies" if kind == "labels" else "a finite number"
        place = f"[{at}]" if array.ndim == 1 else f"[{at}, {output}]"
        raise ValueError(f"{where}{place} is {shown(rows[at, output].item())}, expected {wanted}")
    return rows


def names_of(y: object, kind: str, outputs: int) -> list[str]:
    """What the outputs are called: as the columns of a frame, or by numbers."""
    columns: Any = getattr(y, "columns", None)
    if columns is None:
        columns = [getattr(y, "name", None)]
    found = [*columns]
    if len(found) == outputs == len(set(found)) and all(isinstance(name, str) and name for name in found):
        return found
    return default_names(kind, outputs)


def target_text(kind: str, given: object, names: Sequence[str]) -> str:
    """A target of one example in words, as the native part reads it."""
    if kind == "numbers":
        row = values("why", np.reshape(given, (1, -1)), kind, (1, len(names)), "label")  # type: ignore[call-overload]
        return ",".join(repr(value) for value in row[0].tolist())
    if isinstance(given, str):
        return given
    array = read("why: label", given)
    if array.dtype.kind in "biuf":
        row = values("why", array.reshape(1, -1), kind, (1, len(names)), "label")
        return ",".join(name for name, applies in zip(names, row[0]) if applies)
    return ",".join(str(name) for name in array.ravel())
