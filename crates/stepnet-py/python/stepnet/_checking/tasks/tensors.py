"""The checks of "Introduction to TensorFlow"."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import network
from stepnet.course import tensorflow_intro as notebook
from stepnet.steps._editions import current

_MODULES = ("tensorflow_intro",)


def _linear(f: Faults) -> Any:
    np.random.seed(1)
    X, W, b = np.random.randn(3, 1), np.random.randn(4, 3), np.random.randn(4, 1)
    if "b drawn before W" in f or "W drawn first" in f:
        np.random.seed(1)
        if "W drawn first" in f:
            W, X, b = np.random.randn(4, 3), np.random.randn(3, 1), np.random.randn(4, 1)
        else:
            X, b, W = np.random.randn(3, 1), np.random.randn(4, 1), np.random.randn(4, 3)
    return np.dot(W, X) + (0 if "bias forgotten" in f else b)


_LINEAR = {
    "bias forgotten": "the bias is forgotten: Y = W X + b.",
    "W drawn first": "the arrays are drawn in another order: X, W, b.",
    "b drawn before W": "the arrays are drawn in another order: X, W, b.",
}


def _one_hot(f: Faults, label: Any, C: int = 6) -> Any:
    labels = np.asarray(label).reshape(1, -1) - ("counted from 1" in f)
    if "one class too few" in f:
        C -= 1
    if "one class too many" in f:
        C += 1
    hot: Any = (np.arange(C).reshape(-1, 1) == labels).astype(float)
    if "inverted" in f:
        hot = 1 - hot
    if np.ndim(label) == 0:
        return hot if "column" in f else hot.T if "row" in f else hot[:, 0]
    return hot.T if "rows" in f else hot


_ONE_HOT = {
    "counted from 1": "the classes are counted from 1; they are counted from 0.",
    "one class too few": "there is one class too few: the result has C rows.",
    "one class too many": "there is one class too many: the result has C rows.",
    "inverted": "0 and 1 are exchanged.",
    "column": "the numbers are right, but the shape is (C, 1) in place of (C,): reshape the result.",
    "row": "the numbers are right, but the shape is (1, C) in place of (C,): reshape the result.",
    "rows": "each label is a row; it is a column: axis=0.",
}


def _one_hot_cases() -> list[Case]:
    # Before 2021 the function takes several labels, and no default.
    one = [Case((1, 4), "label = 1, C = 4"), Case((2,), "label = 2"), Case((3, 5), "label = 3, C = 5")]
    return [
        *(one if current() == "2021" else []),
        Case((np.array([1, 2, 3, 0, 2]), 4), "labels = [1, 2, 3, 0, 2], C = 4", 5),
    ]


def _forward(f: Faults, X: Array, parameters: dict[str, Array]) -> Any:
    A, Z = X, X
    for layer in (1, 2, 3):
        Z = np.dot(parameters[f"W{layer}"], A) + (0 if "bias forgotten" in f else parameters[f"b{layer}"])
        A = Z if "relu left out" in f else 1 / (1 + np.exp(-Z)) if "sigmoid for relu" in f else np.maximum(0, Z)
    if "softmax at the end" in f:
        return np.exp(Z) / np.exp(Z).sum(axis=0)
    return A if "relu at the end" in f else Z


_FORWARD = {
    "bias forgotten": "the biases are forgotten: Z = W A + b.",
    "relu left out": "the ReLUs are left out.",
    "sigmoid for relu": "the hidden layers have a sigmoid; they have a ReLU.",
    "relu at the end": "Z3 goes through a ReLU; the last layer is linear.",
    "softmax at the end": "the result goes through a softmax; it is Z3, the softmax is a part of the cost.",
}


def _forward_cases() -> list[Case]:
    rng = np.random.RandomState(101)
    made = []
    for dims, m in (([3, 4, 3, 2], 2), ([5, 4, 3, 6], 4)):
        made.append(Case((rng.randn(dims[0], m), network(rng, dims)), f"a network of {'-'.join(map(str, dims))} units, {m} examples", m))
    return made


def _cost(f: Faults, logits: Array, labels: Array, mean: bool = True) -> Any:
    m = logits.shape[0] if "transposed" in f else logits.shape[1]
    axis = 1 if "transposed" in f else 0
    if "softmax left out" in f:
        losses = -(labels * logits).sum(axis=axis)
    elif "sigmoid for softmax" in f:
        losses = (np.logaddexp(0, logits) - labels * logits).sum(axis=axis)
    else:
        scores = np.exp(logits) / np.exp(logits).sum(axis=axis, keepdims=True)
        if "softmax twice" in f:
            scores = np.exp(scores) / np.exp(scores).sum(axis=axis, keepdims=True)
        losses = -(labels * np.log(scores)).sum(axis=axis)
    total = losses.sum() * (-1 if "sign" in f else 1)
    return total / m if mean != ("mean and sum" in f) else total


_COST = {
    "transposed": "logits and labels are not transposed: Keras takes a row for each example, these have a column.",
    "softmax twice": "the softmax is applied twice: from_logits=True for logits.",
    "softmax left out": "the logarithm of the softmax is left out.",
    "sigmoid for softmax": "each class has a sigmoid; the classes share a softmax.",
    "sign": "the cost has the wrong sign.",
}


def _cost_cases() -> list[Case]:
    rng = np.random.RandomState(102)
    made = []
    for classes, m in ((3, 2), (6, 4), (4, 4)):
        labels = notebook.one_hot_matrix(rng.randint(0, classes, m), classes)
        made.append(Case((rng.randn(classes, m), labels), f"{classes} classes, {m} examples", m))
    return made


_MEAN = {**_COST, "mean and sum": "the losses are summed; the cost is their mean over the examples."}
_SUM = {**_COST, "mean and sum": "the losses are averaged; the total loss is their sum."}

TASKS = [
    Task("linear_function", _MODULES, ("Y",), notebook.linear_function, lambda: [Case((), "the call")], _linear, _LINEAR, seed=1),
    Task("one_hot_matrix", _MODULES, ("one_hot",), notebook.one_hot_matrix, _one_hot_cases, _one_hot, _ONE_HOT, ("label", "C")),
    Task("forward_propagation", _MODULES, ("Z3",), notebook.forward_propagation, _forward_cases, _forward, _FORWARD, ("X", "parameters")),
    Task("compute_cost", _MODULES, ("cost",), notebook.compute_cost, _cost_cases, _cost, _MEAN, ("logits", "labels")),
    Task(
        "compute_total_loss", _MODULES, ("total_loss",), notebook.compute_total_loss, _cost_cases,
        lambda f, logits, labels: _cost(f, logits, labels, False), _SUM, ("logits", "labels"),
    ),
]
