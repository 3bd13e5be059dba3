"""The checks of "Logistic regression with a neural network mindset", and of the sigmoid that other notebooks share with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import ENTROPY, entropy
from stepnet._checking.tasks.dense import logistic
from stepnet.course import logistic_regression as notebook

_MODULES = ("logistic_regression",)


def _sigmoid(f: Faults, z: Any) -> Any:
    if "tanh" in f:
        return np.tanh(z)
    if "1 subtracted" in f:
        return 1 / (1 - np.exp(-z))
    return logistic(-z if "sign" in f else z)


SIGMOID = {
    "sign": "the exponent has the wrong sign: it is exp(-z).",
    "tanh": "it computes tanh(z); the sigmoid is 1 / (1 + exp(-z)).",
    "1 subtracted": "the denominator is 1 - exp(-z); it is 1 + exp(-z).",
}


def _sigmoid_cases() -> list[Case]:
    rng = np.random.RandomState(31)
    return [
        Case((np.array([0.5, 2.0]),), "z = [0.5, 2]"),
        Case((rng.randn(3, 4),), "z of shape (3, 4)", 4),
        Case((-1.5,), "z = -1.5"),
    ]


def _zeros(f: Faults, dim: int) -> Any:
    w: Any = np.zeros((dim, 1))
    if "one axis" in f:
        w = np.zeros(dim)
    if "row" in f:
        w = np.zeros((1, dim))
    if "square" in f:
        w = np.zeros((dim, dim))
    if "ones" in f:
        w = np.ones((dim, 1))
    return w, np.zeros((1, 1)) if "b is an array" in f else 0.0


_ZEROS = {
    "one axis": "w has shape (dim,); it is a column, (dim, 1): the shape is a tuple, np.zeros((dim, 1)).",
    "row": "w is a row; it is a column, (dim, 1).",
    "square": "w has dim columns; it has one, (dim, 1).",
    "ones": "w is ones; it is zeros.",
    "b is an array": "b is an array; it is a number, 0.0.",
}


def _pass(f: Faults, w: Array, b: float, X: Array, Y: Array) -> tuple[Array, float, Any]:
    m = X.shape[0] if "m from axis 0" in f else X.shape[1]
    Z = np.dot(w.T, X) + (0 if "bias forgotten" in f else b)
    A = Z if "activation left out" in f else np.tanh(Z) if "tanh" in f else logistic(Z)
    d = Y - A if "sign of the gradients" in f else A - Y
    if "slope counted twice" in f:
        d = d * A * (1 - A)
    dw: Array = np.dot(X, d.T)
    db: Any = np.sum(d)
    if "db without sum" in f:
        db = d
    if "db of X" in f:
        db = np.sum(np.dot(X, d.T))
    dw = dw if f & {"1/m forgotten", "dw not divided"} else dw / m
    db = db if f & {"1/m forgotten", "db not divided"} else db / m
    if "dw as a row" in f:
        dw = dw.T
    cost = entropy(f, A, Y)
    if "m from axis 0" in f:
        cost = cost * X.shape[1] / m
    return dw, db, cost


def _propagate(f: Faults, w: Array, b: float, X: Array, Y: Array) -> Any:
    dw, db, cost = _pass(f, w, b, X, Y)
    return {"dw": dw, "db": db}, cost


_PASS = {
    **{key: text for key, text in ENTROPY.items() if key not in ("1/m forgotten", "squares", "arguments swapped", "not summed")},
    "1/m forgotten": "the factor 1/m is missing in the cost and in the gradients: they are means over the examples.",
    "bias forgotten": "the bias is forgotten: A = sigmoid(w.T X + b).",
    "activation left out": "the sigmoid is left out: A = sigmoid(w.T X + b).",
    "tanh": "the activation is tanh; it is the sigmoid.",
    "sign of the gradients": "the gradients have the wrong sign: they have A - Y.",
    "slope counted twice": "the sigmoid's slope is a factor of dw and db; with the cross-entropy it cancels: A - Y alone is left.",
    "db without sum": "db is not summed over the examples.",
    "db of X": "db is multiplied by X; it is the mean of A - Y.",
    "dw not divided": "dw is not divided by m: it is 1/m * np.dot(X, (A - Y).T).",
    "db not divided": "db is not divided by m: it is 1/m * np.sum(A - Y).",
    "dw as a row": "dw is a row; it has the shape of w, a column.",
    "m from axis 0": "m is read from axis 0, the number of features; the number of examples is X.shape[1].",
}


def _data(rng: Any, features: int, m: int) -> tuple[Array, float, Array, Array]:
    Y = (rng.rand(1, m) > 0.5).astype(int)
    Y[0, 0] = 1
    return rng.randn(features, 1), float(rng.randn()), rng.randn(features, m), Y


_SIZES = [(2, 3), (3, 1), (4, 6), (3, 3)]


def _said(features: int, m: int) -> str:
    return f"{features} features, {m} example{'s' * (m > 1)}"


def _propagate_cases() -> list[Case]:
    rng = np.random.RandomState(32)
    return [Case(_data(rng, *size), _said(*size), size[1]) for size in _SIZES]


def _optimize(
    f: Faults, w: Array, b: float, X: Array, Y: Array, num_iterations: int = 100, learning_rate: float = 0.009, print_cost: bool = False
) -> Any:
    costs, steps = [], num_iterations - ("one step too few" in f) + ("one step too many" in f)
    rate = 0.009 if "rate ignored" in f else learning_rate
    sign = -1 if "uphill" in f else 1
    dw, db, cost = _pass(f, w, b, X, Y)
    for i in range(steps):
        if i == 0 or "gradient not renewed" not in f:
            dw, db, cost = _pass(f, w, b, X, Y)
        w, b = w - sign * rate * dw, b if "bias not updated" in f else b - sign * rate * db
        if i % 100 == 0 or "every cost" in f:
            costs.append(cost)
    return {"w": w, "b": b}, {"dw": dw, "db": db}, costs


_OPTIMIZE = {
    "uphill": "the gradient is added; gradient descent subtracts it.",
    "gradient not renewed": "the gradient is computed once; call propagate in every iteration, with the new w and b.",
    "bias not updated": "b is not updated.",
    "rate ignored": "the learning rate is not the argument.",
    "one step too few": "it takes one step too few: range(num_iterations).",
    "one step too many": "it takes one step too many: range(num_iterations).",
    "every cost": "every cost is kept; the list has that of every 100th iteration.",
}


def _optimize_cases() -> list[Case]:
    rng = np.random.RandomState(33)
    made = []
    for size, iterations, rate in zip(_SIZES, (1, 5, 101, 3), (0.5, 0.1, 0.05, 0.2)):
        given = (*_data(rng, *size), iterations, rate)
        made.append(Case(given, f"{_said(*size)}, {iterations} iterations, learning_rate = {rate}", size[1]))
    return made


def _predict(f: Faults, w: Array, b: float, X: Array) -> Any:
    A = logistic(np.dot(w.T, X) + (0 if "bias forgotten" in f else b))
    if "probabilities" in f:
        return A
    limit = 0.0 if "threshold 0" in f else 0.5
    result = (A < limit if "inverted" in f else A > limit).astype(float)
    return result[0] if "one axis" in f else result


_PREDICT = {
    "bias forgotten": "the bias is forgotten: A = sigmoid(w.T X + b).",
    "probabilities": "it returns the probabilities; it returns 1 where they are above 0.5, else 0.",
    "threshold 0": "the threshold is 0; it is 0.5.",
    "inverted": "the labels are inverted: 1 where the probability is above 0.5.",
    "one axis": "the numbers are right, but the shape is (m,) in place of (1, m).",
}


def _predict_cases() -> list[Case]:
    rng = np.random.RandomState(34)
    return [Case((rng.randn(n, 1), 1.5 * (-1) ** m, rng.randn(n, m)), _said(n, m), m) for n, m in ((2, 3), (4, 9), (3, 6))]


_NAMES = ("w", "b", "X", "Y", "num_iterations", "learning_rate")

TASKS = [
    Task(
        "sigmoid", (*_MODULES, "planar", "initialization", "regularization", "gradient_checking", "optimization"), ("s",),
        notebook.sigmoid, _sigmoid_cases, _sigmoid, SIGMOID, ("z",),
    ),
    Task(
        "initialize_with_zeros", _MODULES, ("w", "b"), notebook.initialize_with_zeros,
        lambda: [Case((dim,), f"dim = {dim}") for dim in (2, 1, 5)], _zeros, _ZEROS, ("dim",),
    ),
    Task("propagate", _MODULES, ("grads", "cost"), notebook.propagate, _propagate_cases, _propagate, _PASS, _NAMES[:4]),
    Task("optimize", _MODULES, ("params", "grads", "costs"), notebook.optimize, _optimize_cases, _optimize, {**_OPTIMIZE, **_PASS}, _NAMES),
    Task("predict", _MODULES, ("Y_prediction",), notebook.predict, _predict_cases, _predict, _PREDICT, _NAMES[:3]),
]
