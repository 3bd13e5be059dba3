"""The epochs of a training, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from stepnet import _native
from stepnet._arrays import Array
from stepnet._history import History
from stepnet.callbacks import AnyCallback, HasEpochEnd, Logs, tell

if TYPE_CHECKING:
    from stepnet._network import Network
    from stepnet._progress import Progress

Told = Callable[[float, float], None]


class Epochs(Protocol):
    """A training that is done epoch by epoch."""

    @property
    def first(self) -> int:
        """The number of its first epoch, from 0."""

    @property
    def epochs(self) -> int:
        """The number to stop before."""

    def done(self) -> list[Logs]:
        """What epochs that were done before ended with."""

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""

    def set_learning_rate(self, rate: float) -> None:
        """Gives all steps from the next one on this learning rate."""

    def epoch(self, told: Told | None) -> Logs | None:
        """Runs an epoch, and tells how far it is now and then; nothing where there is none left."""

    def finish(self) -> None:
        """Ends the training."""

    def stops(self, here: bool) -> bool:
        """Whether it ends after this epoch, where a callback ``here`` says so, or not."""


class InMemory:
    """A training that leaves nothing but the network."""

    def __init__(
        self,
        network: _native.Network,
        training: _native.Training,
        held_out: tuple[Array, tuple[str, Array], float] | None,
        first: int,
        kind: str,
        member: _native.Group | None = None,
    ) -> None:
        self._network, self._training, self._held_out = network, training, held_out
        self._member = member
        self._classes = kind == "classes"
        self.first, self.epochs = first, training.epochs

    def done(self) -> list[Logs]:
        return []

    @property
    def learning_rate(self) -> float:
        return self._training.learning_rate

    def set_learning_rate(self, rate: float) -> None:
        self._training.set_learning_rate(rate)

    def epoch(self, told: Told | None) -> Logs:
        started = time.perf_counter()
        loss, accuracy, rate = self._training.epoch(told)
        logs = {"loss": loss, "accuracy": accuracy} if self._classes else {"loss": loss}
        if self._held_out is not None:
            logs["val_loss"], found, _ = self._network.evaluate(*self._held_out)
            logs.update((f"val_{name}", value) for name, value in (found[:1] if self._classes else found))
        logs["learning_rate"] = rate
        logs["seconds"] = time.perf_counter() - started
        return logs

    def finish(self) -> None:
        pass

    def stops(self, here: bool) -> bool:
        # What ends it for one process ends it for all: they would wait for that one.
        return here if self._member is None else self._member.any(here)


def train(network: Network, training: Epochs, called: list[AnyCallback], progress: Progress) -> History:
    """Trains to the end, or until a callback ends it."""
    network.history = history = History()
    network.stop_training = False
    for done in training.done():
        history.add(done)
    for callback in called:
        tell(callback, "set_network", network)
        tell(callback, "on_train_begin")
    for epoch in range(training.first, training.epochs):
        for callback in called:
            tell(callback, "on_epoch_begin", epoch, {"learning_rate": training.learning_rate})
        logs = progress.run(training, epoch)
        if logs is None:
            break
        history.add(logs)
        progress.ended(epoch, logs)
        for callback in called:
            if isinstance(callback, HasEpochEnd):
                callback.on_epoch_end(epoch, logs)
            else:
                callback(epoch, logs)
        if training.stops(network.stop_training):
            break
    # Before callbacks have the last word: one may put other weights into the network.
    training.finish()
    for callback in called:
        tell(callback, "on_train_end")
    return history
