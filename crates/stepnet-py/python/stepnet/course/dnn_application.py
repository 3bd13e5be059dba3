"""The functions of "Deep neural network: application": its models, and the helpers that it imports.

The helpers are those of `stepnet.course.building_dnn` but for `initialize_parameters_deep`, which divides by the root of the
inputs and seeds with 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, whole
from stepnet.course._given import Parameters, follow, seeded, unit_counts
from stepnet.steps import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    initialize_parameters,
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    update_parameters,
)
from stepnet.steps._arguments import Engine, is_fast
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "L_layer_model",
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "predict",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "two_layer_model",
    "update_parameters",
]

# The parameters, and since 2021 the costs as well.
_Trained: TypeAlias = dict[str, Array] | tuple[dict[str, Array], list[Array]]


def initialize_parameters_deep(layer_dims: Sequence[int], *, seed: int = 1) -> dict[str, Array]:
    """Draw the parameters: normal numbers divided by the root of a layer's inputs for the weights, 0 for the biases.

    Parameters
    ----------
    layer_dims : sequence of int
        The inputs, and the units of each layer.
    seed : int
        Of the generator; the notebook's function seeds with 1.

    Returns
    -------
    dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on.
    """
    function = "initialize_parameters_deep"
    dims = unit_counts(function, "layer_dims", layer_dims)
    return _native.initial_parameters("application", dims, seeded(function, seed))


def two_layer_model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> _Trained:
    """Train ``LINEAR -> RELU -> LINEAR -> SIGMOID``.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    Y : array_like
        Labels, 0 or 1, ``(1, m)``.
    layers_dims : sequence of int
        ``(n_x, n_h, n_y)``.
    learning_rate : float
        The size of a step.
    num_iterations : int
        Steps of gradient descent.
    print_cost : bool
        Print the cost before every 100th step; in the edition of 2021 also that before the last one.
    edition : {"2021", "v8a", "2017"}, optional
        The edition to follow; by default the setting.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    parameters : dict
        The trained parameters. The editions before 2021 return them alone.
    costs : list
        The cost before every 100th step.
    """
    return _trained("two_layer_model", X, Y, layers_dims, (learning_rate, num_iterations, print_cost), edition, engine)


def L_layer_model(
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    layers_dims: Sequence[int],
    learning_rate: float = 0.0075,
    num_iterations: int = 3000,
    print_cost: bool = False,
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> _Trained:
    """Train ``[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID``.

    Parameters
    ----------
    X, Y, learning_rate, num_iterations, edition, engine
        As for `two_layer_model`.
    layers_dims : sequence of int
        The inputs, and the units of each layer.
    print_cost : bool
        As for `two_layer_model`; the editions before 2021 print six decimals.

    Returns
    -------
    parameters : dict
        The trained parameters. The editions before 2021 return them alone.
    costs : list
        The cost before every 100th step.
    """
    return _trained("L_layer_model", X, Y, layers_dims, (learning_rate, num_iterations, print_cost), edition, engine)


def _trained(
    function: str,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    layers_dims: Sequence[int],
    how: tuple[float, int, bool],
    edition: Edition | None,
    engine: Engine,
) -> _Trained:
    newest = chosen(function, edition) == "2021"
    learning_rate, num_iterations, print_cost = how
    descent = (
        number(function, "learning_rate", learning_rate),
        whole(function, "num_iterations", num_iterations),
        is_fast(function, engine),
    )
    dims = unit_counts(function, "layers_dims", layers_dims)
    short = function == "L_layer_model" and not newest
    line = "Cost after iteration %i: %f" if short else "Cost after iteration {}: {}"
    shows = follow(print_cost, line, 100, newest)
    parameters, costs = _native.application_model(function, X, Y, dims, descent, shows)
    return (parameters, [np.array(cost) for cost in costs]) if newest else parameters


def predict(X: npt.ArrayLike, y: npt.ArrayLike, parameters: Parameters) -> Array:
    """Predict labels, and print the accuracy.

    The accuracy is a sum of ``1/m`` for each example, as in the notebook: where all 209 are right it is 0.9999999999999998.

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
    ndarray
        0.0 or 1.0 for each example, ``(1, m)``.
    """
    p, right = _native.application_predict(X, y, parameters)
    print(f"Accuracy: {right}")
    return p
