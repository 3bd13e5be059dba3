"""Data sets: the digits that are always there, folders of pictures, and other files."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from stepnet import _native
from stepnet._arrays import Array, labels_of_names
from stepnet._values import shown, text, whole

__all__ = ["digits", "load"]


def digits() -> tuple[Array, Array]:
    """The 1,797 handwritten digits of 8 x 8 pixels that come with Stepnet (E. Alpaydin and C. Kaynak, UCI, 1998).

    Returns
    -------
    X : ndarray
        ``(1797, 8, 8, 1)``, ``float32`` from 0 to 1.
    y : ndarray
        ``(1797,)``, whole numbers from 0 to 9.
    """
    X, y, _, divisor, _ = _native.digits()
    return scaled(X, divisor), y.astype(np.int64)


def load(
    path: str | os.PathLike[str],
    *,
    size: Sequence[int] | None = None,
    resize: Literal["stretch", "crop", "fit"] = "stretch",
    part: Literal["train", "test"] = "train",
    skip_bad: bool = False,
    encoding: str | None = None,
) -> tuple[Array, Array]:
    """Read a data set: a folder or an archive of pictures, one folder a class, or a file of arrays.

    What it is, is seen from its content: pictures (PNG, JPEG, BMP, GIF) in folders or tar archives, IDX, npz, npy,
    HDF5, CSV, CIFAR's binary form.

    Parameters
    ----------
    path : path-like
        The folder or the file.
    size : tuple of int, optional
        ``(height, width, channels)`` that pictures are brought to, ``channels`` 1 for grey or 3 for colours; those of
        the first picture unless given.
    resize : {"stretch", "crop", "fit"}
        How that is done: by scaling height and width independently, by cutting off the edges, or by adding black ones.
    part : {"train", "test"}
        What is read where a source has a training part and a test part. A source that has no parts is read whole.
    skip_bad : bool
        Whether pictures that cannot be read are left out with a warning, in place of an error.
    encoding : str, optional
        The encoding of a CSV table that is not in UTF-8, such as ``"latin1"`` or ``"utf-16"``.

    Returns
    -------
    X : ndarray
        ``(examples, height, width, channels)``: ``uint8`` from 0 to 255, or ``float32`` from 0 to 1, or -1 to 1 where there are
        negative values.
    y : ndarray
        ``(examples,)``: the names of the classes; whole numbers where their names are.
    """
    if part not in ("train", "test"):
        raise ValueError(f'load: part is {shown(part)}, expected "train" or "test"')
    wanted = None
    if size is not None:
        try:
            wanted = [whole("load", "size", extent, 1) for extent in size]
        except TypeError:
            wanted = []
        if len(wanted) != 3:
            raise ValueError(f"load: size is {shown(size)}, expected (height, width, channels)")
    named = None if encoding is None else text("load", "encoding", encoding)
    taken = _native.load(Path(path), wanted, text("load", "resize", resize), part == "test", bool(skip_bad), named)
    X, numbers, names, divisor, skipped = taken
    for picture in skipped:
        warnings.warn(f"left out: {picture}", stacklevel=2)
    classes = labels_of_names(names)
    return scaled(X, divisor), numbers if classes is None else classes[numbers]


def scaled(X: Array, divisor: float) -> Array:
    """Bytes of pictures as they are, other values divided as networks want them."""
    if X.dtype == np.uint8 and divisor == 255:
        return X
    return (X / divisor).astype(np.float32)
