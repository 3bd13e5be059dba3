"""Stepnet: convolutional networks whose every step can be seen, checked and changed."""

from stepnet import callbacks, data, steps
from stepnet._exchange import embed
from stepnet._history import History
from stepnet._native import __version__
from stepnet._network import Network
from stepnet._preprocessing import Preprocessing

__all__ = ["History", "Network", "Preprocessing", "__version__", "callbacks", "data", "embed", "steps"]
