"""The functions of "Optimization methods": mini-batches, momentum, Adam, decays, its model, and the helpers that it imports.

>>> from stepnet.course.optimization import *
>>> update_lr(0.5, 2, 1)
0.16666666666666666
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, read
from stepnet._values import number, whole
from stepnet.course import _network
from stepnet.course._given import Follow, Parameters, follow, seeded, unit_counts
from stepnet.course._network import Cache, predict, predict_dec, relu
from stepnet.course._rules import (
    initialize_adam,
    initialize_velocity,
    update_parameters_with_adam,
    update_parameters_with_gd,
    update_parameters_with_momentum,
)
from stepnet.course.initialization import backward_propagation, forward_propagation
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps._arguments import Engine, is_fast, one_of
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "backward_propagation",
    "compute_cost",
    "forward_propagation",
    "initialize_adam",
    "initialize_parameters",
    "initialize_velocity",
    "model",
    "predict",
    "predict_dec",
    "random_mini_batches",
    "relu",
    "schedule_lr_decay",
    "sigmoid",
    "update_lr",
    "update_parameters_with_adam",
    "update_parameters_with_gd",
    "update_parameters_with_momentum",
]

MiniBatch: TypeAlias = tuple[Array, Array]


def initialize_parameters(layer_dims: Sequence[int], *, seed: int = 3) -> dict[str, Array]:
    """Draw the parameters: normal numbers times ``sqrt(2 / inputs)`` for the weights, 0 for the biases.

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
    return _native.initial_parameters("optimization", dims, seeded(function, seed))


def compute_cost(a3: npt.ArrayLike, Y: npt.ArrayLike, *, edition: Edition | None = None) -> np.float64:
    """Compute the cross-entropy of a mini-batch.

    Parameters
    ----------
    a3 : array_like
        Outputs, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2017 the cost is a mean over the examples, later their sum.

    Returns
    -------
    float
        The cost.
    """
    rule = "mean of the batch" if chosen("compute_cost", edition) == "2017" else "sum"
    return np.float64(_native.cross_entropy("compute_cost", ("a3", rule), a3, Y))


def random_mini_batches(
    X: npt.ArrayLike, Y: npt.ArrayLike, mini_batch_size: int = 64, seed: int = 0
) -> list[MiniBatch]:
    """Cut a training set in random order into mini-batches.

    Parameters
    ----------
    X, Y : array_like
        Examples and labels, a column for each.
    mini_batch_size : int
        Examples of a mini-batch; the last one has the rest.
    seed : int
        Of the generator.

    Returns
    -------
    list of tuple
        ``(mini_batch_X, mini_batch_Y)``, of the types of ``X`` and ``Y``.
    """
    function = "random_mini_batches"
    X, Y = read(f"{function}: X", X), read(f"{function}: Y", Y)
    for name, array in (("X", X), ("Y", Y)):
        if array.ndim != 2 or array.shape[1] != X.shape[1]:
            wanted = "2 dimensions" if array.ndim != 2 else f"{X.shape[1]} columns, one for each of X"
            raise ValueError(f"{function}: {name} has shape {list(array.shape)}, expected {wanted}")
    size, m = whole(function, "mini_batch_size", mini_batch_size, 1), X.shape[1]
    order = _native.permutation(m, seeded(function, seed))
    X, Y = X[:, order], Y[:, order]
    return [(X[:, first : first + size], Y[:, first : first + size]) for first in range(0, m, size)]


def update_lr(learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    """Compute a learning rate that decays with each epoch.

    Parameters
    ----------
    learning_rate0 : float
        The first rate.
    epoch_num : int
        The number of the epoch.
    decay_rate : float
        How fast it decays.

    Returns
    -------
    float
        ``learning_rate0 / (1 + decay_rate * epoch_num)``.
    """
    return _native.decayed(learning_rate0, epoch_num, decay_rate)


def schedule_lr_decay(
    learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000
) -> float:
    """Compute a learning rate that decays in steps.

    Parameters
    ----------
    learning_rate0, epoch_num, decay_rate
        As for `update_lr`.
    time_interval : int
        Epochs between two steps.

    Returns
    -------
    float
        ``learning_rate0 / (1 + decay_rate * floor(epoch_num / time_interval))``.
    """
    return _native.decayed_in_steps(learning_rate0, epoch_num, decay_rate, time_interval)


def model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    layers_dims: Sequence[int],
    optimizer: str,
    learning_rate: float = 0.0007,
    mini_batch_size: int = 64,
    beta: float = 0.9,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    num_epochs: int | None = None,
    print_cost: bool = True,
    decay: Callable[[float, int, float], float] | None = None,
    decay_rate: float = 1,
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> dict[str, Array]:
    """Train a network of three layers on mini-batches.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, 0 or 1, ``(1, m)``.
    layers_dims : sequence of int
        Four sizes: the inputs, and the units of each layer.
    optimizer : {"gd", "momentum", "adam"}
        The update rule.
    learning_rate : float
        The first rate.
    mini_batch_size : int
        Examples of a mini-batch.
    beta : float
        Of momentum.
    beta1, beta2, epsilon : float
        Of Adam.
    num_epochs : int, optional
        Epochs; by default 5000, in the editions before 2021 10000.
    print_cost : bool
        Print the cost after every 1000th epoch, and with ``decay`` the rate. The notebook also draws the costs, which is left
        to the reader.
    decay : callable, optional
        `update_lr`, `schedule_lr_decay`, or another function of the first rate, the number of the epoch and ``decay_rate``: the
        rate after the epoch.
    decay_rate : float
        The last argument of ``decay``.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2017 the cost is the last mini-batch's, later the mean over the epoch.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        The trained parameters.
    """
    edition = chosen("model", edition)
    epochs = (5000 if edition == "2021" else 10000) if num_epochs is None else whole("model", "num_epochs", num_epochs)
    rate = number("model", "learning_rate", learning_rate)
    of_rule = [number("model", name, value) for name, value in (("beta", beta), ("beta1", beta1), ("beta2", beta2))]
    word = one_of("model", "optimizer", optimizer, "gd", "momentum", "adam")
    rule = (word, of_rule[0], of_rule[1], of_rule[2], number("model", "epsilon", epsilon))
    size = whole("model", "mini_batch_size", mini_batch_size, 1)
    how = (rate, size, epochs, edition == "2017", is_fast("model", engine))
    rates = None
    if decay is not None:
        if not callable(decay):
            raise TypeError(f"model: decay is of type {type(decay).__name__}, expected a function such as update_lr")
        rates = [float(decay(rate, epoch, decay_rate)) for epoch in range(epochs)]
    dims = unit_counts("model", "layers_dims", layers_dims)
    return _native.optimization_model(X, Y, dims, rule, how, rates, _shows(print_cost, rates))


def _shows(print_cost: bool, rates: list[float] | None) -> Follow:
    """What is printed after every 1000th epoch."""
    if rates is None or not print_cost:
        return follow(print_cost, "Cost after epoch %i: %f", 1000)

    def shows(epoch: int, cost: float) -> None:
        print("Cost after epoch %i: %f" % (epoch, cost))
        print("learning rate after epoch %i: %f" % (epoch, rates[epoch]))

    return 1000, False, shows
