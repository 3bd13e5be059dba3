"""The epochs of a training, one after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from stepnet import _native
from stepnet._arrays import Array
from stepnet._history import History, line
from stepnet.callbacks import AnyCallback, HasEpochEnd, Logs, tell

if TYPE_CHECKING:
    from stepnet._network import Network


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

    def epoch(self) -> Logs | None:
        """Runs an epoch; nothing where there is none left."""

    def finish(self) -> None:
        """Ends the training."""


class InMemory:
    """A training that leaves nothing but the network."""

    def __init__(
        self,
        network: _native.Network,
        training: _native.Training,
        held_out: tuple[Array, tuple[str, Array], float] | None,
        first: int,
        kind: str,
    ) -> None:
        self._network, self._training, self._held_out = network, training, held_out
        self._classes = kind == "classes"
        self.first, self.epochs = first, training.epochs

    def done(self) -> list[Logs]:
        return []

    def epoch(self) -> Logs:
        started = time.perf_counter()
        loss, accuracy, rate = self._training.epoch()
        logs = {"loss": loss, "accuracy": accuracy} if self._classes else {"loss": loss}
        if self._held_out is not None:
            logs["val_loss"], found, _ = self._network.evaluate(*self._held_out)
            logs.update((f"val_{name}", value) for name, value in (found[:1] if self._classes else found))
        logs["learning_rate"] = rate
        logs["seconds"] = time.perf_counter() - started
        return logs

    def finish(self) -> None:
        pass


def train(network: Network, training: Epochs, called: list[AnyCallback], shows: bool) -> History:
    """Trains to the end, or until a callback ends it."""
    network.history = history = History()
    network.stop_training = False
    for logs in training.done():
        history.add(logs)
    for callback in called:
        tell(callback, "set_network", network)
        tell(callback, "on_train_begin")
    for epoch in range(training.first, training.epochs):
        logs = training.epoch()
        if logs is None:
            break
        history.add(logs)
        if shows:
            print(line(epoch, training.epochs, logs), flush=True)
        for callback in called:
            if isinstance(callback, HasEpochEnd):
                callback.on_epoch_end(epoch, logs)
            else:
                callback(epoch, logs)
        if network.stop_training:
            break
    for callback in called:
        tell(callback, "on_train_end")
    training.finish()
    return history
