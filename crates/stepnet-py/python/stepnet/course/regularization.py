"""The functions of "Regularization": L2 and dropout, its model, and the helpers that it imports."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, whole
from stepnet.course import _network
from stepnet.course._given import Parameters, follow, seeded, unit_counts
from stepnet.course._network import Cache, predict, predict_dec, relu
from stepnet.course.initialization import update_parameters
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps._arguments import Engine, is_fast
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "backward_propagation",
    "backward_propagation_with_dropout",
    "backward_propagation_with_regularization",
    "compute_cost",
    "compute_cost_with_regularization",
    "forward_propagation",
    "forward_propagation_with_dropout",
    "initialize_parameters",
    "model",
    "predict",
    "predict_dec",
    "relu",
    "sigmoid",
    "update_parameters",
]


def initialize_parameters(layer_dims: Sequence[int], *, seed: int = 3) -> dict[str, Array]:
    """Draw the parameters: normal numbers divided by the root of a layer's inputs for the weights, 0 for the biases.

    Parameters
    ----------
    layer_dims : sequence of int
        The inputs, and the units of each layer.
    seed : int
        Of the generator; the notebook's function seeds with 3.

    Returns
    -------
    dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on.
    """
    function = "initialize_parameters"
    dims = unit_counts(function, "layer_dims", layer_dims)
    return _native.initial_parameters("regularization", dims, seeded(function, seed))


def compute_cost(a3: npt.ArrayLike, Y: npt.ArrayLike) -> np.float64:
    """Compute the mean cross-entropy; losses that are not a number are left out, as by ``numpy.nansum``.

    Parameters
    ----------
    a3 : array_like
        Outputs, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.

    Returns
    -------
    float
        The cost.
    """
    return np.float64(_native.cross_entropy("compute_cost", ("a3", "mean without NaN"), a3, Y))


def compute_cost_with_regularization(
    A3: npt.ArrayLike, Y: npt.ArrayLike, parameters: Parameters, lambd: float
) -> np.float64:
    """Compute the cost with ``lambd / (2 m)`` times the squares of all weights added.

    Parameters
    ----------
    A3 : array_like
        Outputs, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.
    parameters : dict
        ``"W1"``, ``"W2"`` and ``"W3"`` are used.
    lambd : float
        The factor.

    Returns
    -------
    float
        The cost.
    """
    lambd = number("compute_cost_with_regularization", "lambd", lambd)
    return np.float64(_native.regularized_cost(A3, Y, parameters, lambd))


def forward_propagation(X: npt.ArrayLike, parameters: Parameters, *, engine: Engine = "fast") -> tuple[Array, Cache]:
    """Apply ``LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID``.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    parameters : dict
        ``"W1"``, ``"b1"`` to ``"W3"``, ``"b3"``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A3 : ndarray
        ``(1, m)``.
    cache : tuple
        ``(Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3)``.
    """
    return _network.forward("forward_propagation", X, parameters, None, engine)


def backward_propagation(
    X: npt.ArrayLike, Y: npt.ArrayLike, cache: Cache, *, engine: Engine = "fast"
) -> dict[str, Array]:
    """Compute the gradients of the mean cross-entropy.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, ``(1, m)``.
    cache : tuple
        What `forward_propagation` returned with ``A3``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        ``"dZ3"``, ``"dW3"``, ``"db3"``, ``"dA2"``, ``"dZ2"`` and so on; only ``dW`` and ``db`` have the factor ``1/m``.
    """
    return _network.backward("backward_propagation", X, Y, cache, engine)


def backward_propagation_with_regularization(
    X: npt.ArrayLike, Y: npt.ArrayLike, cache: Cache, lambd: float, *, engine: Engine = "fast"
) -> dict[str, Array]:
    """Compute the gradients of the cost with L2: ``lambd / m`` times the weights is added to ``dW``.

    Parameters
    ----------
    X, Y, cache, engine
        As for `backward_propagation`.
    lambd : float
        The factor.

    Returns
    -------
    dict
        As from `backward_propagation`.
    """
    function = "backward_propagation_with_regularization"
    return _network.backward(function, X, Y, cache, engine, lambd=number(function, "lambd", lambd))


def forward_propagation_with_dropout(
    X: npt.ArrayLike,
    parameters: Parameters,
    keep_prob: float = 0.5,
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> tuple[Array, Cache]:
    """Apply the network with dropout in both hidden layers.

    As in the notebook, the generator is seeded with 1 in each call: the same units are dropped every time.

    Parameters
    ----------
    X, parameters, engine
        As for `forward_propagation`.
    keep_prob : float
        The part of the units that stays, above 0 and at most 1.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2021 the masks are whole numbers, before it truth values.

    Returns
    -------
    A3 : ndarray
        ``(1, m)``.
    cache : tuple
        ``(Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3)``.
    """
    function = "forward_propagation_with_dropout"
    truth = chosen(function, edition) != "2021"
    return _network.forward(function, X, parameters, (number(function, "keep_prob", keep_prob), truth), engine)


def backward_propagation_with_dropout(
    X: npt.ArrayLike, Y: npt.ArrayLike, cache: Cache, keep_prob: float, *, engine: Engine = "fast"
) -> dict[str, Array]:
    """Compute the gradients with dropout: ``dA`` of the hidden layers is masked and divided by ``keep_prob``.

    Parameters
    ----------
    X, Y, engine
        As for `backward_propagation`.
    cache : tuple
        What `forward_propagation_with_dropout` returned with ``A3``.
    keep_prob : float
        As in the forward pass.

    Returns
    -------
    dict
        As from `backward_propagation`.
    """
    function = "backward_propagation_with_dropout"
    return _network.backward(function, X, Y, cache, engine, keep_prob=number(function, "keep_prob", keep_prob))


def model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    learning_rate: float = 0.3,
    num_iterations: int = 30000,
    print_cost: bool = True,
    lambd: float = 0,
    keep_prob: float = 1,
    *,
    engine: Engine = "fast",
) -> dict[str, Array]:
    """Train a network of 20 and 3 hidden units, with L2, with dropout, or with neither.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, 0 or 1, ``(1, m)``.
    learning_rate : float
        The size of a step.
    num_iterations : int
        Steps of gradient descent.
    print_cost : bool
        Print the cost before every 10000th step. The notebook also draws the costs, which is left to the reader.
    lambd : float
        The factor of L2; 0 for none.
    keep_prob : float
        The part of the hidden units that stays; 1 for all. The notebook explores one of the two at a time.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        The trained parameters.
    """
    lambd, keep_prob = number("model", "lambd", lambd), number("model", "keep_prob", keep_prob)
    if lambd != 0 and keep_prob != 1:
        raise ValueError(f"model: lambd is {lambd} and keep_prob is {keep_prob}, expected lambd=0 or keep_prob=1")
    descent = (
        number("model", "learning_rate", learning_rate),
        whole("model", "num_iterations", num_iterations),
        is_fast("model", engine),
    )
    against = (None, lambd if lambd != 0 else None, keep_prob if keep_prob != 1 else None)
    shows = follow(print_cost, "Cost after iteration {}: {}", 10000)
    return _native.network_model(X, Y, against, descent, shows)
