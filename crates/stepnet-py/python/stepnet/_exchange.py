"""The features of images."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array
from stepnet._preprocessing import inputs
from stepnet._values import shown

if TYPE_CHECKING:
    from stepnet._network import Network


def embed(model: Network | str | os.PathLike[str], images: npt.ArrayLike) -> Array:
    """The features of images: the values before the last ``linear`` layer of a network.

    Parameters
    ----------
    model : Network or path-like
        A trained network, or the file of one.
    images : array_like
        As ``X`` of `Network.predict`: paths, images of PIL's, arrays of examples.

    Returns
    -------
    ndarray
        ``(images, features)``.

    Examples
    --------
    >>> import stepnet
    >>> net = stepnet.Network("conv(8, 3) -> relu -> globalavgpool -> linear(10) -> softmax", (8, 8, 1))
    >>> stepnet.embed(net, stepnet.data.digits()[0][:5]).shape
    (5, 8)
    """
    from stepnet._network import Network

    if isinstance(model, (str, bytes, os.PathLike)):
        model = Network.load(model)
    if not isinstance(model, Network):
        raise TypeError(f"embed: model is {shown(model)}, expected a stepnet.Network or the path of one")
    return _native.embed(model._net, *inputs("embed", images, model._net, "images"))
