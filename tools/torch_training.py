"""Writes crates/stepnet/fixtures/torch_training.json: what PyTorch makes of losses with label smoothing
and class weights, learning-rate schedules, gradient clipping and update rules.

    python tools/torch_training.py > crates/stepnet/fixtures/torch_training.json

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


def main():
    fixture = dict(torch=torch.__version__, losses=losses())
    json.dump(fixture, sys.stdout, indent=1)
    print()


main()
