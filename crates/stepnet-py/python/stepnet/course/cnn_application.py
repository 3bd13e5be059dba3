"""The models of "Convolution model: application" and of the Keras tutorial, as networks of `stepnet.Network`.

>>> from stepnet.course.cnn_application import *
>>> sum(array.size for array in convolutional_model((64, 64, 3)).get_weights().values())
1310
"""

from __future__ import annotations

from collections.abc import Sequence

from stepnet import _native
from stepnet._network import Network
from stepnet.steps._editions import Edition, chosen

__all__ = ["convolutional_model", "happyModel"]


def happyModel(input_shape: Sequence[int] = (64, 64, 3)) -> Network:
    """Build the network that tells happy faces from others.

    Parameters
    ----------
    input_shape : sequence of int
        Height, width and channels of the images; the notebook of 2021 takes no argument.

    Returns
    -------
    Network
        ``ZEROPAD -> CONV2D -> BATCHNORM -> RELU -> MAXPOOL -> FLATTEN -> DENSE``, to be trained by ``fit``.
    """
    return Network(_native.network_text("happyModel", 1, True), input_shape)


def convolutional_model(input_shape: Sequence[int] = (64, 64, 3), *, edition: Edition | None = None) -> Network:
    """Build the network that reads numbers from hands.

    Parameters
    ----------
    input_shape : sequence of int
        Height, width and channels of the images.
    edition : {"2021", "v8a", "2017"}, optional
        Before 2021 the convolutions have no biases.

    Returns
    -------
    Network
        ``CONV2D -> RELU -> MAXPOOL -> CONV2D -> RELU -> MAXPOOL -> FLATTEN -> DENSE``, to be trained by ``fit``.
    """
    newest = chosen("convolutional_model", edition) == "2021"
    return Network(_native.network_text("convolutional_model", 6, newest), input_shape)
