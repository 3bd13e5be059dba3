"""Writes crates/stepnet-nn/fixtures/torch_training.json: what PyTorch makes of losses with label smoothing
and class weights, learning-rate schedules, gradient clipping and update rules.

    python tools/torch_training.py > crates/stepnet-nn/fixtures/torch_training.json

Everything in float64. The inputs are written beside the results, so that nothing depends on PyTorch's
random numbers.
"""

import json
import math
import sys
import warnings

import torch

torch.set_default_dtype(torch.float64)
warnings.filterwarnings("ignore")


def drawn(seed, *shape):
    """Numbers that any language can draw: nothing here depends on them being good."""
    count = math.prod(shape)
    values = [math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.7 for i in range(count)]
    return torch.tensor(values).reshape(shape)


def losses():
    cases = []
    classes = [2, 0, 1, 2, 2, 3, 0]
    for smoothing in (0.0, 0.1, 0.4):
        for weights in (None, [1.0, 2.0, 0.5, 3.0], [0.0, 1.0, 0.25, 0.0]):
            z = drawn(1, len(classes), 4).requires_grad_()
            given = None if weights is None else torch.tensor(weights)
            loss = torch.nn.functional.cross_entropy(
                z, torch.tensor(classes), weight=given, label_smoothing=smoothing
            )
            loss.backward()
            cases.append(
                dict(
                    loss="softmax-cross-entropy",
                    outputs=4,
                    classes=classes,
                    label_smoothing=smoothing,
                    class_weights=weights,
                    z=z.detach().flatten().tolist(),
                    mean=loss.item(),
                    dz=z.grad.flatten().tolist(),
                )
            )
    answers = [1, 0, 0, 1, 1]
    for smoothing in (0.0, 0.2):
        for weights in (None, [1.0, 3.0], [0.5, 2.0]):
            z = drawn(2, len(answers)).requires_grad_()
            hard = torch.tensor(answers, dtype=torch.float64)
            # Keras's smoothing: BinaryCrossentropy(label_smoothing).
            t = hard * (1 - smoothing) + smoothing / 2
            no, yes = weights or [1.0, 1.0]
            terms = torch.nn.functional.binary_cross_entropy_with_logits(
                z, t, pos_weight=torch.tensor(yes / no), reduction="none"
            )
            loss = no * terms.sum() / (hard * yes + (1 - hard) * no).sum()
            loss.backward()
            cases.append(
                dict(
                    loss="binary-cross-entropy",
                    outputs=1,
                    classes=answers,
                    label_smoothing=smoothing,
                    class_weights=weights,
                    z=z.detach().tolist(),
                    mean=loss.item(),
                    dz=z.grad.tolist(),
                )
            )
    return cases


def rules():
    """Ten steps of each rule on two arrays: a weight, which decays, and a bias, which does not."""
    cases = []
    made = [
        ("adam", {}, lambda groups: torch.optim.Adam(groups, lr=0.02)),
        ("adamw", dict(weight_decay=0.3), lambda groups: torch.optim.AdamW(groups, lr=0.02)),
        (
            "classic-momentum",
            dict(weight_decay=0.0),
            lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9),
        ),
        (
            "classic-momentum",
            dict(weight_decay=0.2),
            lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9),
        ),
        (
            "classic-momentum",
            dict(weight_decay=0.0, nesterov=True),
            lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True),
        ),
        (
            "classic-momentum",
            dict(weight_decay=0.2, nesterov=True),
            lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True),
        ),
    ]
    for name, settings, make in made:
        weight = drawn(3, 6).requires_grad_()
        bias = drawn(4, 2).requires_grad_()
        start = weight.tolist() + bias.tolist()
        decay = settings.get("weight_decay", 0.0)
        optimizer = make(
            [dict(params=[weight], weight_decay=decay), dict(params=[bias], weight_decay=0.0)]
        )
        steps = []
        for step in range(10):
            gradient = drawn(10 + step, 8)
            weight.grad, bias.grad = gradient[:6].clone(), gradient[6:].clone()
            optimizer.step()
            steps.append(
                dict(gradient=gradient.tolist(), parameters=weight.tolist() + bias.tolist())
            )
        rate = optimizer.param_groups[0]["lr"]
        cases.append(dict(rule=name, learning_rate=rate, start=start, steps=steps, **settings))
    return cases


def clippings():
    cases = []
    for kind, most in (("norm", 1.0), ("norm", 2.5), ("norm", 100.0), ("value", 0.5)):
        parameters = [torch.zeros(6, requires_grad=True), torch.zeros(2, requires_grad=True)]
        gradient = drawn(5, 8)
        parameters[0].grad, parameters[1].grad = gradient[:6].clone(), gradient[6:].clone()
        case = dict(kind=kind, most=most, gradient=gradient.tolist())
        if kind == "norm":
            case["norm"] = torch.nn.utils.clip_grad_norm_(parameters, most).item()
        else:
            torch.nn.utils.clip_grad_value_(parameters, most)
        case["clipped"] = [value for p in parameters for value in p.grad.tolist()]
        cases.append(case)
    return cases


def rates(make, count):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler = make(optimizer)
    out = []
    for _ in range(count):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


def schedules():
    """By epochs, or by the place in the run: steps of a run, the last of which ends it."""
    lr = torch.optim.lr_scheduler
    steps = 101
    return [
        dict(
            schedule="step(0.1, 3)",
            base=0.4,
            epochs=rates(lambda o: lr.StepLR(o, step_size=3, gamma=0.1), 12),
        ),
        dict(
            schedule="exponential(0.8)",
            base=0.4,
            epochs=rates(lambda o: lr.ExponentialLR(o, gamma=0.8), 12),
        ),
        dict(
            schedule="cosine",
            base=0.4,
            warm_up="0",
            run=rates(lambda o: lr.CosineAnnealingLR(o, T_max=steps - 1), steps),
        ),
        # PyTorch's first phase ends a step before the share: with 0.3 of 101 steps at step 29.3.
        *(
            dict(
                schedule=text,
                base=0.4,
                peak=(settings.get("pct_start", 0.3) * steps - 1) / (steps - 1),
                run=rates(
                    lambda o, settings=settings: lr.OneCycleLR(
                        o, max_lr=0.4, total_steps=steps, **settings
                    ),
                    steps - 1,
                ),
            )
            for text, settings in (
                ("one-cycle", {}),
                (
                    "one-cycle(0.4, 10, 100)",
                    dict(pct_start=0.4, div_factor=10, final_div_factor=100),
                ),
            )
        ),
    ]


def main():
    fixture = dict(
        torch=torch.__version__,
        losses=losses(),
        rules=rules(),
        clippings=clippings(),
        schedules=schedules(),
    )
    json.dump(fixture, sys.stdout, indent=1)
    print()


main()
