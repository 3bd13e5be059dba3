"""Measures the functions of `stepnet.course` next to the notebooks' formulas in numpy, on the notebooks' own sizes.

    python3 benches/peers/course.py [--rounds 15] [--window 0.05] [--only planar]

Both run in turns in this process; a line has the median of the rounds and of the ratios of neighbouring rounds. Exits with 1 if
a function is slower than numpy.
"""

import argparse
import statistics
import sys
import time

import course_numpy as plain
import numpy as np

from stepnet import course


def of_planar():
    rng = np.random.RandomState(1)
    X, Y = rng.randn(2, 400), (rng.rand(1, 400) > 0.5).astype(np.uint8)
    ours = course.planar
    p = ours.initialize_parameters(2, 4, 1)
    A2, cache = ours.forward_propagation(X, p)
    grads = ours.backward_propagation(p, cache, X, Y)
    return {
        "sigmoid": (lambda: ours.sigmoid(A2), lambda: plain.logistic(A2)),
        "forward_propagation": (lambda: ours.forward_propagation(X, p), lambda: plain.planar_forward(X, p)),
        "compute_cost": (lambda: ours.compute_cost(A2, Y), lambda: plain.planar_cost(A2, Y)),
        "backward_propagation": (
            lambda: ours.backward_propagation(p, cache, X, Y), lambda: plain.planar_backward(p, cache, X, Y),
        ),
        "update_parameters": (lambda: ours.update_parameters(p, grads), lambda: plain.descended(p, grads, 1.2)),
        "nn_model, 200 steps": (lambda: ours.nn_model(X, Y, 4, 200), lambda: plain.planar_model(X, Y, p, 200)),
        "predict": (lambda: ours.predict(p, X), lambda: plain.planar_forward(X, p)[0] > 0.5),
    }  # fmt: skip


def of_cats():
    rng = np.random.RandomState(1)
    # As the notebooks flatten pictures.
    X, Y = rng.rand(209, 12288).T, (rng.rand(1, 209) > 0.5).astype(np.int64)
    w, logistic = rng.randn(12288, 1) * 0.001, course.logistic_regression
    ours = course.dnn_application
    two, deep = ours.initialize_parameters(12288, 7, 1), ours.initialize_parameters_deep([12288, 20, 7, 5, 1])
    return {
        "logistic_regression propagate": (lambda: logistic.propagate(w, 0.1, X, Y), lambda: plain.propagate(w, 0.1, X, Y)),
        "logistic_regression predict": (
            lambda: logistic.predict(w, 0.1, X), lambda: (plain.logistic(np.dot(w.T, X) + 0.1) > 0.5).astype(float),
        ),
        "two_layer_model, 3 steps": (
            lambda: ours.two_layer_model(X, Y, (12288, 7, 1), num_iterations=3), lambda: plain.deep_model(X, Y, two_drawn(), 3),
        ),
        "L_layer_model, 3 steps": (
            lambda: ours.L_layer_model(X, Y, [12288, 20, 7, 5, 1], num_iterations=3),
            lambda: plain.deep_model(X, Y, deep_drawn(), 3),
        ),
        "initialize_parameters_deep": (
            lambda: ours.initialize_parameters_deep([12288, 20, 7, 5, 1]), deep_drawn,
        ),
    }  # fmt: skip


def two_drawn():
    np.random.seed(1)
    return {
        "W1": np.random.randn(7, 12288) * 0.01, "b1": np.zeros((7, 1)),
        "W2": np.random.randn(1, 7) * 0.01, "b2": np.zeros((1, 1)),
    }  # fmt: skip


def deep_drawn():
    np.random.seed(1)
    sizes, p = [12288, 20, 7, 5, 1], {}
    for layer in range(1, 5):
        p[f"W{layer}"] = np.random.randn(sizes[layer], sizes[layer - 1]) / np.sqrt(sizes[layer - 1])
        p[f"b{layer}"] = np.zeros((sizes[layer], 1))
    return p


def of_networks():
    rng = np.random.RandomState(1)
    X, Y = rng.randn(2, 300), (rng.rand(1, 300) > 0.5).astype(np.int64)
    start, reg, opt = course.initialization, course.regularization, course.optimization
    p, wide = start.initialize_parameters_he([2, 10, 5, 1]), reg.initialize_parameters([2, 20, 3, 1])
    small = opt.initialize_parameters([2, 5, 2, 1])
    x, y = rng.randn(2, 211), (rng.rand(1, 211) > 0.5).astype(np.uint8)
    a3, cache = start.forward_propagation(X, p)
    A3, _ = reg.forward_propagation(x, wide)
    grads = start.backward_propagation(X, Y, cache)
    v, s = opt.initialize_adam(p)
    rule = (v, s, 2, 0.0007, 0.9, 0.999, 1e-8)
    return {
        "forward_propagation": (lambda: start.forward_propagation(X, p), lambda: plain.forward(X, p)),
        "backward_propagation": (lambda: start.backward_propagation(X, Y, cache), lambda: plain.backward(X, Y, cache)),
        "compute_loss": (lambda: start.compute_loss(a3, Y), lambda: plain.loss(a3, Y)),
        "update_parameters": (lambda: start.update_parameters(p, grads, 0.1), lambda: plain.descended(p, grads, 0.1)),
        "initialization model, 200 steps": (
            lambda: start.model(X, Y, num_iterations=200, print_cost=False), lambda: plain.model(X, Y, p, 200),
        ),
        "forward_propagation_with_dropout": (
            lambda: reg.forward_propagation_with_dropout(x, wide, 0.86), lambda: plain.dropout_forward(x, wide, 0.86),
        ),
        "compute_cost_with_regularization": (
            lambda: reg.compute_cost_with_regularization(A3, y, wide, 0.7), lambda: plain.regularized_cost(A3, y, wide, 0.7),
        ),
        "regularization model, 200 steps": (
            lambda: reg.model(x, y, num_iterations=200, print_cost=False), lambda: plain.model(x, y, wide, 200),
        ),
        "random_mini_batches": (lambda: opt.random_mini_batches(X, Y, 64, 0), lambda: plain.mini_batches(X, Y, 64, 0)),
        "initialize_velocity": (lambda: opt.initialize_velocity(p), lambda: plain.velocity(p)),
        "update_parameters_with_momentum": (
            lambda: opt.update_parameters_with_momentum(p, grads, v, 0.9, 0.1), lambda: plain.momentum(p, grads, v, 0.9, 0.1),
        ),
        "update_parameters_with_adam": (
            lambda: opt.update_parameters_with_adam(p, grads, *rule), lambda: plain.adam(p, grads, *rule),
        ),
        "optimization model, 20 epochs": (
            lambda: opt.model(X, Y, [2, 5, 2, 1], "adam", num_epochs=20, print_cost=False),
            lambda: plain.optimization_model(X, Y, small, 20),
        ),
    }  # fmt: skip


def of_checks():
    rng = np.random.RandomState(1)
    X, Y, ours = rng.randn(4, 3), np.array([[1, 1, 0]]), course.gradient_checking
    shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    p = {name: rng.randn(*shape) for name, shape in shapes.items()}
    _, cache = ours.forward_propagation_n(X, Y, p)
    grads = ours.backward_propagation_n(X, Y, cache)
    joined = lambda: np.concatenate([array.reshape(-1, 1) for array in p.values()])  # noqa: E731
    return {
        "gradient_check_n": (lambda: ours.gradient_check_n(p, grads, X, Y), lambda: plain.gradient_check(p, grads, X, Y)),
        "dictionary_to_vector": (lambda: ours.dictionary_to_vector(p), joined),
    }


def of_vision():
    rng = np.random.RandomState(1)
    boxes, confidence, probabilities = (rng.randn(19, 19, 5, n).astype(np.float32) for n in (4, 1, 80))
    scores, corners, classes = rng.rand(1789), rng.rand(1789, 4), rng.randint(0, 80, 1789)
    corners[:, 2:] += corners[:, :2]
    yolo, faces, style = course.yolo, course.face_recognition, course.neural_style
    triplet = [rng.randn(3, 128).astype(np.float32) for _ in range(3)]
    a, b = rng.randn(2, 1, 100, 100, 128).astype(np.float32)
    return {
        "yolo_filter_boxes": (
            lambda: yolo.yolo_filter_boxes(boxes, confidence, probabilities, 0.5),
            lambda: plain.filter_boxes(boxes, confidence, probabilities, 0.5),
        ),
        "iou": (lambda: yolo.iou((2, 1, 4, 3), (1, 2, 3, 4)), lambda: plain.iou((2, 1, 4, 3), (1, 2, 3, 4))),
        "yolo_non_max_suppression": (
            lambda: yolo.yolo_non_max_suppression(scores, corners, classes),
            lambda: plain.suppression(scores, corners, classes, 10, 0.5),
        ),
        "triplet_loss": (lambda: faces.triplet_loss(None, triplet), lambda: plain.triplet_loss(*triplet, 0.2)),
        "compute_content_cost": (lambda: style.compute_content_cost([a], [b]), lambda: plain.content_cost(a, b)),
        "compute_layer_style_cost": (lambda: style.compute_layer_style_cost(a, b), lambda: plain.style_cost(a, b)),
    }  # fmt: skip


GROUPS = {"planar": of_planar, "cats": of_cats, "networks": of_networks, "checks": of_checks, "vision": of_vision}


def calls_within(call, window):
    """How many calls fill the window."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            call()
        taken = time.perf_counter() - start
        if taken >= window / 4:
            return max(1, round(calls * window / taken))
        calls *= 4


def timed(call, calls):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each function")
    parser.add_argument("--window", type=float, default=0.05, help="seconds of a round")
    parser.add_argument("--only", choices=GROUPS, action="append", help="a group of functions")
    options = parser.parse_args()
    ratios = []
    print("| function | stepnet, µs | numpy, µs | times as fast |\n| --- | --- | --- | --- |")
    for group in options.only or GROUPS:
        for name, pair in GROUPS[group]().items():
            calls = [calls_within(call, options.window) for call in pair]
            rounds = [[timed(call, count) for call, count in zip(pair, calls)] for _ in range(options.rounds)]
            ours, theirs = (statistics.median(times) * 1e6 for times in zip(*rounds))
            ratio = statistics.median(theirs / ours for ours, theirs in rounds)
            ratios.append(ratio)
            print(f"| {group}: {name} | {ours:.1f} | {theirs:.1f} | {ratio:.2f} |", flush=True)
    slower = sum(ratio < 1 for ratio in ratios)
    print(f"\n{len(ratios)} functions, the median {statistics.median(ratios):.1f} times as fast; slower than numpy: {slower}")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
