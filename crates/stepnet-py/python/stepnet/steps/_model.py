"""Whole networks from "Building your deep neural network": parameters, passes, the cost and its descent."""

from __future__ import annotations

import math
from typing import Any, Final, Mapping, Sequence, overload

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import LARGEST_SEED, number, shown, whole
from stepnet.steps._arguments import Engine, arrays, dictionary, is_fast, named, sizes, together
from stepnet.steps._dense import Cache, Within, layer_backward, layer_forward
from stepnet.steps._editions import Edition, chosen

# What no caller passes.
_MISSING: Final = object()


def initialize_parameters(n_x: int, n_h: int, n_y: int, *, seed: int = 1) -> dict[str, Array]:
    """Draw the parameters of a network with one hidden layer.

    Parameters
    ----------
    n_x, n_h, n_y : int
        Inputs, hidden units and outputs.
    seed : int
        Of the generator, which is numpy's ``RandomState``; the notebook's cell seeds it with 1. The generator
        of ``np.random`` itself is left alone.

    Returns
    -------
    dict
        ``"W1"`` ``(n_h, n_x)`` and ``"W2"`` ``(n_y, n_h)``, 0.01 times normal numbers; ``"b1"`` ``(n_h, 1)`` and
        ``"b2"`` ``(n_y, 1)``, zeros.
    """
    function = "initialize_parameters"
    dims = [whole(function, name, size, 1) for name, size in (("n_x", n_x), ("n_h", n_h), ("n_y", n_y))]
    return _named(*_native.initialize_parameters(dims[0], dims[1], dims[2], whole(function, "seed", seed, 0, LARGEST_SEED)))


def initialize_parameters_deep(layer_dims: Sequence[int], *, seed: int = 3) -> dict[str, Array]:
    """Draw the parameters of a network with any number of layers.

    Parameters
    ----------
    layer_dims : sequence of int
        The inputs, and the units of each layer.
    seed : int
        As for `initialize_parameters`; the notebook's cell seeds with 3.

    Returns
    -------
    dict
        ``"Wl"`` ``(layer_dims[l], layer_dims[l-1])``, 0.01 times normal numbers, and ``"bl"``
        ``(layer_dims[l], 1)``, zeros, for each layer ``l``, counted from 1.
    """
    function = "initialize_parameters_deep"
    dims = sizes(function, "layer_dims", layer_dims, "a list of sizes: the inputs, and the units of each layer", 1)
    return _named(*_native.initialize_parameters_deep(dims, whole(function, "seed", seed, 0, LARGEST_SEED)))


def _named(weights: Sequence[Array], biases: Sequence[Array]) -> dict[str, Array]:
    """The arrays of all layers under the notebook's names."""
    parameters = {}
    for layer, (W, b) in enumerate(zip(weights, biases), 1):
        parameters[f"W{layer}"], parameters[f"b{layer}"] = W, b
    return parameters


def _layers(function: str, parameters: Mapping[str, npt.ArrayLike]) -> int:
    """How many layers a dictionary of parameters has."""
    expected = "W1, b1, W2, b2 and so on"
    layers = len(dictionary(function, "parameters", parameters, expected)) // 2
    names = [f"{letter}{layer}" for layer in range(1, layers + 1) for letter in "Wb"]
    if not names or set(names) != set(parameters):
        raise ValueError(f"{function}: parameters has {named(parameters)}, expected {expected}")
    return layers


def L_model_forward(
    X: npt.ArrayLike, parameters: Mapping[str, npt.ArrayLike], *, engine: Engine = "fast"
) -> tuple[Array, list[Cache]]:
    """Apply a network: layers with ReLU, and a last one with a sigmoid.

    Parameters
    ----------
    X : array_like
        ``(inputs, m)``.
    parameters : dict
        ``"W1"``, ``"b1"``, ``"W2"`` and so on, as `initialize_parameters_deep` gives them.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    AL : ndarray
        ``(outputs, m)``.
    caches : list
        That of `linear_activation_forward` for each layer.
    """
    function = "L_model_forward"
    fast, layers = is_fast(function, engine), _layers(function, parameters)
    A: Any = X
    caches = []
    for layer in range(1, layers + 1):
        # What goes into a later layer is right but for its size, which is the rows of the weights before it.
        given = {"X" if layer == 1 else f"the output of layer {layer - 1}": A}
        given |= {name: parameters[name] for name in (f"W{layer}", f"b{layer}")}
        A, cache = layer_forward(function, given, "sigmoid" if layer == layers else "relu", fast)
        caches.append(cache)
    return A, caches


def compute_cost(AL: npt.ArrayLike, Y: npt.ArrayLike, *, edition: Edition | None = None) -> Array:
    """Compute the cross-entropy ``-1/m sum(Y log(AL) + (1 - Y) log(1 - AL))``.

    Parameters
    ----------
    AL : array_like
        Probabilities of label 1, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.
    edition : {"2021", "v8a", "2017"}, optional
        The edition to follow. All of them return the same.

    Returns
    -------
    ndarray
        The cost, an array without dimensions, as ``numpy.squeeze`` gives it; not finite where an output is exactly
        0 or 1, and NaN for no examples.
    """
    chosen("compute_cost", edition)
    AL, Y = arrays("compute_cost", AL=AL, Y=Y)
    return np.array(_native.compute_cost(AL, Y), AL.dtype)


def L_model_backward(
    AL: npt.ArrayLike,
    Y: npt.ArrayLike,
    caches: Sequence[Cache],
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> dict[str, Array]:
    """Take the gradient of the cost back through a network.

    Parameters
    ----------
    AL : array_like
        The outputs, ``(outputs, m)``.
    Y : array_like
        The labels; as many numbers, in any shape.
    caches : list
        What `L_model_forward` returned with ``AL``.
    edition : {"2021", "v8a", "2017"}, optional
        The edition to follow, which decides the keys; by default the setting, see `set_edition`.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        ``"dW1"``, ``"db1"`` and so on, and what each layer passes back, which is the gradient with respect to its
        input: for layer 1 of the input ``A0`` under ``"dA0"``, up to ``"dA(L-1)"``. The edition of 2017 counts
        these from ``"dA1"`` to ``"dAL"``, by the number of the layer.
    """
    function = "L_model_backward"
    fast = is_fast(function, engine)
    input_of_first = 1 if chosen(function, edition) == "2017" else 0
    if not isinstance(caches, (list, tuple)):
        raise TypeError(f"{function}: caches is {shown(caches)}, expected a list as L_model_forward returned it")
    if not caches:
        raise ValueError(f"{function}: caches is empty, expected one for each layer")
    AL, Y = arrays(function, AL=AL, Y=Y)
    if Y.size != AL.size:
        expected = f"expected as many numbers as AL has, whose shape is {list(AL.shape)}"
        raise ValueError(f"{function}: Y has shape {list(Y.shape)}, {expected}")
    with Within(function):
        dA = _native.cost_backward(AL, Y.reshape(AL.shape))
    grads = {}
    for layer in range(len(caches), 0, -1):
        last = layer == len(caches)
        # The gradient by AL has the shape of AL, that by a later layer's input the shape of the latter.
        names = "AL" if last else f"caches[{layer}].A_prev", f"caches[{layer - 1}]"
        activation = "sigmoid" if last else "relu"
        dA, dW, db = layer_backward(function, names, dA, caches[layer - 1], activation, fast)
        grads[f"dA{layer - 1 + input_of_first}"], grads[f"dW{layer}"], grads[f"db{layer}"] = dA, dW, db
    return grads


@overload
def update_parameters(
    parameters: Mapping[str, npt.ArrayLike], grads: Mapping[str, npt.ArrayLike], learning_rate: float
) -> dict[str, Array]: ...


@overload
def update_parameters(
    *, params: Mapping[str, npt.ArrayLike], grads: Mapping[str, npt.ArrayLike], learning_rate: float
) -> dict[str, Array]: ...


def update_parameters(
    parameters: Any = _MISSING, grads: Any = _MISSING, learning_rate: Any = _MISSING, *, params: Any = _MISSING
) -> dict[str, Array]:
    """Take a step of gradient descent, ``W = W - learning_rate dW`` and the same for ``b``.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on. The edition of 2021 calls this argument ``params``; either name will do.
    grads : dict
        ``"dW1"``, ``"db1"`` and so on, of the shapes of the parameters, or of others that numpy would broadcast.
    learning_rate : float
        The size of the step.

    Returns
    -------
    dict
        The new parameters; those given stay as they are.
    """
    function = "update_parameters"
    if params is not _MISSING:
        if parameters is not _MISSING:
            raise TypeError(f"{function}: parameters and params are two names of one argument, expected one of them")
        parameters = params
    for name, value in (("parameters", parameters), ("grads", grads), ("learning_rate", learning_rate)):
        if value is _MISSING:
            raise TypeError(f"{function}: {name} is missing")
    _layers(function, parameters)
    grads = dictionary(function, "grads", grads, "dW1, db1, dW2, db2 and so on")
    given: dict[str, npt.ArrayLike] = dict(parameters)
    for name in parameters:
        if f"d{name}" not in grads:
            raise ValueError(f"{function}: grads has no 'd{name}', expected one for each of parameters")
        given[f"d{name}"] = grads[f"d{name}"]
    rate = number(function, "learning_rate", learning_rate)
    if not math.isfinite(rate):
        raise ValueError(f"{function}: learning_rate is {rate}, expected a finite number")
    taken = dict(zip(given, arrays(function, **given)))
    return {name: _descended(function, name, taken[name], taken[f"d{name}"], rate) for name in parameters}


def _descended(function: str, name: str, values: Array, gradient: Array, rate: float) -> Array:
    given = values.size
    values, wide = together(values, gradient)
    if wide.shape != values.shape:
        expected = f"expected {list(values.shape)}, the shape of {name}, or one that numpy would broadcast"
        raise ValueError(f"{function}: d{name} has shape {list(gradient.shape)}, {expected}")
    # Where the gradient's shape is the larger one, it is its length that may be too much.
    longer = name if gradient.size <= given else f"d{name}"
    return _native.descended(longer, values, wide, rate)
