"""The functions of "Introduction to TensorFlow": the notebook's printed values, numpy's formulas, and refusals."""

import numpy as np
import pytest

from stepnet import steps
from stepnet.course import tensorflow_intro as of


@pytest.fixture(autouse=True)
def default_afterwards():
    yield
    steps.set_edition("2021")


def test_the_notebook_prints_these():
    printed = [[-2.15657382], [2.95891446], [-1.08926781], [-0.84538042]]
    np.testing.assert_allclose(of.linear_function(), printed, atol=5e-9)
    assert ["%.6f" % of.sigmoid(z) for z in (-1, 0, 12)] == ["0.268941", "0.500000", "0.999994"]
    np.testing.assert_array_equal(of.one_hot_matrix(1, 4), [0, 1, 0, 0])
    several = [[0, 0, 0, 1, 0, 0], [1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 0, 0]]
    np.testing.assert_array_equal(of.one_hot_matrix(np.array([1, 2, 3, 0, 2, 1]), C=4), several)
    logits = [
        [2.4048107, 5.0334096], [-0.7921977, -4.1523376], [0.9447198, -0.46802214],
        [1.158121, 3.9810789], [4.768706, 2.3220146], [6.1481323, 3.909829],
    ]
    labels = of.one_hot_matrix([5, 0])
    assert abs(of.compute_total_loss(logits, labels) - 0.810287) < 5e-7
    assert abs(of.compute_cost(logits, labels) - 0.4051435) < 5e-8


@pytest.mark.parametrize("engine", ["fast", "loops"])
def test_forward_propagation(engine):
    rng = np.random.RandomState(3)
    X, p = rng.randn(7, 5), of.initialize_parameters((7, 25, 12, 6), seed=2)
    A = np.maximum(0, p["W2"] @ np.maximum(0, p["W1"] @ X + p["b1"]) + p["b2"])
    Z3 = of.forward_propagation(X, p, engine=engine)
    np.testing.assert_allclose(Z3, p["W3"] @ A + p["b3"], rtol=1e-12, atol=1e-13)
    labels = of.one_hot_matrix(rng.randint(0, 6, 5))
    softmax = np.exp(Z3) / np.exp(Z3).sum(axis=0)
    np.testing.assert_allclose(of.compute_cost(Z3, labels), -np.log((softmax * labels).sum(axis=0)).mean(), rtol=1e-12)


def test_large_logits_do_not_overflow():
    cost = of.compute_cost([[1000.0, -1000.0], [-1000.0, 1000.0]], [[0, 0], [1, 1]])
    assert cost == 1000.0


def test_the_draws_have_the_notebooks_distribution_and_leave_the_generator_alone():
    np.random.seed(4)
    before = np.random.get_state()[1].copy()
    p = of.initialize_parameters()
    assert {name: array.shape for name, array in p.items()} == {
        "W1": (25, 12288), "b1": (25, 1), "W2": (12, 25), "b2": (12, 1), "W3": (6, 12), "b3": (6, 1),
    }
    deviation = np.sqrt(2 / (25 + 12288))
    assert abs(p["W1"].std() / deviation - 1) < 0.01 and abs(p["W1"]).max() <= 2 * deviation / 0.8796
    assert p["b1"].any()
    with steps.use_edition("2017"):
        assert not of.initialize_parameters()["b1"].any()
    assert (np.random.get_state()[1] == before).all()


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: of.one_hot_matrix(0.5), "one_hot_matrix: label is 0.5, expected a whole number, or several"),
        (lambda: of.one_hot_matrix(1, 0), "one_hot_matrix: C is 0, expected at least 1"),
        (lambda: of.compute_cost([[1.0, 2.0]], [[1.0]]), "compute_cost: labels has shape [1, 1], expected [1, 2], the shape of logits"),
        (lambda: of.compute_cost(3.0, 3.0), "compute_cost: logits has shape [], expected (classes, examples)"),
        (lambda: of.compute_cost(np.zeros((2, 0)), np.zeros((2, 0))), "compute_cost: logits has no columns"),
        (lambda: of.forward_propagation([[1.0]], {"W1": [[1.0]]}), "forward_propagation: parameters has W1, expected W1, b1, W2"),
        (lambda: of.forward_propagation([[1.0]], 3), "forward_propagation: parameters is 3, expected a dictionary"),
        (lambda: of.initialize_parameters((1, 2)), "initialize_parameters: layers_dims is (1, 2), expected four sizes"),
        (lambda: of.linear_function(seed=-1), "linear_function: seed is -1, expected 0 to 4294967295"),
    ],
)
def test_wrong_input_is_refused_in_a_line(call, says):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert says in str(error.value) and "\n" not in str(error.value)


def test_a_label_that_is_no_class_is_a_column_of_zeros():
    np.testing.assert_array_equal(of.one_hot_matrix([7, -1, 2], 3), [[0, 0, 0], [0, 0, 0], [0, 0, 1]])
