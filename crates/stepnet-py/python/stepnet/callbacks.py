"""What can be done between the epochs of a training.

A callback is a function ``callback(epoch, logs)``, or an object with any of the methods of `Callback`.
``epoch`` counts from 0, ``logs`` has what the epoch ended with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union, runtime_checkable

from stepnet._values import number, shown, truth, whole

if TYPE_CHECKING:
    from stepnet._network import Network

Logs = Mapping[str, float]


class Callback:
    """An object with all methods of a callback, which do nothing: to be derived from.

    ``self.network`` is the network that is trained; ``self.network.stop_training = True`` ends the training
    after the epoch.
    """

    network: Network

    def set_network(self, network: Network) -> None:
        """Called first.

        Parameters
        ----------
        network : Network
            What is trained.
        """
        self.network = network

    def on_train_begin(self) -> None:
        """Called before the first epoch."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Called after each epoch.

        Parameters
        ----------
        epoch : int
            Its number, from 0.
        logs : dict
            ``loss``, ``accuracy``, ``val_loss``, ...
        """

    def on_train_end(self) -> None:
        """Called after the last epoch."""


@runtime_checkable
class HasEpochEnd(Protocol):
    def on_epoch_end(self, epoch: int, logs: Logs) -> object: ...


AnyCallback = Union[HasEpochEnd, Callable[[int, Logs], object]]


class EarlyStopping(Callback):
    """End the training where nothing gets better any more.

    Parameters
    ----------
    monitor : str
        What is watched: ``"val_loss"``, ``"val_accuracy"``, ``"loss"`` or ``"accuracy"``.
    patience : int
        How many epochs without a better value are waited for.
    min_delta : float
        How much better a value must be to count.
    restore_best_weights : bool
        Whether the network ends with the weights of the best epoch.

    Attributes
    ----------
    best : float
        The best value; ``best_epoch`` is its epoch, from 0.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 3,
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
    ) -> None:
        if monitor not in ("val_loss", "val_accuracy", "loss", "accuracy"):
            names = '"val_loss", "val_accuracy", "loss" or "accuracy"'
            raise ValueError(f"EarlyStopping: monitor is {shown(monitor)}, expected {names}")
        self.monitor = monitor
        self.patience = whole("EarlyStopping", "patience", patience, 1)
        self.min_delta = number("EarlyStopping", "min_delta", min_delta)
        if not 0 <= self.min_delta < math.inf:
            raise ValueError(f"EarlyStopping: min_delta is {self.min_delta}, expected a number of at least 0")
        self.restore_best_weights = truth("EarlyStopping", "restore_best_weights", restore_best_weights)
        self.on_train_begin()

    def on_train_begin(self) -> None:
        self.best = -math.inf if "accuracy" in self.monitor else math.inf
        self.best_epoch = -1
        self._weights: object = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.monitor not in logs:
            has = ", ".join(name for name in logs)
            raise ValueError(
                f"EarlyStopping: monitor is {self.monitor!r}, which needs validation_data; an epoch has {has}"
            )
        value = logs[self.monitor]
        gain = value - self.best if "accuracy" in self.monitor else self.best - value
        if self.best_epoch < 0 or gain > self.min_delta:
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self._weights = self.network.get_weights()
        elif epoch - self.best_epoch >= self.patience:
            self.network.stop_training = True

    def on_train_end(self) -> None:
        if self._weights is not None:
            self.network.set_weights(self._weights)  # type: ignore[arg-type]
            self._weights = None


def called_back(given: object) -> list[AnyCallback]:
    """The callbacks of a training, from one or several."""
    single = callable(given) or isinstance(given, HasEpochEnd) or not isinstance(given, Iterable)
    called: list[Any] = [given] if single else list(given)  # type: ignore[call-overload]
    for callback in called:
        if isinstance(callback, type):
            name = callback.__name__
            raise TypeError(f"fit: callbacks has the class {name}, expected an object: {name}(...)")
        if not (callable(callback) or isinstance(callback, HasEpochEnd)):
            expected = "functions (epoch, logs), or objects with on_epoch_end(epoch, logs)"
            raise TypeError(f"fit: callbacks has {shown(callback)}, expected {expected}")
    return called


def tell(callback: AnyCallback, method: str, *arguments: object) -> None:
    """Calls a method of a callback if it has it."""
    told = getattr(callback, method, None)
    if told is not None:
        told(*arguments)
