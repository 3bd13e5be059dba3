"""PyTorch programs: the same numbers, and what a reader would want of them."""

import pytest

import cases

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")


@pytest.mark.parametrize("prefix", ["preset", "example", "random"])
def test_programs_give_the_same_numbers(exported, prefix):
    import numpy as np

    wrong, worst = [], {"probabilities": 0.0, "logits": 0.0}
    for case in cases.group(exported, prefix):
        program = case.program()
        network = program.load()
        values = torch.from_numpy(case.inputs)
        if hasattr(program, "resize"):
            # Values that are no bytes, in the models' own size.
            program.resize = lambda x: x
        expected = case.outputs
        if expected.shape[1] == 1:
            expected = np.hstack([1 - expected, expected])
        gaps = {"probabilities": cases.apart(program.predict(network, values).numpy(), expected)}
        with torch.no_grad():
            logits = network(program.preprocess(values)).numpy()
        gaps["logits"] = cases.apart(logits, case.logits) / np.abs(case.logits).max()
        if cases.too_far(case.name, gaps):
            wrong.append(f"{case.name}: {gaps}: {case.told['network']}")
        worst = {name: max(worst[name], gap) for name, gap in gaps.items()}
    print(f"{prefix}: {worst}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["images_stretch", "images_crop", "images_fit", "images_grey", "images_numbers", "images_labels"])
def test_images_of_any_size_give_what_the_onnx_file_gives(exported, pictures, name):
    pytest.importorskip("onnxruntime")
    import numpy as np
    from test_onnx import run

    case = exported[name]
    program = case.program()
    network = program.load()
    for values in pictures["grey" if name == "images_grey" else "colour"].values():
        expected = next(iter(run(case.onnx, values[None]).values()))
        found = program.predict(network, values[None]).numpy()
        assert np.allclose(found, expected, rtol=5e-4, atol=5e-4), values.shape


def test_programs_can_be_trained_further(exported):
    case = exported["images_stretch"]
    program = case.program()
    network = program.load().train()
    assert program.CLASSES == cases.CLASSES
    loss = torch.nn.functional.cross_entropy(network(torch.rand(4, 3, 24, 20)), torch.tensor([0, 1, 2, 0]))
    loss.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
