"""The checks of convolution's backward pass, and of pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet import steps
from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.convolution import _starts, conv_cases, described

_MODULES = ("convolution",)


def _conv_backward(f: Faults, dZ: Array, cache: tuple[Array, Array, Array, dict[str, int]]) -> Any:
    A_prev, W, b, hparameters = cache
    stride, pad, size = hparameters["stride"], hparameters["pad"], W.shape[0]
    widths = ((0, 0), (pad, pad), (pad, pad), (0, 0))
    padded = np.pad(A_prev, widths)
    d_padded, dW, db = np.zeros_like(padded), np.zeros_like(W), np.zeros((1, 1, 1, W.shape[3]))
    m = len(A_prev)
    used = W[::-1, ::-1] if "filter flipped in dA" in f else W
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            down, right = _starts(f, h, w, stride)
            at = (slice(None), slice(down, down + size), slice(right, right + size))
            window = padded[at]
            if "first example only" in f:
                window = np.repeat(window[:1], m, 0)
            # (m, 1, 1, 1, n_C): one number for each example and filter.
            d = dZ[:, h, w][:, None, None, None, :]
            to_input = (window[..., None] if "dA from the window" in f else used) * d
            if "dA without dZ" in f:
                to_input = np.broadcast_to(used, to_input.shape)
            to_filter = np.ones_like(d) * window[..., None] if "dW without dZ" in f else (W if "dW from the filter" in f else window[..., None]) * d
            if "dA assigned" in f:
                d_padded[at] = to_input[..., -1]
            elif "dA assigned by position" in f:
                d_padded[at] = to_input.sum(axis=-1)
            else:
                d_padded[at] += to_input.sum(axis=-1)
            if "dW assigned" in f:
                dW[:] = to_filter[-1]
            else:
                dW += to_filter.sum(axis=0)
            db += dZ[:, h, w].sum(axis=0) if "db assigned" not in f else 0
    if "db assigned" in f:
        db[:] = dZ[-1, -1, -1]
    return _conv_gradients(f, (d_padded, dW, db), dZ, A_prev.shape, pad)


def _conv_gradients(f: Faults, gradients: tuple[Array, Array, Array], dZ: Array, shape: tuple[int, ...], pad: int) -> Any:
    d_padded, dW, db = gradients
    if "empty at pad 0" in f:
        dA = np.zeros(shape)
        for i in range(shape[0]):
            dA[i] = d_padded[i, pad:-pad, pad:-pad]
        return dA, dW, db
    if "cut to nothing at pad 0" in f:
        return d_padded[:, pad:-pad, pad:-pad], dW, db
    dA = d_padded if "dA with padding" in f else d_padded[:, pad : pad + shape[1], pad : pad + shape[2]]
    if "dA cropped from the start" in f:
        dA = d_padded[:, : shape[1], : shape[2]]
    if "dW divided" in f:
        dW = dW / shape[0]
    if "all divided" in f:
        dA, dW, db = dA / shape[0], dW / shape[0], db / shape[0]
    if "db divided" in f:
        db = db / shape[0]
    if "db over examples only" in f:
        db = dZ.sum(axis=0)
    if "db over all channels" in f:
        db = np.full_like(db, dZ.sum())
    return dA, dW, db


_EMPTY = "at pad = 0 the slice pad:-pad is 0:-0, which is empty. The notebook's own solution has this mistake; take pad : pad + n_H_prev."
_ALL = "the gradients of several windows are added: use +=."
_CONV = {
    "empty at pad 0": _EMPTY,
    "cut to nothing at pad 0": _EMPTY,
    "stride ignored": "the stride is ignored: the window starts at h and w, it should start at h * stride and w * stride.",
    "stride ignored in height": "the stride is used for the width only: vert_start is h * stride.",
    "stride ignored in width": "the stride is used for the height only: horiz_start is w * stride.",
    "dA assigned": f"dA_prev is assigned, not added up: a pixel lies in several windows and counts for all filters; {_ALL}",
    "dA assigned by position": f"dA_prev keeps only the last window's part: a pixel lies in several windows; {_ALL}",
    "dW assigned": f"dW keeps only the last window's part; {_ALL}",
    "db assigned": f"db keeps only the last position's part; {_ALL}",
    "dW divided": "dW is divided by m; in this notebook it is a sum over the examples.",
    "db divided": "db is divided by m; in this notebook it is a sum over the examples.",
    "all divided": "the gradients are divided by m; in this notebook they are sums over the examples.",
    "dA with padding": "dA_prev still has the padding: cut pad rows and columns off on each side.",
    "dA cropped from the start": "dA_prev is cut from the start of the padded gradient: leave out pad rows and columns first.",
    "dA without dZ": "dA_prev leaves dZ out: it is W[:, :, :, c] * dZ[i, h, w, c].",
    "dW without dZ": "dW leaves dZ out: it is the window of A_prev times dZ[i, h, w, c].",
    "dA from the window": "dA_prev is computed from the window of A_prev; it is W[:, :, :, c] * dZ[i, h, w, c].",
    "dW from the filter": "dW is computed from W; it is the window of A_prev times dZ[i, h, w, c].",
    "filter flipped in dA": "the filter is flipped for dA_prev; in the loops over windows it is not.",
    "first example only": "the windows of the first example are used for all: take the padded image number i.",
    "db over examples only": "db is summed over the examples only; sum over height and width as well.",
    "db over all channels": "db is summed over the channels, too: it has one number for each filter.",
}


def _conv_backward_cases() -> list[Case]:
    rng = np.random.RandomState(4)
    made = []
    for m, shape, size, filters, stride, pad in [conv_cases()[at] for at in (2, 4, 5, 1, 3)]:
        A_prev, W, b = rng.randn(m, *shape), rng.randn(size, size, shape[2], filters), rng.randn(1, 1, 1, filters)
        hparameters = {"stride": stride, "pad": pad}
        Z, cache = steps.conv_forward(A_prev, W, b, hparameters)
        made.append(Case((rng.randn(*Z.shape), cache), described(m, shape, size, filters, stride, pad), m))
    return made


def _pool_shape(f: Faults, shape: tuple[int, ...], size: int, stride: int) -> tuple[int, int]:
    add = "size without + 1" not in f
    if "size without stride" in f:
        return shape[1] - size + add, shape[2] - size + add
    height = (shape[1] - size) // stride + add
    return height, height if "height used for width" in f else (shape[2] - size) // stride + add


def _pool_forward(f: Faults, A_prev: Array, hparameters: dict[str, int], mode: str = "max") -> Any:
    size, stride = hparameters["f"], hparameters["stride"]
    if "f and stride swapped" in f:
        size, stride = stride, size
    if "always max" in f or "always average" in f:
        mode = "max" if "always max" in f else "average"
    if "modes swapped" in f:
        mode = "average" if mode == "max" else "max"
    shape = _pool_shape(f, A_prev.shape, size, stride)
    A = np.zeros((len(A_prev), *shape, A_prev.shape[3]))
    for h in range(shape[0]):
        for w in range(shape[1]):
            down, right = _starts(f, h, w, stride)
            end = size - ("window one too small" in f)
            window = A_prev[:, down : down + end, right : right + end]
            axes: Any = (1, 2, 3) if "over all channels" in f else (1, 2)
            if mode == "max":
                value = np.min(window, axis=axes) if "min" in f else np.max(np.abs(window) if "abs" in f else window, axis=axes)
            else:
                value = np.sum(window, axis=axes) if "sum" in f else np.mean(window, axis=axes)
            A[:, h, w] = value[:, None] if "over all channels" in f else value
    if "first example only" in f:
        A[:] = A[:1].copy()
    return A, (A_prev, hparameters)


def _pool_cases() -> list[tuple[int, tuple[int, int, int], int, int, str]]:
    return [
        (1, (2, 4, 1), 2, 2, "max"),
        (2, (4, 5, 3), 2, 1, "max"),
        (2, (4, 5, 3), 2, 1, "average"),
        (2, (7, 5, 2), 3, 2, "max"),
        (3, (5, 8, 2), 2, 3, "average"),
    ]


def _pool_said(m: int, shape: tuple[int, int, int], size: int, stride: int, mode: str) -> str:
    return f"{m} image{'s' * (m > 1)} of {'x'.join(map(str, shape))}, f = {size}, stride = {stride}, mode = {mode!r}"


def _pool_forward_cases() -> list[Case]:
    rng = np.random.RandomState(5)
    made = []
    for m, shape, size, stride, mode in _pool_cases():
        given = rng.randn(m, *shape), {"f": size, "stride": stride}
        made.append(Case((*given,), _pool_said(m, shape, size, stride, mode), m, {"mode": mode}))
    return made


_POOL = {
    "stride ignored": "the stride is ignored: the window starts at h and w, it should start at h * stride and w * stride.",
    "stride ignored in height": "the stride is used for the width only: vert_start is h * stride.",
    "stride ignored in width": "the stride is used for the height only: horiz_start is w * stride.",
    "height and width swapped": "height and width are swapped: h goes along axis 1, w along axis 2.",
    "window starts one late": "the window is off by one: it starts at h * stride, without + 1.",
    "window starts one row late": "the window is off by one: vert_start is h * stride, without + 1.",
    "window starts one column late": "the window is off by one: horiz_start is w * stride, without + 1.",
    "window one too small": "the window is off by one: it ends at vert_start + f, and a slice leaves its end out already.",
    "size without + 1": "the output is one row and one column too small: n_H = floor((n_H_prev - f) / stride) + 1.",
    "size without stride": "the size of the output is not divided by the stride.",
    "height used for width": "the output's width is computed from the height of the input.",
    "f and stride swapped": "f and stride are swapped where they are read from hparameters.",
    "modes swapped": "the two modes are swapped: \"max\" averages, \"average\" takes the maximum.",
    "always max": "the mode is ignored: it is always the maximum.",
    "always average": "the mode is ignored: it is always the mean.",
    "over all channels": "a window reaches over all channels: take channel c of the window, A_prev[i, ..., c].",
    "min": "the smallest value is taken; it is the largest.",
    "abs": "the largest magnitude is taken; it is the largest value.",
    "sum": "in mode \"average\" the window is summed; it is averaged.",
    "first example only": "all examples have the result of the first one: take image number i.",
}


def _pool_backward(f: Faults, dA: Array, cache: tuple[Array, dict[str, int]], mode: str = "max") -> Array:
    A_prev, hparameters = cache
    size, stride = hparameters["f"], hparameters["stride"]
    if "modes swapped" in f:
        mode = "average" if mode == "max" else "max"
    result = np.zeros_like(A_prev)
    for i, h, w, c in np.ndindex(*dA.shape):
        down, right = _starts(f, h, w, stride)
        at = (0 if "first example written" in f else i, slice(down, down + size), slice(right, right + size), c)
        window = A_prev[(0, *at[1:]) if "first example only" in f else (i, *at[1:])]
        value = dA[i, h, w, c]
        if mode == "max":
            part = _max_part(f, A_prev[i, :, :, c], window, dA[i, :, :, c], (h, w), value)
        else:
            count = size if "divided by f" in f else dA.shape[1] * dA.shape[2] if "divided by the output" in f else size * size
            part = np.full(window.shape, value / (1 if "not divided" in f else count))
        if part.shape != window.shape:
            result[i, :, :, c] += part
        elif "assigned" in f:
            result[at] = part
        else:
            result[at] += part
    return result


def _max_part(f: Faults, image: Array, window: Array, gradients: Array, at: tuple[int, int], value: Any) -> Any:
    if "mask by value" in f:
        return (image == window.max()) * value
    if "mask of the image" in f:
        return (window == image.max()) * value
    if "mask times window" in f:
        return (window == window.max()) * window * value
    if "mask times values of dA" in f:
        part = gradients[at[0] : at[0] + window.shape[0], at[1] : at[1] + window.shape[1]]
        full = np.zeros(window.shape)
        full[: part.shape[0], : part.shape[1]] = part
        return (window == window.max()) * full
    if "to all in the window" in f:
        return np.full(window.shape, value)
    if "mask of the minimum" in f:
        return (window == window.min()) * value
    if "mask without gradient" in f:
        return (window == window.max()) * 1.0
    return (window == window.max()) * value


def _pool_backward_cases() -> list[Case]:
    rng = np.random.RandomState(6)
    made = []
    for m, shape, size, stride, mode in _pool_cases():
        A_prev = rng.randn(m, *shape)
        # No equal maxima within a window: which of them gets the gradient is a matter of taste. But the same value elsewhere.
        if stride >= size:
            A_prev[:, 0, 0] = A_prev.max() + 1
            A_prev[:, -1, -1] = A_prev[:, 0, 0]
        hparameters = {"f": size, "stride": stride}
        A, cache = steps.pool_forward(A_prev, hparameters, mode)
        made.append(Case((rng.randn(*A.shape), cache), _pool_said(m, shape, size, stride, mode), m, {"mode": mode}))
    return made


_POOL_BACK = {
    "stride ignored": _POOL["stride ignored"],
    "stride ignored in height": _POOL["stride ignored in height"],
    "stride ignored in width": _POOL["stride ignored in width"],
    "assigned": f"dA_prev is assigned, not added up, where windows overlap; {_ALL}",
    "modes swapped": "the two modes are swapped.",
    "not divided": "in mode \"average\" each place gets all of the gradient; divide by f * f, as distribute_value does.",
    "divided by f": "in mode \"average\" the gradient is divided by f; divide by f * f.",
    "divided by the output": "in mode \"average\" the gradient is divided by n_H * n_W of the output; divide by f * f.",
    "mask by value": "the mask compares values of the whole image: equal values outside of the window are marked as well. Compare "
    "within the window, by position.",
    "mask of the image": "the mask looks for the maximum of the whole image; it is the maximum of the window.",
    "mask times window": "the mask is multiplied by the window's values, too; it is mask * dA[i, h, w, c].",
    "mask times values of dA": "the mask is multiplied by a window of dA; it is the one number dA[i, h, w, c].",
    "to all in the window": "in mode \"max\" every place of the window gets the gradient: multiply by the mask.",
    "mask of the minimum": "the mask marks the minimum; it is the maximum.",
    "mask without gradient": "the gradient is missing: multiply the mask by dA[i, h, w, c].",
    "first example only": "the windows of the first example are used for all: take A_prev[i].",
    "first example written": "all gradients go to the first example: write into dA_prev[i].",
}


def _mask(f: Faults, x: Array) -> Any:
    if "value" in f:
        return np.max(x)
    if "position" in f:
        return np.argmax(x)
    if "values at the maximum" in f:
        return x * (x == np.max(x))
    if "axis 0" in f:
        return x == np.max(x, axis=0)
    if "axis 1" in f:
        return x == np.max(x, axis=1, keepdims=True)
    if "inverted" in f:
        return x != np.max(x)
    if "abs" in f:
        return np.abs(x) == np.max(np.abs(x))
    return x == (np.min(x) if "min" in f else np.max(x))


_MASK = {
    "value": "it returns the maximum; it is a mask of the shape of x, True where the maximum is.",
    "position": "it returns the position of the maximum; it is a mask of the shape of x.",
    "values at the maximum": "it has the value at the maximum; it is True there: x == np.max(x).",
    "axis 0": "the maximum is taken of each column: the axis is wrong. Take it of all of x.",
    "axis 1": "the maximum is taken of each row: the axis is wrong. Take it of all of x.",
    "inverted": "the mask is inverted.",
    "min": "the minimum is marked; it is the maximum.",
    "abs": "the largest magnitude is marked; it is the largest value.",
}


def _distribute(f: Faults, dz: float, shape: tuple[int, int]) -> Any:
    n_H, n_W = shape
    if "shape swapped" in f:
        return np.ones((n_W, n_H)) * dz / (n_H * n_W)
    if "floored" in f:
        return np.ones(shape) * (dz // (n_H * n_W))
    if "number" in f:
        return dz / (n_H * n_W)
    count = n_H if "height only" in f else n_W if "width only" in f else n_H + n_W if "sum of sizes" in f else n_H * n_W
    return np.ones(shape) * (dz if "not divided" in f else dz / count)


_DISTRIBUTE = {
    "not divided": "the number is not divided: each place gets dz / (n_H * n_W).",
    "height only": "it is divided by n_H only: divide by n_H * n_W.",
    "width only": "it is divided by n_W only: divide by n_H * n_W.",
    "sum of sizes": "it is divided by n_H + n_W: divide by n_H * n_W.",
    "shape swapped": "height and width of the result are swapped.",
    "floored": "the division drops the decimals: use / in place of //.",
    "number": "it returns one number; it is a matrix of the given shape.",
}


def _small_cases() -> tuple[list[Case], list[Case]]:
    rng = np.random.RandomState(7)
    masks = [np.array([[1.0, -5.0], [3.0, 2.0]]), rng.randn(2, 3), rng.randn(3, 3), -np.abs(rng.randn(3, 2))]
    spread = [(2.0, (2, 2)), (5.0, (2, 3)), (-1.5, (3, 1))]
    return (
        [Case((x,), f"x of shape {x.shape}") for x in masks],
        [Case(given, f"dz = {given[0]}, shape = {given[1]}") for given in spread],
    )


TASKS = [
    Task("conv_backward", _MODULES, ("dA_prev", "dW", "db"), steps.conv_backward, _conv_backward_cases, _conv_backward, _CONV, ("dZ", "cache")),
    Task("pool_forward", _MODULES, ("A", "cache"), steps.pool_forward, _pool_forward_cases, _pool_forward, _POOL, ("A_prev", "hparameters")),
    Task("pool_backward", _MODULES, ("dA_prev",), steps.pool_backward, _pool_backward_cases, _pool_backward, _POOL_BACK, ("dA", "cache")),
    Task("create_mask_from_window", _MODULES, ("mask",), steps.create_mask_from_window, lambda: _small_cases()[0], _mask, _MASK, ("x",)),
    Task("distribute_value", _MODULES, ("a",), steps.distribute_value, lambda: _small_cases()[1], _distribute, _DISTRIBUTE, ("dz", "shape")),
]
