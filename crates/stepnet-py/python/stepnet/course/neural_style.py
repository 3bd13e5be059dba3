"""The functions of "Art generation with neural style transfer": costs of activations that a network gives.

The notebook's functions are TensorFlow's; these compute the same from numpy arrays, or anything that numpy can read.

>>> from stepnet.course.neural_style import *
>>> total_cost(0.2, 0.8)
34.0
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, shown
from stepnet.course._given import is_single
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "STYLE_LAYERS",
    "compute_content_cost",
    "compute_layer_style_cost",
    "compute_style_cost",
    "gram_matrix",
    "total_cost",
]

# The layers of VGG-19 whose activations the notebook takes, with their weights.
STYLE_LAYERS: list[tuple[str, float]] = [(f"block{block}_conv1", 0.2) for block in range(1, 6)]


def compute_content_cost(
    content_output: Any, generated_output: Any, *, edition: Edition | None = None
) -> Any:
    """Compute ``sum((a_C - a_G)^2) / (4 n_H n_W n_C)``.

    Parameters
    ----------
    content_output, generated_output : sequence of array_like
        The activations of all layers for the two images; those of the last one are used, ``(1, n_H, n_W, n_C)``.
    edition : {"2021", "v8a", "2017"}, optional
        In the editions before 2021 the arguments are the activations of one layer, ``a_C`` and ``a_G``.

    Returns
    -------
    float
        The cost.
    """
    function = "compute_content_cost"
    if chosen(function, edition) == "2021":
        a_C, a_G = _last(function, "content_output", content_output), _last(function, "generated_output", generated_output)
    else:
        a_C, a_G = content_output, generated_output
    single = is_single(a_C, a_G)
    return _number(_native.content_cost(a_C, a_G, single), single)


def _last(function: str, name: str, outputs: Any) -> Any:
    try:
        return outputs[-1]
    except (TypeError, IndexError, KeyError):
        expected = "expected the activations of all layers, the content layer last"
        raise ValueError(f"{function}: {name} is {shown(outputs)}, {expected}") from None


def _number(value: float, single: bool) -> Any:
    return np.float32(value) if single else np.float64(value)


def gram_matrix(A: npt.ArrayLike) -> Array:
    """Compute ``A A.T``.

    Parameters
    ----------
    A : array_like
        ``(n_C, n_H * n_W)``.

    Returns
    -------
    ndarray
        ``(n_C, n_C)``.
    """
    return _native.gram_matrix(A, is_single(A))


def compute_layer_style_cost(a_S: npt.ArrayLike, a_G: npt.ArrayLike) -> Any:
    """Compute the style cost of one layer: ``sum((G_S - G_G)^2) / (2 n_C n_H n_W)^2``, with the Gram matrices.

    Parameters
    ----------
    a_S, a_G : array_like
        Activations for the two images, ``(1, n_H, n_W, n_C)``.

    Returns
    -------
    float
        The cost.
    """
    single = is_single(a_S, a_G)
    return _number(_native.style_cost("compute_layer_style_cost", [a_S], [a_G], [1.0], single), single)


def compute_style_cost(
    style_image_output: Sequence[npt.ArrayLike],
    generated_image_output: Sequence[npt.ArrayLike],
    STYLE_LAYERS: Sequence[tuple[str, float]] = STYLE_LAYERS,
) -> Any:
    """Compute the sum of the layers' style costs, each times its weight.

    Parameters
    ----------
    style_image_output, generated_image_output : sequence of array_like
        The activations of all layers for the two images; the last one, the content layer, is left out.
    STYLE_LAYERS : sequence
        ``(name, weight)`` of each layer.

    Returns
    -------
    float
        The cost.
    """
    function = "compute_style_cost"
    style, generated = list(style_image_output)[:-1], list(generated_image_output)[:-1]
    weights = [number(function, f"STYLE_LAYERS[{at}][1]", layer[1]) for at, layer in enumerate(STYLE_LAYERS)]
    single = is_single(*style, *generated)
    return _number(_native.style_cost(function, style, generated, weights, single), single)


def total_cost(J_content: float, J_style: float, alpha: float = 10, beta: float = 40) -> float:
    """Compute ``alpha J_content + beta J_style``.

    Parameters
    ----------
    J_content, J_style : float
        The two costs.
    alpha, beta : float
        Their weights.

    Returns
    -------
    float
        The total.
    """
    given = {"J_content": J_content, "J_style": J_style, "alpha": alpha, "beta": beta}
    values = [number("total_cost", name, value) for name, value in given.items()]
    return _native.total_cost(values[0], values[1], values[2], values[3])
