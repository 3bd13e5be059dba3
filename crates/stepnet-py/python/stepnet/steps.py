"""The notebooks' functions, by name, on numpy arrays.

``from stepnet.steps import *`` stands in for the cells of "Convolutional neural networks: step by step" in
which these functions are written. Arguments, defaults, results and caches are the notebooks'. Arrays of
``float32`` give ``float32``, all others are taken as ``float64``.

Each function that has one takes ``engine="fast"``, the default, or ``engine="loops"``: the plain loops that
the fast kernels are tested against. In ``float64`` they agree to 1e-10 of the largest magnitude of a result.
"""

from __future__ import annotations

from typing import Any, Literal, Mapping, TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native

__all__ = [
    "conv_backward",
    "conv_forward",
    "conv_single_step",
    "create_mask_from_window",
    "distribute_value",
    "pool_backward",
    "pool_forward",
    "zero_pad",
]

Array: TypeAlias = npt.NDArray[Any]
Engine: TypeAlias = Literal["fast", "loops"]
Hparameters: TypeAlias = Mapping[str, int]
ConvCache: TypeAlias = "tuple[Array, Array, Array, Hparameters]"
PoolCache: TypeAlias = "tuple[Array, Hparameters]"


def _arrays(function: str, **given: npt.ArrayLike) -> list[Array]:
    """The arguments as arrays of one type: ``float32`` if all are, else ``float64``."""
    arrays = {name: np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise TypeError(f"{function}: {name} is of type {array.dtype}, expected numbers")
    narrow = all(array.dtype == np.float32 for array in arrays.values())
    dtype = np.float32 if narrow else np.float64
    return [np.require(array, dtype, ["ALIGNED"]) for array in arrays.values()]


def _fast(function: str, engine: str) -> bool:
    if engine not in ("fast", "loops"):
        raise ValueError(f'{function}: engine is {engine!r}, expected "fast" or "loops"')
    return engine == "fast"


def _whole(function: str, hparameters: Hparameters, *names: str) -> tuple[int, int]:
    """Two sizes from the dictionary."""
    sizes = []
    for name in names:
        try:
            value = hparameters[name]
        except (KeyError, TypeError, IndexError):
            raise ValueError(
                f"{function}: hparameters has no {name!r}, expected a dictionary with {' and '.join(map(repr, names))}"
            ) from None
        try:
            size = value.__index__()
        except AttributeError:
            raise TypeError(f"{function}: hparameters[{name!r}] is {value!r}, expected a whole number") from None
        if size < 0:
            raise ValueError(f"{function}: hparameters[{name!r}] is {size}, expected at least 0")
        sizes.append(size)
    first, second = sizes
    return first, second


def zero_pad(X: npt.ArrayLike, pad: int) -> Array:
    """Put zeros around every picture of a batch.

    Parameters
    ----------
    X : array_like
        ``(m, n_H, n_W, n_C)``.
    pad : int
        Rows and columns of zeros on each side.

    Returns
    -------
    ndarray
        ``(m, n_H + 2 pad, n_W + 2 pad, n_C)``.
    """
    (X,) = _arrays("zero_pad", X=X)
    pad, _ = _whole("zero_pad", {"pad": pad}, "pad", "pad")
    return _native.zero_pad(X, pad)


def conv_single_step(a_slice_prev: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> np.floating[Any]:
    """Apply one filter to one window.

    Parameters
    ----------
    a_slice_prev : array_like
        ``(f, f, n_C_prev)``, a part of the input.
    W : array_like
        The filter, of the same shape.
    b : array_like
        Its bias, ``(1, 1, 1)``.

    Returns
    -------
    numpy scalar
        The sum of the products, and the bias.
    """
    a_slice_prev, W, b = _arrays("conv_single_step", a_slice_prev=a_slice_prev, W=W, b=b)
    Z: np.floating[Any] = a_slice_prev.dtype.type(_native.conv_single_step(a_slice_prev, W, b))
    return Z


def conv_forward(
    A_prev: npt.ArrayLike,
    W: npt.ArrayLike,
    b: npt.ArrayLike,
    hparameters: Hparameters,
    *,
    engine: Engine = "fast",
) -> tuple[Array, ConvCache]:
    """Convolve a batch with filters.

    Parameters
    ----------
    A_prev : array_like
        ``(m, n_H_prev, n_W_prev, n_C_prev)``.
    W : array_like
        ``(f, f, n_C_prev, n_C)``.
    b : array_like
        ``(1, 1, 1, n_C)``.
    hparameters : dict
        ``"stride"`` and ``"pad"``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    Z : ndarray
        ``(m, n_H, n_W, n_C)`` with ``n_H = floor((n_H_prev - f + 2 pad) / stride) + 1``.
    cache : tuple
        ``(A_prev, W, b, hparameters)``, for `conv_backward`.
    """
    fast = _fast("conv_forward", engine)
    sizes = _whole("conv_forward", hparameters, "stride", "pad")
    A_prev, W, b = _arrays("conv_forward", A_prev=A_prev, W=W, b=b)
    return _native.conv_forward(A_prev, W, b, sizes, fast), (A_prev, W, b, hparameters)


def conv_backward(dZ: npt.ArrayLike, cache: ConvCache, *, engine: Engine = "fast") -> tuple[Array, Array, Array]:
    """Take the gradient of the cost by the outputs of a convolution back.

    Parameters
    ----------
    dZ : array_like
        ``(m, n_H, n_W, n_C)``.
    cache : tuple
        What `conv_forward` returned beside ``Z``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    dA_prev, dW, db : ndarray
        The gradients by the input, the filters and the biases.
    """
    fast = _fast("conv_backward", engine)
    A_prev, W, b, hparameters = cache
    sizes = _whole("conv_backward", hparameters, "stride", "pad")
    dZ, A_prev, W, b = _arrays("conv_backward", dZ=dZ, A_prev=A_prev, W=W, b=b)
    return _native.conv_backward(dZ, A_prev, W, b, sizes, fast)


def pool_forward(
    A_prev: npt.ArrayLike, hparameters: Hparameters, mode: str = "max", *, engine: Engine = "fast"
) -> tuple[Array, PoolCache]:
    """Reduce every window to its largest value, or to its mean.

    Parameters
    ----------
    A_prev : array_like
        ``(m, n_H_prev, n_W_prev, n_C)``.
    hparameters : dict
        ``"f"``, the height and width of the window, and ``"stride"``.
    mode : {"max", "average"}
        What is taken of a window.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A : ndarray
        ``(m, n_H, n_W, n_C)``.
    cache : tuple
        ``(A_prev, hparameters)``, for `pool_backward`.
    """
    fast = _fast("pool_forward", engine)
    sizes = _whole("pool_forward", hparameters, "f", "stride")
    (A_prev,) = _arrays("pool_forward", A_prev=A_prev)
    return _native.pool_forward(A_prev, sizes, mode, fast), (A_prev, hparameters)


def pool_backward(dA: npt.ArrayLike, cache: PoolCache, mode: str = "max", *, engine: Engine = "fast") -> Array:
    """Take the gradient of the cost by the outputs of a pooling back; of equal maxima each gets all of it.

    Parameters
    ----------
    dA : array_like
        ``(m, n_H, n_W, n_C)``.
    cache : tuple
        What `pool_forward` returned beside ``A``.
    mode : {"max", "average"}
        As in the forward pass.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    ndarray
        The gradient by the input, ``(m, n_H_prev, n_W_prev, n_C)``.
    """
    fast = _fast("pool_backward", engine)
    A_prev, hparameters = cache
    sizes = _whole("pool_backward", hparameters, "f", "stride")
    dA, A_prev = _arrays("pool_backward", dA=dA, A_prev=A_prev)
    return _native.pool_backward(dA, A_prev, sizes, mode, fast)


def create_mask_from_window(x: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Mark the largest entries of a window; all of them where several are equal.

    Parameters
    ----------
    x : array_like
        ``(f, f)``.

    Returns
    -------
    ndarray of bool
        ``True`` at the maximum.
    """
    (x,) = _arrays("create_mask_from_window", x=x)
    return _native.create_mask_from_window(x)


def distribute_value(dz: float, shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Spread a number evenly over a matrix.

    Parameters
    ----------
    dz : float
        The number.
    shape : (int, int)
        Height and width of the matrix.

    Returns
    -------
    ndarray
        ``dz / (n_H n_W)`` everywhere.
    """
    n_H, n_W = shape
    return _native.distribute_value(float(dz), (n_H, n_W))
