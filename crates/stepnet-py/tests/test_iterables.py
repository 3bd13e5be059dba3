"""Examples in the forms of other libraries: data sets with an index, batches, generators."""

import numpy as np
import pytest

import stepnet

TEXT = "flatten -> linear(2) -> softmax"


class Pairs:
    """As a data set of PyTorch: a length and an index, and no end by iteration."""

    def __init__(self, X, y):
        self.X, self.y = X, y

    def __len__(self):
        return len(self.X)

    def __getitem__(self, at):
        return self.X[at], self.y[at]


class Tensor(np.ndarray):
    """An array that says that it is a tensor of PyTorch's."""


Tensor.__module__ = "torch"


def examples():
    random = np.random.default_rng(0)
    y = np.arange(20) % 2
    X = random.normal(size=(20, 3, 4, 2)).astype("f4") + y[:, None, None, None]
    return X, y


def trained(*given, **more):
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2), classes=2)
    net.fit(*given, epochs=2, verbose=False, **more)
    return net.get_weights()["linear1.weight"]


def test_all_forms_train_the_same():
    X, y = examples()
    expected = trained(X, y)
    batches = [(X[at : at + 6], y[at : at + 6]) for at in range(0, 20, 6)]
    front = np.moveaxis(X, -1, 1).view(Tensor)
    forms = [
        Pairs(X, y),
        Pairs(front, y),
        list(zip(X, y)),
        zip(X, y),
        (pair for pair in zip(X, y)),
        batches,
        ((front[at : at + 6], y[at : at + 6]) for at in range(0, 20, 6)),
        Pairs(X, np.eye(2)[y]),
    ]
    for number, form in enumerate(forms):
        assert np.array_equal(trained(form), expected), number


def test_evaluation_and_validation_take_them_too():
    X, y = examples()
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    history = net.fit(Pairs(X, y), epochs=2, validation_data=Pairs(X, y), verbose=False)
    assert len(history["val_loss"]) == 2
    assert net.evaluate(zip(X, y)) == net.evaluate(X, y)


def test_what_is_no_pair_is_named():
    X, y = examples()
    net = stepnet.Network(TEXT, input_shape=(3, 4, 2))
    with pytest.raises(TypeError, match="fit: y is missing, and X is"):
        net.fit(X)
    with pytest.raises(TypeError, match=r"X\[1\] is 5: expected y, or pairs"):
        net.fit([(X[0], 0), 5])
    with pytest.raises(ValueError, match="fit: X has no examples"):
        net.fit(iter([]))
    with pytest.raises(ValueError, match=r"X\[1\] has shape \(2, 4, 2\), but X\[0\] has \(3, 4, 2\)"):
        net.fit([(X[0], 0), (X[1][:2], 1)])
    with pytest.raises(TypeError, match="validation_data is"):
        net.fit(X, y, validation_data=5)
