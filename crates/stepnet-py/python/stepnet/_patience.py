"""The early stopping that a setting asks for: the rule of ``stepnet train``."""

from __future__ import annotations

from stepnet import _native
from stepnet._arrays import Array
from stepnet._targets import MEASURES
from stepnet.callbacks import Callback, Logs


def check(tested: bool) -> None:
    """Refuses early stopping where it has nothing to see."""
    if not tested:
        raise ValueError("fit: early_stop needs validation_data, to tell when nothing gets better")


class Patience(Callback):
    """Ends a training where nothing gets better any more, and keeps the weights of the best epoch."""

    def __init__(self, watcher: _native.EarlyStopping, tested: bool) -> None:
        check(tested)
        self._watcher = watcher
        self._weights: dict[str, Array] | None = None

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        measure = next(logs[f"val_{name}"] for name in MEASURES if f"val_{name}" in logs)
        best, ends = self._watcher.observe(measure, logs["val_loss"])
        if best:
            self._weights = dict(self.network.get_weights())
        if ends:
            self.network.stop_training = True

    def on_train_end(self) -> None:
        if self._weights is not None:
            self.network.set_weights(self._weights)
