"""The checks of "Convolutional neural networks: step by step", without pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet import steps
from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task

_MODULES = ("convolution",)

# Padding is given in the order of the axes: examples, height, width, channels.
_PADDED = {
    "pads all axes": (1, 1, 1, 1),
    "pads examples and height": (1, 1, 0, 0),
    "pads width and channels": (0, 0, 1, 1),
    "pads examples and channels": (1, 0, 0, 1),
    "pads height and channels": (0, 1, 0, 1),
    "pads examples and width": (1, 0, 1, 0),
    "pads height only": (0, 1, 0, 0),
    "pads width only": (0, 0, 1, 0),
}

_AXES = ("examples", "height", "width", "channels")


def _axes_said(which: tuple[int, ...]) -> str:
    padded = [name for name, on in zip(_AXES, which) if on]
    return f"the padding is on the wrong axes: on {' and '.join(padded)}; it belongs on height and width, axes 1 and 2."


def _zero_pad(f: Faults, X: Array, pad: int) -> Array:
    which = next((_PADDED[key] for key in _PADDED if key in f), (0, 1, 1, 0))
    before, after = pad * ("pads the end only" not in f), pad * ("pads the beginning only" not in f)
    if "pads twice" in f:
        before = after = 2 * pad
    if "pads half" in f:
        before = after = pad // 2
    widths = [(before, after) if on else (0, 0) for on in which]
    if "pads with ones" in f:
        return np.pad(X, widths, mode="constant", constant_values=1)
    if "pads with the edge" in f:
        return np.pad(X, widths, mode="edge")
    if "pads by reflection" in f:
        return np.pad(X, widths, mode="reflect")
    return X if "does not pad" in f else np.pad(X, widths)


def _zero_pad_cases() -> list[Case]:
    rng = np.random.RandomState(1)
    small = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    return [
        Case((small, 1), "1 image of 3x3x1, pad = 1"),
        Case((rng.randn(2, 3, 4, 2), 2), "2 images of 3x4x2, pad = 2", 2),
        Case((rng.randn(3, 2, 5, 4), 1), "3 images of 2x5x4, pad = 1", 3),
        Case((rng.randn(2, 3, 3, 3), 0), "2 images of 3x3x3, pad = 0", 2),
    ]


def _single_step(f: Faults, a_slice_prev: Array, W: Array, b: Array) -> Any:
    bias = float(np.asarray(b).reshape(-1)[0])
    products = np.multiply(a_slice_prev, W)
    if "bias per element" in f:
        return np.sum(products + b)
    if "matrix product" in f:
        return np.sum(np.matmul(a_slice_prev, W)) + bias
    if "bias times product" in f:
        return np.sum(products * b)
    if "dot over the channels" in f:
        return np.sum(products, axis=2) + bias
    if "no sum" in f:
        return products + bias
    if "mean" in f:
        return np.mean(products) + bias
    if "sum of the slice" in f:
        return np.sum(a_slice_prev) + bias
    total = np.sum(products)
    return total if "bias forgotten" in f else total - bias if "bias subtracted" in f else total + bias


def _single_step_cases() -> list[Case]:
    rng = np.random.RandomState(2)
    first = (np.arange(8.0).reshape(2, 2, 2), np.ones((2, 2, 2)), np.full((1, 1, 1), 5.0))
    return [
        Case(first, "a window of 2x2x2, W all ones, b = 5"),
        Case((rng.randn(3, 3, 3), rng.randn(3, 3, 3), rng.randn(1, 1, 1)), "a window of 3x3x3"),
        Case((rng.randn(4, 4, 4), rng.randn(4, 4, 4), rng.randn(1, 1, 1)), "a window of 4x4x4"),
    ]


def _size(f: Faults, n: int, size: int, pad: int, stride: int) -> int:
    if "size without stride" in f:
        stride = 1
    if "size without pad" in f:
        pad = 0
    if "size with one pad" in f:
        return int((n - size + pad) / stride) + 1
    span = n - size + 2 * pad
    if "size rounded up" in f:
        return -(-span // stride) + 1
    return int(span / stride) + ("size without + 1" not in f)


def _conv_forward(f: Faults, A_prev: Array, W: Array, b: Array, hparameters: dict[str, int]) -> Any:
    stride, pad = hparameters["stride"], hparameters["pad"]
    if "stride and pad swapped" in f:
        stride, pad = pad, stride
    size = W.shape[0]
    if "kernel flipped" in f:
        W = W[::-1, ::-1]
    if "kernel transposed" in f:
        W = W.transpose(1, 0, 2, 3)
    m, height, width, _ = A_prev.shape
    shape = _size(f, height, size, pad, stride), _size(f, width, size, pad, stride)
    if "height used for width" in f:
        shape = shape[0], shape[0]
    padded = _zero_pad({"does not pad"} if "pad ignored" in f else f, A_prev, pad)
    Z = np.zeros((m, *shape, W.shape[3]))
    if "whole numbers" in f:
        Z = Z.astype(int)
    for h in range(shape[0]):
        for w in range(shape[1]):
            _conv_place(f, Z, padded, W, b, (h, w, stride))
    if "first example only" in f:
        Z[:] = Z[:1].copy()
    if "relu" in f:
        Z = np.maximum(Z, 0)
    cache: tuple[Any, ...] = (padded if "cache has the padded input" in f else A_prev, W, b, hparameters)
    if "cache in another order" in f:
        cache = (hparameters, A_prev, W, b)
    if "cache without hparameters" in f:
        cache = (A_prev, W, b)
    return Z, cache


def _starts(f: Faults, h: int, w: int, stride: int) -> tuple[int, int]:
    down, right = h * stride, w * stride
    if "stride ignored" in f:
        down, right = h, w
    if "stride ignored in height" in f:
        down = h
    if "stride ignored in width" in f:
        right = w
    if "stride added" in f:
        down, right = h + stride, w + stride
    if "height and width swapped" in f:
        down, right = right, down
    down += bool(f & {"window starts one late", "window starts one row late"})
    right += bool(f & {"window starts one late", "window starts one column late"})
    return down, right


def _conv_place(f: Faults, Z: Array, padded: Array, W: Array, b: Array, at: tuple[int, int, int]) -> None:
    """One position, example by example as the notebook has it: what numpy says of arrays that do not fit is then the same, too."""
    h, w, stride = at
    down, right = _starts(f, h, w, stride)
    if "window one too small" in f:
        W = W[:-1, :-1]
    end = W.shape[0] + ("window one too large" in f)
    for i, c in np.ndindex(len(Z), W.shape[3]):
        window = padded[i, down : down + end, right : right + end, :]
        weights = W[..., 0] if "first filter for all" in f else W[..., c]
        bias = b[0, 0, 0, 0] if "first bias for all" in f else b.sum() if "all biases" in f else b[0, 0, 0, c]
        products = window * weights
        if "bias per element" in f:
            products = products + bias
        total = products.mean() if "mean" in f else products.max() if "largest product" in f else products.sum()
        Z[i, h, w, c] = total + bias * (not f & {"bias per element", "bias forgotten"})


_SIZES = {
    "size without + 1": "the output is one row and one column too small: n_H = floor((n_H_prev - f + 2 pad) / stride) + 1, the + 1 is missing.",
    "size rounded up": "the size of the output is rounded up; it is rounded down: use int() or //.",
    "size without stride": "the size of the output is not divided by the stride.",
    "size without pad": "the size of the output leaves the padding out: it has 2 * pad in it.",
    "size with one pad": "the size of the output counts the padding once; it is on both sides, 2 * pad.",
    "height used for width": "the output's width is computed from the height of the input: n_W comes from n_W_prev.",
}

_WINDOWS = {
    "stride ignored": "the stride is ignored: the window starts at h and w, it should start at h * stride and w * stride.",
    "stride ignored in height": "the stride is used for the width only: vert_start is h * stride.",
    "stride ignored in width": "the stride is used for the height only: horiz_start is w * stride.",
    "stride added": "the stride is added: the window starts at h * stride, not at h + stride.",
    "height and width swapped": "height and width are swapped: h goes along axis 1, w along axis 2.",
    "window starts one late": "the window is off by one: it starts at h * stride, without + 1.",
    "window starts one row late": "the window is off by one: vert_start is h * stride, without + 1.",
    "window starts one column late": "the window is off by one: horiz_start is w * stride, without + 1.",
    "window one too small": "the window is off by one: it ends at vert_start + f, and a slice leaves its end out already.",
    "window one too large": "the window is off by one: it ends at vert_start + f, without + 1.",
}

_BIAS = {
    "bias forgotten": "the bias is forgotten: Z is the sum of the products, plus b.",
    "bias per element": "the bias is added per element, before the sum: it counts f * f * n_C_prev times. Add it once, to the sum.",
}

_CONV = {
    **_BIAS, **_WINDOWS, **_SIZES,
    # Several of these end in the same error here; a check of zero_pad tells them apart.
    **dict.fromkeys(_PADDED, "the padding is on the wrong axes: it belongs on height and width, axes 1 and 2; check zero_pad by itself."),
    "pad ignored": "the padding is ignored: the windows are taken from A_prev in place of the padded A_prev_pad.",
    "pads twice": "the padding is twice as wide as pad.",
    "pads with the edge": "the padding repeats the edge; it is zeros.",
    "pads with ones": "the padding is ones; it is zeros.",
    "stride and pad swapped": "stride and pad are swapped where they are read from hparameters.",
    "first filter for all": "all channels of the output use the first filter: take W[:, :, :, c].",
    "first bias for all": "all channels of the output use the first bias: take b[:, :, :, c].",
    "all biases": "all biases are added to every channel: take b[:, :, :, c], not the whole of b.",
    "first example only": "all examples have the result of the first one: take the padded image number i.",
    "kernel flipped": "the filter is flipped, as in mathematics' convolution; in deep learning it is not.",
    "kernel transposed": "height and width of the filter are swapped.",
    "mean": "the products are averaged; they are summed.",
    "largest product": "the largest product is taken; the products are summed.",
    "relu": "a ReLU is applied; conv_forward is the linear part alone.",
    "whole numbers": "the decimals of Z are cut off, the dtype is wrong: create Z with np.zeros(shape), without dtype=int.",
    "cache has the padded input": "the cache has the padded input; it is (A_prev, W, b, hparameters), with A_prev as it was given.",
    "cache in another order": "the cache is in another order: it is (A_prev, W, b, hparameters).",
    "cache without hparameters": "the cache is without hparameters: it is (A_prev, W, b, hparameters).",
}


def _conv_given(rng: Any, m: int, shape: tuple[int, int, int], size: int, filters: int) -> tuple[Array, Array, Array]:
    return rng.randn(m, *shape), rng.randn(size, size, shape[2], filters), rng.randn(1, 1, 1, filters)


def conv_cases() -> list[tuple[int, tuple[int, int, int], int, int, int, int]]:
    """Examples, shape, size of the filters, filters, stride, pad; from easy to hard."""
    return [
        (1, (3, 3, 1), 2, 1, 1, 0),
        (2, (4, 5, 2), 2, 3, 1, 0),
        (2, (4, 4, 3), 3, 2, 1, 1),
        (2, (7, 5, 2), 3, 2, 2, 0),
        (3, (5, 7, 2), 2, 3, 2, 1),
        (2, (5, 8, 3), 3, 2, 3, 2),
    ]


def described(m: int, shape: tuple[int, int, int], size: int, filters: int, stride: int, pad: int) -> str:
    images = f"{m} image{'s' * (m > 1)} of {'x'.join(map(str, shape))}"
    return f"{images}, f = {size}, {filters} filter{'s' * (filters > 1)}, stride = {stride}, pad = {pad}"


def _conv_forward_cases() -> list[Case]:
    rng = np.random.RandomState(3)
    made = []
    for m, shape, size, filters, stride, pad in conv_cases():
        given = _conv_given(rng, m, shape, size, filters)
        made.append(Case((*given, {"stride": stride, "pad": pad}), described(m, shape, size, filters, stride, pad), m))
    return made


_ZERO_PAD = {
    **{key: _axes_said(which) for key, which in _PADDED.items()},
    "pads the end only": "the zeros are at the end only: pad on both sides, (pad, pad).",
    "pads the beginning only": "the zeros are at the beginning only: pad on both sides, (pad, pad).",
    "pads twice": "the padding is twice as wide as pad.",
    "pads half": "the padding is half as wide as pad: pad is the width on each side.",
    "pads with ones": "the padding is ones; it is zeros.",
    "pads with the edge": "the padding repeats the edge; it is zeros: mode='constant'.",
    "pads by reflection": "the padding mirrors the image; it is zeros: mode='constant'.",
    "does not pad": "nothing is padded: X is returned as it was given.",
}

_SINGLE = {
    **_BIAS,
    "matrix product": "W is multiplied as a matrix; the products are element by element: a_slice_prev * W.",
    "bias times product": "the bias is a factor; it is added to the sum.",
    "bias subtracted": "the bias is subtracted; it is added.",
    "dot over the channels": "the sum goes over the channels only: the axis is wrong. Sum over all axes, to one number.",
    "no sum": "the sum is missing: the result is one number.",
    "mean": "the products are averaged; they are summed.",
    "sum of the slice": "the window is summed without the filter.",
}

TASKS = [
    Task("zero_pad", _MODULES, ("X_pad",), steps.zero_pad, _zero_pad_cases, _zero_pad, _ZERO_PAD, ("X", "pad")),
    Task(
        "conv_single_step", _MODULES, ("Z",), steps.conv_single_step, _single_step_cases, _single_step, _SINGLE,
        ("a_slice_prev", "W", "b"),
    ),
    Task(
        "conv_forward", _MODULES, ("Z", "cache"), steps.conv_forward, _conv_forward_cases, _conv_forward, _CONV,
        ("A_prev", "W", "b", "hparameters"),
    ),
]
