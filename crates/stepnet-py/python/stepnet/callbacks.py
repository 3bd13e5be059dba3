"""What can be done between the epochs of a training.

A callback is a function ``callback(epoch, logs)``, or an object with any of the methods of `Callback`.
``epoch`` counts from 0, ``logs`` has what the epoch ended with.
"""

from __future__ import annotations

import csv
import importlib
import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, Union, runtime_checkable

from stepnet._values import number, path_given, shown, truth, whole

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

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Called before each epoch.

        Parameters
        ----------
        epoch : int
            Its number, from 0.
        logs : dict
            ``learning_rate``, that of its first step.
        """

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
        What is watched: ``"val_loss"``, ``"val_accuracy"``, ``"loss"`` or ``"accuracy"``; where the targets are numbers or
        labels, also ``"val_r2"``, ``"val_mae"``, ``"val_rmse"``, ``"val_mean_average_precision"`` or ``"val_f1"``.
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
        self.monitor = monitored("EarlyStopping", monitor)
        self.patience = whole("EarlyStopping", "patience", patience, 1)
        self.min_delta = number("EarlyStopping", "min_delta", min_delta)
        if not 0 <= self.min_delta < math.inf:
            raise ValueError(f"EarlyStopping: min_delta is {self.min_delta}, expected a number of at least 0")
        self.restore_best_weights = truth("EarlyStopping", "restore_best_weights", restore_best_weights)
        self.on_train_begin()

    def on_train_begin(self) -> None:
        self.best = -math.inf if rises(self.monitor) else math.inf
        self.best_epoch = -1
        self._weights: object = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.monitor not in logs:
            missing("EarlyStopping", self.monitor, logs)
        value = logs[self.monitor]
        gain = value - self.best if rises(self.monitor) else self.best - value
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


class ModelCheckpoint(Callback):
    """Save the network after epochs.

    Parameters
    ----------
    path : path-like
        The file, as `stepnet.Network.save` writes it. ``{epoch}`` in its name stands for the number of the epoch, from 1,
        and ``{val_loss:.3f}`` and the like for what the epoch ended with.
    monitor : str
        What says which epoch is better: ``"val_loss"``, ``"val_accuracy"``, ``"loss"`` or ``"accuracy"``.
    save_best_only : bool
        Whether only epochs that are better than all before are saved.
    """

    def __init__(self, path: str | os.PathLike[str], monitor: str = "val_loss", save_best_only: bool = False) -> None:
        self.path = os.fspath(path_given("ModelCheckpoint: path", path))
        self.monitor = monitored("ModelCheckpoint", monitor)
        self.save_best_only = truth("ModelCheckpoint", "save_best_only", save_best_only)
        self.on_train_begin()

    def on_train_begin(self) -> None:
        self.best = -math.inf if rises(self.monitor) else math.inf

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        if self.save_best_only:
            value = logs[self.monitor] if self.monitor in logs else missing("ModelCheckpoint", self.monitor, logs)
            if not (value > self.best if rises(self.monitor) else value < self.best):
                return
            self.best = value
        try:
            path = self.path.format(epoch=epoch + 1, **logs)
        except (KeyError, IndexError, ValueError) as error:
            names = ", ".join(["epoch", *logs])
            raise ValueError(f"ModelCheckpoint: path is {self.path!r}: {error}; it may name {names}") from None
        self.network.save(path)


class LearningRateScheduler(Callback):
    """Set the learning rate of each epoch by a function, which takes the place of `fit`'s ``schedule`` and ``warm_up``.

    Parameters
    ----------
    schedule : callable
        ``schedule(epoch, rate)`` gives the rate of an epoch from its number, from 0, and the rate that it would have
        otherwise: after the first, that of the epoch before.

    Examples
    --------
    >>> from stepnet import Network, callbacks, data
    >>> X, y = data.digits()
    >>> net = Network("linear(10) -> softmax", input_shape=(8, 8, 1))
    >>> halved = callbacks.LearningRateScheduler(lambda epoch, rate: 0.01 * 0.5**epoch)
    >>> net.fit(X, y, epochs=3, callbacks=halved, verbose=False)["learning_rate"]
    [0.01, 0.005, 0.0025]
    """

    def __init__(self, schedule: Callable[[int, float], float]) -> None:
        if not callable(schedule):
            expected = "a function (epoch, rate) that returns a rate"
            raise TypeError(f"LearningRateScheduler: schedule is {shown(schedule)}, expected {expected}")
        self.schedule = schedule

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        rate = number("LearningRateScheduler", "what schedule returns", self.schedule(epoch, logs["learning_rate"]))
        self.network.learning_rate = rate


class CSVLogger(Callback):
    """Write what each epoch ended with into a CSV table, a line after each epoch.

    Parameters
    ----------
    path : path-like
        The file. One that is there is not replaced.
    append : bool
        Whether to go on in a file that is there.
    """

    def __init__(self, path: str | os.PathLike[str], append: bool = False) -> None:
        self.path = path_given("CSVLogger: path", path)
        self.append = truth("CSVLogger", "append", append)
        self._columns: list[str] | None = None

    def on_train_begin(self) -> None:
        self._columns = None
        if self.path.exists() and not self.append:
            raise ValueError(f"CSVLogger: {self.path} is there already; give another path, or append=True")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        begins = self._columns is None and not (self.append and self.path.exists() and self.path.stat().st_size)
        if self._columns is None:
            self._columns = list(logs)
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if begins:
                writer.writerow(["epoch", *self._columns])
            writer.writerow([epoch + 1, *(logs.get(name, "") for name in self._columns)])


class TensorBoard(Callback):
    """Write what each epoch ended with for TensorBoard. Needs ``tensorboardX`` or PyTorch.

    Parameters
    ----------
    log_dir : path-like
        The folder of the event files.
    """

    def __init__(self, log_dir: str | os.PathLike[str] = "logs") -> None:
        self.log_dir = path_given("TensorBoard: log_dir", log_dir)
        self._writer: Any = None

    def on_train_begin(self) -> None:
        self._writer = event_writer(os.fspath(self.log_dir))

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        for name, value in logs.items():
            self._writer.add_scalar(name, value, epoch + 1)
        self._writer.flush()

    def on_train_end(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def event_writer(folder: str) -> Any:
    for module in ("tensorboardX", "torch.utils.tensorboard"):
        try:
            return importlib.import_module(module).SummaryWriter(folder)
        except ImportError:
            pass
    raise ImportError("TensorBoard needs tensorboardX: pip install tensorboardX") from None


# What an epoch ends with: of classes, numbers and labels; those that get better as they fall.
OF_LABELS = ("val_mean_average_precision", "val_f1", "val_subset_accuracy", "val_label_accuracy")
MONITORED = ("loss", "accuracy", "val_loss", "val_accuracy", "val_r2", "val_mae", "val_rmse", *OF_LABELS)
FALLING = ("loss", "val_loss", "val_mae", "val_rmse")


def monitored(name: str, monitor: str) -> str:
    if monitor not in MONITORED:
        *names, last = (f'"{known}"' for known in MONITORED)
        raise ValueError(f"{name}: monitor is {shown(monitor)}, expected {', '.join(names)} or {last}")
    return monitor


def rises(monitor: str) -> bool:
    """Whether a higher value is a better one."""
    return monitor not in FALLING


def missing(name: str, monitor: str, logs: Logs) -> NoReturn:
    has = ", ".join(logs)
    needs = ", which needs validation_data" if monitor.startswith("val_") and "val_loss" not in logs else ""
    raise ValueError(f"{name}: monitor is {monitor!r}{needs}; an epoch has {has}")


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
