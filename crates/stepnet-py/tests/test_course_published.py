"""What the course's notebooks and graders publish, from cells as the notebooks have them: printed lines and unit values.

Rust's tests run all experiments (crates/stepnet-course/tests/functions.rs); these see that Python prints them.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from stepnet import course

FIXTURES = Path(__file__).parents[2] / "stepnet-course" / "fixtures" / "course.json"
EXPERIMENTS = {e["id"]: e for e in json.loads(FIXTURES.read_text())["experiments"]}


def flower():
    np.random.seed(1)
    X, Y = np.zeros((400, 2)), np.repeat([[0], [1]], 200, axis=0).astype("uint8")
    for label in range(2):
        angles = np.linspace(label * 3.12, (label + 1) * 3.12, 200) + np.random.randn(200) * 0.2
        radii = 4 * np.sin(4 * angles) + np.random.randn(200) * 0.2
        X[200 * label : 200 * (label + 1)] = np.c_[radii * np.sin(angles), radii * np.cos(angles)]
    return X.T, Y.T


def shuffled(points, noise):
    """As scikit-learn draws circles and moons."""
    order = np.arange(len(points))
    np.random.shuffle(order)
    moved = points[order] + np.random.normal(scale=noise, size=points.shape)
    return moved.T, (order >= len(points) // 2).astype(int)[None]


def circles(m, seed):
    np.random.seed(seed)
    angles = np.linspace(0, 2 * np.pi, m // 2, endpoint=False)
    outer = np.c_[np.cos(angles), np.sin(angles)]
    return shuffled(np.r_[outer, outer * 0.8], 0.05)


def moons():
    np.random.seed(3)
    angles = np.linspace(0, np.pi, 150)
    outer = np.c_[np.cos(angles), np.sin(angles)]
    return shuffled(np.r_[outer, np.c_[1 - outer[:, 0], 1 - outer[:, 1] - 0.5]], 0.2)


def published(experiment, word):
    rows = EXPERIMENTS[experiment]["published"]
    return {row["at"]: row["texts"] for row in rows if row["what"] == word and row["texts"]}


def check(lines, beginning, texts):
    """Every published number is among the printed lines."""
    told = dict(line.rsplit(": ", 1) for line in lines if line.startswith(beginning))
    assert texts
    for at, accepted in texts.items():
        ours = told[f"{beginning}{at}"]
        if len(accepted[0].lstrip("0.")) <= 13:
            assert ours in accepted
        else:
            assert any(abs(float(ours) - float(text)) <= 1e-12 * float(text) for text in accepted), (at, ours, accepted)


def test_planar_prints_its_costs(capsys):
    X, Y = flower()
    parameters = course.planar.nn_model(X, Y, 4, num_iterations=10000, print_cost=True)
    check(capsys.readouterr().out.splitlines(), "Cost after iteration ", published("planar_4", "cost"))
    predictions = course.planar.predict(parameters, X)
    assert np.mean(predictions == Y) > 0.9


@pytest.mark.parametrize("n_h", [1, 2, 4, 5])
def test_planar_sweep(n_h):
    X, Y = flower()
    predictions = course.planar.predict(course.planar.nn_model(X, Y, n_h, num_iterations=5000), X)
    (text,) = published(f"planar_sweep_{n_h}", "train accuracy in per cent")[5000]
    assert float(np.mean(predictions == Y) * 100) == float(text)


@pytest.mark.parametrize("word", ["zeros", "he"])
def test_initialization_prints_its_costs(word, capsys):
    (X, Y), (test_X, test_Y) = circles(300, 1), circles(100, 2)
    parameters = course.initialization.model(X, Y, initialization=word)
    check(capsys.readouterr().out.splitlines(), "Cost after iteration ", published(f"init_{word}", "cost"))
    for x, y, part in ((X, Y, "train"), (test_X, test_Y, "test")):
        p = course.initialization.predict(x, y, parameters)
        assert p.dtype == np.int64 and p.shape == y.shape
        (text,) = published(f"init_{word}", f"{part} accuracy")[15000]
        assert f"{float(capsys.readouterr().out.removeprefix('Accuracy: ')):.12g}" == f"{float(text):.12g}"


def test_random_initialization_starts_at_infinity(capsys):
    X, Y = circles(300, 1)
    course.initialization.model(X, Y, initialization="random", num_iterations=1001)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Cost after iteration 0: inf" and float(lines[1].split(": ")[1]) == pytest.approx(0.62, abs=0.01)


OPTIMIZERS = {
    "opt_gd": {"optimizer": "gd"},
    "opt_momentum": {"optimizer": "momentum", "beta": 0.9},
    "opt_adam": {"optimizer": "adam"},
    "opt_gd_decay_each": {"optimizer": "gd", "learning_rate": 0.1, "decay": course.optimization.update_lr},
    "opt_gd_decay_fixed": {"optimizer": "gd", "learning_rate": 0.1, "decay": course.optimization.schedule_lr_decay},
    "opt_momentum_decay_fixed": {
        "optimizer": "momentum", "learning_rate": 0.1, "decay": course.optimization.schedule_lr_decay,
    },
    "opt_gd+last-batch": {"optimizer": "gd", "edition": "2017"},
    "opt_momentum+last-batch": {"optimizer": "momentum", "edition": "2017"},
}


@pytest.mark.parametrize("experiment", OPTIMIZERS)
def test_optimization_prints_its_costs_and_rates(experiment, capsys):
    X, Y = moons()
    parameters = course.optimization.model(X, Y, [2, 5, 2, 1], **OPTIMIZERS[experiment])
    lines = capsys.readouterr().out.splitlines()
    check(lines, "Cost after epoch ", published(experiment, "cost"))
    if "decay" in OPTIMIZERS[experiment]:
        check(lines, "learning rate after epoch ", published(experiment, "learning rate after"))
    course.optimization.predict(X, Y, parameters)
    (text,) = published(experiment, "train accuracy")[EXPERIMENTS[experiment]["steps"]]
    assert f"{float(capsys.readouterr().out.removeprefix('Accuracy: ')):.12g}" == f"{float(text):.12g}"


def test_gradient_checking():
    from stepnet.course.gradient_checking import (
        backward_propagation_n, dictionary_to_vector, forward_propagation_n, gradient_check_n,
    )

    np.random.seed(1)
    X, Y = np.random.randn(4, 3), np.array([1, 1, 0])[None]
    shapes = {"W1": (5, 4), "b1": (5, 1), "W2": (3, 5), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    parameters = {name: np.random.randn(*shape) for name, shape in shapes.items()}
    cost, cache = forward_propagation_n(X, Y, parameters)
    assert cost == pytest.approx(2.407833389834357, rel=1e-14)
    difference = gradient_check_n(parameters, backward_propagation_n(X, Y, cache), X, Y)
    assert difference == pytest.approx(0.2850931567761623, rel=1e-7)
    mended = gradient_check_n(parameters, backward_propagation_n(X, Y, cache, faults=()), X, Y)
    # The grader's 1.1890913024229996e-07 is rounding alone, whose digits depend on the order of sums.
    assert mended == pytest.approx(1.1890913024229996e-07, rel=0.05)
    assert dictionary_to_vector(parameters)[0].shape == (47, 1)


# The graders' values, to the digits that they have.


def near(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=6e-9)


def test_graders_of_logistic_regression():
    from stepnet.course.logistic_regression import model, optimize, predict, propagate, sigmoid

    near(sigmoid(np.array([0, 2])), [0.5, 0.88079708])
    X = np.array([[1.0, 2.0, -1.0, 0], [3.0, 4.0, -3.2, 1], [3.0, 4.0, -3.2, -3.5]])
    grads, cost = propagate(np.array([[1.0], [2.0], [-1]]), 2.5, X, np.array([[1, 1, 0, 0]]))
    near(grads["dw"], [[-0.03909333], [0.12501464], [-0.99960809]])
    near([grads["db"], cost], [0.288106326429569, 2.0424567983978403])
    w, X = np.array([[1.0], [2.0]]), np.array([[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]])
    params, grads, costs = optimize(w, 2.0, X, np.array([[1, 0, 1]]), num_iterations=101, learning_rate=0.1)
    near(params["w"], [[-0.70916784], [-0.42390859]])
    near([params["b"], *costs], [2.26891346, 5.80154532, 0.31057104])
    near(grads["dw"], [[0.06188603], [-0.01407361]])
    near(predict(np.array([[0.1124579], [0.23106775]]), -0.3, np.array([[1.0, -1.1, -3.2], [1.2, 2.0, 0.1]])), [[1, 1, 0]])
    np.random.seed(0)
    X, Y, test = np.random.randn(4, 7), np.array([[1, 0, 0, 1, 0, 0, 1]]), np.random.randn(4, 3)
    trained = model(X, Y, test, np.array([[0, 1, 0]]), num_iterations=50, learning_rate=0.01)
    near(trained["w"], [[0.08639757], [-0.08231268], [-0.11798927], [0.12866053]])
    near(trained["b"], -0.03983236094816321)
    near(trained["Y_prediction_test"], [[1, 1, 0]])


def test_graders_of_planar():
    from stepnet.course.planar import compute_cost, forward_propagation, initialize_parameters, nn_model

    W1 = [[-0.00416758, -0.00056267], [-0.02136196, 0.01640271], [-0.01793436, -0.00841747], [0.00502881, -0.01245288]]
    parameters = initialize_parameters(2, 4, 1)
    near(parameters["W1"], W1)
    near(parameters["W2"], [[-0.01057952, -0.00909008, 0.00551454, 0.02292208]])
    np.random.seed(1)
    X, b1 = np.random.randn(2, 3), np.random.randn(4, 1)
    A2, _ = forward_propagation(X, {"W1": np.array(W1), "W2": parameters["W2"], "b1": b1, "b2": np.array([[-1.3]])})
    near(A2, [[0.21292656, 0.21274673, 0.21295976]])
    np.random.seed(1)
    Y = np.random.randn(1, 3) > 0
    assert compute_cost(np.array([[0.5002307, 0.49985831, 0.50023963]]), Y) == pytest.approx(0.6930587610394646, rel=1e-14)
    np.random.seed(1)
    X, Y = np.random.randn(2, 3), np.random.randn(1, 3) > 0
    trained = nn_model(X, Y, 4)
    near(trained["W1"], [[-0.65848169, 1.21866811], [-0.76204273, 1.39377573], [0.5792005, -1.10397703], [0.76773391, -1.41477129]])
    near(trained["W2"], [[-2.45566237, -3.27042274, 2.00784958, 3.36773273]])
    near(trained["b2"], [[0.20459656]])


def test_graders_of_optimization():
    from stepnet.course import optimization

    np.random.seed(1)
    names = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 3), "b2": (3, 1)}
    parameters = {name: np.random.randn(*shape) for name, shape in names.items()}
    grads = {f"d{name}": np.random.randn(*shape) for name, shape in names.items()}
    v, s = optimization.initialize_adam(parameters)
    new = optimization.update_parameters_with_gd(parameters, grads, 0.01)
    near(new["W1"], [[1.63535156, -0.62320365, -0.53718766], [-1.07799357, 0.85639907, -2.29470142]])
    new, _ = optimization.update_parameters_with_momentum(parameters, grads, v, beta=0.9, learning_rate=0.01)
    near(new["b1"], [[1.74493465], [-0.76027113]])
    new, *_ = optimization.update_parameters_with_adam(parameters, grads, v, s, 2, 0.01, 0.9, 0.999, 1e-8)
    near(new["W1"], [[1.63178673, -0.61919778, -0.53561312], [-1.08040999, 0.85796626, -2.29409733]])
    near(new["b2"], [[-0.88529979], [0.03477238], [0.57537385]])
    assert optimization.update_lr(0.5, 2, 1) == 0.16666666666666666
    near(optimization.schedule_lr_decay(0.5, 100, 0.3, 100), 0.3846153846153846)
    X = np.arange(12288 * 148).reshape(148, 12288).T
    batches = optimization.random_mini_batches(X, X[:1], 64, 0)
    assert batches[0][0][0, :3].tolist() == [294912, 86016, 454656]
    assert batches[2][0][-1, :3].tolist() == [1425407, 1769471, 897023]


def test_graders_of_regularization_and_initialization():
    he = course.initialization.initialize_parameters_he([2, 4, 1])
    near(he["W1"], [[1.78862847, 0.43650985], [0.09649747, -1.8634927], [-0.2773882, -0.35475898], [-0.08274148, -0.62700068]])
    np.random.seed(1)
    shapes = {"W1": (2, 3), "b1": (2, 1), "W2": (3, 2), "b2": (3, 1), "W3": (1, 3), "b3": (1, 1)}
    parameters = {name: np.random.randn(*shape) for name, shape in shapes.items()}
    A3 = np.array([[0.40682402, 0.01629284, 0.16722898, 0.10118111, 0.40682402]])
    cost = course.regularization.compute_cost_with_regularization(A3, np.array([[1, 1, 0, 1, 0]]), parameters, 0.1)
    assert cost == pytest.approx(1.7864859451590758, rel=1e-14)


def test_graders_of_boxes_and_style():
    iou = course.yolo.iou
    near(iou((2, 1, 4, 3), (1, 2, 3, 4)), 0.14285714)
    assert iou((1, 2, 3, 4), (5, 6, 7, 8)) == iou((1, 1, 2, 2), (2, 2, 3, 3)) == iou((1, 1, 3, 3), (2, 3, 3, 4)) == 0
    assert course.neural_style.total_cost(0.2, 0.8) == 34
