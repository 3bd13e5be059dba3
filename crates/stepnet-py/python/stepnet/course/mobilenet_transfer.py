"""The functions of "Transfer learning with MobileNetV2", with a network of `stepnet.Network`.

Keras makes augmentation and preprocessing layers of the model. Here augmentation is a setting of `fit`, preprocessing belongs to
the network, and so the network itself is MobileNetV2 with a new end.

>>> from stepnet.course.mobilenet_transfer import *
>>> data_augmenter()
'flip, rotate(72)'
>>> layers_to_freeze(), layers_to_freeze(120)
(104, 80)
"""

from __future__ import annotations

import dataclasses
import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from stepnet._network import Network
from stepnet._values import shown, text, whole
from stepnet.steps._arguments import sizes

__all__ = ["alpaca_model", "data_augmenter", "layers_to_freeze"]

# Of each stage: how much wider its blocks are inside, their channels, how many they are, the stride of the first.
_STAGES = [(6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
_BN = "bn(momentum=0.999, epsilon=0.001)"
_END = "globalavgpool -> dropout(0.2) -> linear(1) -> sigmoid"

# Keras's layers of the network without its end, in the version that the notebook prints.
_LAYERS = 155


def data_augmenter() -> str:
    """Give the notebook's augmentation: images mirrored left to right, and turned by up to a fifth of a full turn.

    Returns
    -------
    str
        For ``augment=`` of `Network.fit`.
    """
    return "flip, rotate(72)"


def alpaca_model(
    image_shape: Sequence[int] = (160, 160),
    data_augmentation: str = "flip, rotate(72)",
    *,
    weights: str | os.PathLike[str] | Network | None = None,
) -> Network:
    """Build the network that tells alpacas from other images: MobileNetV2, and a new last layer.

    Parameters
    ----------
    image_shape : sequence of int
        Height and width of the images, multiples of 32.
    data_augmentation : str
        What `data_augmenter` returned. It is not a part of the network: give it to ``fit`` as ``augment=``.
    weights : path-like or Network, optional
        MobileNetV2 as Keras saved it, with its end or without: a ``.keras`` or ``.h5`` file, or the network that was read from one.
        Without it all weights are random, and nothing should be frozen.

    Returns
    -------
    Network
        It takes images with values from 0 to 255, and scales them to -1 to 1. ``fit(X, y, freeze=layers_to_freeze(),
        augment=data_augmentation)`` trains the last layer alone.
    """
    function = "alpaca_model"
    text(function, "data_augmentation", data_augmentation)
    extents = sizes(function, "image_shape", image_shape, "height and width", 1)
    if len(extents) != 2 or any(size % 32 for size in extents):
        raise ValueError(f"{function}: image_shape is {shown(image_shape)}, expected height and width, multiples of 32")
    shape = (extents[0], extents[1], 3)
    network = Network(f"{_base()} -> {_END}", shape)
    network.preprocessing = dataclasses.replace(
        network.preprocessing, divisor=127.5, picture_divisor=127.5, mean=(1.0, 1.0, 1.0), deviation=(1.0, 1.0, 1.0)
    )
    if weights is not None:
        _take(network, _read(weights, shape), shape)
    return network


def layers_to_freeze(fine_tune_at: int = _LAYERS) -> int:
    """Count the layers with weights among Keras's first layers of MobileNetV2.

    Parameters
    ----------
    fine_tune_at : int
        The first of Keras's layers that is trained; by default none of them is. The notebook fine-tunes from 120 on.

    Returns
    -------
    int
        For ``freeze=`` of `Network.fit`.
    """
    return sum(_has_weights()[: whole("layers_to_freeze", "fine_tune_at", fine_tune_at, 0, _LAYERS)])


def _has_weights() -> list[bool]:
    """Of Keras's layers in their order, whether they have weights: convolutions and normalisations do; the input, paddings,
    activations and sums do not."""
    whole_block = [True, True, False, True, True, False, True, True]
    layers = [False, False, True, True, False, *whole_block[3:]]
    for _, _, count, stride in _STAGES:
        for at in range(count):
            # A block that halves its input pads it before the middle convolution.
            first = whole_block[:3] + [False] * (at == 0 and stride == 2) + whole_block[3:]
            layers += first if at == 0 else [*whole_block, False]
    return [*layers, True, True, False]


def _base() -> str:
    """MobileNetV2 without its end, in the arrow notation."""
    parts = [f"conv(32, 3, same, stride=2, bias=false) -> {_BN} -> relu6", _middle(32, 1), _narrow(16)]
    channels = 16
    for widening, filters, count, stride in _STAGES:
        for at in range(count):
            wide = channels * widening
            block = f"{_narrow(wide)} -> relu6 -> {_middle(wide, stride if at == 0 else 1)} -> {_narrow(filters)}"
            parts.append(f"residual({block})" if at else block)
            channels = filters
    return " -> ".join([*parts, f"{_narrow(1280)} -> relu6"])


def _narrow(filters: int) -> str:
    return f"conv({filters}, 1, bias=false) -> {_BN}"


def _middle(channels: int, stride: int) -> str:
    return f"conv({channels}, 3, same, stride={stride}, groups={channels}, bias=false) -> {_BN} -> relu6"


def _read(weights: Any, shape: tuple[int, int, int]) -> Network:
    if isinstance(weights, Network):
        return weights
    with warnings.catch_warnings():
        # That such a file does not say how images are scaled: the notebook does.
        warnings.simplefilter("ignore", UserWarning)
        try:
            # The end of a whole model is left out, and so is its number of classes.
            return Network.from_keras(weights, until="out_relu", input_shape=shape)
        except ValueError as error:
            if "out_relu" not in str(error):
                raise
            # A base whose layers have other names.
            return Network.from_keras(weights, input_shape=shape)


def _take(network: Network, given: Network, shape: tuple[int, int, int]) -> None:
    """Puts the given network's weights into the base, and makes sure that they mean the same there."""
    own, theirs = network.get_weights(), given.get_weights()
    # The last two are those of the new layer.
    names = list(own)[:-2]
    expected = "expected MobileNetV2 of width 1, as Keras saves it"
    if len(theirs) < len(names):
        raise ValueError(f"alpaca_model: weights has {len(theirs)} arrays, {expected}, with {len(names)}")
    pairs = dict(zip(names, theirs.items()))
    for name, (other, array) in pairs.items():
        if array.shape != own[name].shape:
            raise ValueError(f"alpaca_model: weights has {other} of shape {array.shape}, {expected}, with {own[name].shape}")
    network.set_weights({name: array for name, (_, array) in pairs.items()})
    if tuple(given.input_shape) == shape and len(theirs) == len(names):
        _compare(network, given, shape)


def _compare(network: Network, given: Network, shape: tuple[int, int, int]) -> None:
    """Other versions of MobileNetV2 have the same shapes and pad their images otherwise: the outputs tell them apart."""
    base = Network(_base(), shape)
    base.preprocessing = given.preprocessing
    own = network.get_weights()
    base.set_weights({name: own[name] for name in list(own)[:-2]})
    image = np.random.RandomState(0).uniform(0, 255, (1, *shape)).astype(np.float32)
    ours, wanted = base.outputs(image), given.outputs(image)
    if ours.size != wanted.size or np.abs(ours - wanted).max() > 1e-3 * max(float(np.abs(wanted).max()), 1e-30):
        told = "weights has the arrays of MobileNetV2, but computes something else with them"
        raise ValueError(f"alpaca_model: {told}: torchvision pads images otherwise; expected the network as Keras saves it")
