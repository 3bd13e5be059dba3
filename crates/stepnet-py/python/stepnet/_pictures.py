"""Pictures as users have them: files, PIL's images, and arrays of bytes of any size."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from stepnet._arrays import Array, expected, fits
from stepnet._values import path_given, shown

# A file, or (height, width, channels) of bytes.
Picture: TypeAlias = "Path | Array"

# How PIL names what is taken as it is; everything else is brought to one of these.
PLAIN = ("L", "LA", "RGB", "RGBA")
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")


def pictures(where: str, given: Any, shape: tuple[int, ...]) -> list[Picture] | None:
    """The pictures that are given, one or several; ``None`` if it is something else, such as rows of values."""
    found: list[Picture] | None = None
    if is_one(given):
        found = [picture(where, given)]
    elif isinstance(given, np.ndarray) and given.dtype == np.uint8:
        found = of_bytes(given, shape)
    elif isinstance(given, (list, tuple)) and given and all(map(is_one, given)):
        found = [picture(f"{where}[{at}]", one) for at, one in enumerate(given)]
    elif isinstance(given, (list, tuple)) and given and all(map(is_bytes, given)):
        found = of_several(where, list(given), shape)
    elif getattr(getattr(given, "dtype", None), "kind", None) in ("O", "U", "T") and np.ndim(given) == 1 and len(given):
        listed = list(given)
        if all(map(is_one, listed)):
            found = [picture(f"{where}[{at}]", one) for at, one in enumerate(listed)]
    if found is not None and (len(shape) != 3 or shape[2] not in (1, 3)):
        wanted = f"numbers of shape {expected((), shape)}: the network's inputs are not grey or coloured pictures"
        raise TypeError(f"{where} is {shown(given)}, expected {wanted}")
    return found


def is_one(given: object) -> bool:
    return isinstance(given, (str, bytes, os.PathLike)) or is_pil(given)


def is_pil(given: object) -> bool:
    """Whether it is an image of PIL's, which is not imported for that."""
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(given).__mro__)


def is_bytes(given: object) -> bool:
    return isinstance(given, np.ndarray) and given.dtype == np.uint8 and given.ndim in (2, 3)


def picture(where: str, given: Any) -> Picture:
    if is_pil(given):
        return of_pil(given)
    path = path_given(where, given)
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{where} is the folder {shown(str(path))}, expected files of pictures: sorted(pathlib.Path(...).glob('*.png'))"
        )
    return path


def of_pil(image: Any) -> Array:
    """An image of PIL's as the same file would be read: turned upright, with its colours and its transparency."""
    from PIL import ImageOps  # type: ignore[import-not-found, unused-ignore]

    image = ImageOps.exif_transpose(image)
    if image.mode in DEEP:
        # The upper of two bytes, rounded.
        values = (np.asarray(image).astype(np.uint32) + 128) // 257
        return np.ascontiguousarray(values.astype(np.uint8)[:, :, None])
    if image.mode not in PLAIN:
        grey = image.mode == "1"
        image = image.convert("RGBA" if "transparency" in image.info else "L" if grey else "RGB")
    elif "transparency" in image.info:
        image = image.convert("RGBA")
    values = np.asarray(image)
    return np.ascontiguousarray(values if values.ndim == 3 else values[:, :, None])


def of_bytes(given: Array, shape: tuple[int, ...]) -> list[Picture] | None:
    """Bytes that are not the network's rows as one picture or several; ``None`` where they are neither."""
    if len(shape) != 3 or shape[2] not in (1, 3) or fits(given.shape, shape, shape[0] * shape[1] * shape[2]):
        return None
    if given.ndim == 4 and 1 <= given.shape[3] <= 4 and given.size:
        return [np.ascontiguousarray(one) for one in given]
    if (given.ndim == 2 or given.ndim == 3 and 1 <= given.shape[2] <= 4) and given.size:
        return [np.ascontiguousarray(given if given.ndim == 3 else given[:, :, None])]
    return None


def of_several(where: str, given: list[Array], shape: tuple[int, ...]) -> list[Picture] | None:
    """Arrays of bytes, each a picture; ``None`` where together they are the network's rows."""
    together = (len(given), *given[0].shape)
    if len({one.shape for one in given}) == 1 and fits(together, shape, int(np.prod(shape))):
        return None
    taken: list[Picture] = []
    for at, one in enumerate(given):
        whole = one if one.ndim == 3 else one[:, :, None]
        if not (1 <= whole.shape[2] <= 4 and whole.size):
            wanted = "(height, width) or (height, width, channels) of a picture, channels last"
            raise ValueError(f"{where}[{at}] has shape {one.shape}, expected {wanted}")
        taken.append(np.ascontiguousarray(whole))
    return taken
