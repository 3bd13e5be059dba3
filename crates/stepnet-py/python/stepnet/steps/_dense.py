"""The functions of "Building your deep neural network: step by step"."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._values import number, shown, whole
from stepnet.steps._arguments import Array, Engine, arrays, dictionary, is_fast, named, one_of, parts, sizes

LinearCache = tuple[Array, Array, Array]
ActivationCache = Array
Cache = tuple[LinearCache, ActivationCache]

_FORWARD = {"sigmoid": _native.sigmoid, "relu": _native.relu}
_BACKWARD = {"sigmoid": _native.sigmoid_backward, "relu": _native.relu_backward}


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
    return _named(*_native.initialize_parameters(dims[0], dims[1], dims[2], _seed(function, seed)))


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
    return _named(*_native.initialize_parameters_deep(dims, _seed(function, seed)))


def _seed(function: str, seed: int) -> int:
    seed = whole(function, "seed", seed)
    if seed > 2**32 - 1:
        raise ValueError(f"{function}: seed is {seed}, expected at most {2**32 - 1}")
    return seed


def _named(weights: Sequence[Array], biases: Sequence[Array]) -> dict[str, Array]:
    """The arrays of all layers under the notebook's names."""
    parameters = {}
    for layer, (W, b) in enumerate(zip(weights, biases), 1):
        parameters[f"W{layer}"], parameters[f"b{layer}"] = W, b
    return parameters


def sigmoid(Z: npt.ArrayLike, *, engine: Engine = "fast") -> tuple[Array, ActivationCache]:
    """Apply ``1 / (1 + exp(-Z))`` to each number.

    Parameters
    ----------
    Z : array_like
        Of any shape.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A : ndarray
        Of the shape of ``Z``.
    cache : ndarray
        ``Z``, for `sigmoid_backward`.
    """
    fast = is_fast("sigmoid", engine)
    (Z,) = arrays("sigmoid", Z=Z)
    return _native.sigmoid(Z, fast), Z


def relu(Z: npt.ArrayLike, *, engine: Engine = "fast") -> tuple[Array, ActivationCache]:
    """Apply ``max(0, Z)`` to each number.

    Parameters
    ----------
    Z : array_like
        Of any shape.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A : ndarray
        Of the shape of ``Z``.
    cache : ndarray
        ``Z``, for `relu_backward`.
    """
    fast = is_fast("relu", engine)
    (Z,) = arrays("relu", Z=Z)
    return _native.relu(Z, fast), Z


def sigmoid_backward(dA: npt.ArrayLike, cache: npt.ArrayLike, *, engine: Engine = "fast") -> Array:
    """Take a gradient back through `sigmoid`.

    Parameters
    ----------
    dA : array_like
        The gradient by ``A``.
    cache : array_like
        What `sigmoid` returned beside ``A``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    ndarray
        The gradient by ``Z``.
    """
    fast = is_fast("sigmoid_backward", engine)
    dA, Z = arrays("sigmoid_backward", dA=dA, cache=cache)
    return _native.sigmoid_backward(dA, Z, fast)


def relu_backward(dA: npt.ArrayLike, cache: npt.ArrayLike, *, engine: Engine = "fast") -> Array:
    """Take a gradient back through `relu`.

    Parameters
    ----------
    dA : array_like
        The gradient by ``A``.
    cache : array_like
        What `relu` returned beside ``A``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    ndarray
        The gradient by ``Z``; 0 where ``Z`` is not above 0.
    """
    fast = is_fast("relu_backward", engine)
    dA, Z = arrays("relu_backward", dA=dA, cache=cache)
    return _native.relu_backward(dA, Z, fast)


def linear_forward(
    A: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike, *, engine: Engine = "fast"
) -> tuple[Array, LinearCache]:
    """Apply the linear part of a layer, ``Z = W A + b``.

    Parameters
    ----------
    A : array_like
        ``(previous units, m)``.
    W : array_like
        ``(units, previous units)``.
    b : array_like
        ``(units, 1)``, or one number for all units.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    Z : ndarray
        ``(units, m)``.
    cache : tuple
        ``(A, W, b)``, for `linear_backward`.
    """
    fast = is_fast("linear_forward", engine)
    A, W, b = arrays("linear_forward", A=A, W=W, b=b)
    return _native.linear_forward(A, W, _column(b, W), fast), (A, W, b)


def _column(b: Array, W: Array) -> Array:
    """A bias of each unit; the notebook's test cases have one number for all."""
    return np.full((len(W), 1), b) if b.ndim == 0 and W.ndim else b


def _expect(function: str, name: str, array: Array, shape: tuple[int, int], why: str) -> None:
    if array.shape != shape:
        raise ValueError(f"{function}: {name} has shape {list(array.shape)}, expected {list(shape)}, {why}")


def _check_layer(function: str, names: Sequence[str], A: Array, W: Array, b: Array) -> tuple[int, int]:
    """Refuse what is no layer by the names that the caller knows; the native functions have their own.

    Gives the shape of ``Z``.
    """
    for name, array in zip(names, (A, W, b)):
        if array.ndim != 2:
            raise ValueError(f"{function}: {name} has shape {list(array.shape)}, expected 2 dimensions")
        if not array.size:
            raise ValueError(f"{function}: {name} has shape {list(array.shape)}, expected no dimension of size 0")
    units, inputs = W.shape[0], A.shape[0]
    _expect(function, names[1], W, (units, inputs), f"one column for each of the {inputs} rows of {names[0]}")
    _expect(function, names[2], b, (units, 1), f"one bias for each row of {names[1]}")
    return units, A.shape[1]


class _Within:
    """Tells what a function refuses that another is made of, such as more memory than there is, as the latter's."""

    def __init__(self, function: str) -> None:
        self.function = function

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, ValueError) and not str(error).startswith(self.function):
            raise ValueError(f"{self.function}: {error}") from None


def _layer_forward(
    function: str, given: Mapping[str, npt.ArrayLike], activation: str, fast: bool
) -> tuple[Array, Cache]:
    """A layer of what is given for A_prev, W and b, under the names that the caller has for them."""
    A_prev, W, b = arrays(function, **given)
    column = _column(b, W)
    _check_layer(function, list(given), A_prev, W, column)
    with _Within(function):
        Z = _native.linear_forward(A_prev, W, column, fast)
        return _FORWARD[activation](Z, fast), ((A_prev, W, b), Z)


def _layer_backward(
    function: str, names: tuple[str, str], dA: npt.ArrayLike, cache: object, activation: str, fast: bool
) -> tuple[Array, Array, Array]:
    """A layer's gradients; the names are those of dA and of the cache."""
    linear_cache, Z = parts(function, names[1], cache, "(A_prev, W, b)", "Z")
    A_prev, W, b = parts(function, f"{names[1]}[0]", linear_cache, "A_prev", "W", "b")
    of_cache = [f"{names[1]}.{part}" for part in ("A_prev", "W", "b", "Z")]
    given = dict(zip((names[0], *of_cache), (dA, A_prev, W, b, Z)))
    dA, A_prev, W, b, Z = arrays(function, **given)
    b = _column(b, W)
    shape = _check_layer(function, of_cache, A_prev, W, b)
    _expect(function, of_cache[3], Z, shape, f"the product of {of_cache[1]} and {of_cache[0]}")
    _expect(function, names[0], dA, shape, f"the shape of {of_cache[3]}")
    with _Within(function):
        return _native.linear_backward(_BACKWARD[activation](dA, Z, fast), A_prev, W, b, fast)


def linear_activation_forward(
    A_prev: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike, activation: str, *, engine: Engine = "fast"
) -> tuple[Array, Cache]:
    """Apply a layer: `linear_forward`, then an activation.

    Parameters
    ----------
    A_prev : array_like
        ``(previous units, m)``.
    W : array_like
        ``(units, previous units)``.
    b : array_like
        ``(units, 1)``, or one number for all units.
    activation : {"sigmoid", "relu"}
        The activation.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A : ndarray
        ``(units, m)``.
    cache : tuple
        ``((A_prev, W, b), Z)``, for `linear_activation_backward`.
    """
    function = "linear_activation_forward"
    activation, fast = one_of(function, "activation", activation, *_FORWARD), is_fast(function, engine)
    return _layer_forward(function, {"A_prev": A_prev, "W": W, "b": b}, activation, fast)


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
        A, cache = _layer_forward(function, given, "sigmoid" if layer == layers else "relu", fast)
        caches.append(cache)
    return A, caches


def compute_cost(AL: npt.ArrayLike, Y: npt.ArrayLike) -> np.floating[Any]:
    """Compute the cross-entropy ``-1/m sum(Y log(AL) + (1 - Y) log(1 - AL))``.

    Parameters
    ----------
    AL : array_like
        Probabilities of label 1, ``(1, m)``.
    Y : array_like
        Labels, 0 or 1, of the same shape.

    Returns
    -------
    numpy scalar
        The cost; not finite where an output is exactly 0 or 1.
    """
    AL, Y = arrays("compute_cost", AL=AL, Y=Y)
    cost: np.floating[Any] = AL.dtype.type(_native.compute_cost(AL, Y))
    return cost


def linear_backward(
    dZ: npt.ArrayLike, cache: LinearCache, *, engine: Engine = "fast"
) -> tuple[Array, Array, Array]:
    """Take the gradient by ``Z`` back through `linear_forward`.

    Parameters
    ----------
    dZ : array_like
        ``(units, m)``.
    cache : tuple
        What `linear_forward` returned beside ``Z``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dA_prev, dW, db : ndarray
        The gradients by the input, the weights and the biases; the last two are means over the ``m`` examples.
    """
    fast = is_fast("linear_backward", engine)
    A_prev, W, b = parts("linear_backward", "cache", cache, "A", "W", "b")
    dZ, A_prev, W, b = arrays("linear_backward", dZ=dZ, **{"cache.A": A_prev, "cache.W": W, "cache.b": b})
    return _native.linear_backward(dZ, A_prev, W, _column(b, W), fast)


def linear_activation_backward(
    dA: npt.ArrayLike, cache: Cache, activation: str, *, engine: Engine = "fast"
) -> tuple[Array, Array, Array]:
    """Take the gradient by ``A`` back through a layer.

    Parameters
    ----------
    dA : array_like
        ``(units, m)``.
    cache : tuple
        What `linear_activation_forward` returned beside ``A``.
    activation : {"sigmoid", "relu"}
        As in the forward pass.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dA_prev, dW, db : ndarray
        As from `linear_backward`.
    """
    function = "linear_activation_backward"
    activation, fast = one_of(function, "activation", activation, *_FORWARD), is_fast(function, engine)
    return _layer_backward(function, ("dA", "cache"), dA, cache, activation, fast)


def L_model_backward(
    AL: npt.ArrayLike, Y: npt.ArrayLike, caches: Sequence[Cache], *, engine: Engine = "fast"
) -> dict[str, Array]:
    """Take the gradient of the cost back through a network.

    Parameters
    ----------
    AL : array_like
        The outputs, ``(outputs, m)``.
    Y : array_like
        The labels; as many numbers, in any shape.
    caches : list
        What `L_model_forward` returned beside ``AL``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dict
        ``"dW1"``, ``"db1"`` and so on, and under ``"dA1"`` what layer 1 passes back: by the notebook's names for
        arrays the gradient by ``A0``, but this is its key.
    """
    function = "L_model_backward"
    fast = is_fast(function, engine)
    if not isinstance(caches, (list, tuple)):
        raise TypeError(f"{function}: caches is {shown(caches)}, expected a list as L_model_forward returned it")
    if not caches:
        raise ValueError(f"{function}: caches is empty, expected one for each layer")
    AL, Y = arrays(function, AL=AL, Y=Y)
    if Y.size != AL.size:
        expected = f"expected as many numbers as AL has, whose shape is {list(AL.shape)}"
        raise ValueError(f"{function}: Y has shape {list(Y.shape)}, {expected}")
    with _Within(function):
        dA = _native.cost_backward(AL, Y.reshape(AL.shape))
    grads = {}
    for layer in range(len(caches), 0, -1):
        last = layer == len(caches)
        # The gradient by AL has the shape of AL, that by a later layer's input the shape of the latter.
        names = "AL" if last else f"caches[{layer}].A_prev", f"caches[{layer - 1}]"
        activation = "sigmoid" if last else "relu"
        dA, dW, db = _layer_backward(function, names, dA, caches[layer - 1], activation, fast)
        grads[f"dA{layer}"], grads[f"dW{layer}"], grads[f"db{layer}"] = dA, dW, db
    return grads


def update_parameters(
    parameters: Mapping[str, npt.ArrayLike], grads: Mapping[str, npt.ArrayLike], learning_rate: float
) -> dict[str, Array]:
    """Take a step of gradient descent, ``W = W - learning_rate dW`` and the same for ``b``.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on.
    grads : dict
        ``"dW1"``, ``"db1"`` and so on, of the shapes of the parameters, or numbers that stand for all entries.
    learning_rate : float
        The size of the step.

    Returns
    -------
    dict
        The new parameters; those given stay as they are.
    """
    function = "update_parameters"
    layers = _layers(function, parameters)
    grads = dictionary(function, "grads", grads, "dW1, db1, dW2, db2 and so on")
    given: dict[str, npt.ArrayLike] = dict(parameters)
    for name in parameters:
        if f"d{name}" not in grads:
            raise ValueError(f"{function}: grads has no 'd{name}', expected one for each of parameters")
        given[f"d{name}"] = grads[f"d{name}"]
    rate = number(function, "learning_rate", learning_rate)
    taken = dict(zip(given, arrays(function, **given)))
    for name in parameters:
        gradient = taken[f"d{name}"]
        if gradient.size == 1 and gradient.ndim <= 2:
            taken[f"d{name}"] = np.broadcast_to(gradient.reshape(()), taken[name].shape)
    W, b, dW, db = ([taken[f"{kind}{layer}"] for layer in range(1, layers + 1)] for kind in ("W", "b", "dW", "db"))
    return _named(*_native.update_parameters(W, b, dW, db, rate))
