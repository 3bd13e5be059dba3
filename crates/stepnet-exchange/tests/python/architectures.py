"""Architectures as people have them, with random weights, exported by PyTorch for the tests of imports."""

import warnings

import numpy as np
import torch

# Name, and the package that it comes from.
ARCHITECTURES = [
    ("resnet18", "torchvision"), ("resnet50", "torchvision"), ("mobilenet_v2", "torchvision"),
    ("mobilenet_v3_small", "torchvision"), ("mobilenet_v3_large", "torchvision"), ("efficientnet_b0", "torchvision"),
    ("squeezenet1_0", "torchvision"), ("squeezenet1_1", "torchvision"), ("vgg11", "torchvision"),
    ("alexnet", "torchvision"), ("densenet121", "torchvision"),
    ("regnet_x_400mf", "torchvision"), ("regnet_y_400mf", "torchvision"), ("shufflenet_v2_x1_0", "torchvision"),
    ("convnext_tiny", "torchvision"), ("mnasnet1_0", "torchvision"), ("googlenet", "torchvision"),
    ("inception_v3", "torchvision"),
    ("resnet18", "timm"), ("resnet50", "timm"), ("mobilenetv2_100", "timm"), ("mobilenetv3_small_100", "timm"),
    ("mobilenetv3_large_100", "timm"), ("efficientnet_lite0", "timm"), ("tf_efficientnet_lite0", "timm"),
    ("efficientnet_b0", "timm"), ("tf_efficientnet_b0", "timm"), ("densenet121", "timm"),
    ("regnetx_004", "timm"), ("regnety_004", "timm"), ("convnext_tiny", "timm"), ("resnext50_32x4d", "timm"),
    ("seresnet50", "timm"), ("resnet50_gn", "timm"), ("mobilenetv4_conv_small", "timm"), ("repvgg_a0", "timm"),
]

# Those that all exporters write; the others, whose operators are the same, are written by one, as an export takes its time.
MANY = {
    "resnet18", "mobilenet_v3_small", "efficientnet_b0", "squeezenet1_1", "shufflenet_v2_x1_0", "convnext_tiny", "regnet_y_400mf",
    "densenet121", "tf_efficientnet_lite0", "resnet50_gn",
}

# The height and width of images: smaller than they were trained on, as the numbers are random anyway. The others take 96;
# adaptive pooling cannot be exported for smaller ones.
SIZES = {"inception_v3": 107, "alexnet": 224, "vgg11": 224}

# The variance of random filters, times what they see. With 2, rounding errors grow from block to block in this one, in
# PyTorch as much as anywhere.
GAINS = {"seresnet50": 0.5}


def size_of(name):
    return SIZES.get(name, 96)


def model(name, package, seed=0):
    """A model whose batch normalisations have statistics and whose layer scales are not zero."""
    torch.manual_seed(seed)
    if package == "torchvision":
        import torchvision

        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        extra |= {"aux_logits": False} if name == "googlenet" else {}
        made = getattr(torchvision.models, name)(weights=None, num_classes=20, **extra)
    else:
        import timm

        made = timm.create_model(name, pretrained=False, num_classes=20)
    generator = torch.Generator().manual_seed(seed)

    def drawn(like, low, high):
        return torch.rand(like.shape, generator=generator) * (high - low) + low

    with torch.no_grad():
        for module in made.modules():
            if getattr(module, "running_mean", None) is not None:
                module.running_mean.copy_(drawn(module.running_mean, -0.3, 0.3))
                module.running_var.copy_(drawn(module.running_var, 0.5, 1.5))
                module.weight.copy_(drawn(module.weight, 0.7, 1.3))
                module.bias.copy_(drawn(module.bias, -0.2, 0.2))
        for parameter_name, parameter in made.named_parameters():
            if "layer_scale" in parameter_name or parameter_name.endswith("gamma"):
                parameter.copy_(drawn(parameter, 0.1, 0.5))
            elif parameter.ndim == 4:
                fan_in = parameter[0].numel()
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (GAINS.get(name, 2.0) / fan_in) ** 0.5)
    return made.eval()


def export(made, path, size, exporter):
    """Writes an ONNX file: `script` is the older exporter, `dynamo` the newer; `old` has constants unfolded and weights
    among the inputs, as files of years ago have them."""
    x = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if exporter == "dynamo":
            torch.onnx.export(made, (x,), str(path), dynamo=True, external_data=False, verbose=False)
        elif exporter == "script":
            axes = {"input": {0: "batch"}}
            torch.onnx.export(made, (x,), str(path), dynamo=False, opset_version=17, input_names=["input"], dynamic_axes=axes)
        else:
            torch.onnx.export(
                made, (x,), str(path), dynamo=False, opset_version=11, do_constant_folding=False,
                keep_initializers_as_inputs=True, training=torch.onnx.TrainingMode.PRESERVE,
            )


def inputs(size, count=2):
    """Random numbers and a picture of circles, `NCHW`."""
    random = np.random.RandomState(7).randn(count, 3, size, size).astype(np.float32)
    rows, columns = np.mgrid[0:size, 0:size] / size - 0.5
    circles = np.stack([np.sin(12 * np.hypot(rows, columns)), rows, columns])
    random[-1] = circles.astype(np.float32)
    return random
