"""The functions of "Image segmentation with U-Net", on the texts of networks.

Where the notebook's functions take and return tensors of Keras, these take and return the text of the network up to there. A block
of the expanding path finds the skip connection by its text, which the contracting path goes on from.

>>> from stepnet.course.unet import *
>>> next_layer, skip_connection = conv_block("", 4)
>>> next_layer
'conv(4, 3, same) -> relu -> conv(4, 3, same) -> relu -> maxpool(2)'
"""

from __future__ import annotations

from stepnet import _native
from stepnet._values import number, text, truth, whole

__all__ = ["conv_block", "unet_model", "upsampling_block"]


def conv_block(
    inputs: str = "", n_filters: int = 32, dropout_prob: float = 0, max_pooling: bool = True
) -> tuple[str, str]:
    """Add a block of the contracting path.

    Parameters
    ----------
    inputs : str
        The network up to there; ``""`` for its beginning.
    n_filters : int
        Filters of both convolutions.
    dropout_prob : float
        The part to drop; 0 for none.
    max_pooling : bool
        Whether pooling follows.

    Returns
    -------
    next_layer : str
        The network with the block.
    skip_connection : str
        The same without the pooling.
    """
    function = "conv_block"
    filters, part = whole(function, "n_filters", n_filters, 1), number(function, "dropout_prob", dropout_prob)
    return _native.unet_down(text(function, "inputs", inputs), filters, part, truth(function, "max_pooling", max_pooling))


def upsampling_block(expansive_input: str, contractive_input: str, n_filters: int = 32) -> str:
    """Add a block of the expanding path.

    Parameters
    ----------
    expansive_input : str
        The network up to there.
    contractive_input : str
        The skip connection, from which it went on.
    n_filters : int
        Filters of all convolutions of the block.

    Returns
    -------
    str
        The network with the block.
    """
    function = "upsampling_block"
    expansive, contractive = text(function, "expansive_input", expansive_input), text(function, "contractive_input", contractive_input)
    return _native.unet_up(expansive, contractive, whole(function, "n_filters", n_filters, 1))


def unet_model(input_size: tuple[int, int, int] = (96, 128, 3), n_filters: int = 32, n_classes: int = 23) -> str:
    """Put the whole network together.

    Parameters
    ----------
    input_size : tuple of int
        Height, width and channels of the images; the text is the same for all sizes that are multiples of 16.
    n_filters : int
        Filters of the first block; the others have a multiple of it.
    n_classes : int
        Scores at each pixel.

    Returns
    -------
    str
        The network, whose outputs are ``(height, width, n_classes)``. `stepnet.Network` trains on one label for an image, not on
        one for each pixel.
    """
    function = "unet_model"
    for at, size in enumerate(input_size):
        if whole(function, f"input_size[{at}]", size, 1) % 16 and at < 2:
            raise ValueError(f"{function}: input_size[{at}] is {size}, expected a multiple of 16")
    return _native.unet_whole(whole(function, "n_filters", n_filters, 1), whole(function, "n_classes", n_classes, 1))
