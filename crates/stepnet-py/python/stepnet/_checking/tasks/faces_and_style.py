"""The checks of "Face recognition" and "Art generation with neural style transfer"."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet.course import face_recognition, neural_style as notebook
from stepnet.steps._editions import current

_FACES, _STYLE = ("face_recognition",), ("neural_style",)


def _triplet(f: Faults, y_true: Any, y_pred: Any, alpha: float = 0.2) -> Any:
    anchor, positive, negative = y_pred
    axis = 0 if "over the wrong axis" in f else None if "over all" in f else -1

    def distance(one: Array, other: Array) -> Any:
        apart = np.abs(one - other) if "magnitudes" in f else np.square(one - other)
        total = np.sum(apart, axis=axis)
        return np.sqrt(total) if "roots" in f else total

    near, far = distance(anchor, positive), distance(anchor, negative)
    if "positive and negative" in f:
        far = distance(positive, negative)
    if "swapped" in f:
        near, far = far, near
    basic = near - far + (0 if "alpha left out" in f else -alpha if "alpha subtracted" in f else alpha)
    if "not cut at 0" not in f:
        basic = np.maximum(basic, 0)
    if "cut after the sum" in f:
        return np.maximum(np.sum(near - far + alpha), 0)
    return basic if "not summed" in f else np.mean(basic) if "mean" in f else np.sum(basic)


_TRIPLET = {
    "alpha left out": "the margin alpha is left out: near - far + alpha.",
    "alpha subtracted": "the margin alpha is subtracted; it is added.",
    "not cut at 0": "the loss of a triplet is not cut at 0: max(near - far + alpha, 0).",
    "cut after the sum": "the sum is cut at 0; each triplet's loss is cut, then they are summed.",
    "over the wrong axis": "the distances are summed over the examples, axis 0; they are summed over the encoding, axis=-1.",
    "over all": "the distances are summed over all axes: sum over the encoding, axis=-1, and cut each triplet at 0.",
    "mean": "the losses are averaged; they are summed.",
    "not summed": "the losses of the triplets are not summed.",
    "swapped": "positive and negative are swapped.",
    "positive and negative": "the second distance is that of positive and negative; it is that of anchor and negative.",
    "roots": "the distances are lengths; the squares are used, without a root.",
    "magnitudes": "the distances sum magnitudes; they sum squares.",
}


def _triplet_cases() -> list[Case]:
    rng = np.random.RandomState(91)
    made = []
    for m, size, alpha in ((2, 3, 0.2), (4, 4, 1.0), (5, 3, 3.0), (6, 3, 0.5)):
        # Of the last case the sum over the triplets is below 0, though that of one is not.
        encodings = tuple(rng.randn(m, size) * (1 if m < 5 or at < 2 else 3) for at in range(3))
        made.append(Case((None, encodings, alpha), f"{m} triplets of encodings of {size} numbers, alpha = {alpha}"))
    return made


def _content(f: Faults, content_output: Any, generated_output: Any) -> Any:
    a_C, a_G = (content_output, generated_output) if current() != "2021" else (content_output[-1], generated_output[-1])
    if "first layer" in f and current() == "2021":
        a_C, a_G = content_output[0], generated_output[0]
    _, n_H, n_W, n_C = a_C.shape
    total = np.sum(np.abs(a_C - a_G) if "square left out" in f else np.square(a_C - a_G))
    if "half" in f:
        return total / 2
    if "not divided" in f:
        return total
    return total / ((1 if "4 left out" in f else 4) * n_H * n_W * (1 if "channels left out" in f else n_C))


_CONTENT = {
    "half": "the sum is divided by 2; it is divided by 4 * n_H * n_W * n_C.",
    "not divided": "the sum is not divided by 4 * n_H * n_W * n_C.",
    "4 left out": "the factor 4 is missing: 1 / (4 * n_H * n_W * n_C).",
    "channels left out": "n_C is missing: 1 / (4 * n_H * n_W * n_C).",
    "square left out": "the differences are not squared.",
    "first layer": "the first layer's activations are used; the content layer is the last, [-1].",
}


def _activations(rng: Any, count: int) -> list[Array]:
    return [rng.randn(1, 4 - at % 2, 3, 2 + at) for at in range(count)]


def _content_cases() -> list[Case]:
    rng = np.random.RandomState(92)
    made = []
    for count in (1, 3):
        one, other = _activations(rng, count), _activations(rng, count)
        given = (one, other) if current() == "2021" else (one[-1], other[-1])
        made.append(Case(given, f"activations of {count} layers"))
    return made


def _gram(f: Faults, A: Array) -> Array:
    G: Array = np.dot(A.T, A) if "of the columns" in f else A * A if "elements" in f else np.dot(A, A.T)
    return G / A.shape[1] if "mean" in f else G


_GRAM = {
    "of the columns": "it is A.T A; it is A A.T, of shape (n_C, n_C).",
    "elements": "the elements are squared; it is the matrix product A A.T.",
    "mean": "the products are averaged over the positions; they are summed.",
}


def _layer(f: Faults, a_S: Array, a_G: Array) -> Any:
    _, n_H, n_W, n_C = a_S.shape

    def unrolled(a: Array) -> Array:
        return a.reshape(n_C, -1) if "reshaped without transpose" in f else a.reshape(-1, n_C).T

    difference = unrolled(a_S) - unrolled(a_G) if "without Gram" in f else _gram(f & {"of the columns"}, unrolled(a_S)) - _gram(
        f & {"of the columns"}, unrolled(a_G)
    )
    total = np.sum(np.square(difference))
    size = n_H * n_W * n_C
    if "mean" in f:
        total = np.mean(np.square(difference))
    if "not divided" in f:
        return total
    if "2 n n n not squared" in f:
        return total / (4 * size)
    if "channels not squared" in f:
        return total / (4 * n_C * (n_H * n_W) ** 2)
    return total / ((1 if "4 left out" in f else 4) * size**2)


_LAYER = {
    "reshaped without transpose": "the activations are reshaped to (n_C, n_H * n_W) without a transpose, which mixes the channels: "
    "reshape to (n_H * n_W, n_C), then transpose.",
    "without Gram": "the activations are compared; their Gram matrices are.",
    "of the columns": "the Gram matrices are A.T A; they are A A.T.",
    "2 n n n not squared": "the denominator is not squared: (2 * n_C * n_H * n_W) ** 2.",
    "channels not squared": "n_C is not squared in the denominator: 4 * n_C ** 2 * (n_H * n_W) ** 2.",
    "mean": "the squares are averaged; they are summed, the denominator is a factor of its own.",
    "4 left out": "the factor 4 is missing in the denominator.",
    "not divided": "the sum is not divided by 4 * n_C ** 2 * (n_H * n_W) ** 2.",
}


def _layer_cases() -> list[Case]:
    rng = np.random.RandomState(93)
    shapes = [(1, 2, 2, 1), (1, 4, 4, 3), (1, 3, 5, 4)]
    return [Case((rng.randn(*shape), rng.randn(*shape)), f"activations of shape {shape}") for shape in shapes]


def _total(f: Faults, J_content: float, J_style: float, alpha: float = 10, beta: float = 40) -> float:
    if "weights swapped" in f:
        alpha, beta = beta, alpha
    if "weights left out" in f:
        alpha = beta = 1
    if "defaults" in f:
        alpha, beta = 10, 40
    return alpha * J_content + beta * J_style


_TOTAL = {
    "weights swapped": "alpha and beta are swapped: alpha * J_content + beta * J_style.",
    "weights left out": "the weights are left out: alpha * J_content + beta * J_style.",
    "defaults": "the weights are always 10 and 40; they are the arguments.",
}


def _total_cases() -> list[Case]:
    given = [(0.2, 0.8), (1.5, 0.3, 2.0, 5.0), (0.7, 1.1, 3.0)]
    return [Case(one, f"J_content = {one[0]}, J_style = {one[1]}{f', alpha and beta = {one[2:]}' if one[2:] else ''}") for one in given]


TASKS = [
    Task("triplet_loss", _FACES, ("loss",), face_recognition.triplet_loss, _triplet_cases, _triplet, _TRIPLET, ("y_true", "y_pred", "alpha")),
    Task("compute_content_cost", _STYLE, ("J_content",), notebook.compute_content_cost, _content_cases, _content, _CONTENT),
    Task(
        "gram_matrix", _STYLE, ("GA",), notebook.gram_matrix,
        lambda: [Case((np.random.RandomState(94 + n).randn(n, m),), f"A of shape ({n}, {m})") for n, m in ((2, 3), (3, 4), (3, 1))],
        _gram, _GRAM, ("A",),
    ),
    Task("compute_layer_style_cost", _STYLE, ("J_style_layer",), notebook.compute_layer_style_cost, _layer_cases, _layer, _LAYER, ("a_S", "a_G")),
    Task("total_cost", _STYLE, ("J",), notebook.total_cost, _total_cases, _total, _TOTAL, ("J_content", "J_style", "alpha", "beta")),
]
