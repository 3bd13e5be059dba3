"""Exported models, loaded by Keras: the same numbers. It runs on JAX, so that no TensorFlow is needed."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np
import pytest

import cases

keras = pytest.importorskip("keras")

# Keras compiles every operation of every shape: a part of the random networks.
RANDOM = 40
# What Keras has no layer for.
LACKS = [
    "lrn cannot be written", "slicechannels cannot be written", "windows of several sizes", "has groups",
    "a stride and a dilation", "a border that it does not count",
]


@pytest.mark.parametrize("prefix", ["preset", "example", "random"])
def test_keras_gives_the_same_numbers(exported, prefix):
    wrong, worst, refused = [], 0, {}
    for case in cases.group(exported, prefix)[: RANDOM if prefix == "random" else None]:
        if problem := case.told["without_keras"]:
            refused[case.name] = problem
            continue
        model = keras.saving.load_model(case.folder / f"{case.name}.keras")
        found = np.asarray(model(case.inputs, training=False)).reshape(len(case.inputs), -1)
        gap = cases.apart(found, case.outputs)
        if gap > 2 * cases.PROBABILITIES * max(1, np.abs(case.outputs).max()):
            wrong.append(f"{case.name}: {gap}: {case.told['network']}")
        worst = max(worst, gap)
    print(f"{prefix}: {worst:.1e}; without Keras: {len(refused)}")
    assert not wrong, "\n".join(wrong)
    others = {name: problem for name, problem in refused.items() if not any(words in problem for words in LACKS)}
    assert not others, others


@pytest.mark.parametrize("name", ["images_stretch", "images_crop", "images_numbers"])
def test_images_of_the_models_size_give_what_the_onnx_file_gives(exported, pictures, name):
    pytest.importorskip("onnxruntime")
    from test_onnx import run

    case = exported[name]
    model = keras.saving.load_model(case.folder / f"{case.name}.keras")
    images = [values for values in pictures["colour"].values() if values.shape[:2] == (24, 20)]
    assert images
    for values in images:
        expected = next(iter(run(case.onnx, values[None]).values()))
        found = np.asarray(model(values[None].astype("float32")))
        assert np.allclose(found, expected, rtol=5e-4, atol=5e-4)
