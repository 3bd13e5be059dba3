"""The types of the settings that are keyword arguments, for type checkers. Written from the table of settings by
``UPDATE_FILES=1 cargo test -p stepnet --test settings_files``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, TypedDict

import numpy.typing as npt


class FitSettings(TypedDict, total=False):
    """The settings of a training."""

    freeze: Sequence[Any] | str | int | None
    epochs: int | None
    batch_size: int | str | None
    transfer: Literal["head", "finetune", "all"] | None
    unfreeze_after: int | None
    backbone_learning_rate: str | float | None
    statistics: Literal["updated", "frozen"] | None
    learning_rate: float | None
    optimizer: str
    schedule: str
    warm_up: float | str | None
    l2: float
    label_smoothing: float
    class_weight: str | Sequence[Any] | Mapping[Any, float] | None
    weight_decay: float | None
    nesterov: bool
    clip_norm: float | None
    clip_value: float | None
    ema: float | None
    seed: int
    shuffle: bool
    augment: str | Sequence[Any]
    balance: Literal["none", "sampling", "weights"]
    workers: int | None
    shares: int | None
    all_reduce: Literal["exact", "fast"]
    sync_bn: bool
    early_stop: int | None
    min_delta: float | None
    checkpoint_every: str | None
    trace_hashes: Literal["weights", "gradients"] | None
    tensorboard: bool | str | PathLike[str] | None
    tensorboard_every: int | None


class NetworkSettings(TypedDict, total=False):
    """The settings of a network."""

    targets: Literal["classes", "labels", "numbers"] | None
    init: str | float
    loss: str | None
    dtype: npt.DTypeLike
    exact: bool
    seed: int
