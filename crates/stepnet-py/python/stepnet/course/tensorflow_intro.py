"""The functions of "TensorFlow tutorial" / "Introduction to TensorFlow", on numpy arrays in place of tensors.

What the notebook shows of TensorFlow itself (variables, sessions, placeholders, gradient tapes) has no counterpart here.

>>> from stepnet.course.tensorflow_intro import *
>>> print("%.8f" % linear_function()[0, 0])
-2.15657382
>>> one_hot_matrix(1, C=4)
array([0., 1., 0., 0.])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, read
from stepnet._values import shown, whole
from stepnet.course._given import Parameters, seeded
from stepnet.course.logistic_regression import sigmoid
from stepnet.steps import linear_forward
from stepnet.steps._arguments import Engine, arrays, dictionary, is_fast, named, sizes
from stepnet.steps._dense import Within
from stepnet.steps._editions import chosen

__all__ = [
    "compute_cost",
    "compute_total_loss",
    "forward_propagation",
    "initialize_parameters",
    "linear_function",
    "one_hot_matrix",
    "sigmoid",
]

# The deviation of a normal distribution that is cut off at two deviations.
_CUT = 0.87962566103423978


def linear_function(*, seed: int = 1) -> Array:
    """Compute ``W X + b`` of drawn arrays: ``X`` of shape (3, 1), ``W`` of (4, 3), ``b`` of (4, 1), in this order.

    Parameters
    ----------
    seed : int
        Of the generator; the notebook's function seeds with 1.

    Returns
    -------
    ndarray
        ``(4, 1)``.
    """
    rng = np.random.RandomState(seeded("linear_function", seed))
    X, W, b = rng.randn(3, 1), rng.randn(4, 3), rng.randn(4, 1)
    return linear_forward(X, W, b)[0]


def one_hot_matrix(label: Any, C: int = 6) -> Array:
    """Write labels as columns with a single 1.

    Parameters
    ----------
    label : int or array_like of int
        A label, or several. The editions before 2021 call it ``labels``, and pass it by position.
    C : int
        The number of classes.

    Returns
    -------
    ndarray
        ``(C,)`` for one label, ``(C, m)`` for several; a column of zeros for a label that is no class, as TensorFlow has it.
    """
    function = "one_hot_matrix"
    labels = read(f"{function}: label", label, "a whole number, or several")
    if labels.dtype.kind == "f" and labels.size and np.isfinite(labels).all() and (labels == np.floor(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{function}: label is {shown(label)}, expected a whole number, or several")
    classes = np.arange(whole(function, "C", C, 1)).reshape(-1, 1)
    hot: Array = (classes == labels.reshape(1, -1)).astype(np.float64)
    return hot[:, 0] if labels.ndim == 0 else hot


def initialize_parameters(layers_dims: Any = (12288, 25, 12, 6), *, seed: int = 1) -> dict[str, Array]:
    """Draw the parameters as Glorot and Bengio do: normal numbers, cut off at two deviations, whose deviation is
    ``sqrt(2 / (inputs + units))``; the biases are 0 until 2021, and drawn in the same way since.

    The distribution is the notebook's, the numbers are not: they would take TensorFlow's generator.

    Parameters
    ----------
    layers_dims : sequence of int
        The inputs, and the units of the three layers; the notebook's function takes no argument.
    seed : int
        Of the generator, which is numpy's ``RandomState``.

    Returns
    -------
    dict
        ``"W1"`` ``(25, 12288)``, ``"b1"`` ``(25, 1)`` and so on to ``"b3"``.
    """
    function, expected = "initialize_parameters", "four sizes: the inputs, and the units of each layer"
    dims = sizes(function, "layers_dims", layers_dims, expected, 1)
    if len(dims) != 4:
        raise ValueError(f"{function}: layers_dims is {shown(layers_dims)}, expected {expected}")
    rng = np.random.RandomState(seeded(function, seed))
    drawn = chosen(function, None) == "2021"
    parameters = {}
    for layer, (before, units) in enumerate(zip(dims, dims[1:]), 1):
        parameters[f"W{layer}"] = _glorot(rng, (units, before))
        parameters[f"b{layer}"] = _glorot(rng, (units, 1)) if drawn else np.zeros((units, 1))
    return parameters


def _glorot(rng: np.random.RandomState, shape: tuple[int, int]) -> Array:
    values = rng.randn(*shape)
    while (beyond := np.abs(values) > 2).any():
        values[beyond] = rng.randn(int(beyond.sum()))
    result: Array = values * (np.sqrt(2 / sum(shape)) / _CUT)
    return result


def forward_propagation(X: npt.ArrayLike, parameters: Parameters, *, engine: Engine = "fast") -> Array:
    """Apply ``LINEAR -> RELU -> LINEAR -> RELU -> LINEAR``; the softmax is a part of the cost.

    Parameters
    ----------
    X : array_like
        ``(n_x, m)``.
    parameters : dict
        ``"W1"``, ``"b1"`` to ``"W3"``, ``"b3"``.
    engine : {"fast", "loops"}
        Kernels or plain loops.

    Returns
    -------
    ndarray
        ``Z3``, ``(classes, m)``.
    """
    function, expected = "forward_propagation", "W1, b1, W2, b2, W3 and b3"
    given = dictionary(function, "parameters", parameters, expected)
    if missing := [name for layer in "123" for name in (f"W{layer}", f"b{layer}") if name not in given]:
        raise ValueError(f"{function}: parameters has {named(given)}, expected {expected}: {missing[0]} is missing")
    fast = is_fast(function, engine)
    with Within(function):
        A: Any = X
        for layer in "12":
            A = _native.relu(linear_forward(A, given[f"W{layer}"], given[f"b{layer}"], engine=engine)[0], fast)
        return linear_forward(A, given["W3"], given["b3"], engine=engine)[0]


def compute_cost(logits: npt.ArrayLike, labels: npt.ArrayLike) -> np.float64:
    """Compute the mean over the examples of the softmax cross-entropy.

    Parameters
    ----------
    logits : array_like
        What `forward_propagation` returned, ``(classes, m)``.
    labels : array_like
        One-hot columns, of the same shape.

    Returns
    -------
    float
        The cost.
    """
    losses = _losses("compute_cost", logits, labels)
    if not losses.size:
        raise ValueError("compute_cost: logits has no columns, expected one for each example")
    return np.float64(losses.mean())


def compute_total_loss(logits: npt.ArrayLike, labels: npt.ArrayLike) -> np.float64:
    """Compute the sum over the examples of the softmax cross-entropy, which later printings of the notebook have in place of
    `compute_cost`.

    Parameters
    ----------
    logits, labels
        As for `compute_cost`.

    Returns
    -------
    float
        The loss.
    """
    return np.float64(_losses("compute_total_loss", logits, labels).sum())


def _losses(function: str, logits: npt.ArrayLike, labels: npt.ArrayLike) -> Array:
    scores, targets = (array.astype(np.float64) for array in arrays(function, logits=logits, labels=labels))
    for name, array in (("logits", scores), ("labels", targets)):
        if array.ndim != 2 or array.shape != scores.shape or not array.shape[0]:
            wanted = "(classes, examples)" if name == "logits" else f"{list(scores.shape)}, the shape of logits"
            raise ValueError(f"{function}: {name} has shape {list(array.shape)}, expected {wanted}")
    # Of the largest score each exponential is at most 1.
    shifted = scores - scores.max(axis=0)
    losses: Array = targets.sum(axis=0) * np.log(np.exp(shifted).sum(axis=0)) - (targets * shifted).sum(axis=0)
    return losses

