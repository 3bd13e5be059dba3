"""The functions of "Logistic regression with a neural network mindset".

>>> import numpy as np
>>> from stepnet.course.logistic_regression import *
>>> w, b, X, Y = np.array([[1.0], [2.0]]), 2.0, np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]]), np.array([[1, 0, 1]])
>>> grads, cost = propagate(w, b, X, Y)
>>> print("%.8f" % cost)
5.80154532
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, whole
from stepnet.course._given import follow
from stepnet.steps._arguments import Engine, arrays, is_fast
from stepnet.steps._editions import Edition, chosen

__all__ = ["initialize_with_zeros", "model", "optimize", "predict", "propagate", "sigmoid"]


def sigmoid(z: npt.ArrayLike) -> Any:
    """Compute ``1 / (1 + exp(-z))`` of each number.

    Parameters
    ----------
    z : array_like
        Of any shape, or one number.

    Returns
    -------
    ndarray or float
        Of the shape of ``z``, and nothing else: the function of this name in `stepnet.course.building_dnn` returns a cache, too.
    """
    (values,) = arrays("sigmoid", z=z)
    return _native.sigmoid(values, True)[()]


def initialize_with_zeros(dim: int, *, edition: Edition | None = None) -> tuple[Array, float]:
    """Create weights and a bias of 0.

    Parameters
    ----------
    dim : int
        The number of weights.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2021 the bias is a ``float``, before it an ``int``.

    Returns
    -------
    w : ndarray
        ``(dim, 1)``.
    b : float
        The bias.
    """
    function = "initialize_with_zeros"
    b = 0.0 if chosen(function, edition) == "2021" else 0
    return np.zeros((whole(function, "dim", dim), 1)), b


def propagate(
    w: npt.ArrayLike, b: float, X: npt.ArrayLike, Y: npt.ArrayLike, *, engine: Engine = "fast"
) -> tuple[dict[str, Any], Array]:
    """Compute the cost and its gradients.

    Parameters
    ----------
    w : array_like
        ``(features, 1)``.
    b : float
        The bias.
    X : array_like
        ``(features, m)``.
    Y : array_like
        Labels, 0 or 1, ``(1, m)``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    grads : dict
        ``"dw"``, of the shape of ``w``, and ``"db"``, a number.
    cost : ndarray
        The mean cross-entropy, an array without dimensions.
    """
    fast = is_fast("propagate", engine)
    dw, db, cost = _native.logistic_propagate(w, number("propagate", "b", b), X, Y, fast)
    return {"dw": dw, "db": np.float64(db)}, np.array(cost)


def optimize(
    w: npt.ArrayLike,
    b: float,
    X: npt.ArrayLike,
    Y: npt.ArrayLike,
    num_iterations: int = 100,
    learning_rate: float = 0.009,
    print_cost: bool = False,
    *,
    engine: Engine = "fast",
) -> tuple[dict[str, Any], dict[str, Any], list[Array]]:
    """Take steps of gradient descent.

    Parameters
    ----------
    w, b, X, Y
        As for `propagate`.
    num_iterations : int
        Steps to take.
    learning_rate : float
        The size of a step.
    print_cost : bool
        Print the cost before every 100th step.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    params : dict
        ``"w"`` and ``"b"`` after the last step.
    grads : dict
        ``"dw"`` and ``"db"`` of the last step.
    costs : list
        The cost before every 100th step.
    """
    function = "optimize"
    descent = (
        number(function, "learning_rate", learning_rate),
        whole(function, "num_iterations", num_iterations, 1),
        is_fast(function, engine),
    )
    shows = follow(print_cost, "Cost after iteration %i: %f", 100)
    w, b, dw, db, costs = _native.logistic_optimize(w, number(function, "b", b), X, Y, descent, shows)
    return {"w": w, "b": np.float64(b)}, {"dw": dw, "db": np.float64(db)}, [np.array(cost) for cost in costs]


def predict(w: npt.ArrayLike, b: float, X: npt.ArrayLike) -> Array:
    """Predict labels: 1 where the activation is above 0.5.

    Parameters
    ----------
    w, b, X
        As for `propagate`.

    Returns
    -------
    ndarray
        0.0 or 1.0 for each example, ``(1, m)``.
    """
    return _native.logistic_predict(w, number("predict", "b", b), X)


def model(
    X_train: npt.ArrayLike,
    Y_train: npt.ArrayLike,
    X_test: npt.ArrayLike,
    Y_test: npt.ArrayLike,
    num_iterations: int = 2000,
    learning_rate: float = 0.5,
    print_cost: bool = False,
    *,
    edition: Edition | None = None,
    engine: Engine = "fast",
) -> dict[str, Any]:
    """Train from zeros, and predict the training and the test set.

    Parameters
    ----------
    X_train, X_test : array_like
        ``(features, m)``.
    Y_train, Y_test : array_like
        Labels, ``(1, m)``.
    num_iterations, learning_rate, print_cost, engine
        As for `optimize`.
    edition : {"2021", "v8a", "2017"}, optional
        In that of 2021 the accuracies are printed only with ``print_cost``, before it always.

    Returns
    -------
    dict
        ``"costs"``, ``"Y_prediction_test"``, ``"Y_prediction_train"``, ``"w"``, ``"b"``, ``"learning_rate"`` and
        ``"num_iterations"``.
    """
    newest = chosen("model", edition) == "2021"
    (X_train,) = arrays("model", X_train=X_train)
    w, b = np.zeros((X_train.shape[0] if X_train.ndim else 0, 1)), 0.0
    params, _, costs = optimize(w, b, X_train, Y_train, num_iterations, learning_rate, print_cost, engine=engine)
    w, b = params["w"], params["b"]
    of_test, of_train = predict(w, b, X_test), predict(w, b, X_train)
    if print_cost or not newest:
        print(f"train accuracy: {_native.logistic_accuracy(of_train, Y_train)} %")
        print(f"test accuracy: {_native.logistic_accuracy(of_test, Y_test)} %")
    return {
        "costs": costs,
        "Y_prediction_test": of_test,
        "Y_prediction_train": of_train,
        "w": w,
        "b": b,
        "learning_rate": learning_rate,
        "num_iterations": num_iterations,
    }
