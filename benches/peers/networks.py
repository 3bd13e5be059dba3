"""The networks that are compared, for every library that takes part.

They are Stepnet's presets of these names; the driver checks that the numbers of learnt parameters
agree. A convolution is (filters, kernel, padding, stride); one that a batch normalisation follows has
no bias. Padding is a number of rows and columns on each side, or by the rule of `same`: an odd rest
goes to the bottom and right. `residual` has a body and a shortcut, which is empty where the input is
added as it is.
"""


def normalised(filters, kernel, padding, stride=1):
    """A convolution with its batch normalisation."""
    return [("conv", filters, kernel, padding, stride), ("bn",)]


def block(filters, stride=1):
    """A residual block of two 3x3 convolutions, with a projection where the size changes."""
    body = normalised(filters, 3, 1, stride) + [("relu",)] + normalised(filters, 3, 1)
    shortcut = normalised(filters, 1, 0, stride) if stride > 1 else []
    return [("residual", body, shortcut), ("relu",)]


NETWORKS = {
    "lenet5": {
        "input": (1, 28, 28),
        "classes": 10,
        "layers": [
            ("conv", 6, 5, 0, 1), ("relu",), ("maxpool", 2),
            ("conv", 16, 5, 0, 1), ("relu",), ("maxpool", 2),
            ("flatten",), ("linear", 120), ("relu",), ("linear", 84), ("relu",), ("linear", 10),
        ],
    },
    "cat-cnn": {
        "input": (3, 64, 64),
        "classes": 6,
        "layers": [
            ("conv", 8, 4, "same", 1), ("relu",), ("maxpool", 8),
            ("conv", 16, 2, "same", 1), ("relu",), ("maxpool", 4),
            ("flatten",), ("linear", 6),
        ],
    },
    "resnet20": {
        "input": (3, 32, 32),
        "classes": 10,
        "batch": 128,
        "layers": [
            *normalised(16, 3, 1), ("relu",), *block(16), *block(16), *block(16),
            *block(32, 2), *block(32), *block(32), *block(64, 2), *block(64), *block(64),
            ("globalavgpool",), ("linear", 10),
        ],
    },
}

BATCH = 64
LEARNING_RATE = 1e-3
MOMENTUM = 0.9


def batch(name):
    """Examples of a training step."""
    return NETWORKS[name].get("batch", BATCH)


def sized_layers(layers, shape):
    """Each of some layers with the shape (channels, height, width) or (features,) of its input."""
    for layer in layers:
        yield layer, shape
        shape = output_shape(layer, shape)


def output_shape(layer, shape):
    """The shape that a layer makes of one."""
    kind = layer[0]
    if kind == "conv":
        _, filters, kernel, padding, stride = layer
        added = kernel - 1 if padding == "same" else 2 * padding
        return (filters, *((n + added - kernel) // stride + 1 for n in shape[1:]))
    if kind == "maxpool":
        return (shape[0], shape[1] // layer[1], shape[2] // layer[1])
    if kind == "globalavgpool":
        return (shape[0],)
    if kind == "flatten":
        return (shape[0] * shape[1] * shape[2],)
    if kind == "linear":
        return (layer[1],)
    if kind == "residual":
        for inner in layer[1]:
            shape = output_shape(inner, shape)
    return shape


def is_normalised(layers, number):
    """Whether a batch normalisation follows a layer, so that its bias would be lost."""
    return layers[number + 1 : number + 2] == [("bn",)]


def same_pads(kernel):
    """Rows before and after the picture that keep its height under a kernel at stride 1."""
    return (kernel - 1) // 2, kernel // 2
