"""A layer: its linear part and its activation, forward and backward, from "Building your deep neural network"."""

from __future__ import annotations

from typing import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet.steps._arguments import Engine, arrays, is_fast, one_of, parts, together

LinearCache = tuple[Array, Array, Array]
ActivationCache = Array
Cache = tuple[LinearCache, ActivationCache]

_FORWARD = {"sigmoid": _native.sigmoid, "relu": _native.relu}
_BACKWARD = {"sigmoid": _native.sigmoid_backward, "relu": _native.relu_backward}


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
        The gradient by ``A``, or what numpy would broadcast to its shape.
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
    return _native.sigmoid_backward(_like(dA, Z), Z, fast)


def _like(dA: Array, Z: Array) -> Array:
    """A gradient in the shape of ``Z`` where numpy would broadcast it to that, else as it is."""
    wide, same = together(dA, Z)
    return wide if same.shape == Z.shape else dA


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
        ``(units, 1)``, or any shape that numpy adds to ``Z``, such as one number for all units.
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
    return _native.linear_forward(A, W, _bias(b), fast), (A, W, b)


def _bias(b: Array) -> Array:
    """A bias with two dimensions, by numpy's rule for fewer; the notebook's test cases have a plain number."""
    return b if b.ndim >= 2 else b.reshape(1, -1)


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
    units, inputs = W.shape[0], A.shape[0]
    _expect(function, names[1], W, (units, inputs), f"one column for each of the {inputs} rows of {names[0]}")
    shape = units, A.shape[1]
    if any(size not in (1, wanted) for size, wanted in zip(b.shape, shape)):
        _expect(function, names[2], b, (units, 1), f"one bias for each row of {names[1]}")
    return shape


class Within:
    """Tells what a function refuses that another is made of, such as more memory than there is, as the latter's."""

    def __init__(self, function: str) -> None:
        self.function = function

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, ValueError) and not str(error).startswith(self.function):
            raise ValueError(f"{self.function}: {error}") from None


def layer_forward(
    function: str, given: Mapping[str, npt.ArrayLike], activation: str, fast: bool
) -> tuple[Array, Cache]:
    """A layer of what is given for A_prev, W and b, under the names that the caller has for them."""
    A_prev, W, b = arrays(function, **given)
    bias = _bias(b)
    _check_layer(function, list(given), A_prev, W, bias)
    with Within(function):
        Z = _native.linear_forward(A_prev, W, bias, fast)
        return _FORWARD[activation](Z, fast), ((A_prev, W, b), Z)


def layer_backward(
    function: str, names: tuple[str, str], dA: npt.ArrayLike, cache: object, activation: str, fast: bool
) -> tuple[Array, Array, Array]:
    """A layer's gradients; the names are those of dA and of the cache."""
    linear_cache, Z = parts(function, names[1], cache, "(A_prev, W, b)", "Z")
    A_prev, W, b = parts(function, f"{names[1]}[0]", linear_cache, "A_prev", "W", "b")
    of_cache = [f"{names[1]}.{part}" for part in ("A_prev", "W", "b", "Z")]
    given = dict(zip((names[0], *of_cache), (dA, A_prev, W, b, Z)))
    dA, A_prev, W, b, Z = arrays(function, **given)
    b = _bias(b)
    shape = _check_layer(function, of_cache, A_prev, W, b)
    _expect(function, of_cache[3], Z, shape, f"the product of {of_cache[1]} and {of_cache[0]}")
    if activation == "sigmoid":
        dA = _like(dA, Z)
    _expect(function, names[0], dA, shape, f"the shape of {of_cache[3]}")
    with Within(function):
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
        ``(units, 1)``, or any shape that numpy adds to ``Z``, such as one number for all units.
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
    return layer_forward(function, {"A_prev": A_prev, "W": W, "b": b}, activation, fast)


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
    return _native.linear_backward(dZ, A_prev, W, _bias(b), fast)


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
    return layer_backward(function, ("dA", "cache"), dA, cache, activation, fast)
