"""The checks of "Car detection for autonomous driving"."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet.course import yolo as notebook
from stepnet.steps._editions import current

_MODULES = ("yolo",)


def _iou(f: Faults, box1: Any, box2: Any) -> Any:
    if "x and y of box1" in f:
        box1 = [box1[at] for at in (1, 0, 3, 2)]
    if "x and y of box2" in f:
        box2 = [box2[at] for at in (1, 0, 3, 2)]
    x1, y1 = max(box1[0], box2[0]), max(box1[1], box2[1])
    x2, y2 = min(box1[2], box2[2]), min(box1[3], box2[3])
    if "corners of the hull" in f:
        x1, y1, x2, y2 = min(box1[0], box2[0]), min(box1[1], box2[1]), max(box1[2], box2[2]), max(box1[3], box2[3])
    width, height = x2 - x1, y2 - y1
    if "pixels counted" in f:
        width, height = width + 1, height + 1
    if "magnitudes" in f:
        width, height = abs(width), abs(height)
    elif "not cut at 0" not in f:
        width, height = max(width, 0), max(height, 0)
    inter = width * height
    one, other = ((b[2] - b[0]) * (b[3] - b[1]) for b in (box1, box2))
    union = one + other - (0 if "union counts twice" in f else inter)
    if "smaller box" in f:
        union = min(one, other)
    return inter if "not divided" in f else inter / union


_IOU = {
    "x and y of box1": "x and y of box1 are swapped: a box is (x1, y1, x2, y2).",
    "x and y of box2": "x and y of box2 are swapped: a box is (x1, y1, x2, y2).",
    "not cut at 0": "width and height of the intersection are not cut at 0: boxes that do not meet have an intersection of 0.",
    "magnitudes": "the magnitudes of width and height are taken: boxes that do not meet have an intersection of 0, max(..., 0).",
    "union counts twice": "the union counts the intersection twice: it is the sum of both areas minus the intersection.",
    "corners of the hull": "the corners are those of the box around both: the intersection has the largest x1, y1 and the smallest x2, y2.",
    "pixels counted": "1 is added to width and height; corners are points, not pixels.",
    "smaller box": "it is divided by the smaller area; it is divided by the union.",
    "not divided": "the intersection is not divided by the union.",
}


def _iou_cases() -> list[Case]:
    boxes = [
        ((2.0, 1.0, 4.0, 3.0), (1.0, 2.0, 3.0, 4.0), "boxes that overlap"), ((1.0, 2.0, 3.0, 4.0), (5.0, 6.0, 7.0, 8.0), "boxes apart"),
        ((1.0, 1.0, 2.0, 2.0), (2.0, 2.0, 3.0, 3.0), "boxes that meet in a point"), ((0.0, 0.0, 4.0, 5.0), (1.0, 1.0, 2.0, 3.0), "a box in a box"),
        ((1.0, 1.0, 3.0, 2.0), (2.0, 3.0, 3.0, 4.0), "boxes apart in height only"),
    ]
    return [Case((one, other), f"{said}: {one}, {other}") for one, other, said in boxes]


def _filter(f: Faults, boxes: Array, box_confidence: Array, box_class_probs: Array, threshold: float = 0.6) -> Any:
    if current() != "2021":
        boxes, box_confidence = box_confidence, boxes
    scores = box_class_probs if "confidence left out" in f else box_confidence * box_class_probs
    if "confidence added" in f:
        scores = box_confidence + box_class_probs
    classes = np.argmax(scores, axis=0 if "classes over the wrong axis" in f else -1)
    best = np.max(scores, axis=-1)
    if "confidence as score" in f:
        best = box_confidence[..., 0]
    if classes.shape != best.shape:
        raise IndexError("another shape")
    mask = best < threshold if "mask inverted" in f else best >= (0.6 if "threshold ignored" in f else threshold)
    if "mask of the confidence" in f:
        mask = box_confidence[..., 0] >= threshold
    return best[mask], boxes[mask], classes[mask]


_FILTER = {
    "confidence left out": "the scores are the class probabilities; multiply them by box_confidence.",
    "confidence added": "the confidence is added; it is a factor.",
    "confidence as score": "the score is the confidence; it is confidence times the probability of the best class.",
    "mask inverted": "the mask is inverted: the boxes stay whose score is at least the threshold.",
    "threshold ignored": "the threshold is not the argument.",
    "mask of the confidence": "the mask compares the confidence; it compares the score of the best class.",
}


def _filter_cases() -> list[Case]:
    rng = np.random.RandomState(81)
    made = []
    for grid, threshold in (((2, 2, 1), 0.3), ((3, 3, 2), 0.5), ((4, 4, 3), 0.2)):
        given = [rng.randn(*grid, 4), rng.rand(*grid, 1), rng.rand(*grid, 5)]
        if current() != "2021":
            given[:2] = given[1::-1]
        made.append(Case((*given, threshold), f"a grid of {'x'.join(map(str, grid))} boxes, threshold = {threshold}"))
    return made


def _suppress(f: Faults, scores: Array, boxes: Array, classes: Array, max_boxes: int = 10, iou_threshold: float = 0.5) -> Any:
    order = np.argsort(scores)
    kept: list[int] = []
    limit = 0.5 if "threshold ignored" in f else iou_threshold
    for at in order if "worst first" in f else order[::-1]:
        if len(kept) >= max_boxes and "max_boxes ignored" not in f:
            break
        near = [_iou(frozenset(), boxes[at], boxes[other]) for other in kept if "per class" not in f or classes[at] == classes[other]]
        if "nothing suppressed" in f or all((value < limit) if "dropped at the threshold" in f else (value <= limit) for value in near):
            kept.append(int(at))
    if "in the order given" in f:
        kept.sort()
    return scores[kept], boxes[kept], classes[kept]


_SUPPRESS = {
    "nothing suppressed": "no box is suppressed: drop those that overlap a better one by more than iou_threshold.",
    "max_boxes ignored": "max_boxes is ignored.",
    "threshold ignored": "iou_threshold is not the argument.",
    "worst first": "the worst boxes are taken first; sort by falling score.",
    "per class": "boxes of different classes do not suppress each other; in the notebook they do.",
    "in the order given": "the boxes are in the order given; they are sorted by falling score.",
}


def _suppress_cases() -> list[Case]:
    rng = np.random.RandomState(82)
    made = []
    for count, most, limit in ((6, 10, 0.5), (30, 5, 0.3), (40, 20, 0.2)):
        corner = rng.rand(count, 2) * 4
        boxes = np.concatenate([corner, corner + 1 + rng.rand(count, 2)], axis=1)
        given = rng.permutation(count) / count, boxes, rng.randint(0, 3, count), most, limit
        made.append(Case(given, f"{count} boxes, max_boxes = {most}, iou_threshold = {limit}"))
    return made


TASKS = [
    Task("iou", _MODULES, ("iou",), notebook.iou, _iou_cases, _iou, _IOU, ("box1", "box2")),
    Task("yolo_filter_boxes", _MODULES, ("scores", "boxes", "classes"), notebook.yolo_filter_boxes, _filter_cases, _filter, _FILTER),
    Task(
        "yolo_non_max_suppression", _MODULES, ("scores", "boxes", "classes"), notebook.yolo_non_max_suppression, _suppress_cases,
        _suppress, _SUPPRESS, ("scores", "boxes", "classes", "max_boxes", "iou_threshold"),
    ),
]
