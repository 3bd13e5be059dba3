"""Models of other frameworks, and features."""

import warnings

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


TEXTS = [
    "conv(8, 3, same) -> bn -> relu -> maxpool(2) -> [residual(conv(8, 3, same) -> bn)] x 2 -> globalavgpool -> linear(5) -> softmax",
    "conv(4, 3) -> relu -> flatten -> linear(3) -> sigmoid",
]


def network(text, shape=(8, 8, 3), **options):
    """One that was trained for a moment, so that nothing of it is at its beginning."""
    net = stepnet.Network(text, shape, **options)
    X = images(40, *shape)
    if "sigmoid" in text:
        net.fit(X, np.random.RandomState(1).randint(0, 2, (40, 3)), epochs=1, verbose=False)
    else:
        net.fit(X, np.arange(40) % 5, epochs=1, verbose=False)
    return net


@pytest.mark.parametrize("text", TEXTS)
def test_an_onnx_file_comes_back_as_the_network(text, tmp_path):
    net, X = network(text), images(20, 8, 8, 3)
    lines = net.to_onnx(tmp_path / "net.onnx", input="values")
    assert any("values" in line for line in lines), lines
    with warnings.catch_warnings():
        # Its own files say all there is to know.
        warnings.simplefilter("error")
        back = stepnet.Network.from_onnx(tmp_path / "net.onnx")
    assert back.input_shape == (8, 8, 3) and back.layer_sources
    # Its preprocessing is inside of the file, as layers or as preprocessing.
    outputs = [net.outputs(X), back.outputs(X.astype(np.float32))]
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("text", TEXTS)
def test_a_keras_file_comes_back_as_the_network(text, tmp_path):
    net, X = network(text), images(20, 8, 8, 3)
    lines = net.to_keras(tmp_path / "net.keras")
    assert any("values from 0 to 255" in line for line in lines), lines
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = stepnet.Network.from_keras(tmp_path / "net.keras", keep_logits=True)
    np.testing.assert_allclose(back.outputs(X), net.outputs(X), rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="to_keras: path is .*expected a name that ends in .keras"):
        net.to_keras(tmp_path / "net.h5")


def test_onnx_runtime_agrees(tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    net, X = network(TEXTS[0]), images(20, 8, 8, 3)
    net.to_onnx(tmp_path / "net.onnx")
    session = runtime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    found = session.run(None, {session.get_inputs()[0].name: X})[0]
    np.testing.assert_allclose(found, net.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore:.*rounded from f64")
def test_a_module_of_pytorch_computes_the_same(text, dtype):
    torch = pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    net, X = network(text, dtype=dtype), images(20, 8, 8, 3)
    module = net.to_torch()
    assert isinstance(module, torch.nn.Module) and not module.training
    assert "class Network(nn.Module)" in module.source
    np.testing.assert_allclose(module.predict(X).numpy(), net.predict_proba(X), rtol=1e-4, atol=1e-5)
    # It is alive: it trains, and copies of it have weights of their own.
    logits = module(module.preprocess(X))
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    same = net.to_torch()
    with torch.no_grad():
        next(iter(module.parameters())).zero_()
    assert next(iter(same.parameters())).abs().sum() > 0


def test_numbers_come_from_a_module_in_their_unit():
    pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    X, y = np.random.RandomState(0).rand(50, 4).astype(np.float32), np.random.RandomState(1).rand(50, 2) * 1000
    net = stepnet.Network("linear(6) -> relu -> linear(2)", 4, targets="numbers")
    net.fit(X, y, epochs=3, verbose=False)
    np.testing.assert_allclose(net.to_torch().predict(X).numpy(), net.predict(X), rtol=1e-4)


@pytest.mark.filterwarnings("ignore")
def test_weights_of_pytorch_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 36, 4)).eval()
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    text = "conv(6, 3) -> bn -> relu -> flatten -> linear(4)"
    X = images(10, 8, 8, 3)
    net = stepnet.Network.from_torch(
        tmp_path / "weights.pt", model=text, input_shape=(8, 8, 3), classes=["a", "b", "c", "d"], mean=[0.5] * 3, deviation=[0.25, 0.5, 1], keep_logits=True
    )
    x = (torch.as_tensor(X).permute(0, 3, 1, 2) / 255 - 0.5) / torch.tensor([0.25, 0.5, 1]).view(-1, 1, 1)
    with torch.no_grad():
        expected = module(x).numpy()
    np.testing.assert_allclose(net.outputs(X), expected, rtol=1e-4, atol=1e-4)
    assert [*net.classes_] == ["a", "b", "c", "d"] and net.preprocessing.mean == (0.5, 0.5, 0.5)
    with pytest.raises(ValueError, match="weights.pt"):
        stepnet.Network.from_torch(tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="resnet1"):
        stepnet.Network.from_torch(tmp_path / "weights.pt", recipe="resnet1")


@pytest.mark.filterwarnings("ignore")
def test_a_model_of_keras_is_read_and_trained_on(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    X = images(10, 8, 8, 3)
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"model.{ending}")
        net = stepnet.Network.from_keras(tmp_path / f"model.{ending}", classes=3, divisor=1)
        expected = np.asarray(model(X.astype(np.float32)))
        np.testing.assert_allclose(net.predict_proba(X), expected, rtol=1e-3, atol=1e-5)
        net.fit(X, np.arange(10) % 3, epochs=1, verbose=False)


def test_what_cannot_be_read_is_named(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"nothing of that kind")
    for read in (stepnet.Network.from_onnx, stepnet.Network.from_torch, stepnet.Network.from_keras):
        with pytest.raises(ValueError, match="model.onnx"):
            read(tmp_path / "model.onnx")
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none")
        with pytest.raises((TypeError, ValueError), match=f"{read.__name__}: mean"):
            read(tmp_path / "model.onnx", mean="x")
    net = stepnet.Network("linear(2) -> softmax", 4)
    with pytest.raises(ValueError, match="to_onnx: input is \"pictures\""):
        net.to_onnx(tmp_path / "net.onnx", input="pictures")
    with pytest.raises(ValueError, match="image"):
        net.to_onnx(tmp_path / "net.onnx", input="any-size")
    assert not (tmp_path / "net.onnx").exists()
