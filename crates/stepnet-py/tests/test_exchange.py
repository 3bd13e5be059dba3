"""Models of other frameworks, and features."""

import numpy as np
import pytest

import stepnet


def images(*shape):
    return np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_are_the_values_before_the_last_linear_layer(dtype, tmp_path):
    X = images(300, 8, 8, 3)
    net = stepnet.Network("conv(4, 3) -> relu -> globalavgpool -> linear(2) -> softmax", (8, 8, 3), classes=2, dtype=dtype)
    net.fit(X, np.arange(300) % 2, epochs=1, verbose=False)
    features = stepnet.embed(net, X)
    assert features.shape == (300, 4) and features.dtype == dtype
    weights = net.get_weights()
    logits = features @ weights["linear1.weight"].T + weights["linear1.bias"]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chances, net.predict_proba(X), rtol=1e-4, atol=1e-6)
    net.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(stepnet.embed(tmp_path / "net.safetensors", X), features)
    # Each by itself, and pictures of another size.
    np.testing.assert_allclose(stepnet.embed(net, X[:1]), features[:1], rtol=1e-5)
    assert stepnet.embed(net, [images(20, 30, 3), images(9, 9, 3)]).shape == (2, 4)


def test_what_has_no_features_is_refused():
    X = images(2, 8, 8, 3)
    with pytest.raises(ValueError, match="linear"):
        stepnet.embed(stepnet.Network("conv(4, 3) -> relu", (8, 8, 3)), X)
    with pytest.raises(TypeError, match="embed: model is 5"):
        stepnet.embed(5, X)
    with pytest.raises(ValueError, match=r"embed: images has shape \(2, 8, 8\)"):
        stepnet.embed(stepnet.Network("lenet5"), X[..., 0])
    with pytest.raises(FileNotFoundError):
        stepnet.embed("nothing.safetensors", X)
