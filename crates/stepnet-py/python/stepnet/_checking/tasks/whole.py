"""The checks of functions that are made of the others: short trainings, sums over layers, boxes, vectors of parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import network
from stepnet._checking.tasks.dense import logistic
from stepnet.course import gradient_checking, neural_style, planar, yolo

Parameters = dict[str, Array]


def _nn_model(f: Faults, X: Array, Y: Array, n_h: int, num_iterations: int = 10000, print_cost: bool = False) -> Parameters:
    np.random.seed(2 + ("another seed" in f))
    scale = 1.0 if "weights not scaled" in f else 0.01
    W1, W2 = np.random.randn(n_h, X.shape[0]) * scale, np.random.randn(Y.shape[0], n_h) * scale
    b1, b2 = np.zeros((n_h, 1)), np.zeros((Y.shape[0], 1))
    rate, m = 0.01 if "rate of 0.01" in f else 1.2, X.shape[1]
    for _ in range(num_iterations - ("one step too few" in f)):
        A1 = np.tanh(np.dot(W1, X) + b1)
        d2 = logistic(np.dot(W2, A1) + b2) - Y
        d1 = np.dot(W2.T, d2) * (1 - A1**2)
        W2, b2 = W2 - rate * np.dot(d2, A1.T) / m, b2 - rate * d2.mean(axis=1, keepdims=True)
        if "hidden layer not updated" not in f:
            W1, b1 = W1 - rate * np.dot(d1, X.T) / m, b1 - rate * d1.mean(axis=1, keepdims=True)
        if "one step only" in f:
            break
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


_NN_MODEL = {
    "one step only": "it takes one step and stops: does a return stand in the loop?",
    "one step too few": "it takes one step too few: range(0, num_iterations).",
    "hidden layer not updated": "W1 and b1 are not updated.",
    "rate of 0.01": "the learning rate is 0.01; update_parameters has 1.2.",
    "weights not scaled": "the weights start without the factor 0.01.",
    "another seed": "the generator is seeded with another number than 2.",
}


def _nn_cases() -> list[Case]:
    rng = np.random.RandomState(111)
    made = []
    for n_h, m, steps in ((2, 5, 2), (4, 6, 5), (3, 8, 20)):
        Y = (rng.rand(1, m) > 0.5).astype(int)
        made.append(Case((rng.randn(2, m), Y, n_h, steps), f"{m} examples, {n_h} hidden units, {steps} iterations", m))
    return made


def _style(f: Faults, style: list[Array], generated: list[Array], layers: list[tuple[str, float]]) -> Any:
    total: Any = 0.0
    for at, (_, weight) in enumerate(layers):
        a_S, a_G = style[at], generated[at]
        n = a_S.shape[-1]
        one, other = (a.reshape(-1, n).T for a in (a_S, a_G))
        cost = np.sum((one @ one.T - other @ other.T) ** 2) / (2 * a_S.size) ** 2
        total = (0 if "last layer only" in f else total) + (1 if "weights left out" in f else weight) * cost
    return total / len(layers) if "mean" in f else total


_STYLE = {
    "weights left out": "the weights of the layers are left out: J_style += weight * J_style_layer.",
    "last layer only": "only the last layer counts: add up with +=.",
    "mean": "the layers are averaged; they are summed with their weights.",
}


def _style_cases() -> list[Case]:
    rng = np.random.RandomState(112)
    made = []
    for weights in ([1.0, 0.5], [0.2, 0.3, 0.7]):
        shapes = [(1, 4, 3, 2 + at) for at in range(len(weights) + 1)]
        outputs = [[rng.randn(*shape) for shape in shapes] for _ in range(2)]
        layers = [(f"layer{at}", weight) for at, weight in enumerate(weights)]
        made.append(Case((*outputs, layers), f"weights {weights}"))
    return made


def _corners(f: Faults, box_xy: Array, box_wh: Array) -> Array:
    half = box_wh if "not halved" in f else box_wh / 2
    least, most = box_xy - half, box_xy + half
    if "x first" in f:
        return np.concatenate([least, most], axis=-1)
    return np.concatenate([least[..., ::-1], most[..., ::-1]], axis=-1)


_CORNERS = {
    "not halved": "the sizes are not halved: a corner is half a box from the centre.",
    "x first": "x comes first; the corners are y1, x1, y2, x2.",
}


def _corner_cases() -> list[Case]:
    rng = np.random.RandomState(113)
    return [Case((rng.rand(*shape, 2), rng.rand(*shape, 2)), f"boxes of shape {shape}") for shape in ((3,), (2, 2, 2))]


def _scaled(f: Faults, boxes: Array, image_shape: tuple[float, float]) -> Any:
    height, width = image_shape[::-1] if "height and width swapped" in f else image_shape
    factors = np.array([height, width, height, width])
    return boxes / factors if "divided" in f else boxes * factors


_SCALED = {
    "height and width swapped": "height and width are swapped: the corners are y1, x1, y2, x2.",
    "divided": "the corners are divided by the image's size; they are multiplied.",
}


def _scale_cases() -> list[Case]:
    rng = np.random.RandomState(114)
    return [Case((rng.rand(count, 4), shape), f"{count} boxes, an image of {shape}") for count, shape in ((2, (720.0, 1280.0)), (5, (10.0, 4.0)))]


def _gradients(f: Faults, gradients: Parameters) -> Array:
    names = [f"{letter}{at}" for at in (1, 2, 3) for letter in ("dW", "db")]
    if "weights first" in f:
        names.sort(key=lambda name: name[1] != "W")
    parts = [(gradients[name].T if "column by column" in f else gradients[name]).reshape(-1, 1) for name in names]
    theta: Array = np.concatenate(parts)
    return theta[:, 0] if "one axis" in f else theta


_VECTOR = {
    "weights first": "all weights come before the biases; the order is dW1, db1, dW2 and so on.",
    "column by column": "the arrays are read column by column; they are read row by row.",
    "one axis": "the result has one axis; it is a column, (n, 1).",
}


def _gradient_cases() -> list[Case]:
    rng = np.random.RandomState(115)
    made = []
    for dims in ([4, 5, 3, 1], [2, 3, 2, 1]):
        grads = {f"d{name}": array for name, array in network(rng, dims).items()}
        made.append(Case((grads,), f"a network of {'-'.join(map(str, dims))} units"))
    return made


_STYLE_NAMES = ("style_image_output", "generated_image_output", "STYLE_LAYERS")
TASKS = [
    Task("nn_model", ("planar",), ("parameters",), planar.nn_model, _nn_cases, _nn_model, _NN_MODEL, ("X", "Y", "n_h", "num_iterations"), seed=2),
    Task("compute_style_cost", ("neural_style",), ("J_style",), neural_style.compute_style_cost, _style_cases, _style, _STYLE, _STYLE_NAMES),
    Task("yolo_boxes_to_corners", ("yolo",), ("boxes",), yolo.yolo_boxes_to_corners, _corner_cases, _corners, _CORNERS, ("box_xy", "box_wh")),
    Task("scale_boxes", ("yolo",), ("boxes",), yolo.scale_boxes, _scale_cases, _scaled, _SCALED, ("boxes", "image_shape")),
    Task(
        "gradients_to_vector", ("gradient_checking",), ("theta",), gradient_checking.gradients_to_vector, _gradient_cases, _gradients,
        _VECTOR, ("gradients",),
    ),
]
