"""Stepnet: convolutional networks whose every step can be seen, checked and changed."""

from stepnet import steps

__all__ = ["steps"]
