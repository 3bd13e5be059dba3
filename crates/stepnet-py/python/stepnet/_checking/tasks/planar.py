"""The checks of "Planar data classification with one hidden layer"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import ENTROPY, entropy, entropy_cases, network
from stepnet._checking.tasks.dense import logistic
from stepnet.course import planar as notebook
from stepnet.steps._editions import current

_MODULES = ("planar",)


def _forward(f: Faults, X: Array, parameters: dict[str, Array]) -> Any:
    W1, b1, W2, b2 = (parameters[name] for name in ("W1", "b1", "W2", "b2"))
    if "bias forgotten" in f:
        b1, b2 = 0 * b1, 0 * b2
    if "b1 forgotten" in f or "b2 forgotten" in f:
        b1, b2 = (0 * b1, b2) if "b1 forgotten" in f else (b1, 0 * b2)
    Z1 = np.dot(W1, X) + b1
    A1: Any = np.tanh(Z1)
    if "sigmoid for tanh" in f:
        A1 = logistic(Z1)
    if "relu for tanh" in f:
        A1 = np.maximum(0, Z1)
    if "hidden activation left out" in f:
        A1 = Z1
    Z2 = np.dot(W2, A1) + b2
    A2 = np.tanh(Z2) if "tanh at the end" in f else Z2 if "sigmoid left out" in f else logistic(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


_FORWARD = {
    "bias forgotten": "the biases are forgotten: Z = W A + b.",
    "b1 forgotten": "the bias b1 is forgotten: Z1 = W1 X + b1.",
    "b2 forgotten": "the bias b2 is forgotten: Z2 = W2 A1 + b2.",
    "sigmoid for tanh": "the hidden layer has a sigmoid; it has tanh.",
    "relu for tanh": "the hidden layer has a ReLU; it has tanh.",
    "hidden activation left out": "the hidden layer's tanh is left out.",
    "tanh at the end": "the last layer has tanh; it has a sigmoid.",
    "sigmoid left out": "the last layer's sigmoid is left out.",
}

_DIMS = [([2, 3, 1], 4), ([2, 4, 1], 3), ([3, 3, 1], 3), ([4, 2, 1], 5)]


def _said(dims: list[int], m: int) -> str:
    return f"{dims[0]} inputs, {dims[1]} hidden units, {m} examples"


def _forward_cases() -> list[Case]:
    rng = np.random.RandomState(41)
    return [Case((rng.randn(dims[0], m), network(rng, dims)), _said(dims, m), m) for dims, m in _DIMS]


def _backward(f: Faults, parameters: dict[str, Array], cache: dict[str, Array], X: Array, Y: Array) -> Any:
    m = X.shape[0] if "m from axis 0" in f else X.shape[1]
    A1, A2, W2 = cache["A1"], cache["A2"], parameters["W2"]
    dZ2 = Y - A2 if "sign of dZ2" in f else A2 - Y
    if "slope of the sigmoid" in f:
        dZ2 = dZ2 * A2 * (1 - A2)
    slope = 1 - A1**2
    if "slope without square" in f:
        slope = 1 - A1
    if "slope of a sigmoid" in f:
        slope = A1 * (1 - A1)
    if "slope of Z1" in f:
        slope = 1 - cache["Z1"] ** 2
    if "slope left out" in f:
        slope = np.ones_like(A1)
    if "relu for tanh" in f:
        slope = (A1 > 0) * 1.0
    dZ1 = np.dot(W2.T, dZ2) * slope
    if "W2 left out" in f:
        dZ1 = np.ones_like(W2.T) @ dZ2 * slope
    grads = {}
    for name, dZ, before in (("1", dZ1, X), ("2", dZ2, A1)):
        dW, db = np.dot(dZ, before.T), np.sum(dZ, axis=1, keepdims=True)
        if "X for A1" in f and name == "2" and X.shape == A1.shape:
            dW = np.dot(dZ, X.T)
        if "db over the units" in f:
            db = np.sum(dZ, axis=0, keepdims=True)
        if "db over all" in f:
            db = np.sum(dZ)
        if "db without keepdims" in f:
            db = np.sum(dZ, axis=1)
        grads[f"dW{name}"] = dW if f & {"1/m forgotten", "dW not divided", f"dW{name} not divided"} else dW / m
        grads[f"db{name}"] = db if f & {"1/m forgotten", "db not divided", f"db{name} not divided"} else db / m
    return grads


_BACKWARD = {
    "1/m forgotten": "the factor 1/m is missing in all gradients: they are means over the m examples.",
    "dW not divided": "dW1 and dW2 are not divided by m.",
    "db not divided": "db1 and db2 are not divided by m.",
    **{f"{name} not divided": f"{name} is not divided by m." for name in ("dW1", "dW2", "db1", "db2")},
    "sign of dZ2": "dZ2 has the wrong sign: it is A2 - Y.",
    "slope of the sigmoid": "dZ2 has the sigmoid's slope as a factor; with the cross-entropy it cancels: A2 - Y alone is left.",
    "slope without square": "the slope of tanh is 1 - A1; it is 1 - A1 ** 2.",
    "slope of a sigmoid": "the slope is that of a sigmoid, A1 * (1 - A1); that of tanh is 1 - A1 ** 2.",
    "slope of Z1": "the slope is computed from Z1; it is 1 - A1 ** 2.",
    "slope left out": "the slope of tanh is left out: dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 2).",
    "relu for tanh": "the slope is that of a ReLU; that of tanh is 1 - A1 ** 2.",
    "W2 left out": "dZ1 does not use W2: it is np.dot(W2.T, dZ2) * (1 - A1 ** 2).",
    "X for A1": "dW2 uses X; it is 1/m * np.dot(dZ2, A1.T).",
    "db over the units": "db is summed over the wrong axis: sum over the examples, axis=1.",
    "db over all": "db is summed over all axes to one number: sum over the examples, axis=1, keepdims=True.",
    "db without keepdims": "keepdims is missing: db has shape (units,) in place of (units, 1).",
    "m from axis 0": "m is read from axis 0, the number of features; the number of examples is X.shape[1].",
}


def _backward_cases() -> list[Case]:
    rng = np.random.RandomState(42)
    made = []
    for dims, m in _DIMS:
        X, parameters = rng.randn(dims[0], m), network(rng, dims)
        _, cache = notebook.forward_propagation(X, parameters)
        Y = (rng.rand(1, m) > 0.5).astype(int)
        made.append(Case((parameters, cache, X, Y), _said(dims, m), m))
    return made


def _predict(f: Faults, parameters: dict[str, Array], X: Array) -> Any:
    A2, _ = _forward(f & {"bias forgotten"}, X, parameters)
    if "probabilities" in f:
        return A2
    if "threshold 0" in f:
        return A2 > 0
    return A2 < 0.5 if "inverted" in f else A2 > 0.5


_PREDICT = {
    "probabilities": "it returns the probabilities; it is whether they are above 0.5.",
    "threshold 0": "the threshold is 0; it is 0.5.",
    "inverted": "the labels are inverted: whether the probability is above 0.5.",
    "bias forgotten": "the biases are forgotten.",
}


def _predict_cases() -> list[Case]:
    rng = np.random.RandomState(43)
    return [Case((network(rng, dims), rng.randn(dims[0], 3 * m)), _said(dims, 3 * m), 3 * m) for dims, m in _DIMS]


def _layer_sizes(f: Faults, X: Array, Y: Array) -> Any:
    if "columns" in f:
        return X.shape[1], 4, Y.shape[1]
    if "columns of Y" in f:
        return X.shape[0], 4, Y.shape[1]
    if "columns of X" in f:
        return X.shape[1], 4, Y.shape[0]
    return X.shape[0], X.shape[0] if "n_h is n_x" in f else 4, Y.shape[0]


_SIZES = {
    "columns": "the sizes are numbers of columns, the examples; they are numbers of rows, shape[0].",
    "columns of X": "n_x is the number of columns of X; it is the number of rows.",
    "columns of Y": "n_y is the number of columns of Y; it is the number of rows.",
    "n_h is n_x": "n_h is the number of inputs; it is 4.",
}


def _sizes_cases() -> list[Case]:
    rng = np.random.RandomState(44)
    return [Case((rng.randn(n, m), rng.randn(k, m)), f"X of shape ({n}, {m}), Y of shape ({k}, {m})", m) for n, k, m in ((5, 2, 3), (2, 1, 6))]


def _cost_cases() -> list[Case]:
    """The editions before 2021 have a third argument, which they do not use."""
    if current() == "2021":
        return entropy_cases()
    parameters = network(np.random.RandomState(45), [2, 3, 1])
    return [replace(case, args=(*case.args, parameters)) for case in entropy_cases()]


def _cost(f: Faults, A2: Array, Y: Array, parameters: Any = None) -> Any:
    return entropy(f, A2, Y)


TASKS = [
    Task("layer_sizes", _MODULES, ("n_x", "n_h", "n_y"), notebook.layer_sizes, _sizes_cases, _layer_sizes, _SIZES, ("X", "Y")),
    Task(
        "forward_propagation", _MODULES, ("A2", "cache"), notebook.forward_propagation, _forward_cases, _forward, _FORWARD,
        ("X", "parameters"),
    ),
    Task("compute_cost", _MODULES, ("cost",), notebook.compute_cost, _cost_cases, _cost, ENTROPY, ("A2", "Y")),
    Task(
        "backward_propagation", _MODULES, ("grads",), notebook.backward_propagation, _backward_cases, _backward, _BACKWARD,
        ("parameters", "cache", "X", "Y"),
    ),
    Task("predict", _MODULES, ("predictions",), notebook.predict, _predict_cases, _predict, _PREDICT, ("parameters", "X")),
]
