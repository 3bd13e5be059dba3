"""Examples of a data set with a length and an index, fetched whenever a training needs them."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

from stepnet import _native
from stepnet._arrays import Array, examples, fits, read
from stepnet._iterables import channels_last, indexed, is_array, is_batch, is_tensor, pair_of, scalar
from stepnet._pictures import pictures
from stepnet._preprocessing import divided, stored


class Fetched:
    """A data set of pairs as a training takes it: what all of it is like, and a function that fetches an example.

    It is gone through once, for the labels and the extremes of the values; nothing but the labels is kept."""

    # Whether all values are bytes; the extremes of them; whether all are of types of whole numbers.
    bytes = True
    least, largest = np.inf, -np.inf
    whole = True
    # Whether single precision holds every value.
    exact = True

    def __init__(self, function: str, data: Any, network: _native.Network) -> None:
        self._function, self._data, self._network = function, data, network
        self._shape = tuple(network.input_shape)
        self._pictures: bool | None = None
        # One that a thread may take again: a data set may use Stepnet itself.
        self._lock = threading.RLock()
        labels = [self._scan(at) for at in range(len(data))]
        self.labels = np.asarray(labels)

    def __len__(self) -> int:
        return len(self.labels)

    def _rows(self, at: int) -> tuple[Array, bool, bool, Any]:
        """An example as a row, whether it is of a type of whole numbers, whether it is a picture; and its label."""
        example, label = pair_of(self._function, at, self._data[at])
        where = f"{self._function}: X[{at}]"
        found = pictures(where, example, self._shape)
        if found is not None:
            return _native.pictures(self._network, found), True, True, label
        values = channels_last(read(where, example), self._shape, is_tensor(example))
        if not fits((1, *values.shape), self._shape, math.prod(self._shape)):
            raise ValueError(f"{where} has shape {values.shape}, expected {self._shape}")
        return *examples(self._function, values[None], self._shape, f"X[{at}]"), False, label

    def _scan(self, at: int) -> Any:
        row, whole, picture, label = self._rows(at)
        if picture is not (picture if self._pictures is None else self._pictures):
            is_, was = ("a picture", "numbers") if picture else ("numbers", "a picture")
            raise TypeError(f"{self._function}: X[{at}] is {is_}, but X[0] is {was}")
        self._pictures = picture
        self.bytes &= row.dtype == np.uint8
        self.whole &= whole
        self.exact &= row.dtype != np.float64
        self.least, self.largest = min(self.least, float(row.min())), max(self.largest, float(row.max()))
        return scalar(label)

    def divisor(self) -> float:
        """What values are divided by."""
        if self._pictures:
            return stored(self._network).picture_divisor
        extremes = np.array([[self.least, self.largest]], np.uint8 if self.bytes else np.float64)
        return divided(f"{self._function}: X", extremes, self.whole, self._network)

    def fetch(self, at: int) -> Array:
        """The values of an example."""
        # Several threads ask, and a data set may have one file that it reads from.
        with self._lock:
            row: Array = self._rows(at)[0][0].astype(np.float32)
        return row


def fetched(function: str, X: Any, y: Any, network: _native.Network) -> Fetched | None:
    """Examples that can be fetched one by one; nothing where ``X`` is something else, has batches, or values that single
    precision does not hold: all of that is read into memory."""
    plain = isinstance(X, (list, tuple, dict, str)) or is_array(X)
    if y is not None or plain or not indexed(X) or not len(X):
        return None
    example, label = pair_of(function, 0, X[0])
    if hasattr(example, "__array__"):
        shape = tuple(network.input_shape)
        values = channels_last(read(f"{function}: X[0]", example), shape, is_tensor(example))
        if is_batch(values, label, shape):
            return None
    found = Fetched(function, X, network)
    return found if found.exact or network.dtype == "float32" else None
