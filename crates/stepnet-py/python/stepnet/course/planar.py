"""The functions of "Planar data classification with one hidden layer", and its helper ``sigmoid``.

>>> import numpy as np
>>> from stepnet.course.planar import *
>>> print("%.8f" % initialize_parameters(2, 4, 1)["W1"][0, 0])
-0.00416758
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, whole
from stepnet.course._given import Parameters, follow
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps import _model
from stepnet.steps._arguments import Engine, arrays, is_fast

__all__ = [
    "backward_propagation",
    "compute_cost",
    "forward_propagation",
    "initialize_parameters",
    "layer_sizes",
    "nn_model",
    "predict",
    "sigmoid",
    "update_parameters",
]


def layer_sizes(X: npt.ArrayLike, Y: npt.ArrayLike) -> tuple[int, int, int]:
    """Give the sizes of the network's layers.

    Parameters
    ----------
    X, Y : array_like
        Examples and labels, ``(features, m)`` and ``(outputs, m)``.

    Returns
    -------
    n_x, n_h, n_y : int
        The rows of ``X``, 4, the rows of ``Y``.
    """
    X, Y = arrays("layer_sizes", X=X, Y=Y)
    for name, array in (("X", X), ("Y", Y)):
        if array.ndim == 0:
            raise ValueError(f"layer_sizes: {name} has shape [], expected rows and columns")
    return X.shape[0], 4, Y.shape[0]


def initialize_parameters(n_x: int, n_h: int, n_y: int, *, seed: int = 2) -> dict[str, Array]:
    """Draw the parameters: 0.01 times normal numbers for the weights, 0 for the biases.

    Parameters
    ----------
    n_x, n_h, n_y : int
        Inputs, hidden units and outputs.
    seed : int
        Of the generator; the notebook's function seeds with 2.

    Returns
    -------
    dict
        ``"W1"`` ``(n_h, n_x)``, ``"b1"`` ``(n_h, 1)``, ``"W2"`` ``(n_y, n_h)``, ``"b2"`` ``(n_y, 1)``.
    """
    return _model.initialize_parameters(n_x, n_h, n_y, seed=seed)


def forward_propagation(
    X: npt.ArrayLike, parameters: Parameters, *, engine: Engine = "fast"
) -> tuple[Array, dict[str, Array]]:
    """Apply the network: ``A1 = tanh(W1 X + b1)``, ``A2 = sigmoid(W2 A1 + b2)``.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    parameters : dict
        ``"W1"``, ``"b1"``, ``"W2"``, ``"b2"``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A2 : ndarray
        ``(n_y, m)``.
    cache : dict
        ``"Z1"``, ``"A1"``, ``"Z2"``, ``"A2"``.
    """
    return _native.planar_forward("forward_propagation", X, parameters, is_fast("forward_propagation", engine))


def compute_cost(A2: npt.ArrayLike, Y: npt.ArrayLike, parameters: Parameters | None = None) -> float:
    """Compute the mean cross-entropy.

    Parameters
    ----------
    A2 : array_like
        Outputs, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.
    parameters : dict, optional
        The editions before 2021 have this argument, which they do not use.

    Returns
    -------
    float
        The cost.
    """
    return _native.cross_entropy("compute_cost", ("A2", "mean"), A2, Y)


def backward_propagation(
    parameters: Parameters, cache: Parameters, X: npt.ArrayLike, Y: npt.ArrayLike, *, engine: Engine = "fast"
) -> dict[str, Array]:
    """Compute the gradients.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"``, ``"W2"``, ``"b2"``.
    cache : dict
        What `forward_propagation` returned with ``A2``.
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, ``(n_y, m)``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        ``"dW1"``, ``"db1"``, ``"dW2"``, ``"db2"``.
    """
    return _native.planar_backward(parameters, cache, X, Y, is_fast("backward_propagation", engine))


def update_parameters(parameters: Parameters, grads: Parameters, learning_rate: float = 1.2) -> dict[str, Array]:
    """Take a step of gradient descent.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on.
    grads : dict
        ``"dW1"``, ``"db1"`` and so on.
    learning_rate : float
        The size of the step.

    Returns
    -------
    dict
        The new parameters; those given stay as they are.
    """
    rate = number("update_parameters", "learning_rate", learning_rate)
    return _native.descended_all("update_parameters", parameters, grads, rate)


def nn_model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    n_h: int,
    num_iterations: int = 10000,
    print_cost: bool = False,
    *,
    learning_rate: float = 1.2,
    engine: Engine = "fast",
) -> dict[str, Array]:
    """Train a network with one hidden layer.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, 0 or 1, ``(1, m)``.
    n_h : int
        Hidden units.
    num_iterations : int
        Steps of gradient descent.
    print_cost : bool
        Print the cost before every 1000th step.
    learning_rate : float
        That of the notebook's `update_parameters`.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        The parameters.
    """
    function = "nn_model"
    descent = (
        number(function, "learning_rate", learning_rate),
        whole(function, "num_iterations", num_iterations),
        is_fast(function, engine),
    )
    shows = follow(print_cost, "Cost after iteration %i: %f", 1000)
    return _native.planar_model(X, Y, whole(function, "n_h", n_h, 1), descent, shows)


def predict(parameters: Parameters, X: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Predict labels: whether the output is above 0.5.

    Parameters
    ----------
    parameters : dict
        The trained parameters.
    X : array_like
        ``(n_x, m)``.

    Returns
    -------
    ndarray of bool
        ``(1, m)``.
    """
    A2, _ = _native.planar_forward("predict", X, parameters, True)
    above: npt.NDArray[np.bool_] = A2 > 0.5
    return above
