"""Examples as other libraries hand them out: pairs one by one, or batch by batch."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from stepnet._arrays import fits, read
from stepnet._pictures import is_one
from stepnet._values import shown

WANTED = "y, or pairs (x, y) in X: a data set with len and [index], an iterable of pairs or of batches"


def paired(function: str, X: Any, y: Any, shape: tuple[int, ...]) -> tuple[Any, Any]:
    """Examples and labels. Without ``y`` they are the pairs in ``X``, which are all read into memory."""
    if y is not None:
        return X, y
    if is_array(X) or isinstance(X, (dict, str, bytes, os.PathLike)) or not hasattr(X, "__iter__") and not indexed(X):
        raise TypeError(f"{function}: y is missing, and X is {shown(X)}: expected {WANTED}")
    examples: list[Any] = []
    labels: list[Any] = []
    for at, pair in enumerate(pairs(X)):
        example, label = pair_of(function, at, pair)
        if is_one(example):
            examples.append(example)
            labels.append(scalar(label))
            continue
        values = channels_last(read(f"{function}: X[{at}]", example), shape, is_tensor(example))
        if is_batch(values, label, shape):
            examples.extend(values)
            labels.extend(np.asarray(label))
        else:
            examples.append(values)
            labels.append(scalar(label))
    if not examples:
        raise ValueError(f"{function}: X has no examples")
    return (examples if is_one(examples[0]) else stacked(f"{function}: X", examples)), np.asarray(labels)


def pair_of(function: str, at: int, given: Any) -> tuple[Any, Any]:
    """An example and its label."""
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise TypeError(f"{function}: y is missing, and X[{at}] is {shown(given)}: expected {WANTED}")
    example, label = given
    return example, label


def gathered(where: str, given: Any, shape: tuple[int, ...]) -> Any:
    """Examples without labels from a data set, a loader or a generator, which are all read into memory, and whose labels
    are left out; anything else as it is."""
    plain = (list, tuple, dict, set, frozenset, str, bytes, bytearray, os.PathLike)
    iterates = hasattr(given, "__iter__") or indexed(given)
    if isinstance(given, plain) or is_array(given) or is_one(given) or not iterates:
        return given
    examples: list[Any] = []
    for at, item in enumerate(pairs(given)):
        example = item[0] if isinstance(item, (tuple, list)) and len(item) in (1, 2) else item
        if is_one(example):
            examples.append(example)
            continue
        values = channels_last(read(f"{where}[{at}]", example), shape, is_tensor(example))
        if fits(values.shape, shape, math.prod(shape)):
            examples.extend(values)
        else:
            examples.append(values)
    if not examples:
        return np.empty((0, *shape))
    return examples if is_one(examples[0]) else stacked(where, examples)


def is_array(given: object) -> bool:
    """Whether it is a whole array, a frame or a column of one, or a tensor, which are no series of pairs."""
    # A sparse matrix, too, which is told so later.
    return any(hasattr(given, name) for name in ("__array__", "__array_interface__", "__buffer__", "toarray"))


def indexed(given: object) -> bool:
    return hasattr(given, "__getitem__") and hasattr(given, "__len__")


def pairs(given: Any) -> Iterator[Any]:
    # torch's data sets have no end by iteration: an index past the last need not be an IndexError.
    if indexed(given) and not isinstance(given, (list, tuple)):
        return (given[at] for at in range(len(given)))
    iterable: Iterable[Any] = given
    return iter(iterable)


def is_tensor(given: object) -> bool:
    """Whether it is a tensor of PyTorch's, which is not imported for that."""
    return type(given).__module__.split(".")[0] == "torch"


def channels_last(values: Any, shape: tuple[int, ...], tensor: bool) -> Any:
    """PyTorch has the channels of an image in front."""
    if not tensor or len(shape) != 3:
        return values
    front = (shape[2], shape[0], shape[1])
    last = values.shape[-3:]
    if last == front and last != shape:
        return np.moveaxis(values, -3, -1)
    return values


def is_batch(values: Any, label: Any, shape: tuple[int, ...]) -> bool:
    """Whether several examples came at once: there is a label for each, and one axis more."""
    one = np.ndim(label) == 0 or (values.shape == shape and np.ndim(label) == 1)
    return not one and values.ndim > 0 and len(values) == len(label)


def scalar(label: Any) -> Any:
    # A tensor of one number is that number; a one-hot row stays one.
    return label.item() if hasattr(label, "item") and np.ndim(label) == 0 else np.asarray(label)[()]


def stacked(where: str, examples: list[Any]) -> Any:
    first = examples[0].shape
    for at, example in enumerate(examples):
        if example.shape != first:
            raise ValueError(f"{where}[{at}] has shape {example.shape}, but the first has {first}")
    return np.stack(examples)
