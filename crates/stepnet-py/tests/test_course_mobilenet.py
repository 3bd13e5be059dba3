"""The functions of "Transfer learning with MobileNetV2"."""

import numpy as np
import pytest

import stepnet
from stepnet.course import mobilenet_transfer as of

SMALL = (32, 32)


def bases():
    """The network without its end, with weights that are not those of a fresh one, and its images."""
    net = stepnet.Network(of._base(), (*SMALL, 3), seed=3)
    rng = np.random.RandomState(4)
    net.set_weights({name: value * (1 + 0.1 * rng.rand(*value.shape)) for name, value in net.get_weights().items()})
    net.preprocessing = of.alpaca_model(SMALL).preprocessing
    return net


def test_the_network_is_the_published_one():
    net = of.alpaca_model(SMALL)
    sizes = {name: value.size for name, value in net.get_weights().items()}
    # What the notebook's summary prints: in all, and those that are trained.
    assert sum(sizes.values()) == 2_259_265
    assert sum(size for name, size in sizes.items() if name.startswith("linear")) == 1281
    assert len(of._has_weights()) == 155 and of.layers_to_freeze() == sum(of._has_weights()) == 104
    assert [of.layers_to_freeze(at) for at in (0, 3, 4, 155)] == [0, 1, 2, 104]
    assert of.data_augmenter() == "flip, rotate(72)"
    assert "relu6" in repr(net) and net.input_shape == (32, 32, 3)
    raw = np.zeros((1, 32, 32, 3))
    raw[0, 0, 0] = 255
    assert (net.preprocessing.divisor, net.preprocessing.mean) == (127.5, (1.0, 1.0, 1.0))


def test_weights_of_keras_give_the_features_of_their_network(tmp_path):
    base = bases()
    base.to_keras(tmp_path / "base.keras")
    X = np.random.RandomState(5).randint(0, 256, (3, 32, 32, 3)).astype(np.float64)
    net = of.alpaca_model(SMALL, weights=tmp_path / "base.keras")
    again = of.alpaca_model(SMALL, weights=stepnet.Network.from_keras(tmp_path / "base.keras"))
    assert not np.array_equal(net.get_weights()["conv1.weight"], of.alpaca_model(SMALL).get_weights()["conv1.weight"])
    features = base.outputs(X).reshape(3, -1, 1280).mean(axis=1)
    np.testing.assert_allclose(stepnet.embed(net, X), features, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(stepnet.embed(again, X), features, rtol=1e-4, atol=1e-6)


def test_only_what_is_not_frozen_is_trained():
    net = of.alpaca_model(SMALL)
    before = net.get_weights()
    X, y = np.random.RandomState(6).randint(0, 256, (8, 32, 32, 3)).astype(np.uint8), np.arange(8) % 2
    net.fit(X, y, epochs=1, batch_size=4, freeze=of.layers_to_freeze(), augment=of.data_augmenter(), verbose=False)
    changed = [name for name, value in net.get_weights().items() if not np.array_equal(value, before[name])]
    assert changed == ["linear1.weight", "linear1.bias"]


def test_another_network_with_these_shapes_is_refused():
    padded = of._base().replace(", 3, same, stride=2", ", 3, padding=1, stride=2")
    torchvision = stepnet.Network(padded, (*SMALL, 3), seed=3)
    torchvision.preprocessing = of.alpaca_model(SMALL).preprocessing
    with pytest.raises(ValueError, match="torchvision pads images otherwise"):
        of.alpaca_model(SMALL, weights=torchvision)


@pytest.mark.parametrize(
    "given, says",
    [
        ({"image_shape": (100, 160)}, "alpaca_model: image_shape is (100, 160), expected height and width, multiples of 32"),
        ({"image_shape": (32, 32, 3)}, "image_shape is (32, 32, 3), expected height and width"),
        ({"image_shape": 32}, "image_shape is 32, expected height and width"),
        ({"data_augmentation": 3}, "data_augmentation is 3, expected a string"),
        ({"weights": "/no/such.keras"}, "/no/such.keras"),
        ({"weights": stepnet.Network("linear(2)", 3)}, "alpaca_model: weights has 2 arrays, expected MobileNetV2 of width 1"),
    ],
)
def test_wrong_input_is_refused_in_a_line(given, says):
    with pytest.raises((TypeError, ValueError, OSError)) as error:
        of.alpaca_model(**{"image_shape": SMALL, **given})
    assert says in str(error.value) and "\n" not in str(error.value)
    with pytest.raises(ValueError, match="fine_tune_at is 156, expected 0 to 155"):
        of.layers_to_freeze(156)
