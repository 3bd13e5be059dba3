"""The functions of "Face recognition", on encodings that a network gives.

>>> from stepnet.course.face_recognition import *
>>> triplet_loss(None, ([[1.0, 1.0]], [[1.0, 1.0]], [[0.0, 1.0]]), alpha=3)
2.0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, read
from stepnet._exchange import embed
from stepnet._network import Network
from stepnet._values import number, shown
from stepnet.course._given import is_single
from stepnet.steps._arguments import parts
from stepnet.steps._editions import Edition, chosen

__all__ = ["img_to_encoding", "triplet_loss", "verify", "who_is_it"]

# A network; an object with Keras's `predict_on_batch`; a function that gives the encoding of an image or of its path.
Model: TypeAlias = Network | Callable[[Any], Any] | Any

# Up to this distance two encodings are one person's; from the other one on nobody is looked for.
_NEAR, _FAR = 0.7, 100.0


def triplet_loss(y_true: object, y_pred: Sequence[npt.ArrayLike], alpha: float = 0.2) -> Any:
    """Compute the sum over the triplets of ``max(|anchor - positive|^2 - |anchor - negative|^2 + alpha, 0)``.

    Parameters
    ----------
    y_true
        Keras gives labels here; they are not used.
    y_pred : sequence
        The encodings of anchor, positive and negative, each ``(..., numbers)``.
    alpha : float
        The margin.

    Returns
    -------
    float
        The loss.
    """
    anchor, positive, negative = parts("triplet_loss", "y_pred", y_pred, "anchor", "positive", "negative")
    single = is_single(anchor, positive, negative)
    margin = number("triplet_loss", "alpha", alpha)
    loss = _native.triplet_loss(anchor, positive, negative, margin, single)
    return np.float32(loss) if single else loss


def img_to_encoding(image_path: Any, model: Model, *, edition: Edition | None = None) -> Array:
    """Compute the encoding of an image.

    Parameters
    ----------
    image_path : str, Path or array_like
        A file, or an image; as the model takes it.
    model : Network, or an object of another library
        A `stepnet.Network`, whose values before its last layer are taken (`stepnet.embed`); an object with
        ``predict_on_batch``, which is given the image with an axis for the batch; or a function.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2021 the encoding is divided by its length, before it is not.

    Returns
    -------
    ndarray
        ``(1, numbers)``.
    """
    function = "img_to_encoding"
    normalized = chosen(function, edition) == "2021"
    if isinstance(model, Network):
        is_file = isinstance(image_path, (str, Path))
        given: Any = [image_path] if is_file else read(f"{function}: image_path", image_path)[None]
        encoding = read(function, embed(model, given))
    elif hasattr(model, "predict_on_batch"):
        encoding = read(function, model.predict_on_batch(read(f"{function}: image_path", image_path)[None]))
    elif callable(model):
        encoding = read(function, model(image_path))
    else:
        expected = "expected a Network, an object with predict_on_batch, or a function"
        raise TypeError(f"{function}: model is {shown(model)}, {expected}")
    return _native.of_length_one(encoding, is_single(encoding)) if normalized else encoding


def verify(
    image_path: Any,
    identity: str,
    database: Mapping[str, npt.ArrayLike],
    model: Model,
    *,
    edition: Edition | None = None,
) -> tuple[np.float64, bool]:
    """Check that an image shows a certain person, and print the answer.

    Parameters
    ----------
    image_path, model
        As for `img_to_encoding`.
    identity : str
        The name of the person.
    database : dict
        Names and encodings.
    edition : {"2021", "v8a", "2017"}, optional
        As for `img_to_encoding`; the printed lines differ, too.

    Returns
    -------
    dist : float
        The distance of the encodings.
    door_open : bool
        Whether it is below 0.7.
    """
    edition = chosen("verify", edition)
    if not isinstance(database, Mapping) or identity not in database:
        raise ValueError(f"verify: identity is {shown(identity)}, expected a name of the database")
    encoding = img_to_encoding(image_path, model, edition=edition)
    (dist,) = _native.distances("verify", encoding, [(str(identity), database[identity])])
    door_open = dist < _NEAR
    welcome = "welcome in!" if edition == "2021" else "welcome home!"
    print(f"It's {identity}, {welcome}" if door_open else f"It's not {identity}, please go away")
    return np.float64(dist), door_open


def who_is_it(
    image_path: Any, database: Mapping[str, npt.ArrayLike], model: Model, *, edition: Edition | None = None
) -> tuple[float, str | None]:
    """Find the person of a database whom an image shows, and print the answer.

    Parameters
    ----------
    image_path, model
        As for `img_to_encoding`.
    database : dict
        Names and encodings.
    edition : {"2021", "v8a", "2017"}, optional
        As for `img_to_encoding`.

    Returns
    -------
    min_dist : float
        The smallest distance; 100 if all are larger.
    identity : str or None
        The name with that distance; also that of a stranger, whose distance is above 0.7. ``None`` if all are 100 or more, or
        the database is empty.
    """
    if not isinstance(database, Mapping):
        raise TypeError(f"who_is_it: database is {shown(database)}, expected a dictionary of names and encodings")
    encoding = img_to_encoding(image_path, model, edition=edition)
    names = list(database)
    given = [(str(name), database[name]) for name in names]
    min_dist, identity = _FAR, None
    for name, dist in zip(names, _native.distances("who_is_it", encoding, given)):
        if dist < min_dist:
            min_dist, identity = dist, name
    if min_dist > _NEAR:
        print("Not in the database.")
    else:
        print(f"it's {identity}, the distance is {min_dist}")
    return np.float64(min_dist), identity
