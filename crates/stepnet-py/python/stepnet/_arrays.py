"""What networks take: examples and labels, from anything numpy can read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet._values import one_line, shown

Array: TypeAlias = npt.NDArray[Any]

LISTED = 10

# Labels are smaller than this, for they become whole numbers of 64 bits.
LIMIT = 2**63


def read(where: str, given: object, wanted: str = "an array") -> Array:
    """Anything that numpy can read, as an array without a copy where that can be."""
    if isinstance(given, np.ma.MaskedArray):
        raise TypeError(f"{where} is a masked array, expected an array without a mask: call .filled(...) on it first")
    if hasattr(given, "toarray") and hasattr(given, "nnz"):
        raise TypeError(f"{where} is a sparse matrix, expected {wanted}: call .toarray() on it first")
    try:
        return np.asarray(given)
    except MemoryError:
        raise
    except Exception as error:  # Tensors, frames and lists each have errors of their own.
        reason = one_line(str(error))
        told = f"{where} cannot be read as an array: {reason}"
        if isinstance(given, (list, tuple)):
            told = f"{where} is {shown(given)}, expected {wanted}, or lists in lists of equal lengths ({reason})"
        raise type_or_value(error)(told) from None


def type_or_value(error: Exception) -> type[Exception]:
    return ValueError if isinstance(error, ValueError) else TypeError


def examples(function: str, given: object, shape: tuple[int, ...], name: str = "X") -> tuple[Array, bool]:
    """Examples of a network's input shape as contiguous rows of ``uint8``, ``float32`` or ``float64``; and whether
    they are of a type of whole numbers."""
    array = read(f"{function}: {name}", given)
    if array.dtype.kind == "O":
        array = of_objects(f"{function}: {name}", array, getattr(given, "columns", None))
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{function}: {name} is of type {array.dtype}, expected numbers")
    length = math.prod(shape)
    if not fits(array.shape, shape, length):
        raise ValueError(f"{function}: {name} has shape {array.shape}, expected {expected(array.shape, shape)}")
    rows = array.reshape(array.shape[0], length)
    return np.ascontiguousarray(rows, taken_as(array.dtype)), array.dtype.kind in "iu"


def of_objects(where: str, array: Array, columns: object) -> Array:
    """Numbers that came as objects of Python's, as a frame of several types has them."""
    for at, one in np.ndenumerate(array):
        if not is_number(one):
            place = f" in column {shown(list(columns)[at[1]])}" if isinstance(columns, Iterable) and len(at) == 2 else ""
            raise TypeError(f"{where} holds objects that are no numbers, such as {shown(one)}{place}")
    return array.astype(np.float64)


def is_number(given: Any) -> bool:
    # Of a missing value and of a text numpy would make a number as well.
    if given is None or isinstance(given, (str, bytes)):
        return False
    try:
        float(given)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def taken_as(dtype: np.dtype[Any]) -> type[Any]:
    if dtype == np.uint8:
        return np.uint8
    # Halves and small integers are exact in single precision.
    exact = dtype.kind in "bf" or dtype.itemsize <= 2
    return np.float32 if exact and dtype.itemsize <= 4 else np.float64


def fits(found: tuple[int, ...], shape: tuple[int, ...], length: int) -> bool:
    # Rows of values; and pictures of one channel may come without the axis for it.
    extents = [shape, (length,)]
    if len(shape) == 3 and shape[2] == 1:
        extents.append(shape[:2])
    return found[1:] in extents and len(found) > 1


def expected(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """What an array of another shape should be, and how it comes to that."""
    inside = ", ".join(map(str, shape))
    wanted = f"(examples, {inside})"
    if len(shape) == 3:
        in_front = (shape[2], *shape[:2])
        if found[1:] == in_front:
            return f"{wanted}; its channels are in front: numpy.moveaxis(X, 1, -1) puts them last"
        if found == in_front:
            return f"{wanted}; this is one example with its channels in front: numpy.moveaxis(X, 0, -1)[None]"
    if found == shape or found == shape[:2] and shape[2:] == (1,):
        return f"{wanted}; this is one example: X[None] is a batch of it"
    return wanted


class Labels:
    """The classes of a network, by number, and what they are called outside."""

    def __init__(self, outputs: int, classes: Array | None) -> None:
        self.count = 2 if outputs == 1 else outputs
        self.outputs = outputs
        self.classes = classes

    def known(self) -> Array:
        """The classes; by their numbers where nobody has named them."""
        return np.arange(self.count) if self.classes is None else self.classes

    def learn(self, function: str, y: object, count: int, name: str = "y") -> Array:
        """The numbers of labels to train on, which say what the classes are if nothing else did."""
        labels = self.read(function, y, count, name)
        if self.classes is None:
            self.classes = self.declared(function, y)
        if self.classes is None:
            self.classes = self.found(function, labels, name)
        return self.numbers(function, labels, name)

    def of(self, function: str, y: object, count: int, name: str = "y") -> Array:
        """The numbers of labels."""
        return self.numbers(function, self.read(function, y, count, name), name)

    def read(self, function: str, y: object, count: int, name: str) -> Array:
        where = f"{function}: {name}"
        labels = read(where, y)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        elif labels.ndim == 2 and labels.shape[1] == self.count:
            labels = self.known()[one_hot(where, labels)]
        if labels.ndim != 1:
            wanted = f"a label for each example, or rows of {self.count} with a single 1"
            raise ValueError(f"{where} has shape {labels.shape}, expected {wanted}")
        if len(labels) != count:
            raise ValueError(f"{where} has {len(labels)} labels, expected {count}, one for each example")
        return plain(where, labels)

    def declared(self, function: str, y: object) -> Array | None:
        """The categories of a pandas column, which may name classes that no example has; in their order."""
        categories = getattr(getattr(y, "dtype", None), "categories", None)
        if categories is None or len(categories) != self.count:
            return None
        return plain(f"{function}: y", np.asarray(categories))

    def found(self, function: str, labels: Array, name: str) -> Array:
        """The classes that labels show: numbers from 0, or as many different ones as there are outputs."""
        numbers = np.arange(self.count)
        if labels.dtype.kind in "iu" and np.isin(labels, numbers).all():
            return numbers
        different = np.unique(labels)
        if len(different) != self.count:
            told = f"{len(different)} different labels ({listed(different)})"
            raise ValueError(
                f"{function}: {name} has {told}, but the network tells {self.count} classes apart: "
                "name them all as classes= of the network, or give it as many outputs"
            )
        return different

    def numbers(self, function: str, labels: Array, name: str) -> Array:
        known = self.known()
        # Numbers and strings have no order among each other.
        comparable = (known.dtype.kind == "U") == (labels.dtype.kind == "U")
        order = np.argsort(known, kind="stable")
        places = np.searchsorted(known, labels, sorter=order) if comparable else np.zeros(len(labels), int)
        numbers = order[np.minimum(places, len(known) - 1)]
        right = known[numbers] == labels if comparable else np.zeros(len(labels), bool)
        if not right.all():
            at = int(np.argmin(right))
            raise ValueError(f"{function}: {name}[{at}] is {shown(labels[at].item())}, expected one of {listed(known)}")
        return numbers.astype(np.uint32)


def plain(where: str, labels: Array) -> Array:
    """Labels as whole numbers, truth values or strings."""
    if labels.dtype.kind == "T":
        labels = labels.astype(object)
    if labels.dtype.kind == "O":
        labels = of_label_objects(where, labels)
    if labels.dtype.kind == "f":
        check_labels(where, labels, (labels == np.floor(labels)) & (labels >= -LIMIT) & (labels < LIMIT))
        return labels.astype(np.int64)
    if labels.dtype == np.uint64:
        check_labels(where, labels, labels < np.uint64(LIMIT))
        return labels.astype(np.int64)
    if labels.dtype.kind not in "biuU":
        raise TypeError(f"{where} is of type {labels.dtype}, expected classes: whole numbers or strings")
    return labels


def check_labels(where: str, labels: Array, sound: Array) -> None:
    if not sound.all():
        at = int(np.argmin(sound))
        raise ValueError(
            f"{where}[{at}] is {shown(labels[at].item())}, expected classes: strings, or whole numbers below 2^63"
        )


def of_label_objects(where: str, labels: Array) -> Array:
    """Labels that came as objects of Python's, each of the same kind: strings, truth values or numbers."""
    for at, label in enumerate(labels):
        if is_missing(label):
            wanted = "classes: strings, or whole numbers below 2^63"
            raise ValueError(f"{where}[{at}] is {shown(label)}, expected {wanted}; no label may be missing")
    if all(isinstance(label, str) for label in labels):
        return labels.astype(str)
    if all(isinstance(label, (bool, np.bool_)) for label in labels):
        return labels.astype(bool)
    numbers = []
    for at, label in enumerate(labels):
        try:
            # Exactly: a float would round large numbers, and make two classes one.
            number = int(label) if not isinstance(label, (str, bytes)) and label == int(label) else None
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or not -LIMIT <= number < LIMIT:
            wanted = "classes, all of one kind: strings, or whole numbers below 2^63"
            raise ValueError(f"{where}[{at}] is {shown(label)}, expected {wanted}")
        numbers.append(number)
    return np.array(numbers, np.int64)


def is_missing(label: object) -> bool:
    # pandas has values of its own for it, and is not imported for that.
    return label is None or type(label).__name__ in ("NAType", "NaTType") or isinstance(label, float) and math.isnan(label)


def one_hot(where: str, rows: Array) -> Array:
    if rows.dtype.kind not in "biuf" or not (np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all()):
        raise ValueError(f"{where} has shape {rows.shape}, but its rows are not all zeros with a single 1")
    numbers: Array = rows.argmax(axis=1)
    return numbers


def listed(values: Array | Sequence[Any]) -> str:
    told = [shown(value.item() if isinstance(value, np.generic) else value) for value in values[:LISTED]]
    if len(values) > LISTED:
        told.append(f"and {len(values) - LISTED} more")
    return ", ".join(told)


def labels_of_names(names: list[str]) -> Array | None:
    """The classes of a model file, which has names for them: whole numbers where all of them are."""
    if not names:
        return None
    try:
        numbers = np.array([int(name) for name in names], np.int64)
    except (ValueError, OverflowError):
        return np.array(names)
    return numbers if [str(number) for number in numbers] == names else np.array(names)
