"""The parts of a network that its methods have in common."""

from __future__ import annotations

from stepnet import _native
from stepnet._arrays import Array, Labels


class Base:
    """The native network and its classes."""

    _net: _native.Network
    classes_: Array | None

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return tuple(self._net.input_shape)

    def _labels(self) -> Labels:
        return Labels(self._net.outputs, self.classes_)
