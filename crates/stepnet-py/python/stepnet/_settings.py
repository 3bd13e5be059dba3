"""The settings of a training, checked by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet._arrays import Array, listed, read
from stepnet._values import LARGEST_SEED, number, shown, text, truth, whole


def settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of `Network.fit` as the native part takes them; those of the classes apart."""
    taken: dict[str, Any] = {
        "epochs": whole("fit", "epochs", given["epochs"], 1),
        "seed": whole("fit", "seed", given["seed"], 0, LARGEST_SEED),
        "shuffle": truth("fit", "shuffle", given["shuffle"]),
        "reset": truth("fit", "reset", given["reset"]),
        "verbose": truth("fit", "verbose", given["verbose"]),
    }
    first = given["initial_epoch"]
    taken["initial_epoch"] = None if first is None else whole("fit", "initial_epoch", first, 0, taken["epochs"] - 1)
    size = given["batch_size"]
    taken["batch_size"] = None if size is None else whole("fit", "batch_size", size, 1)
    for name in ("optimizer", "schedule", "augment"):
        taken[name] = text("fit", name, given[name])
    for name in ("l2", "label_smoothing"):
        taken[name] = number("fit", name, given[name])
    for name in ("learning_rate", "weight_decay", "clip_norm", "clip_value", "ema"):
        value = given[name]
        taken[name] = None if value is None else number("fit", name, value)
    if taken["clip_norm"] is not None and taken["clip_value"] is not None:
        raise ValueError("fit: clip_norm and clip_value are both given, expected one of them")
    if given["average"] is not None:
        if taken["ema"] is not None:
            raise ValueError("fit: ema and average, its older name, are both given, expected one of them")
        taken["ema"] = number("fit", "average", given["average"])
    taken["nesterov"] = truth("fit", "nesterov", given["nesterov"])
    taken["warm_up"] = warm_up(given["warm_up"])
    return taken


def warm_up(given: object) -> str | None:
    """How long the learning rate rises, as the command takes it."""
    if given is None or isinstance(given, str):
        return None if given is None else text("fit", "warm_up", given)
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        return str(whole("fit", "warm_up", given, 0))
    return repr(number("fit", "warm_up", given))


def class_weights(given: object, classes: Array, numbers: Array) -> list[float] | None:
    """A weight for each class from a dictionary, a list, or ``"balanced"``."""
    if given is None:
        return None
    if isinstance(given, str):
        if given != "balanced":
            raise ValueError(f'fit: class_weight is {shown(given)}, expected "balanced", a dictionary or a list')
        counts = np.bincount(numbers, minlength=len(classes))
        present = np.count_nonzero(counts)
        weights: list[float] = np.where(counts, len(numbers) / (present * np.maximum(counts, 1)), 1.0).tolist()
        return weights
    if isinstance(given, Mapping):
        known = {label.item(): place for place, label in enumerate(classes)}
        weights = [1.0] * len(classes)
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


def classes_given(given: int | Sequence[Any] | Array | None) -> Array | None:
    """The classes of a network from their number, or from all of them."""
    if given is None:
        return None
    if np.ndim(given) == 0 and not isinstance(given, str):
        return np.arange(whole("Network", "classes", given, 1, 65_536))
    labels = read("Network: classes", given)
    if labels.ndim != 1 or labels.dtype.kind not in "biuU":
        raise TypeError(f"Network: classes is {shown(given)}, expected a number, or labels: whole numbers or strings")
    if len(np.unique(labels)) < len(labels):
        raise ValueError(f"Network: classes has a label twice: {listed(labels)}")
    return labels


def is_double(dtype: npt.DTypeLike) -> bool:
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = None
    if kind not in (np.float32, np.float64):
        raise ValueError(f'Network: dtype is {shown(dtype)}, expected "float32" or "float64"')
    return kind == np.float64
