"""The functions of "Gradient checking", and the helpers that it imports.

>>> from stepnet.course.gradient_checking import *
>>> forward_propagation(2, 4), backward_propagation(2, 4)
(8, 2)
>>> gradient_check(2, 4)
2.919335883291695e-10
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number
from stepnet.course import _network
from stepnet.course._given import Parameters
from stepnet.course._network import Cache, relu
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps._arguments import one_of
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "backward_propagation",
    "backward_propagation_n",
    "dictionary_to_vector",
    "forward_propagation",
    "forward_propagation_n",
    "gradient_check",
    "gradient_check_n",
    "gradients_to_vector",
    "relu",
    "sigmoid",
    "vector_to_dictionary",
]


def forward_propagation(x: Any, theta: Any) -> Any:
    """Compute ``J = theta x``.

    Parameters
    ----------
    x, theta : float
        Two numbers.

    Returns
    -------
    float
        Their product; of whole numbers a whole number, as the notebook prints it.
    """
    return theta * x


def backward_propagation(x: Any, theta: Any) -> Any:
    """Give the derivative of ``J`` with respect to ``theta``.

    Parameters
    ----------
    x, theta : float
        Two numbers.

    Returns
    -------
    float
        It is ``x``.
    """
    return x


def gradient_check(
    x: float, theta: float, epsilon: float = 1e-7, print_msg: bool = False, *, edition: Edition | None = None
) -> float:
    """Compare `backward_propagation` with a difference quotient of `forward_propagation`.

    Parameters
    ----------
    x, theta : float
        Two numbers.
    epsilon : float
        How far ``theta`` is moved.
    print_msg : bool
        Print what the difference means. The editions before 2021 always do.
    edition : {"2021", "v8a", "2017"}, optional
        The edition to follow; by default the setting.

    Returns
    -------
    float
        ``|grad - gradapprox| / (|grad| + |gradapprox|)``.
    """
    function = "gradient_check"
    given = [number(function, name, value) for name, value in (("x", x), ("theta", theta), ("epsilon", epsilon))]
    difference = _native.check_one(given[0], given[1], given[2])
    if chosen(function, edition) == "2021":
        if print_msg:
            _tell(difference, 2e-7)
    else:
        print("The gradient is correct!" if difference < 1e-7 else "The gradient is wrong!")
    return difference


def _tell(difference: float, threshold: float) -> None:
    if difference > threshold:
        print(f"\033[93mThere is a mistake in the backward propagation! difference = {difference}\033[0m")
    else:
        print(f"\033[92mYour backward propagation works perfectly fine! difference = {difference}\033[0m")


def forward_propagation_n(
    X: npt.ArrayLike, Y: npt.ArrayLike, parameters: Parameters
) -> tuple[np.float64, Cache]:
    """Compute the cost of ``LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID``.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, ``(1, m)``.
    parameters : dict
        ``"W1"``, ``"b1"`` to ``"W3"``, ``"b3"``.

    Returns
    -------
    cost : float
        The mean cross-entropy.
    cache : tuple
        ``(Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)``.
    """
    function = "forward_propagation_n"
    A3, cache = _network.forward(function, X, parameters, None, "loops")
    return np.float64(_native.cross_entropy(function, ("A3", "mean"), A3, Y)), cache


def backward_propagation_n(
    X: npt.ArrayLike, Y: npt.ArrayLike, cache: Cache, *, faults: Collection[str] = ("dW2", "db1")
) -> dict[str, Array]:
    """Compute the gradients of `forward_propagation_n`, with the mistakes that the notebook has for the learner to find.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, ``(1, m)``.
    cache : tuple
        What `forward_propagation_n` returned with the cost.
    faults : collection of str
        ``"dW2"``, which comes out doubled, ``"db1"``, which comes out fourfold; ``faults=()`` for right gradients.

    Returns
    -------
    dict
        ``"dZ3"``, ``"dW3"``, ``"db3"``, ``"dA2"``, ``"dZ2"`` and so on.
    """
    function = "backward_propagation_n"
    named = [faults] if isinstance(faults, str) else list(faults)
    wanted = {one_of(function, "faults", fault, "dW2", "db1") for fault in named}
    return _network.backward(function, X, Y, cache, "loops", faults=("dW2" in wanted, "db1" in wanted))


def gradient_check_n(
    parameters: Parameters,
    gradients: Parameters,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    epsilon: float = 1e-7,
    print_msg: bool = False,
    *,
    edition: Edition | None = None,
) -> float:
    """Compare gradients with difference quotients of the cost.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` to ``"W3"``, ``"b3"``.
    gradients : dict
        What `backward_propagation_n` returned.
    X, Y : array_like
        As for `forward_propagation_n`.
    epsilon : float
        How far each parameter is moved.
    print_msg : bool
        Print what the difference means. The editions before 2021 always do, that of 2017 with half the threshold.
    edition : {"2021", "v8a", "2017"}, optional
        The edition to follow; by default the setting.

    Returns
    -------
    float
        ``|grad - gradapprox| / (|grad| + |gradapprox|)``, with Euclidean norms.
    """
    function = "gradient_check_n"
    difference = _native.check_many(parameters, gradients, X, Y, number(function, "epsilon", epsilon))
    edition = chosen(function, edition)
    if print_msg or edition != "2021":
        _tell(difference, 1e-7 if edition == "2017" else 2e-7)
    return difference


def dictionary_to_vector(parameters: Parameters) -> tuple[Array, list[str]]:
    """Put all parameters into one column.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` to ``"W3"``, ``"b3"``.

    Returns
    -------
    theta : ndarray
        ``(n, 1)``.
    keys : list of str
        Of each number the name of its array.
    """
    return _native.as_vector("dictionary_to_vector", "parameters", "", parameters)


def vector_to_dictionary(theta: npt.ArrayLike) -> dict[str, Array]:
    """Take the parameters of the notebook's network out of one column.

    Parameters
    ----------
    theta : array_like
        ``(47, 1)``.

    Returns
    -------
    dict
        ``"W1"`` ``(5, 4)``, ``"b1"`` ``(5, 1)``, ``"W2"`` ``(3, 5)``, ``"b2"`` ``(3, 1)``, ``"W3"`` ``(1, 3)``, ``"b3"`` ``(1, 1)``.
    """
    return _native.from_vector(theta)


def gradients_to_vector(gradients: Parameters) -> Array:
    """Put the gradients of all parameters into one column.

    Parameters
    ----------
    gradients : dict
        ``"dW1"``, ``"db1"`` to ``"dW3"``, ``"db3"``.

    Returns
    -------
    ndarray
        ``(n, 1)``.
    """
    return _native.as_vector("gradients_to_vector", "gradients", "d", gradients)[0]
