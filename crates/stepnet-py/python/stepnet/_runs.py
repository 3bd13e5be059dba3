"""Trainings that keep themselves in a folder, as ``stepnet train`` does."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from stepnet import _native
from stepnet._arrays import Array
from stepnet._patience import check
from stepnet._values import path_given, shown, truth

if TYPE_CHECKING:
    from stepnet.callbacks import Logs


def place(
    run: str | os.PathLike[str] | None,
    resume: object,
    overwrite: object,
    keeps: Mapping[str, object],
    others: Mapping[str, object],
) -> dict[str, Any] | None:
    """Where a training keeps itself, as the native part takes it; nothing without a folder. ``keeps`` are arguments
    of `fit` that need one, ``others`` those that do not go together with one, where they are given."""
    resumes, overwrites = truth("fit", "resume", resume), truth("fit", "overwrite", overwrite)
    if run is None:
        for name, given in (("resume", resumes), ("overwrite", overwrites), *keeps.items()):
            if given:
                raise ValueError(f"fit: {name} is {shown(given)}, but no run is named, such as run=\"runs/mine\"")
        return None
    folder = path_given("fit: run", run)
    if isinstance(run, (str, bytes)) and not run:
        raise ValueError("fit: run is '', expected the path of a folder")
    if resumes and overwrites:
        raise ValueError("fit: resume and overwrite are both True, expected one of them")
    for name, other in others.items():
        if other:
            raise ValueError(f"fit: {name} is {shown(other)}, expected none together with run, which counts its own epochs")
    return {"folder": folder, "resume": resumes, "overwrite": overwrites}


class Run:
    """A training in a folder: the same steps as a training without one, told epoch by epoch."""

    def __init__(
        self,
        network: _native.Network,
        examples: tuple[Array, tuple[str, Array]],
        held_out: tuple[Array, tuple[str, Array], float] | None,
        named: list[str],
        settings: dict[str, Any],
        place: dict[str, Any],
    ) -> None:
        if settings.get("early_stop") is not None:
            check(held_out is not None)
        tested = None
        if held_out is not None:
            tested = held_out[:2]
            if held_out[2] != place["divisor"] or held_out[0].dtype != examples[0].dtype:
                is_, was = held_out[0].dtype, examples[0].dtype
                raise ValueError(f"fit: validation_data[0] is of type {is_}, expected {was}, that of X, together with run")
        self._running = _native.Running(network, *examples, tested, named, settings, place)

    @property
    def first(self) -> int:
        """The number of the next epoch, from 0."""
        return len(self._running.records())

    @property
    def epochs(self) -> int:
        """How many epochs there are in all."""
        return self._running.epochs

    def done(self) -> list[Logs]:
        """The epochs that were done before."""
        return [logs(epoch) for epoch in self._running.records()]

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        return self._running.learning_rate

    def set_learning_rate(self, rate: float) -> None:
        """Refuses: a run is what its settings say."""
        why = "its settings decide on it, so that it can be resumed"
        raise ValueError(f"fit: the learning rate of a run cannot be set to {shown(rate)}: {why}")

    def epoch(self, told: Callable[[float, float], None] | None) -> Logs | None:
        """Runs an epoch; nothing where early stopping, or the number of epochs, leaves none."""
        epoch = self._running.epoch(told)
        self._warn()
        return None if epoch is None else logs(epoch)

    def finish(self) -> None:
        """Writes what a run leaves, and keeps the weights that it has chosen."""
        self._running.finish()
        self._warn()

    def stops(self, here: bool) -> bool:
        """Whether it ends after this epoch: the first process of a group decides for all."""
        return here

    def _warn(self) -> None:
        for said in self._running.told():
            warnings.warn(said, stacklevel=5)


def logs(
    epoch: tuple[float, float | None, float, float, tuple[float, list[tuple[str, float]]] | None],
) -> Logs:
    """What an epoch of a run ended with, under the names of `History`."""
    loss, accuracy, rate, seconds, tested = epoch
    told = {"loss": loss} if accuracy is None else {"loss": loss, "accuracy": accuracy}
    if tested is not None:
        told["val_loss"], measures = tested
        told.update((f"val_{name}", value) for name, value in measures)
    return {**told, "learning_rate": rate, "seconds": seconds}

