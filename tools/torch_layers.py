"""Writes crates/stepnet-nn/fixtures/torch_layers.json: what PyTorch's layers give, forward and backward.

    python tools/torch_layers.py > crates/stepnet-nn/fixtures/torch_layers.json

Everything in float64, channels last. The inputs are written beside the results, so that nothing depends on PyTorch's
random numbers.
"""

import json
import math
import sys

import torch
from torch import nn

torch.set_default_dtype(torch.float64)


def drawn(seed, *shape, size=1.0):
    """Numbers that any language can draw: nothing here depends on them being good."""
    count = math.prod(shape)
    values = [math.sin(12.9898 * (i + 1) + 78.233 * seed) * size for i in range(count)]
    return torch.tensor(values).reshape(shape)


def channels_last(values):
    return values.detach().movedim(1, -1).flatten().tolist() if values.dim() > 1 else values.detach().tolist()


def flat(parameter):
    """A vector, or filters (channels, filters, height, width) with the channels last and the kernel first."""
    return (parameter.permute(2, 3, 1, 0) if parameter.dim() == 4 else parameter).flatten().tolist()


def case(text, shape, module, size, parameters=()):
    """`shape` is (batch, channels, height, width) or (batch, features)."""
    x = drawn(1, *shape, size=size)
    with torch.no_grad():
        # At the kinks and beyond them.
        special = torch.tensor([0.0, -3.0, 3.0, 6.0, -8.0, 9.5])
        x.view(-1)[: len(special)] = special
        for number, parameter in enumerate(parameters):
            parameter.copy_(0.6 + 0.4 * drawn(number + 3, *parameter.shape))
    x.requires_grad_()
    y = module(x)
    dy = drawn(2, *y.shape)
    y.backward(dy)
    height, width = shape[2:] if len(shape) == 4 else (0, 0)
    return dict(
        layer=text,
        batch=shape[0],
        input=[height, width, shape[1]],
        x=channels_last(x),
        dy=channels_last(dy),
        y=channels_last(y),
        dx=channels_last(x.grad),
        parameters=[value for parameter in parameters for value in flat(parameter.detach())],
        gradients=[value for parameter in parameters for value in flat(parameter.grad)],
    )


def affine(module):
    return [module.weight, module.bias]


ROW, VOLUME, ODD, SMALL = (4, 6), (2, 6, 3, 2), (2, 4, 7, 6), (1, 2, 5, 4)


def activations():
    plain = {
        "relu": nn.ReLU(),
        "leakyrelu(slope=0.1)": nn.LeakyReLU(0.1),
        "sigmoid": nn.Sigmoid(),
        "tanh": nn.Tanh(),
        "gelu": nn.GELU(),
        "gelutanh": nn.GELU(approximate="tanh"),
        "silu": nn.SiLU(),
        "relu6": nn.ReLU6(),
        "hardswish": nn.Hardswish(),
        # Not nn.Hardsigmoid, whose backward pass has 1/6 as float32 has it.
        "hardsigmoid": lambda x: nn.functional.relu6(x + 3) / 6,
        "elu": nn.ELU(),
        "elu(alpha=0.5)": nn.ELU(0.5),
    }
    cases = [case(text, ROW, module, 7.5) for text, module in plain.items()]
    for shape in (ROW, VOLUME):
        for text, slopes in (("prelu", 6), ("prelu(shared=true)", 1)):
            module = nn.PReLU(slopes)
            cases.append(case(text, shape, module, 2.0, [module.weight]))
    return cases


def normalisations():
    cases = []
    for shape in (ROW, VOLUME):
        for text, module in (
            ("groupnorm(1)", nn.GroupNorm(1, 6)),
            ("groupnorm(3)", nn.GroupNorm(3, 6)),
            ("groupnorm(2, epsilon=0.01)", nn.GroupNorm(2, 6, eps=0.01)),
        ):
            cases.append(case(text, shape, module, 2.0, affine(module)))
    for text, module in (
        ("lrn(3)", nn.LocalResponseNorm(3)),
        ("lrn(4, alpha=0.5, beta=0.6, k=2)", nn.LocalResponseNorm(4, 0.5, 0.6, 2.0)),
        ("lrn(9, alpha=1, beta=0.5)", nn.LocalResponseNorm(9, 1.0, 0.5, 1.0)),
    ):
        cases.append(case(text, VOLUME, module, 2.0))
    module = nn.InstanceNorm2d(6, eps=0.01, affine=True)
    cases.append(case("instancenorm(0.01)", VOLUME, module, 2.0, affine(module)))
    cases.append(case("instancenorm(affine=false)", VOLUME, nn.InstanceNorm2d(6), 2.0))
    module = nn.LayerNorm(6)
    cases.append(case("layernorm", ROW, module, 2.0, affine(module)))
    return cases


def poolings():
    cases = []
    for text, module in (
        ("maxpool(3, stride=2, ceil_mode=true)", nn.MaxPool2d(3, 2, ceil_mode=True)),
        ("maxpool(3x2, 1, stride=3x2, ceil_mode=true)", nn.MaxPool2d((3, 2), (3, 2), 1, ceil_mode=True)),
        ("avgpool(2, ceil_mode=true)", nn.AvgPool2d(2, ceil_mode=True)),
        (
            "avgpool(3, 1, stride=3x2, count_padding=true, ceil_mode=true)",
            nn.AvgPool2d(3, (3, 2), 1, ceil_mode=True),
        ),
        (
            "avgpool(3, 1, stride=3x2, ceil_mode=true)",
            nn.AvgPool2d(3, (3, 2), 1, ceil_mode=True, count_include_pad=False),
        ),
        ("globalmaxpool", lambda x: x.amax((2, 3))),
    ):
        cases.append(case(text, ODD, module, 2.0))
    for size in ((2, 3), (5, 2), (7, 6), (1, 1)):
        text = f"adaptiveavgpool({size[0]}x{size[1]})" if size[0] != size[1] else f"adaptiveavgpool({size[0]})"
        cases.append(case(text, SMALL, nn.AdaptiveAvgPool2d(size), 2.0))
    return cases


def channels():
    cases = []
    for text, module in (
        ("slicechannels(0, 2)", lambda x: x[:, :2]),
        ("slicechannels(2, 3)", lambda x: x[:, 2:5]),
        ("identity", nn.Identity()),
    ):
        cases.extend(case(text, shape, module, 2.0) for shape in (ROW, VOLUME))
    for groups in (2, 3):
        cases.append(case(f"channelshuffle({groups})", VOLUME, nn.ChannelShuffle(groups), 2.0))
    for text, shape in (("layerscale", (6,)), ("layerscale(0.5)", (6, 1, 1))):
        gamma = torch.zeros(6, requires_grad=True)
        scaled = lambda x, gamma=gamma, shape=shape: x * gamma.reshape(shape)
        cases.append(case(text, ROW if len(shape) == 1 else VOLUME, scaled, 2.0, [gamma]))
    return cases


def sizes():
    """Layers that change height and width by other means than windows."""
    cases = []
    for text, mode, sides in (
        ("pad(1/3/0/2, mode=reflect)", "reflect", (0, 2, 1, 3)),
        ("pad(2x5, mode=edge)", "replicate", (5, 5, 2, 2)),
        ("pad(1/0/2/1)", "constant", (2, 1, 1, 0)),
    ):
        padded = lambda x, mode=mode, sides=sides: nn.functional.pad(x, sides, mode=mode)
        cases.append(case(text, SMALL, padded, 2.0))
    for factor in ((2, 2), (3, 1), (1, 4)):
        for mode in ("nearest", "bilinear"):
            text = f"upsample({factor[0]}x{factor[1]}, mode={mode})"
            cases.append(case(text, (1, 2, 3, 2), nn.Upsample(scale_factor=factor, mode=mode), 2.0))
    for text, module in (
        ("convtranspose(3, 2)", nn.ConvTranspose2d(4, 3, 2)),
        ("convtranspose(6, 3, 1, stride=2, output_padding=1)", nn.ConvTranspose2d(4, 6, 3, 2, 1, 1)),
        (
            "convtranspose(6, 3x2, 1x0, stride=2x3, output_padding=0x2, dilation=1x2, groups=2)",
            nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (0, 2), 2, True, (1, 2)),
        ),
        ("convtranspose(4, 3, stride=2, groups=4, bias=false)", nn.ConvTranspose2d(4, 4, 3, 2, groups=4, bias=False)),
    ):
        parameters = [module.weight] if module.bias is None else [module.weight, module.bias]
        cases.append(case(text, (2, 4, 3, 2), module, 2.0, parameters))
    return cases


def main():
    cases = [*activations(), *normalisations(), *poolings(), *channels(), *sizes()]
    lines = ",\n".join(json.dumps(one) for one in cases)
    sys.stdout.write(f'{{"torch": "{torch.__version__}", "layers": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
