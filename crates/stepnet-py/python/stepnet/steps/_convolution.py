"""The functions of "Convolutional neural networks: step by step"."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, shown, whole
from stepnet.steps._arguments import Engine, Hparameters, arrays, is_fast, one_of, pair, parts, sizes, together

ConvCache = tuple[Array, Array, Array, Hparameters]
PoolCache = tuple[Array, Hparameters]


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
    (X,) = arrays("zero_pad", X=X)
    return _native.zero_pad(X, whole("zero_pad", "pad", pad))


def conv_single_step(a_slice_prev: npt.ArrayLike, W: npt.ArrayLike, b: npt.ArrayLike) -> np.floating[Any]:
    """Apply one filter to one window.

    Parameters
    ----------
    a_slice_prev : array_like
        ``(f, f, n_C_prev)``, a part of the input.
    W : array_like
        The filter, of the same shape, or one that numpy would broadcast.
    b : array_like
        Its bias, ``(1, 1, 1)``, or one number in any other shape.

    Returns
    -------
    numpy scalar
        The sum of the products, and the bias.
    """
    a_slice_prev, W, b = arrays("conv_single_step", a_slice_prev=a_slice_prev, W=W, b=b)
    if b.size == 1:
        b = b.reshape(1, 1, 1)
    a_slice_prev, W = together(a_slice_prev, W)
    if a_slice_prev.shape == W.shape and W.ndim != 3:
        a_slice_prev, W = a_slice_prev.reshape(1, 1, -1), W.reshape(1, 1, -1)
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
    fast = is_fast("conv_forward", engine)
    stride_pad = pair("conv_forward", hparameters, "stride", "pad")
    A_prev, W, b = arrays("conv_forward", A_prev=A_prev, W=W, b=b)
    return _native.conv_forward(A_prev, W, b, stride_pad, fast), (A_prev, W, b, hparameters)


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
    fast = is_fast("conv_backward", engine)
    A_prev, W, b, hparameters = parts("conv_backward", "cache", cache, "A_prev", "W", "b", "hparameters")
    stride_pad = pair("conv_backward", hparameters, "stride", "pad")
    dZ, A_prev, W, b = arrays("conv_backward", dZ=dZ, A_prev=A_prev, W=W, b=b)
    return _native.conv_backward(dZ, A_prev, W, b, stride_pad, fast)


def _mode(function: str, mode: str) -> bool:
    """Whether a mode is one of the two that there are. The notebook's code has no ``else``."""
    if isinstance(mode, str) and mode not in ("max", "average"):
        told = f'{function}: mode is {shown(mode)}, expected "max" or "average"'
        warnings.warn(f"{told}: the result is zeros, as by the notebook's code", stacklevel=3)
        return False
    one_of(function, "mode", mode, "max", "average")
    return True


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
        What is taken of a window. Of another word the result is zeros, as by the notebook's code, with a warning.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    A : ndarray
        ``(m, n_H, n_W, n_C)``.
    cache : tuple
        ``(A_prev, hparameters)``, for `pool_backward`.
    """
    fast = is_fast("pool_forward", engine)
    known = _mode("pool_forward", mode)
    f_stride = pair("pool_forward", hparameters, "f", "stride")
    (A_prev,) = arrays("pool_forward", A_prev=A_prev)
    A = _native.pool_forward(A_prev, f_stride, mode if known else "max", fast)
    return A if known else np.zeros_like(A), (A_prev, hparameters)


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
    fast = is_fast("pool_backward", engine)
    known = _mode("pool_backward", mode)
    A_prev, hparameters = parts("pool_backward", "cache", cache, "A_prev", "hparameters")
    f_stride = pair("pool_backward", hparameters, "f", "stride")
    dA, A_prev = arrays("pool_backward", dA=dA, A_prev=A_prev)
    dA_prev = _native.pool_backward(dA, A_prev, f_stride, mode if known else "average", fast)
    return dA_prev if known else np.zeros_like(dA_prev)


def create_mask_from_window(x: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Mark the largest entries of a window; all of them where several are equal, none where one is NaN.

    Parameters
    ----------
    x : array_like
        ``(f, f)``, or of any other shape.

    Returns
    -------
    ndarray of bool
        ``True`` at the maximum.
    """
    (x,) = arrays("create_mask_from_window", x=x)
    if x.ndim == 2 or not x.size:
        return _native.create_mask_from_window(np.atleast_2d(x))
    return _native.create_mask_from_window(x.reshape(1, -1)).reshape(x.shape)


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
    expected = "two sizes, (n_H, n_W)"
    taken = sizes("distribute_value", "shape", shape, expected)
    if len(taken) != 2:
        raise ValueError(f"distribute_value: shape is {shown(shape)}, expected {expected}")
    return _native.distribute_value(number("distribute_value", "dz", dz), (taken[0], taken[1]))
