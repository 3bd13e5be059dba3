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
from stepnet._preprocessing import caller
from stepnet._values import path_given, shown, text, truth, whole

__all__ = ["digits", "load"]


def digits(*, scale: bool = True) -> tuple[Array, Array]:
    """The 1,797 handwritten digits of 8 x 8 pixels that come with Stepnet (E. Alpaydin and C. Kaynak, UCI, 1998).

    Parameters
    ----------
    scale : bool
        Whether values are divided by the largest, 16; else they are what a model of the command takes.

    Returns
    -------
    X : ndarray
        ``(1797, 8, 8, 1)``, ``float32`` from 0 to 1, or ``uint8`` from 0 to 16.
    y : ndarray
        ``(1797,)``, whole numbers from 0 to 9.
    """
    X, y, _, divisor, _ = _native.digits()
    return scaled(X, divisor) if truth("digits", "scale", scale) else X, y.astype(np.int64)


def load(
    path: str | os.PathLike[str],
    *,
    size: Sequence[int] | None = None,
    resize: Literal["stretch", "crop", "fit"] = "stretch",
    part: Literal["train", "test"] = "train",
    skip_bad: bool = False,
    encoding: str | None = None,
    label_column: str | None = None,
    labels: str | os.PathLike[str] | None = None,
    targets: Literal["classes", "labels", "numbers"] = "classes",
    scale: bool = True,
) -> tuple[Array, Array]:
    """Read a data set: a folder or an archive of images with one folder for each class, or a file of arrays.

    The format is detected from the content. Images may be IMAGES. A data set may be

    FORMATS

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
    label_column : str, optional
        The column of the labels in a table or a list of files, where it is not called ``label``, ``class``, ``target`` or
        ``y``; ``"fine"`` or ``"coarse"`` of CIFAR-100.
    labels : path-like, optional
        The file of the labels of an npy or IDX file of images.
    targets : {"classes", "labels", "numbers"}
        What the examples teach. Of several labels or numbers in a table, ``label_column`` names the columns, with commas
        between them.
    scale : bool
        Whether values other than the bytes of pictures are divided by the largest; else they are as in the file, which
        is what a model that the command has trained takes.

    Returns
    -------
    X : ndarray
        ``(examples, height, width, channels)``: ``uint8`` from 0 to 255, or ``float32`` from 0 to 1, or -1 to 1 where there are
        negative values.
    y : ndarray
        ``(examples,)``: the names of the classes; whole numbers where their names are. Of labels a row of 0 and 1 for each
        example; of numbers a row, or one for each.
    """
    if not isinstance(part, str) or part not in ("train", "test"):
        raise ValueError(f'load: part is {shown(part)}, expected "train" or "test"')
    wanted = None
    if size is not None:
        try:
            wanted = [whole("load", "size", extent, 1) for extent in size]
        except TypeError:
            wanted = []
        if len(wanted) != 3:
            raise ValueError(f"load: size is {shown(size)}, expected (height, width, channels)")
    rule, skips, scales = text("load", "resize", resize), truth("load", "skip_bad", skip_bad), truth("load", "scale", scale)
    named = None if encoding is None else text("load", "encoding", encoding)
    column = None if label_column is None else text("load", "label_column", label_column)
    apart = None if labels is None else path_given("load: labels", labels)
    place = path_given("load: path", path)
    kind = text("load", "targets", targets)
    if kind not in ("classes", "labels", "numbers"):
        raise ValueError(f'load: targets is {shown(targets)}, expected "classes", "labels" or "numbers"')
    X, numbers, names, divisor = opened(place, wanted, rule, part == "test", skips, named, column, apart, kind)
    if kind != "classes":
        y = numbers[:, 0] if kind == "numbers" and numbers.shape[1] == 1 else numbers
        return scaled(X, divisor) if scales else X, y
    classes = labels_of_names(names)
    return scaled(X, divisor) if scales else X, numbers if classes is None else classes[numbers]


def _documented(text: str) -> str:
    """The documentation of `load` with the formats that it reads."""
    rows, images = _native.formats()
    listed = "\n    ".join(f"- {content}: {read}" for content, read in rows)
    return text.replace("IMAGES", images).replace("FORMATS", listed)


if load.__doc__ is not None:
    load.__doc__ = _documented(load.__doc__)


def opened(
    path: Path,
    size: list[int] | None,
    resize: str,
    test: bool,
    skip_bad: bool = False,
    encoding: str | None = None,
    label_column: str | None = None,
    labels: Path | None = None,
    targets: str = "classes",
    outputs: list[str] | None = None,
) -> tuple[Array, Array, list[str], float]:
    """A data set: raw values, the numbers of the classes, their names, and what values are to be divided by. Of labels and
    numbers those called ``outputs``, in their order. Warns of what is not as a user may expect."""
    X, numbers, names, divisor, told = _native.load(
        path, size, resize, test, skip_bad, encoding, label_column, labels, targets, outputs
    )
    for warning in told:
        warnings.warn(warning, stacklevel=caller())
    return X, numbers, names, divisor


def scaled(X: Array, divisor: float) -> Array:
    """Bytes of pictures as they are, other values divided as networks want them."""
    if X.dtype == np.uint8 and divisor == 255:
        return X
    return (X / divisor).astype(np.float32)
