"""Random networks over every kind of layer, as text in the arrow notation and as PyTorch computes them.

A network is a list of layers, each a tuple of its kind, its label and what it is made with. Labels are
unique in a network, so that arrays of weights are found by them. Padding is (top, bottom, left, right).
"""

import math
import random

# PyTorch's functions of the same names as Stepnet's layers.
PLAIN = ["relu", "sigmoid", "tanh", "gelu", "silu", "relu6", "hardswish", "elu"]
ACTIVATIONS = [*PLAIN, "hardsigmoid", "leakyrelu", "prelu"]
SLOPE = 0.1
EPSILON = 1e-5
# Local response normalisation as a network text has it: size, alpha, beta and k.
RESPONSE = (3, 0.5, 0.75, 2)

# Layers that take a volume and are drawn less often than the others, all of them together.
RARE = ["identity", "slicechannels", "channelshuffle", "layerscale", "instancenorm", "lrn", "upsample", "convtranspose", "adaptiveavgpool"]

# Values of an example, and of a layer's weights, at most: thousands of networks are to take minutes.
MOST_VALUES = 8_000
MOST_WEIGHTS = 40_000


class Writer:
    """Draws layers one after the other and keeps count of the shape."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.labels = 0

    def label(self, letter):
        self.labels += 1
        return f"{letter}{self.labels}x"

    def network(self):
        """(input shape, layers, classes); one class is one answer of yes or no."""
        draw = self.draw
        classes = draw.choice([1, 2, 3, 5, 10])
        if draw.random() < 0.15:
            shape = (draw.choice([3, 8, 17, 64, 700]),)
        elif draw.random() < 0.15:
            # Deep enough for Winograd's method.
            shape = (draw.choice([8, 12]), draw.choice([8, 12]), draw.choice([24, 32]))
        else:
            shape = (draw.randint(3, 16), draw.randint(3, 16), draw.choice([1, 2, 3, 4, 6, 16]))
        layers, end = self.body(shape, draw.randint(1, 5), nested=False)
        if len(end) == 3 and draw.random() < 0.4:
            layers.append((draw.choice(["globalavgpool", "globalmaxpool"]), self.label("g")))
        layers.append(("linear", self.label("d"), classes, draw.random() < 0.8))
        return shape, layers, classes

    def body(self, shape, count, nested):
        layers = []
        for _ in range(count):
            for layer, after in self.some(shape, nested):
                layers.append(layer)
                shape = after
        return layers, shape

    def some(self, shape, nested):
        """A layer, mostly with an activation, and the shape after each."""
        draw = self.draw
        if len(shape) == 1:
            units = draw.choice([1, 5, 16, 33])
            found = [(("linear", self.label("d"), units, draw.random() < 0.8), (units,))]
        else:
            kinds = ["conv"] * 6 + ["maxpool", "avgpool", "bn", "layernorm", "groupnorm", "pad", "flatten"]
            # Over one value a normalisation is constant, and all gradients before it are rounding.
            constant = {"layernorm": shape[2] == 1, "groupnorm": math.prod(shape) == 1}
            left_out = (["flatten"] if nested else []) + [kind for kind, one in constant.items() if one]
            kinds = [kind for kind in kinds if kind not in left_out]
            kinds += [] if nested else ["residual", "residual", "branch"]
            kinds += ["scale"] + ["rare"] * 5
            kind = draw.choice(kinds)
            found = [self.rare(shape) if kind == "rare" else self.of_kind(kind, shape)]
        after = found[-1][1]
        if len(after) == 1 and draw.random() < 0.2:
            groups = [by for by in divisors(after[0]) if by < after[0]]
            grouped = groups and draw.random() < 0.5
            norm = ("groupnorm", self.label("n"), draw.choice(groups)) if grouped else ("bn", self.label("n"))
            found.append((norm, after))
        if draw.random() < 0.6:
            found.append(((draw.choice(ACTIVATIONS), self.label("a")), after))
        return found

    def of_kind(self, kind, shape):
        draw, label = self.draw, self.label(kind[0])
        height, width, channels = shape
        if kind == "conv":
            return self.conv(shape)
        if kind in ("maxpool", "avgpool"):
            size = (draw.randint(1, min(3, height)), draw.randint(1, min(3, width)))
            pads = tuple(draw.randint(0, size[side // 2] - 1) if draw.random() < 0.3 else 0 for side in range(4))
            stride = size if draw.random() < 0.6 else (draw.randint(1, 3), draw.randint(1, 3))
            # PyTorch has one padding for both sides; here it sees an image with its border, whose end must be the image's.
            ceil = draw.random() < 0.5 and pads[1] == pads[3] == 0
            layer = (kind, label, size, pads, stride, ceil)
            after = slid(shape, size, pads, stride, (1, 1), channels, ceil)
            return layer + ((draw.random() < 0.5,) if kind == "avgpool" else ()), after
        if kind == "pad":
            mode = draw.choice(["zeros", "reflect", "edge"] if height * width > 1 else ["zeros"])
            most = [min(2, extent - 1) if mode == "reflect" else 2 for extent in (height, height, width, width)]
            pads = tuple(draw.randint(0, side) for side in most)
            return (kind, label, pads, mode), (height + pads[0] + pads[1], width + pads[2] + pads[3], channels)
        if kind == "scale":
            squeezed = [("globalavgpool", self.label("g")), ("linear", self.label("d"), channels, True)]
            excited = [("conv", self.label("c"), channels, (3, 1), (1, 1, 0, 0), (1, 1), (1, 1), 1, True)]
            return (kind, label, draw.choice([squeezed, excited]) + [("sigmoid", self.label("a"))]), shape
        if kind == "groupnorm":
            groups = [by for by in divisors(channels) if math.prod(shape) > by]
            return (kind, label, draw.choice(groups)), shape
        if kind == "flatten":
            return (kind, label), (height * width * channels,)
        if kind == "residual":
            body, after = self.body(shape, draw.randint(1, 2), nested=True)
            if after == shape:
                return (kind, label, body, []), shape
            same = ("conv", self.label("c"), channels, (1, 1), (0,) * 4, (1, 1), (1, 1), 1, False)
            layers = [same, (draw.choice(ACTIVATIONS), self.label("a"))]
            shortcut = [("conv", self.label("c"), channels, (3, 3), (1,) * 4, (1, 1), (1, 1), 1, True)]
            return (kind, label, layers, shortcut), shape
        if kind == "branch":
            paths = []
            for _ in range(2):
                filters = draw.choice([1, 2, 5])
                paths.append([("conv", self.label("c"), filters, (3, 1), (1, 1, 0, 0), (1, 1), (1, 1), 1, True)])
                paths[-1].append((draw.choice(ACTIVATIONS), self.label("a")))
            return (kind, label, paths), (height, width, sum(path[0][2] for path in paths))
        return (kind, label), shape

    def rare(self, shape):
        draw = self.draw
        height, width, channels = shape
        # Over one value, or several that are equal, a normalisation is constant.
        spread = ("instancenorm", "upsample", "adaptiveavgpool")
        kinds = [kind for kind in RARE if kind not in spread or height * width > 1]
        kind = draw.choice(kinds)
        label = self.label("r")
        if kind == "slicechannels":
            first = draw.randrange(channels)
            count = draw.randint(1, channels - first)
            return (kind, label, first, count), (height, width, count)
        if kind == "channelshuffle":
            return (kind, label, draw.choice(divisors(channels))), shape
        if kind in ("instancenorm", "layerscale"):
            return (kind, label, draw.random() < 0.5), shape
        small = height * width * channels * 9 <= MOST_VALUES
        if kind == "upsample" and small:
            factor = (draw.randint(1, 3), draw.randint(1, 3))
            mode = draw.choice(["nearest", "bilinear"])
            return (kind, label, factor, mode), (height * factor[0], width * factor[1], channels)
        if kind == "convtranspose" and small:
            groups = draw.choice(divisors(channels)[:3])
            kernel, stride = [(draw.randint(1, 3), draw.randint(1, 3)) for _ in range(2)]
            pads = tuple(draw.randint(0, (side - 1) // 2) for side in kernel)
            more = tuple(draw.randrange(step) for step in stride)
            filters = groups * draw.randint(1, 2)
            extents = zip((height, width), kernel, pads, stride, more)
            sizes = [(n - 1) * step + size - 2 * pad + rest for n, size, pad, step, rest in extents]
            return (kind, label, filters, kernel, pads, stride, more, groups), (*sizes, filters)
        if kind == "adaptiveavgpool":
            size = (draw.randint(1, 7), draw.randint(1, 7))
            return (kind, label, size), (*size, channels)
        return (kind if kind == "lrn" else "identity", label), shape

    def conv(self, shape):
        draw = self.draw
        height, width, channels = shape
        while True:
            deep = channels >= 24 and draw.random() < 0.6
            kernel = (3, 3) if deep else (draw.randint(1, 5), draw.randint(1, 5))
            # Padding beyond the kernel, on each side by itself, is among them.
            pads = (1,) * 4 if deep else tuple(draw.choice([0, 0, 0, 1, 1, 2, 6]) for _ in range(4))
            stride = (1, 1) if deep or draw.random() < 0.6 else (draw.randint(1, 3), draw.randint(1, 3))
            dilation = (1, 1) if deep or draw.random() < 0.7 else (draw.randint(1, 3), draw.randint(1, 3))
            groups = 1 if deep else draw.choice([1, 1, 1, channels, draw.choice(divisors(channels))])
            filters = 32 if deep else groups * draw.choice([1, 1, 2, 3, 4]) if groups > 1 else draw.choice([1, 2, 4, 7, 16, 24])
            weights = kernel[0] * kernel[1] * channels // groups * filters
            after = slid(shape, kernel, pads, stride, dilation, filters)
            if min(after) > 0 and after[0] * after[1] * after[2] <= MOST_VALUES and weights <= MOST_WEIGHTS:
                bias = draw.random() < 0.7
                return ("conv", self.label("c"), filters, kernel, pads, stride, dilation, groups, bias), after


def divisors(number):
    return [by for by in range(1, number + 1) if number % by == 0]


def slid(shape, kernel, pads, stride, dilation, channels, ceil=False):
    """The shape after a sliding window; with `ceil` a last one that is not whole is one if it starts in the image."""
    sizes = []
    for axis in range(2):
        room = shape[axis] + pads[2 * axis] + pads[2 * axis + 1] - (kernel[axis] - 1) * dilation[axis] - 1
        steps = -(-room // stride[axis]) if ceil else room // stride[axis]
        if ceil and steps * stride[axis] >= shape[axis] + pads[2 * axis]:
            steps -= 1
        sizes.append(steps + 1)
    return (*sizes, channels)


def pair(of):
    return f"{of[0]}x{of[1]}"


def sides(pads):
    return "/".join(map(str, pads))


def written(layers):
    """The layers in the arrow notation."""
    return " -> ".join(one(layer) for layer in layers)


def one(layer):
    kind, label, *given = layer
    if kind == "conv":
        filters, kernel, pads, stride, dilation, groups, bias = given
        text = f"conv({filters}, {pair(kernel)}, padding={sides(pads)}, stride={pair(stride)}"
        return f"{label}: {text}, dilation={pair(dilation)}, groups={groups}, bias={str(bias).lower()})"
    if kind in ("maxpool", "avgpool"):
        size, pads, stride, ceil, *count = given
        text = f"{kind}({pair(size)}, padding={sides(pads)}, stride={pair(stride)}, ceil_mode={str(ceil).lower()}"
        return f"{label}: {text}" + (f", count_padding={str(count[0]).lower()})" if count else ")")
    if kind == "linear":
        return f"{label}: linear({given[0]}, bias={str(given[1]).lower()})"
    if kind == "leakyrelu":
        return f"{label}: leakyrelu({SLOPE})"
    if kind == "groupnorm":
        return f"{label}: groupnorm({given[0]})"
    if kind == "pad":
        return f"{label}: pad({sides(given[0])}, mode={given[1]})"
    if kind == "scale":
        return f"{label}: scale({written(given[0])})"
    if kind == "slicechannels":
        return f"{label}: slicechannels({given[0]}, {given[1]})"
    if kind in ("channelshuffle", "layerscale"):
        return f"{label}: {kind}({given[0] if kind == 'channelshuffle' else 0.5})"
    if kind == "instancenorm":
        return f"{label}: instancenorm(affine={str(given[0]).lower()})"
    if kind == "lrn":
        size, alpha, beta, k = RESPONSE
        return f"{label}: lrn({size}, alpha={alpha}, beta={beta}, k={k})"
    if kind == "upsample":
        return f"{label}: upsample({pair(given[0])}, mode={given[1]})"
    if kind == "adaptiveavgpool":
        return f"{label}: adaptiveavgpool({pair(given[0])})"
    if kind == "convtranspose":
        filters, kernel, pads, stride, more, groups = given
        text = f"convtranspose({filters}, {pair(kernel)}, padding={pair(pads)}, stride={pair(stride)}"
        return f"{label}: {text}, output_padding={pair(more)}, groups={groups})"
    if kind == "residual":
        body, shortcut = given
        return f"{label}: residual({written(body)}" + (f", shortcut={written(shortcut)})" if shortcut else ")")
    if kind == "branch":
        return f"{label}: branch({' | '.join(written(path) for path in given[0])})"
    return f"{label}: {kind}"


def forward(layers, x, weights, training):
    """What PyTorch makes of `x`, channels in front, with weights by label and name as Stepnet has them."""
    for layer in layers:
        x = through(layer, x, weights, training)
    return x


def through(layer, x, weights, training):
    import torch
    from torch.nn import functional

    kind, label, *given = layer
    own = weights.get(label, {})
    if kind == "conv":
        _, _, pads, stride, dilation, groups, _ = given
        kernel = own["weight"].permute(3, 2, 0, 1).contiguous()
        return functional.conv2d(framed(x, pads), kernel, own.get("bias"), stride, 0, dilation, groups)
    if kind == "maxpool":
        size, pads, stride, ceil = given
        return functional.max_pool2d(framed(x, pads, -float("inf")), size, stride, ceil_mode=ceil)
    if kind == "avgpool":
        size, pads, stride, ceil, count = given
        inside = x.new_full((1, 1, *x.shape[2:]), 1.0)
        framed_ones = framed(inside, pads, 1.0 if count else 0.0)
        sums, counts = [
            functional.avg_pool2d(values, size, stride, ceil_mode=ceil, divisor_override=1)
            for values in (framed(x, pads), framed_ones)
        ]
        return sums / counts
    if kind == "globalavgpool":
        return x.mean((2, 3))
    if kind == "flatten":
        return flat(x)
    if kind == "linear":
        return functional.linear(flat(x), own["weight"], own.get("bias"))
    if kind == "bn":
        running = [own["mean"].clone(), own["variance"].clone()]
        return functional.batch_norm(x, *running, own["gamma"], own["beta"], training, 0.1, EPSILON)
    if kind == "layernorm":
        last = x.movedim(1, -1)
        return functional.layer_norm(last, last.shape[-1:], own["gamma"], own["beta"], EPSILON).movedim(-1, 1)
    if kind == "groupnorm":
        return functional.group_norm(x, given[0], own["gamma"], own["beta"], EPSILON)
    if kind == "pad":
        return framed(x, given[0], mode={"zeros": "constant", "reflect": "reflect", "edge": "replicate"}[given[1]])
    if kind == "scale":
        factors = forward(given[0], x, weights, training)
        return x * (factors if factors.dim() == 4 else factors[:, :, None, None])
    if kind in RARE or kind == "globalmaxpool":
        return rarely(layer, x, own)
    if kind == "residual":
        body, shortcut = given
        return forward(body, x, weights, training) + forward(shortcut, x, weights, training)
    if kind == "branch":
        return torch.cat([forward(path, x, weights, training) for path in given[0]], 1)
    if kind == "leakyrelu":
        return functional.leaky_relu(x, SLOPE)
    if kind == "hardsigmoid":
        # The same in float64; PyTorch's own takes the sixth of its gradient rounded to float32.
        return functional.relu6(x + 3) / 6
    if kind == "prelu":
        return functional.prelu(x, own["slope"])
    return getattr(functional, kind)(x)


def rarely(layer, x, own):
    from torch.nn import functional

    kind, _, *given = layer
    if kind == "identity":
        return x
    if kind == "globalmaxpool":
        return functional.adaptive_max_pool2d(x, 1).flatten(1)
    if kind == "slicechannels":
        return x[:, given[0] : given[0] + given[1]]
    if kind == "channelshuffle":
        return functional.channel_shuffle(x, given[0])
    if kind == "layerscale":
        return x * own["gamma"][:, None, None]
    if kind == "instancenorm":
        return functional.instance_norm(x, weight=own.get("gamma"), bias=own.get("beta"), eps=EPSILON)
    if kind == "lrn":
        return functional.local_response_norm(x, *RESPONSE)
    if kind == "upsample":
        return functional.interpolate(x, scale_factor=given[0], mode=given[1])
    if kind == "adaptiveavgpool":
        return functional.adaptive_avg_pool2d(x, given[0])
    _, _, pads, stride, more, groups = given
    kernel = own["weight"].permute(3, 2, 0, 1).contiguous()
    return functional.conv_transpose2d(x, kernel, own["bias"], stride, pads, more, groups)


def framed(x, pads, value=0.0, mode="constant"):
    from torch.nn import functional

    top, bottom, left, right = pads
    sides = (left, right, top, bottom)
    return functional.pad(x, sides, value=value) if mode == "constant" else functional.pad(x, sides, mode=mode)


def flat(x):
    """By height, width and channel."""
    return x.movedim(1, -1).flatten(1) if x.dim() == 4 else x
