"""What scikit-learn's estimators of networks have in common."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils import check_random_state  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils.validation import check_is_fitted, validate_data  # type: ignore[import-untyped, import-not-found, unused-ignore]

from stepnet._arrays import Array, expected
from stepnet._history import History
from stepnet._keywords import KEEPING, SETTINGS
from stepnet._network import Network
from stepnet._settings import extents
from stepnet._values import LARGEST_SEED, shown

# What follows from ``random_state``, takes examples to test on, a network that is trained already, or a run's folder.
NOT_TAKEN = ("early_stop", "freeze", "min_delta", "seed", *KEEPING)

# What networks take as it is; the first is what other types become.
TYPES = [np.float32, np.float64, np.uint8]


class Estimator(BaseEstimator):  # type: ignore[misc]
    """What the estimators have in common: their settings, and examples of any shape as rows."""

    image_shape: Sequence[int] | None
    random_state: int | np.random.RandomState | None
    verbose: bool
    network_: Network
    history_: History
    _seed: int

    def _store(self, settings: Mapping[str, Any]) -> None:
        for name, default in self._settings():
            setattr(self, name, settings.get(name, default))

    @classmethod
    def _settings(cls) -> list[tuple[str, Any]]:
        """The settings that it has, with their defaults."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [(each.name, each.default) for each in parameters if each.name in SETTINGS]

    def _drawn(self) -> int:
        """The seed of the weights; draws that of the training, too."""
        drawn = check_random_state(self.random_state).randint(0, LARGEST_SEED, size=2, dtype=np.int64)
        self._seed = int(drawn[1])
        return int(drawn[0])

    def _run(self, rows: Array, targets: Array, others: dict[str, Any]) -> None:
        settings = {name: getattr(self, name) for name, _ in self._settings()}
        given: Any = {**settings, **others, "seed": self._seed}
        self.history_ = self.network_.fit(rows, targets, verbose=self.verbose, **given)

    def _one_epoch(self) -> dict[str, Any]:
        """The settings of a training that goes on for one epoch: schedules that span a training give way."""
        schedule = str(getattr(self, "schedule"))
        spans = any(schedule.startswith(name) for name in ("cosine", "one-cycle"))
        return {"epochs": 1, "schedule": "constant" if spans else schedule}

    def _asked(self, X: npt.ArrayLike) -> Array:
        check_is_fitted(self)
        rows = self._rows(X, self._image_shape())
        taken: Array = validate_data(self, rows, reset=False, dtype=TYPES)
        return taken

    def _image_shape(self) -> tuple[int, ...] | None:
        if self.image_shape is None:
            return None
        shape = extents(type(self).__name__, self.image_shape, "image_shape")
        if shape is None or len(shape) != 3:
            raise ValueError(
                f"{type(self).__name__}: image_shape is {shown(self.image_shape)}, expected (height, width, channels)"
            )
        return tuple(shape)

    def _rows(self, X: npt.ArrayLike, shape: tuple[int, ...] | None) -> Any:
        """Pictures as rows; everything else as it is, to be judged by scikit-learn."""
        if shape and not hasattr(X, "columns"):
            found = np.shape(X)
            if found[1:] == shape:
                return np.asarray(X).reshape(found[0], -1)
            if len(found) == 4:
                raise ValueError(f"{type(self).__name__}: X has shape {found}, expected {expected(found, shape)}")
        elif not shape and getattr(X, "ndim", 2) == 4:
            found = np.shape(X)
            wanted = f"(examples, features); for pictures, image_shape={found[1:]}"
            raise ValueError(f"{type(self).__name__}: X has shape {found}, expected {wanted}")
        return X
