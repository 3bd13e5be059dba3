"""The functions of "Initialization": its three ways to begin, its model, and the helpers that it imports."""

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
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps._arguments import Engine, is_fast, one_of

__all__ = [
    "backward_propagation",
    "compute_loss",
    "forward_propagation",
    "initialize_parameters_he",
    "initialize_parameters_random",
    "initialize_parameters_zeros",
    "model",
    "predict",
    "predict_dec",
    "relu",
    "sigmoid",
    "update_parameters",
]


def initialize_parameters_zeros(layers_dims: Sequence[int]) -> dict[str, Array]:
    """Create parameters of 0, with which all units of a layer stay equal.

    Parameters
    ----------
    layers_dims : sequence of int
        The inputs, and the units of each layer.

    Returns
    -------
    dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on.
    """
    dims = unit_counts("initialize_parameters_zeros", "layers_dims", layers_dims)
    return _native.initial_parameters("zeros", dims, 0)


def initialize_parameters_random(layers_dims: Sequence[int], *, seed: int = 3) -> dict[str, Array]:
    """Draw large parameters: 10 times normal numbers for the weights, 0 for the biases.

    Parameters
    ----------
    layers_dims : sequence of int
        The inputs, and the units of each layer.
    seed : int
        Of the generator; the notebook's function seeds with 3.

    Returns
    -------
    dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on.
    """
    function = "initialize_parameters_random"
    return _native.initial_parameters("random", unit_counts(function, "layers_dims", layers_dims), seeded(function, seed))


def initialize_parameters_he(layers_dims: Sequence[int], *, seed: int = 3) -> dict[str, Array]:
    """Draw parameters as He et al. do: normal numbers times ``sqrt(2 / inputs)`` for the weights, 0 for the biases.

    Parameters
    ----------
    layers_dims : sequence of int
        The inputs, and the units of each layer.
    seed : int
        Of the generator; the notebook's function seeds with 3.

    Returns
    -------
    dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on.
    """
    function = "initialize_parameters_he"
    return _native.initial_parameters("he", unit_counts(function, "layers_dims", layers_dims), seeded(function, seed))


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
    a3 : ndarray
        ``(1, m)``.
    cache : tuple
        ``(z1, a1, W1, b1, z2, a2, W2, b2, z3, a3, W3, b3)``.
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
        What `forward_propagation` returned with ``a3``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        ``"dz3"``, ``"dW3"``, ``"db3"``, ``"da2"``, ``"dz2"`` and so on; ``"dz3"`` has the factor ``1/m``.
    """
    return _network.backward("backward_propagation", X, Y, cache, engine, lower=True)


def update_parameters(parameters: Parameters, grads: Parameters, learning_rate: float) -> dict[str, Array]:
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


def compute_loss(a3: npt.ArrayLike, Y: npt.ArrayLike) -> np.float64:
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
        The loss.
    """
    return np.float64(_native.cross_entropy("compute_loss", ("a3", "mean without NaN"), a3, Y))


def model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    learning_rate: float = 0.01,
    num_iterations: int = 15000,
    print_cost: bool = True,
    initialization: str = "he",
    *,
    engine: Engine = "fast",
) -> dict[str, Array]:
    """Train a network of 10 and 5 hidden units.

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
        Print the cost before every 1000th step. The notebook also draws the costs, which is left to the reader.
    initialization : {"he", "random", "zeros"}
        How the parameters begin.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        The trained parameters.
    """
    descent = (
        number("model", "learning_rate", learning_rate),
        whole("model", "num_iterations", num_iterations),
        is_fast("model", engine),
    )
    start = one_of("model", "initialization", initialization, "zeros", "random", "he")
    shows = follow(print_cost, "Cost after iteration {}: {}", 1000)
    return _native.network_model(X, Y, (start, None, None), descent, shows)
