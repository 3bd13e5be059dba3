"""The settings of a training, checked by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stepnet import _native
from stepnet._arrays import Array, listed, read
from stepnet._keywords import NETWORK, check_names
from stepnet._values import number, shown, truth, whole

# Passes over the examples unless a number is given.
EPOCHS = 10


def beginning(epochs: object, initial_epoch: object, reset: object) -> dict[str, Any]:
    """Where a training begins, as the native part takes it."""
    first = None
    if initial_epoch is not None:
        last = whole("fit", "epochs", epochs, 1)
        first = whole("fit", "initial_epoch", initial_epoch, 0, last - 1)
    return {"initial_epoch": first, "reset": truth("fit", "reset", reset)}


def resolved(given: Mapping[str, Any], average: object) -> dict[str, Any]:
    """The settings of `Network.fit`, checked, without what Python has in other words than the table: older names,
    ``None`` for all examples, and, for they take labels, weights of classes."""
    check_names("fit", given)
    taken = {"epochs": EPOCHS, **given}
    if "batch_size" in taken and taken["batch_size"] is None:
        taken["batch_size"] = "all"
    if average is not None:
        if taken.get("ema") is not None:
            raise ValueError("fit: ema and average, its older name, are both given, expected one of them")
        taken["ema"] = average
    weights = taken.pop("class_weight", None)
    if isinstance(weights, str) and weights == "balanced":
        if taken.get("balance", "none") not in ("none", "weights"):
            both = "class_weight is 'balanced' and balance is"
            raise ValueError(f"fit: {both} {shown(taken['balance'])}, expected one of them")
        taken["balance"] = "weights"
    _native.settings_kept("fit", taken)
    return taken


def network_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a new `Network`, checked."""
    check_names("Network", given, NETWORK)
    _native.settings_kept("Network", taken := dict(given))
    return taken


def class_weights(given: object, classes: Array) -> list[float] | None:
    """A weight for each class from a dictionary or a list; none where a setting of another name has them."""
    if given is None or isinstance(given, str) and given == "balanced":
        return None
    if isinstance(given, str):
        raise ValueError(f'fit: class_weight is {shown(given)}, expected "balanced", a dictionary or a list')
    if isinstance(given, Mapping):
        known = {label.item(): place for place, label in enumerate(classes)}
        weights: list[float] = [1.0] * len(classes)
        for label, weight in given.items():
            if label not in known:
                raise ValueError(f"fit: class_weight has {shown(label)}, expected one of {listed(classes)}")
            weights[known[label]] = number("fit", f"class_weight[{shown(label)}]", weight)
        return weights
    try:
        weights = [number("fit", f"class_weight[{at}]", weight) for at, weight in enumerate(given)]  # type: ignore[arg-type, var-annotated]
    except TypeError as error:
        if "class_weight" in str(error):
            raise
        expected = '"balanced", a dictionary or a list'
        raise TypeError(f"fit: class_weight is {shown(given)}, expected {expected}") from None
    if len(weights) != len(classes):
        raise ValueError(f"fit: class_weight has {len(weights)} weights, expected {len(classes)}, one for each class")
    return weights


def extents(function: str, given: int | Sequence[int] | None, name: str = "input_shape") -> list[int] | None:
    if given is None:
        return None
    sizes = [given] if np.ndim(given) == 0 and not isinstance(given, str) else given
    try:
        return [whole(function, name, size, 1) for size in sizes]  # type: ignore[union-attr]
    except TypeError:
        expected = "(height, width, channels) or (features,)"
        raise TypeError(f"{function}: {name} is {shown(given)}, expected {expected}") from None


def classes_given(given: int | Sequence[Any] | Array | None, function: str = "Network") -> Array | None:
    """The classes of a network from their number, or from all of them."""
    if given is None:
        return None
    if np.ndim(given) == 0 and not isinstance(given, str):
        return np.arange(whole(function, "classes", given, 1, 65_536))
    labels = read(f"{function}: classes", given)
    if labels.ndim != 1 or labels.dtype.kind not in "biuU":
        raise TypeError(f"{function}: classes is {shown(given)}, expected a number, or labels: whole numbers or strings")
    if len(np.unique(labels)) < len(labels):
        raise ValueError(f"{function}: classes has a label twice: {listed(labels)}")
    return labels
