"""Trainings that keep themselves in a folder, as ``stepnet train`` does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import path_given, shown, truth

if TYPE_CHECKING:
    from stepnet.callbacks import Logs


def place(
    run: str | os.PathLike[str] | None,
    resume: object,
    overwrite: object,
    others: Mapping[str, object],
) -> dict[str, Any] | None:
    """Where a training keeps itself, as the native part takes it; nothing without a folder. ``others`` are arguments
    of `fit` that do not go together with one, where they are given."""
    resumes, overwrites = truth("fit", "resume", resume), truth("fit", "overwrite", overwrite)
    if run is None:
        for name, given in (("resume", resumes), ("overwrite", overwrites)):
            if given:
                raise ValueError(f"fit: {name} is True, but no run is named: run=\"runs/mine\"")
        return None
    folder = path_given("fit: run", run)
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
        tested = None
        if held_out is not None:
            tested = held_out[:2]
            if held_out[2] != place["divisor"] or held_out[0].dtype != examples[0].dtype:
                is_, was = held_out[0].dtype, examples[0].dtype
                raise ValueError(f"fit: validation_data[0] is of type {is_}, expected {was}, that of X, together with run")
        self._running = _native.Running(network, *examples, tested, named, settings, place)

    @property
    def epochs(self) -> int:
        """How many epochs there are in all."""
        return self._running.epochs

    def done(self) -> list[Logs]:
        """The epochs that were done before."""
        return [logs(epoch) for epoch in self._running.records()]

    def epoch(self) -> Logs | None:
        """Runs an epoch; nothing where early stopping, or the number of epochs, leaves none."""
        epoch = self._running.epoch()
        return None if epoch is None else logs(epoch)

    def finish(self) -> str | None:
        """Writes what a run leaves, and keeps the weights that it has chosen; what to say of them."""
        return self._running.finish()

    def told(self) -> list[str]:
        """What there is to say since the last time."""
        return self._running.told()


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
