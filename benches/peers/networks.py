"""The networks that are compared, for every library that takes part.

They are Stepnet's presets `lenet5` and `cat-cnn`; the driver checks that the numbers of learnt
parameters agree. Padding is by the rule of `same`: an odd rest goes to the bottom and right.
"""

NETWORKS = {
    "lenet5": {
        "input": (1, 28, 28),
        "classes": 10,
        "layers": [
            ("conv", 6, 5, "valid"), ("relu",), ("maxpool", 2),
            ("conv", 16, 5, "valid"), ("relu",), ("maxpool", 2),
            ("flatten",), ("linear", 120), ("relu",), ("linear", 84), ("relu",), ("linear", 10),
        ],
    },
    "cat-cnn": {
        "input": (3, 64, 64),
        "classes": 6,
        "layers": [
            ("conv", 8, 4, "same"), ("relu",), ("maxpool", 8),
            ("conv", 16, 2, "same"), ("relu",), ("maxpool", 4),
            ("flatten",), ("linear", 6),
        ],
    },
}

BATCH = 64
LEARNING_RATE = 1e-3
MOMENTUM = 0.9


def sized_layers(name):
    """Each layer of a network with the shape (channels, height, width) or (features,) of its input."""
    network = NETWORKS[name]
    shape = network["input"]
    for layer in network["layers"]:
        yield layer, shape
        kind = layer[0]
        if kind == "conv":
            _, filters, kernel, padding = layer
            lost = kernel - 1 if padding == "valid" else 0
            shape = (filters, shape[1] - lost, shape[2] - lost)
        elif kind == "maxpool":
            shape = (shape[0], shape[1] // layer[1], shape[2] // layer[1])
        elif kind == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        elif kind == "linear":
            shape = (layer[1],)


def same_pads(kernel):
    """Rows before and after the picture that keep its height under a kernel at stride 1."""
    return (kernel - 1) // 2, kernel // 2
