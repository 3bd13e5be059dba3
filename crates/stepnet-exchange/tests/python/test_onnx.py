"""ONNX files against the full checker, ONNX Runtime, and the command's own predictions."""

import json
import subprocess

import pytest

import cases

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

GROUPS = ["preset", "example", "random"]
# Outputs for resized images of noise, whose every pixel counts; photographs agree to rounding.
RESIZED = 5e-4


def session(path):
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(path, x):
    """The outputs by name."""
    opened = session(path)
    names = [output.name for output in opened.get_outputs()]
    return dict(zip(names, opened.run(None, {opened.get_inputs()[0].name: x})))


@pytest.mark.parametrize("prefix", [*GROUPS, "images"])
def test_the_full_checker_accepts_every_file(exported, prefix):
    for case in cases.group(exported, prefix):
        onnx.checker.check_model(str(case.onnx), full_check=True)


@pytest.mark.parametrize("prefix", GROUPS)
def test_onnx_runtime_gives_the_same_numbers(exported, prefix):
    wrong, worst = [], {"probabilities": 0.0, "logits": 0.0}
    for case in cases.group(exported, prefix):
        import numpy as np

        found = run(case.onnx, case.inputs)
        expected = case.outputs
        if expected.shape[1] == 1:
            expected = np.hstack([1 - expected, expected])
        gaps = {"probabilities": cases.apart(found["probabilities"], expected)}
        gaps["logits"] = cases.apart(found["logits"], case.logits) / np.abs(case.logits).max()
        if cases.too_far(case.name, gaps):
            wrong.append(f"{case.name}: {gaps}: {case.told['network']}")
        worst = {name: max(worst[name], gap) for name, gap in gaps.items()}
    print(f"{prefix}: {worst}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["images_stretch", "images_crop", "images_fit", "images_grey", "images_numbers", "images_labels"])
def test_images_of_any_size_give_what_the_command_says(exported, command, pictures, name):
    worst = compared(exported[name], command, pictures["grey" if name == "images_grey" else "colour"], RESIZED)
    print(f"{name}: {worst:.1e}")


@pytest.mark.parametrize("name", ["images_stretch", "images_crop", "images_fit"])
def test_photographs_give_what_the_command_says(exported, command, photographs, name):
    worst = compared(exported[name], command, photographs, 1e-5)
    print(f"{name}, {len(photographs)} photographs: {worst:.1e}")


def compared(case, command, images, bound):
    """The largest difference between what the command predicts for files and what the exported file makes of their values."""
    words = [command, "predict", case.model, *images, "--json", "--top-k", "3" if "classes" in named(case)["task"] else "1"]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    classes = json.loads(named(case)["classes"])
    worst = 0
    for line in map(json.loads, told.splitlines()):
        values = next(values for path, values in images.items() if str(path) == line["picture"])
        found = next(iter(run(case.onnx, values[None]).values()))[0]
        expected = said(line)
        assert len(found) == len(classes)
        for value, name_of in zip(found, classes):
            difference = abs(value - expected[name_of]) / max(1, abs(expected[name_of]))
            worst = max(worst, difference)
            assert difference <= bound, (line["picture"], values.shape, name_of, value, expected)
    return worst


def said(line):
    """The numbers that a line of `predict --json` has, by their names."""
    if "numbers" in line:
        return line["numbers"]
    found = line.get("predictions") or line["labels"]
    return {each.get("class") or each["label"]: each["probability"] for each in found}


def named(case):
    """The metadata of a file."""
    return {entry.key: entry.value for entry in onnx.load(str(case.onnx)).metadata_props}


def test_names_of_layers_classes_and_inputs_are_in_the_file(exported):
    case = exported["images_stretch"]
    entries = named(case)
    assert json.loads(entries["classes"]) == cases.CLASSES
    assert entries["task"] == "classes" and entries["input"] == "24x20x3"
    model = onnx.load(str(case.onnx))
    names = {node.name for node in model.graph.node}
    assert {"conv1", "relu1", "maxpool1", "linear1/Flatten", "linear1", "softmax1"} <= names
    assert [value.name for value in model.graph.input] == ["images"]
    assert [value.name for value in model.graph.output] == ["probabilities", "logits"]


def test_batches_of_any_size_run(exported):
    import numpy as np

    case = exported["images_crop"]
    for batch in (1, 5):
        found = run(case.onnx, np.zeros((batch, 30, 50, 3), np.uint8))
        assert found["probabilities"].shape == (batch, 3)
