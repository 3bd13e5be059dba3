"""``LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID``, which four notebooks have in their helper files."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet.course._given import Parameters
from stepnet.steps._arguments import Engine, arrays, is_fast

Cache: TypeAlias = tuple[Array, ...]


def forward(
    function: str, X: npt.ArrayLike, parameters: Parameters, dropout: tuple[float, bool] | None, engine: Engine
) -> tuple[Array, Cache]:
    return _native.network_forward(function, X, parameters, dropout, is_fast(function, engine))


def backward(
    function: str,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    cache: Cache,
    engine: Engine,
    *,
    lower: bool = False,
    lambd: float | None = None,
    keep_prob: float | None = None,
    faults: tuple[bool, bool] = (False, False),
) -> dict[str, Array]:
    how = (lower, lambd, keep_prob, faults)
    return _native.network_backward(function, X, Y, cache, how, is_fast(function, engine))


def relu(x: npt.ArrayLike) -> Any:
    """Compute ``max(0, x)`` of each number.

    Parameters
    ----------
    x : array_like
        Of any shape, or one number.

    Returns
    -------
    ndarray or float
        Of the shape of ``x``, and nothing else: the function of this name in `stepnet.course.building_dnn` returns a cache, too.
    """
    (values,) = arrays("relu", x=x)
    return _native.relu(values, True)[()]


def predict(X: npt.ArrayLike, y: npt.ArrayLike, parameters: Parameters) -> npt.NDArray[np.int64]:
    """Predict labels, and print the accuracy.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    y : array_like
        Labels, ``(1, m)``.
    parameters : dict
        The trained parameters.

    Returns
    -------
    ndarray of int
        0 or 1 for each example, ``(1, m)``.
    """
    p, right = _native.network_predict("predict", X, y, parameters)
    print(f"Accuracy: {right}")
    return p.astype(np.int64)


def predict_dec(parameters: Parameters, X: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Predict labels for a drawing of the decision boundary.

    Parameters
    ----------
    parameters : dict
        The trained parameters.
    X : array_like
        ``(n_x, m)``.

    Returns
    -------
    ndarray of bool
        Whether the output is above 0.5, ``(1, m)``.
    """
    return _native.network_predict("predict_dec", X, None, parameters)[0]
