"""Compares Stepnet with PyTorch on random networks: values, gradients, and steps of every optimiser.

    python3 benches/peers/differential.py [--networks 200] [--seed 0] [--isa portable,avx2,avx512] [--exact]

It runs under a Python that has the package, numpy and torch. Each network is computed in float32 and in float64, on
one of the instruction sets in turn; PyTorch in float64 is the truth, and PyTorch in float32 what the errors are
compared with. An error is the largest difference in units of the largest value of its kind in the network. Exit code 1
if Stepnet's float64 differs by more than 1e-9, and by more than ten times what one rounding of the inputs and weights
changes. Gradients are read from a step so long that nothing is left of the weights before it.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import random_networks
from compare import positive
from optimizers import Stepper, rate
from processes import Failure, ended

SETS = ["portable", "avx2", "avx512"]
RULES = ["gd", "momentum", "classic-momentum", "nesterov", "adam", "adamw"]
SCHEDULES = ["constant", "cosine", "step(0.5, 2)", "exponential(0.7)", "one-cycle", "one-cycle(0.4, 10, 50)", "decay(0.5)", "decay(0.5, 2)"]
QUANTITIES = ["outputs", "loss", "gradients of parameters", "gradients of the input"] + [f"steps of {rule}" for rule in RULES]

EPOCHS = 4
EXAMPLES = 6
PLACES = 3

# A step so long that the weight before it is lost in it: the gradient is what is left, divided by it.
LONG = 2.0**40

# Values of a quantity that are all smaller are taken for zeros.
NOTHING = 1e-9

# Where a network magnifies rounding, such as one whose batch normalisation divides by next to nothing, float64 may
# differ by as many times what one rounding of the inputs and weights changes.
ROUNDINGS = 10

# What Stepnet's float64 may differ by elsewhere.
TOLERANCE = {quantity: 1e-9 for quantity in QUANTITIES}


class Case:
    """A network with its numbers and settings, drawn from a seed."""

    def __init__(self, seed):
        import numpy as np

        writer = random_networks.Writer(seed)
        self.seed = seed
        self.shape, self.layers, self.classes = writer.network()
        self.text = random_networks.written(self.layers) + (" -> sigmoid" if self.classes == 1 else " -> softmax")
        self.outputs = max(self.classes, 2)
        draw = writer.draw
        self.numbers = np.random.RandomState(seed)
        self.x = self.numbers.randn(EXAMPLES, *self.shape).astype(np.float32)
        self.y = np.arange(EXAMPLES) % self.outputs
        # Networks take turns on the instruction sets: each rule meets each of them.
        self.rule = RULES[seed // len(SETS) % len(RULES)]
        self.base = draw.choice([0.003, 0.01, 0.03])
        self.schedule = draw.choice(SCHEDULES)
        self.l2 = draw.choice([0.0, 0.0, 0.3])
        self.clip = draw.choice([None, None, 0.1, 1.0])
        self.clip_by = draw.choice(["clip_norm", "clip_value"])
        self.warm_up = draw.choice([None, None, 0, 0.3, 1, 2])
        self.ema = draw.choice([None, None, 0.5, 0.9])
        decays = self.rule in ("classic-momentum", "nesterov", "adamw")
        self.decay = draw.choice([None, 0.0, 0.1]) if decays else None
        self.smoothing = draw.choice([0.0, 0.0, 0.1])

    def settings(self):
        return {
            "optimizer": "classic-momentum" if self.rule == "nesterov" else self.rule, "nesterov": self.rule == "nesterov",
            "learning_rate": self.base, "schedule": self.schedule, "warm_up": self.warm_up, "l2": self.l2,
            self.clip_by: self.clip, "weight_decay": self.decay, "label_smoothing": self.smoothing, "ema": self.ema,
        }

    def rise(self):
        """The share of the run that the learning rate rises for."""
        return self.warm_up / EPOCHS if isinstance(self.warm_up, int) else self.warm_up

    def weights(self, shapes):
        """Weights, for all number types the same ones."""
        import numpy as np

        drawn = {}
        for name, shape in shapes.items():
            values = self.numbers.randn(*shape) * 0.1
            last = name.rsplit(".", 1)[-1]
            if last == "weight":
                fan = math.prod(shape[:-1]) if len(shape) == 4 else shape[1]
                values *= 10 * math.sqrt(1.5 / max(fan, 1))
            elif last == "gamma":
                values += 1
            elif last == "variance":
                values = 1 + np.abs(values)
            drawn[name] = values.astype(np.float32)
        return drawn


def of_stepnet(case, dtype, exact):
    """What Stepnet makes of a case, by quantity: a dictionary of arrays each; and the weights it started with."""
    import numpy as np
    import stepnet

    net = stepnet.Network(case.text, case.shape, classes=case.outputs, dtype=dtype, exact=exact)
    start = case.weights({name: array.shape for name, array in net.get_weights().items()})
    learnt = [name for name in start if name.rsplit(".", 1)[-1] not in ("mean", "variance")]
    x = case.x.astype(dtype)

    def fit(**settings):
        net.set_weights(start)
        # Without what the training before has left: the optimizer's running values, the average and the count of epochs.
        history = net.fit(x, case.y, batch_size=None, shuffle=False, verbose=False, reset=True, **settings)
        return history, net.get_weights()

    net.set_weights(start)
    found = {"outputs": {"outputs": np.array(net.outputs(x))}}
    found["gradients of the input"] = input_gradients(case, net, x)
    history, after = fit(epochs=1, optimizer="gd", learning_rate=LONG, schedule="constant")
    found["loss"] = {"loss": np.array(history["loss"][0])}
    found["gradients of parameters"] = {name: (start[name].astype(np.float64) - after[name]) / LONG for name in learnt}
    history, after = fit(epochs=EPOCHS, **case.settings())
    found[f"steps of {case.rule}"] = {name: after[name] for name in learnt}
    return found, start


def places(case):
    """Some values of the first example."""
    import numpy as np

    return np.random.RandomState(case.seed).choice(case.x[0].size, PLACES)


def input_gradients(case, net, x):
    """The gradients of the loss with respect to some values of the first example, without training's statistics."""
    import numpy as np

    found = []
    for place in places(case):
        at = ",".join(str(i) for i in np.unravel_index(place, case.shape))
        told = net.why(x[0], f"input[{at}]", gradient=True, label=int(case.y[0]))
        found.append(told.data["gradient"]["value"])
    return {"input": np.array(found)}


def of_torch(case, start, dtype):
    """The same by PyTorch."""
    import torch

    kind = getattr(torch, dtype)
    weights, names = {}, {}
    for name, array in start.items():
        *_, label, last = name.split(".")
        tensor = torch.tensor(array, dtype=kind)
        tensor.requires_grad_(last not in ("mean", "variance"))
        weights.setdefault(label, {})[last] = names[name] = tensor
    learnt = {name: tensor for name, tensor in names.items() if tensor.requires_grad}
    x = torch.tensor(case.x, dtype=kind)
    x = x.movedim(-1, 1) if x.dim() == 4 else x
    labels = torch.tensor(case.y)

    def loss_of(logits, labels, smoothing=0.0):
        if case.classes == 1:
            targets = labels.to(kind).unsqueeze(1) * (1 - smoothing) + smoothing / 2
            return torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / len(labels)
        return torch.nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)

    one = x[:1].clone().requires_grad_()
    loss_of(random_networks.forward(case.layers, one, weights, False), labels[:1]).backward()
    by_input = one.grad.movedim(1, -1) if one.dim() == 4 else one.grad
    logits = random_networks.forward(case.layers, x, weights, False)
    closed = torch.sigmoid(logits) if case.classes == 1 else torch.softmax(logits, 1)
    found = {"outputs": {"outputs": closed}, "gradients of the input": {"input": by_input.flatten()[places(case)]}}
    for tensor in learnt.values():
        tensor.grad = None
    loss = loss_of(random_networks.forward(case.layers, x, weights, True), labels)
    loss.backward()
    found["loss"] = {"loss": loss}
    found["gradients of parameters"] = {name: tensor.grad.clone() for name, tensor in learnt.items()}
    stepper = Stepper(case, learnt)
    for epoch in range(EPOCHS):
        for tensor in learnt.values():
            tensor.grad = None
        loss_of(random_networks.forward(case.layers, x, weights, True), labels, case.smoothing).backward()
        stepper.step(rate(case.schedule, case.base, epoch, (epoch + 0.5) / EPOCHS, case.rise()))
    found[f"steps of {case.rule}"] = stepper.averages or learnt
    return {quantity: {name: array.detach().double().numpy() for name, array in arrays.items()} for quantity, arrays in found.items()}


def errors(found, truth):
    """The largest difference of each quantity in units of its largest value; infinite where one is no number."""
    import numpy as np

    result = {}
    for quantity, arrays in found.items():
        scale, apart = 0.0, 0.0
        for name, array in arrays.items():
            array, exact = np.asarray(array, np.float64), truth[quantity][name]
            gap = float(np.abs(array - exact).max())
            # Python's `max` would pass a NaN over.
            apart = max(apart, gap) if math.isfinite(gap) else math.inf
            scale = max(scale, float(np.abs(exact).max()))
        # Where all values are rounding there is nothing to relate an error to.
        error = apart / scale if scale > NOTHING else apart
        result[quantity] = error if math.isfinite(error) else math.inf
    return result


def without_noise(case, truth, *found):
    """Takes out of Adam's steps the arrays whose gradients are zeros but for rounding, such as a bias before a batch
    normalisation: Adam divides a gradient by its size, so that the steps of both are rounding and not alike."""
    import numpy as np

    if case.rule not in ("adam", "adamw"):
        return
    sizes = {name: float(np.abs(array).max(initial=0)) for name, array in truth["gradients of parameters"].items()}
    nothing = [name for name, size in sizes.items() if size <= NOTHING * max(sizes.values())]
    for steps in (one[f"steps of {case.rule}"] for one in (truth, *found)):
        for name in nothing:
            del steps[name]


def nudged(seed, start):
    """PyTorch's float64 with every input and weight moved by one rounding: no computation can be more exact than that."""
    import numpy as np

    case = Case(seed)
    random = np.random.RandomState(seed)
    roundings = lambda values: values.astype(np.float64) * (1 + np.finfo(float).eps * random.choice([-1, 1], values.shape))
    case.x = roundings(case.x)
    return of_torch(case, {name: roundings(values) for name, values in start.items()}, "float64")


def measured(seed, exact):
    """The errors of a case: Stepnet's and PyTorch's in float32, and Stepnet's in float64."""
    case = Case(seed)
    ours, start = of_stepnet(case, "float32", exact)
    truth = of_torch(case, start, "float64")
    theirs = of_torch(case, start, "float32")
    case = Case(seed)
    double, _ = of_stepnet(case, "float64", exact)
    without_noise(case, truth, ours, theirs, double)
    apart = errors(double, truth)
    moved = {}
    if any(error > TOLERANCE[quantity] for quantity, error in apart.items()):
        again = nudged(seed, start).items()
        moved = errors({quantity: {name: arrays[name] for name in truth[quantity]} for quantity, arrays in again}, truth)
    return {
        "seed": seed, "text": case.text, "settings": case.settings(), "shape": list(case.shape),
        "ours": errors(ours, truth), "torch": errors(theirs, truth), "double": apart, "moved": moved,
    }


def shares(values):
    """The median, the 99th percentile and the greatest."""
    values = sorted(values)
    return [values[len(values) // 2], values[min(len(values) - 1, math.ceil(0.99 * len(values)) - 1)], values[-1]]


def table(results):
    """Lines of a table of errors by quantity."""
    lines = [
        "| quantity | networks | Stepnet f32: median, 99 %, greatest | PyTorch f32: the same | Stepnet f64: the same |",
        "| --- | --- | --- | --- | --- |",
    ]
    for quantity in QUANTITIES:
        of = [result for result in results if quantity in result["ours"]]
        if not of:
            continue
        cells = [" ".join(f"{share:.1e}" for share in shares([result[whose][quantity] for result in of])) for whose in ("ours", "torch", "double")]
        lines.append(f"| {quantity} | {len(of)} | " + " | ".join(cells) + " |")
    return lines


def wrong(results):
    """A line for each network whose float64 disagrees."""
    lines = []
    for result in results:
        for quantity, error in result["double"].items():
            if error > max(TOLERANCE[quantity], ROUNDINGS * result["moved"].get(quantity, 0)):
                lines.append(f"seed {result['seed']} ({result['isa']}): {quantity} differ by {error:.1e}: {result['shape']} {result['text']} {result['settings']}")
    return lines


def worker(seeds, exact):
    """Measures, a line of JSON for each network."""
    import torch

    torch.set_num_threads(1)
    for seed in seeds:
        print(json.dumps(measured(seed, exact)), flush=True)


def run(seeds, isa, exact):
    """The results of a process that keeps to one instruction set."""
    here = [sys.executable, __file__, "--worker", json.dumps(seeds)] + (["--exact"] if exact else [])
    environment = {**os.environ, "STEPNET_ISA": isa, "RAYON_NUM_THREADS": "1"}
    done = subprocess.run(here, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Failure(f"on {isa}: {last[0]}")
    return [{**json.loads(line), "isa": isa} for line in done.stdout.splitlines()]


def sets(text):
    chosen = text.split(",")
    for isa in chosen:
        if isa not in SETS:
            raise argparse.ArgumentTypeError(f"{isa!r}: expected some of {', '.join(SETS)}")
    return chosen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=positive, default=200, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="the first network's; the others follow")
    parser.add_argument("--isa", type=sets, default=SETS, metavar="LIST", help="instruction sets that take turns [default: all]")
    parser.add_argument("--exact", action="store_true", help="keep Stepnet to the direct method")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return worker(json.loads(args.worker), args.exact)
    seeds = range(args.seed, args.seed + args.networks)
    results = []
    for number, isa in enumerate(args.isa):
        results += run(list(seeds[number::len(args.isa)]), isa, args.exact)
    print(*table(results), sep="\n")
    for isa in args.isa:
        print(f"\n{isa}:\n", *table([result for result in results if result["isa"] == isa]), sep="\n")
    faults = wrong(results)
    print(*faults, sep="\n", end="\n" if faults else "")
    if faults:
        raise Failure(f"{len(faults)} quantities of {args.networks} networks disagree in float64")


if __name__ == "__main__":
    sys.exit(ended(main))
