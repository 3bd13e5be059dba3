"""PyTorch on the CPU: convolution layers and whole training steps, in two layouts, eager and compiled.

Started by compare.py: torch_worker.py THREADS LAYERS.json [--compile]
"""

import json
import os
import re
import sys
import warnings

import torch
from torch.nn import functional

from networks import LEARNING_RATE, MOMENTUM, NETWORKS, batch, is_normalised, sized_layers
from serve import serve

LAYOUTS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last}


def compiled_if(mode, function):
    if mode == "eager":
        return function
    # With sizes known, as after a first step of training.
    return torch.compile(function, dynamic=False)


def layer_case(layer, which, layout, mode):
    """The forward pass of a layer, or all three parts of its backward pass together."""
    layout = LAYOUTS[layout]
    x = torch.randn(layer["batch"], layer["channels"], layer["height"], layer["width"]).to(memory_format=layout)
    conv = torch.nn.Conv2d(
        layer["channels"], layer["filters"], layer["kernel"],
        stride=layer["stride"], padding=layer["pad"], groups=layer["groups"],
    ).to(memory_format=layout)
    parameters = sum(p.numel() for p in conv.parameters())
    weight = conv.weight.detach()
    if which == "forward":
        run = compiled_if(mode, conv)
        call = lambda: [run(x)]
    else:
        with torch.no_grad():
            dy = torch.randn_like(conv(x))
        pair = lambda value: [value, value]

        def backward(dy, x, weight):
            return torch.ops.aten.convolution_backward(
                dy, x, weight, [layer["filters"]], pair(layer["stride"]), pair(layer["pad"]), [1, 1],
                False, [0, 0], layer["groups"], [True, True, True],
            )

        run = compiled_if(mode, backward)
        call = lambda: run(dy, x, weight)

    def without_gradients():
        with torch.no_grad():
            return call()

    return without_gradients, parameters, lambda: all(bool(r.isfinite().all()) for r in without_gradients())


class Residual(torch.nn.Module):
    """The sum of a body and a shortcut."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def module(layers, shape):
    """Some layers as networks.py has them, for inputs of a shape."""
    modules = []
    for number, (layer, shape) in enumerate(sized_layers(layers, shape)):
        kind = layer[0]
        if kind == "conv":
            _, filters, kernel, padding, stride = layer
            bias = not is_normalised(layers, number)
            modules.append(torch.nn.Conv2d(shape[0], filters, kernel, stride, padding, bias=bias))
        elif kind == "bn":
            modules.append(torch.nn.BatchNorm2d(shape[0]))
        elif kind == "maxpool":
            modules.append(torch.nn.MaxPool2d(layer[1]))
        elif kind == "globalavgpool":
            modules += [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()]
        elif kind == "linear":
            modules.append(torch.nn.Linear(shape[0], layer[1]))
        elif kind == "residual":
            modules.append(Residual(module(layer[1], shape), module(layer[2], shape)))
        else:
            modules.append({"relu": torch.nn.ReLU, "flatten": torch.nn.Flatten}[kind]())
    return torch.nn.Sequential(*modules)


def numbers(network):
    """How many numbers a network holds, learnt and not, as Stepnet counts them."""
    held = [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]
    return sum(p.numel() for p in held)


def optimizer(parameters):
    settings = {"lr": LEARNING_RATE, "momentum": MOMENTUM}
    try:
        return torch.optim.SGD(parameters, fused=True, **settings)
    except (RuntimeError, TypeError):  # versions that cannot fuse on the CPU
        return torch.optim.SGD(parameters, **settings)


def step_case(name, layout, mode):
    """Forward, loss, backward, and the update by SGD with momentum."""
    described = NETWORKS[name]
    network = module(described["layers"], described["input"]).to(memory_format=LAYOUTS[layout])
    x = torch.rand(batch(name), *described["input"]).to(memory_format=LAYOUTS[layout])
    t = torch.arange(batch(name)) % described["classes"]
    update = optimizer(network.parameters())
    loss_of = compiled_if(mode, lambda x, t: functional.cross_entropy(network(x), t))
    losses = []

    def step():
        update.zero_grad(set_to_none=True)
        loss = loss_of(x, t)
        loss.backward()
        update.step()
        losses[:] = [loss.detach()]

    return step, numbers(network), lambda: bool(losses[0].isfinite())


def main():
    threads, file = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    warnings.filterwarnings("ignore")
    if os.environ.get("ATEN_CPU_CAPABILITY") == "avx2":
        torch._inductor.config.cpp.simdlen = 256
    with open(file, encoding="utf-8") as text:
        layers = {layer["name"]: layer for layer in json.load(text)}
    last_case = None
    modes = ["eager", "compiled"] if "--compile" in sys.argv else ["eager"]

    def prepare(case, variant):
        nonlocal last_case
        if case != last_case:
            # What was compiled for other sizes would count against the number of recompilations.
            torch._dynamo.reset()
            last_case = case
        which, name = case.split(":", 1)
        layout, mode = variant.split(",")
        if which == "step":
            return step_case(name, layout, mode)
        return layer_case(layers[name], which, layout, mode)

    onednn = re.search(r"MKL-DNN v([\d.]+)", torch.__config__.show())
    about = {
        "variants": [f"{layout},{mode}" for mode in modes for layout in LAYOUTS],
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "versions": {"PyTorch": torch.__version__, "oneDNN": onednn[1] if onednn else "unknown"},
        "threads": torch.get_num_threads(),
    }
    serve(about, prepare)


if __name__ == "__main__":
    main()
