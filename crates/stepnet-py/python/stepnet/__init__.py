"""Stepnet: convolutional networks whose every step can be seen, checked and changed."""

from stepnet import callbacks, course, data, group, steps
from stepnet._checking import Verdict, check
from stepnet._checking._magic import load_ipython_extension
from stepnet._exchange import embed
from stepnet._history import History
from stepnet._native import __version__
from stepnet._network import Network
from stepnet._preprocessing import Preprocessing

__all__ = [
    "History",
    "Network",
    "Preprocessing",
    "Verdict",
    "__version__",
    "callbacks",
    "check",
    "course",
    "data",
    "embed",
    "group",
    "load_ipython_extension",
    "steps",
]
