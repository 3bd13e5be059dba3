"""Figures: what is drawn in them."""

import numpy as np
import pytest

import stepnet

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def net():
    X, y = stepnet.data.digits()
    net = stepnet.Network("conv(6, 3) -> relu -> maxpool(2) -> linear(10) -> softmax", input_shape=(8, 8, 1))
    net.fit(X[:600], y[:600], epochs=2, verbose=False)
    return net


def test_the_history(net):
    left, right = net.plot_history().axes
    assert list(left.lines[0].get_ydata()) == net.history["loss"]
    assert right.get_ylabel() == "accuracy"
    with pytest.raises(ValueError, match="has not been trained"):
        stepnet.Network("linear(2) -> softmax", input_shape=(3,)).plot_history()


def test_the_confusion_matrix_counts(net):
    X, y = stepnet.data.digits()
    X, y = X[600:800], y[600:800]
    axes = net.plot_confusion(X, y).axes[0]
    matrix = axes.images[0].get_array()
    predicted = net.predict(X)
    for actual in range(10):
        for other in range(10):
            assert matrix[actual, other] == np.sum((y == actual) & (predicted == other))
    assert sum(int(text.get_text()) for text in axes.texts) == 200
    shares = net.plot_confusion(X, y, normalize=True).axes[0].images[0].get_array()
    assert np.allclose(np.sum(shares, axis=1), 1)


def test_mistakes_are_those_the_network_is_surest_of(net):
    X, y = stepnet.data.digits()
    X, y = X[600:800], y[600:800]
    figure = net.show_mistakes(X, y, count=4)
    predicted, likely = net.predict(X), net.predict_proba(X)
    wrong = [at for at in range(200) if predicted[at] != y[at]]
    assert wrong, "the network must make mistakes for this test"
    worst = max(wrong, key=lambda at: likely[at].max())
    assert figure.axes[0].get_title().startswith(f"{y[worst]}, predicted {predicted[worst]}")
    assert len([axes for axes in figure.axes if axes.images]) == min(4, len(wrong))
    assert f"{len(wrong)} of 200" in figure.get_suptitle()


def test_filters(net):
    figure = net.plot_filters("conv1", count=4)
    weights = net.get_weights()["conv1.weight"]
    assert np.allclose(figure.axes[2].images[0].get_array(), weights[:, :, 0, 2])
    with pytest.raises(ValueError, match="expected one of"):
        net.plot_filters("linear1")
    with pytest.raises(ValueError, match="no convolution"):
        stepnet.Network("linear(2) -> softmax", input_shape=(3,)).plot_filters()
