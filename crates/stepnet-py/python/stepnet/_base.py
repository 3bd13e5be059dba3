"""The parts of a network that its methods have in common."""

from __future__ import annotations

from stepnet import _native
from stepnet._arrays import Array, Labels
from stepnet._history import History
from stepnet._targets import values


class Base:
    """The native network and its classes."""

    _net: _native.Network
    classes_: Array | None
    history: History | None
    stop_training: bool
    # The kind of targets that a user has named.
    _targets: str | None = None

    def _begin(self, classes: Array | None) -> None:
        """A network that has not been trained here."""
        self.classes_ = classes
        self.history = None
        self.stop_training = False

    @property
    def input_shape(self) -> tuple[int, ...]:
        """The shape of an example."""
        return tuple(self._net.input_shape)

    @property
    def targets(self) -> str:
        """What the outputs stand for: ``"classes"``, ``"labels"`` or ``"numbers"``."""
        return self._net.targets

    @property
    def output_names(self) -> list[str] | None:
        """The names of the labels or numbers, once they are known; ``None`` where the targets are classes."""
        return None if self.targets == "classes" else self._net.classes

    def _labels(self) -> Labels:
        return Labels(self._net.outputs, self.classes_)

    def _taught(self, function: str, y: object, count: int, name: str = "y") -> tuple[str, Array]:
        """The targets of examples by their kind, as the native part takes them."""
        kind = self.targets
        if kind == "classes":
            return kind, self._labels().of(function, y, count, name)
        return kind, values(function, y, kind, (count, self._net.outputs), name)
