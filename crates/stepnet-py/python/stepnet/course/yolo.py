"""The functions of "Car detection for autonomous driving" that follow the network YOLO.

The notebook's functions are TensorFlow's; these compute the same from numpy arrays, or anything that numpy can read.

>>> from stepnet.course.yolo import *
>>> print("%.8f" % iou((2, 1, 4, 3), (1, 2, 3, 4)))
0.14285714
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, read
from stepnet._values import number, whole
from stepnet.course._given import is_single
from stepnet.steps._arguments import parts
from stepnet.steps._editions import Edition, chosen

__all__ = [
    "iou",
    "scale_boxes",
    "yolo_boxes_to_corners",
    "yolo_eval",
    "yolo_filter_boxes",
    "yolo_non_max_suppression",
]


def yolo_filter_boxes(
    boxes: npt.ArrayLike,
    box_confidence: npt.ArrayLike,
    box_class_probs: npt.ArrayLike,
    threshold: float = 0.6,
    *,
    edition: Edition | None = None,
) -> tuple[Array, Array, Array]:
    """Keep the boxes whose best class has a high score, which is confidence times probability.

    Parameters
    ----------
    boxes : array_like
        Corners, ``(..., 4)``, such as ``(19, 19, 5, 4)``.
    box_confidence : array_like
        ``(..., 1)``.
    box_class_probs : array_like
        ``(..., classes)``.
    threshold : float
        The lowest score that stays.
    edition : {"2021", "v8a", "2017"}, optional
        In the editions before 2021 the first two arguments change places: ``(box_confidence, boxes, ...)``.

    Returns
    -------
    scores : ndarray
        ``(left,)``, in the order of the grid.
    boxes : ndarray
        ``(left, 4)``.
    classes : ndarray of int
        ``(left,)``.
    """
    function = "yolo_filter_boxes"
    if chosen(function, edition) != "2021":
        boxes, box_confidence = box_confidence, boxes
    single = is_single(boxes, box_confidence, box_class_probs)
    return _native.filter_boxes(boxes, box_confidence, box_class_probs, number(function, "threshold", threshold), single)


def iou(box1: Sequence[float], box2: Sequence[float]) -> float:
    """Compute the intersection over the union of two boxes.

    Parameters
    ----------
    box1, box2 : sequence of float
        ``(x1, y1, x2, y2)``, upper left and lower right corner.

    Returns
    -------
    float
        From 0, for boxes that do not overlap, to 1.
    """
    corners = []
    for name, box in (("box1", box1), ("box2", box2)):
        values = list(box) if isinstance(box, (list, tuple, np.ndarray)) else []
        if len(values) != 4:
            raise ValueError(f"iou: {name} has {len(values)} numbers, expected (x1, y1, x2, y2)")
        corners.append([number("iou", f"{name}[{at}]", value) for at, value in enumerate(values)])
    return _native.intersection_over_union(corners[0], corners[1])


def yolo_non_max_suppression(
    scores: npt.ArrayLike,
    boxes: npt.ArrayLike,
    classes: npt.ArrayLike,
    max_boxes: int = 10,
    iou_threshold: float = 0.5,
) -> tuple[Array, Array, Array]:
    """Keep the best boxes, none of which overlaps a better one too much, whatever their classes.

    Parameters
    ----------
    scores : array_like
        ``(n,)``.
    boxes : array_like
        Corners, ``(n, 4)``.
    classes : array_like
        ``(n,)``.
    max_boxes : int
        How many boxes to keep at most.
    iou_threshold : float
        A box is dropped if its intersection over union with a better one is above this.

    Returns
    -------
    scores, boxes, classes : ndarray
        Those that stay, best first.
    """
    function = "yolo_non_max_suppression"
    scores, boxes = read(f"{function}: scores", scores), read(f"{function}: boxes", boxes)
    classes = read(f"{function}: classes", classes)
    if classes.shape != scores.shape:
        expected = f"expected {list(scores.shape)}, one for each of scores"
        raise ValueError(f"{function}: classes has shape {list(classes.shape)}, {expected}")
    most = whole(function, "max_boxes", max_boxes)
    threshold = number(function, "iou_threshold", iou_threshold)
    kept = _native.non_max_suppression(boxes, scores, most, threshold, is_single(boxes, scores))
    return scores[kept], boxes[kept], classes[kept]


def yolo_boxes_to_corners(box_xy: npt.ArrayLike, box_wh: npt.ArrayLike) -> Array:
    """Compute corners from centres and sizes.

    Parameters
    ----------
    box_xy, box_wh : array_like
        ``(..., 2)``.

    Returns
    -------
    ndarray
        ``(..., 4)``: ``y1, x1, y2, x2``.
    """
    return _native.boxes_to_corners(box_xy, box_wh, is_single(box_xy, box_wh))


def scale_boxes(boxes: npt.ArrayLike, image_shape: Sequence[float]) -> Array:
    """Bring corners in the unit square to an image.

    Parameters
    ----------
    boxes : array_like
        ``(..., 4)``: ``y1, x1, y2, x2``.
    image_shape : sequence of float
        ``(height, width)``.

    Returns
    -------
    ndarray
        Of the shape of ``boxes``.
    """
    height, width = parts("scale_boxes", "image_shape", image_shape, "height", "width")
    shape = (number("scale_boxes", "height", height), number("scale_boxes", "width", width))
    return _native.boxes_scaled(boxes, shape, is_single(boxes))


def yolo_eval(
    yolo_outputs: Sequence[npt.ArrayLike],
    image_shape: Sequence[float] = (720.0, 1280.0),
    max_boxes: int = 10,
    score_threshold: float = 0.6,
    iou_threshold: float = 0.5,
    *,
    edition: Edition | None = None,
) -> tuple[Array, Array, Array]:
    """Turn the network's outputs into boxes in an image.

    Parameters
    ----------
    yolo_outputs : sequence
        ``(box_xy, box_wh, box_confidence, box_class_probs)``.
    image_shape : sequence of float
        ``(height, width)``.
    max_boxes, iou_threshold
        As for `yolo_non_max_suppression`.
    score_threshold : float
        As the ``threshold`` of `yolo_filter_boxes`.
    edition : {"2021", "v8a", "2017"}, optional
        In the editions before 2021 the outputs are ``(box_confidence, box_xy, box_wh, box_class_probs)``.

    Returns
    -------
    scores, boxes, classes : ndarray
        As from `yolo_non_max_suppression`.
    """
    names = ["box_xy", "box_wh", "box_confidence", "box_class_probs"]
    if chosen("yolo_eval", edition) != "2021":
        names.insert(0, names.pop(2))
    outputs: dict[str, Any] = dict(zip(names, parts("yolo_eval", "yolo_outputs", yolo_outputs, *names)))
    corners = yolo_boxes_to_corners(outputs["box_xy"], outputs["box_wh"])
    confidence, probabilities = outputs["box_confidence"], outputs["box_class_probs"]
    scores, boxes, classes = yolo_filter_boxes(corners, confidence, probabilities, score_threshold, edition="2021")
    return yolo_non_max_suppression(scores, scale_boxes(boxes, image_shape), classes, max_boxes, iou_threshold)
