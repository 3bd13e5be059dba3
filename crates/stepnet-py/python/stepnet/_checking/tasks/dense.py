"""The checks of one layer, from "Building your deep neural network: step by step"."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet import steps
from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task

_MODULES = ("building_dnn", "dnn_application")


def logistic(Z: Any) -> Any:
    return 1 / (1 + np.exp(-Z))


def _sigmoid(f: Faults, Z: Array) -> Any:
    A = np.tanh(Z) if "tanh" in f else logistic(-Z if "sign" in f else Z)
    if "1 subtracted" in f:
        A = 1 / (1 - np.exp(-Z))
    if "softmax" in f:
        A = np.exp(Z) / np.sum(np.exp(Z))
    return A, A if "cache is A" in f else Z


def _relu(f: Faults, Z: Array) -> Any:
    A = np.maximum(0, Z)
    if "abs" in f:
        A = np.abs(Z)
    if "leaky" in f:
        A = np.maximum(0.01 * Z, Z)
    if "minimum" in f:
        A = np.minimum(0, Z)
    if "linear" in f:
        A = Z
    if "step" in f:
        A = (Z > 0) * 1.0
    return A, A if "cache is A" in f else Z


_CACHE_IS_A = "the cache is A; it is Z, which the backward pass needs."
_SIGMOID = {
    "sign": "the exponent has the wrong sign: it is exp(-Z).",
    "tanh": "it computes tanh(Z); the sigmoid is 1 / (1 + exp(-Z)).",
    "1 subtracted": "the denominator is 1 - exp(-Z); it is 1 + exp(-Z).",
    "softmax": "it computes a softmax over all numbers; the sigmoid is computed for each number by itself.",
    "cache is A": _CACHE_IS_A,
}
_RELU = {
    "abs": "it computes |Z|; ReLU is max(0, Z).",
    "leaky": "it computes a leaky ReLU; where Z is below 0 the result is 0.",
    "minimum": "it takes the minimum of 0 and Z; ReLU is the maximum.",
    "linear": "it returns Z as it is.",
    "step": "it gives 1 where Z is positive; it gives Z there.",
    "cache is A": _CACHE_IS_A,
}


def _activation_cases() -> list[Case]:
    rng = np.random.RandomState(11)
    return [
        Case((np.array([[-1.0, 0.5, 2.0]]),), "Z = [[-1, 0.5, 2]]", 3),
        Case((rng.randn(3, 4),), "Z of shape (3, 4)", 4),
        Case((rng.randn(4, 1) * 3,), "Z of shape (4, 1)"),
    ]


def sigmoid_back(f: Faults, dA: Array, Z: Array) -> Array:
    s = Z if "Z for sigmoid" in f else logistic(Z)
    slope = s * (1 + s) if "1 + s" in f else 1 - s if "s left out" in f else s if "1 - s left out" in f else s * (1 - s)
    return slope if "dA left out" in f else dA * slope


def relu_back(f: Faults, dA: Array, Z: Array) -> Array:
    mask = dA > 0 if "mask of dA" in f else Z < 0 if "mask inverted" in f else Z > 0
    if "dA passed" in f:
        return dA
    return mask * (Z if "Z passed" in f else 1.0 if "dA left out" in f else dA)


_SIGMOID_BACK = {
    "Z for sigmoid": "the slope is computed from Z: with s = sigmoid(Z) it is s * (1 - s).",
    "1 + s": "the slope is s * (1 + s); it is s * (1 - s).",
    "s left out": "the slope is 1 - s; it is s * (1 - s).",
    "1 - s left out": "the slope is s; it is s * (1 - s).",
    "dA left out": "the slope alone is returned: multiply by dA.",
}
_RELU_BACK = {
    "mask of dA": "the mask looks at the sign of dA; it is Z that decides: dZ is dA where Z > 0.",
    "mask inverted": "the mask is inverted: dZ is dA where Z > 0, and 0 elsewhere.",
    "dA passed": "dA is passed on as it is: set it to 0 where Z <= 0.",
    "Z passed": "where Z > 0 the result is Z; it is dA.",
    "dA left out": "the slope alone is returned: multiply by dA.",
}


def _back_cases() -> list[Case]:
    rng = np.random.RandomState(12)
    return [
        Case((np.array([[1.0, -2.0, 3.0, -1.0]]), np.array([[-1.0, 0.5, 2.0, -3.0]])), "dA = [[1, -2, 3, -1]], Z = [[-1, 0.5, 2, -3]]", 4),
        Case((rng.randn(3, 4), rng.randn(3, 4)), "dA and Z of shape (3, 4)", 4),
    ]


def forward(f: Faults, A: Array, W: Array, b: Array) -> Any:
    product = np.dot(W, A)
    if "W not multiplied as a matrix" in f:
        product = W * A
    if "W transposed" in f:
        product = np.dot(W.T, A)
    if "first bias for all" in f:
        b = np.full_like(b, b[0, 0])
    if "all biases" in f:
        return product + np.sum(b)
    Z = product + np.sum(A, axis=0, keepdims=True) * b if "bias per element" in f else product + b
    if "bias times inputs" in f:
        Z = product + b * W.shape[1]
    if "bias forgotten" in f:
        Z = product
    if "bias subtracted" in f:
        Z = product - b
    return Z


def _linear_forward(f: Faults, A: Array, W: Array, b: Array) -> Any:
    Z = forward(f, A, W, b)
    return Z, (W, A, b) if "cache in another order" in f else (Z, W, b) if "cache has Z" in f else (A, W, b)


LINEAR = {
    "bias forgotten": "the bias is forgotten: Z = W A + b.",
    "bias times inputs": "the bias is added per element of the sum, once for each input; add it once, after the product.",
    "bias per element": "the bias is multiplied with the inputs; it is added.",
    "bias subtracted": "the bias is subtracted; it is added.",
    "first bias for all": "all units use the first bias: b has one row for each unit.",
    "all biases": "the sum of all biases is added to each unit: each has its own.",
    "W not multiplied as a matrix": "W and A are multiplied element by element; it is a matrix product, np.dot(W, A).",
    "W transposed": "W is transposed; it has the shape (units, previous units) already.",
}


def layer(rng: Any, units: int, inputs: int, m: int) -> tuple[Array, Array, Array]:
    return rng.randn(inputs, m), rng.randn(units, inputs), rng.randn(units, 1)


_SHAPES = [(1, 2, 3), (3, 4, 2), (4, 4, 4), (3, 3, 1), (2, 5, 6)]


def _said(units: int, inputs: int, m: int) -> str:
    return f"{units} unit{'s' * (units > 1)} of {inputs} inputs, {m} example{'s' * (m > 1)}"


def _linear_cases() -> list[Case]:
    rng = np.random.RandomState(13)
    return [Case(layer(rng, *shape), _said(*shape), shape[2]) for shape in _SHAPES]


def backward(f: Faults, dZ: Array, A_prev: Array, W: Array, m: int | None = None) -> tuple[Array, Array, Any]:
    m = A_prev.shape[0] if "m from axis 0" in f else A_prev.shape[1] if m is None else m
    product = np.dot(dZ, A_prev.T)
    if "dW uses dZ transposed" in f:
        product = np.dot(dZ.T, A_prev)
    dW = product if f & {"dW not divided", "1/m forgotten"} else product / m
    total: Any = np.sum(dZ, axis=1, keepdims=True)
    if "db over the units" in f:
        total = np.sum(dZ, axis=0, keepdims=True)
    if "db over all" in f:
        total = np.sum(dZ)
    if "db over all, in shape" in f:
        total = np.full((len(dZ), 1), np.sum(dZ))
    if "db without keepdims" in f:
        total = np.sum(dZ, axis=1)
    if "db not summed" in f:
        total = dZ
    db = total if f & {"db not divided", "1/m forgotten"} else total / m
    if "db divided twice" in f:
        db = db / m
    dA = np.dot(W, dZ) if "dA without transpose" in f else np.dot(W.T, dZ)
    if "dA divided" in f:
        dA = dA / m
    return dA, dW, db


def _linear_backward(f: Faults, dZ: Array, cache: tuple[Array, Array, Array]) -> Any:
    return backward(f, dZ, cache[0], cache[1])


LINEAR_BACK = {
    "1/m forgotten": "the factor 1/m is missing in dW and db: they are means over the m examples.",
    "dW not divided": "dW is not divided by m: it is 1/m * np.dot(dZ, A_prev.T).",
    "db not divided": "db is not divided by m: it is 1/m * np.sum(dZ, axis=1, keepdims=True).",
    "db divided twice": "db is divided by m twice.",
    "dA divided": "dA_prev is divided by m; it is not a mean over the examples: each example has its own gradient.",
    "db over the units": "db is summed over the wrong axis: sum over the examples, axis=1.",
    "db over all": "db is summed over all axes to one number: sum over the examples, axis=1, keepdims=True.",
    "db over all, in shape": "db is summed over all axes: each unit has its own sum over the examples, axis=1.",
    "db without keepdims": "keepdims is missing: db has shape (units,) in place of (units, 1).",
    "db not summed": "db is not summed over the examples: axis=1, keepdims=True.",
    "dW uses dZ transposed": "dW transposes dZ; it is np.dot(dZ, A_prev.T).",
    "dA without transpose": "dA_prev multiplies by W; it is np.dot(W.T, dZ).",
    "m from axis 0": "m is read from axis 0, the number of inputs; the number of examples is A_prev.shape[1].",
}


def _linear_back_cases() -> list[Case]:
    rng = np.random.RandomState(14)
    made = []
    for units, inputs, m in _SHAPES:
        cache = layer(rng, units, inputs, m)
        made.append(Case((rng.randn(units, m), cache), _said(units, inputs, m), m))
    return made


def activate(f: Faults, Z: Array, activation: str) -> Array:
    if "activations swapped" in f:
        activation = "relu" if activation == "sigmoid" else "sigmoid"
    if "always relu" in f or "always sigmoid" in f:
        activation = "relu" if "always relu" in f else "sigmoid"
    if "activation left out" in f:
        return Z
    result: Array = logistic(Z) if activation == "sigmoid" else np.maximum(0, Z)
    return result


def _layer_forward(f: Faults, A_prev: Array, W: Array, b: Array, activation: str) -> Any:
    Z = forward(f, A_prev, W, b)
    A = activate(f, Z, activation)
    return A, ((A_prev, W, b), A if "cache is A" in f else Z)


_ACTIVATION = {
    "activations swapped": "the activations are swapped: \"relu\" computes the sigmoid, \"sigmoid\" the ReLU.",
    "always relu": "the activation is always ReLU: look at the argument activation.",
    "always sigmoid": "the activation is always the sigmoid: look at the argument activation.",
    "activation left out": "the activation is left out: Z is returned.",
}


def _layer_cases() -> list[Case]:
    rng = np.random.RandomState(15)
    made = []
    for at, shape in enumerate([*_SHAPES, (2, 3, 4)]):
        activation = "relu" if at % 2 else "sigmoid"
        made.append(Case((*layer(rng, *shape), activation), f"{_said(*shape)}, {activation}", shape[2]))
    return made


def _layer_backward(f: Faults, dA: Array, cache: Any, activation: str) -> Any:
    (A_prev, W, _), Z = cache
    if "activations swapped" in f:
        activation = "relu" if activation == "sigmoid" else "sigmoid"
    if "always relu" in f or "always sigmoid" in f:
        activation = "relu" if "always relu" in f else "sigmoid"
    if "activation left out" in f:
        dZ = dA
    else:
        dZ = sigmoid_back(f, dA, Z) if activation == "sigmoid" else relu_back(f, dA, Z)
    return backward(f, dZ, A_prev, W)


def _layer_back_cases() -> list[Case]:
    rng = np.random.RandomState(16)
    made = []
    for at, (units, inputs, m) in enumerate([*_SHAPES, (2, 3, 4)]):
        activation = "relu" if at % 2 else "sigmoid"
        A_prev, W, b = layer(rng, units, inputs, m)
        cache = ((A_prev, W, b), np.dot(W, A_prev) + b)
        made.append(Case((rng.randn(units, m), cache, activation), f"{_said(units, inputs, m)}, {activation}", m))
    return made


_LAYER_BACK = {**LINEAR_BACK, **_ACTIVATION, **_SIGMOID_BACK, "mask of dA": _RELU_BACK["mask of dA"], "mask inverted": _RELU_BACK["mask inverted"]}
_LAYER_BACK["activation left out"] = "the activation's slope is left out: dZ is computed from dA before the linear part."

TASKS = [
    Task("sigmoid", _MODULES, ("A", "cache"), steps.sigmoid, _activation_cases, _sigmoid, _SIGMOID, ("Z",)),
    Task("relu", _MODULES, ("A", "cache"), steps.relu, _activation_cases, _relu, _RELU, ("Z",)),
    Task("sigmoid_backward", _MODULES, ("dZ",), steps.sigmoid_backward, _back_cases, sigmoid_back, _SIGMOID_BACK, ("dA", "cache")),
    Task("relu_backward", _MODULES, ("dZ",), steps.relu_backward, _back_cases, relu_back, _RELU_BACK, ("dA", "cache")),
    Task(
        "linear_forward", _MODULES, ("Z", "cache"), steps.linear_forward, _linear_cases, _linear_forward,
        {**LINEAR, "cache in another order": "the cache is in another order: it is (A, W, b).", "cache has Z": "the cache has Z; it is (A, W, b)."},
        ("A", "W", "b"),
    ),
    Task(
        "linear_backward", _MODULES, ("dA_prev", "dW", "db"), steps.linear_backward, _linear_back_cases, _linear_backward, LINEAR_BACK,
        ("dZ", "cache"),
    ),
    Task(
        "linear_activation_forward", _MODULES, ("A", "cache"), steps.linear_activation_forward, _layer_cases, _layer_forward,
        {**_ACTIVATION, **LINEAR, "cache is A": "the second part of the cache is A; it is Z."}, ("A_prev", "W", "b", "activation"),
    ),
    Task(
        "linear_activation_backward", _MODULES, ("dA_prev", "dW", "db"), steps.linear_activation_backward, _layer_back_cases,
        _layer_backward, _LAYER_BACK, ("dA", "cache", "activation"),
    ),
]
