"""The functions of "Residual networks", on the texts of networks.

Where the notebook's functions take and return tensors of Keras, these take and return the text of the network up to there.

>>> from stepnet.course.residual_networks import *
>>> X = identity_block("conv(8, 1)", 3, [4, 4, 8])
>>> X.split(" -> ")[0], X.split(" -> ")[-1]
('conv(8, 1)', 'relu')
"""

from __future__ import annotations

from collections.abc import Sequence

from stepnet import _native
from stepnet._network import Network
from stepnet._values import text, whole
from stepnet.steps._arguments import parts, sizes

__all__ = ["ResNet50", "convolutional_block", "identity_block"]


def _filters(function: str, filters: Sequence[int]) -> list[int]:
    parts(function, "filters", filters, "F1", "F2", "F3")
    return sizes(function, "filters", filters, "three numbers of filters", 1)


def identity_block(X: str, f: int, filters: Sequence[int]) -> str:
    """Add a block whose shortcut is its input.

    Parameters
    ----------
    X : str
        The network up to there; ``""`` for its beginning.
    f : int
        The size of the middle convolution's windows.
    filters : sequence of int
        Filters of the three convolutions. The last number is that of the channels of ``X``.

    Returns
    -------
    str
        The network with the block.
    """
    function = "identity_block"
    return _native.residual_block(text(function, "X", X), whole(function, "f", f, 1), _filters(function, filters), None)


def convolutional_block(X: str, f: int, filters: Sequence[int], s: int = 2) -> str:
    """Add a block whose shortcut is a convolution.

    Parameters
    ----------
    X, f, filters
        As for `identity_block`; the last number of filters is free.
    s : int
        The stride of the first convolution and of the shortcut.

    Returns
    -------
    str
        The network with the block.
    """
    function = "convolutional_block"
    size, stride = whole(function, "f", f, 1), whole(function, "s", s, 1)
    return _native.residual_block(text(function, "X", X), size, _filters(function, filters), stride)


def ResNet50(input_shape: Sequence[int] = (64, 64, 3), classes: int = 6) -> Network:
    """Build ResNet-50 as the notebook does.

    Parameters
    ----------
    input_shape : sequence of int
        Height, width and channels of the images.
    classes : int
        The number of classes.

    Returns
    -------
    Network
        To be trained by ``fit``. For 64x64x3 and 6 classes it has 23,600,006 parameters.
    """
    return Network(_native.network_text("ResNet50", whole("ResNet50", "classes", classes, 1), True), input_shape)
