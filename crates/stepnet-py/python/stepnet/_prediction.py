"""Predictions, and how good they are."""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, listed
from stepnet._base import Base
from stepnet._iterables import paired
from stepnet._preprocessing import inputs, stored
from stepnet._targets import OF_NUMBERS
from stepnet._values import path_given, shown
from stepnet.data import opened


# The mean loss, measures by name, and those of each output.
Measured: TypeAlias = tuple[float, list[tuple[str, float]], list[tuple[str, list[float]]]]


class Prediction(Base):
    """The methods of a network that run it on examples."""

    def outputs(self, X: npt.ArrayLike) -> Array:
        """What the network gives for each example.

        The first call prepares the network for all later ones, until it is trained or changed: that takes memory for another
        copy of its weights, for large 3x3 convolutions about five times as much.

        Parameters
        ----------
        X : array_like
            As for `fit`.

        Returns
        -------
        ndarray
            ``(examples, outputs)``.
        """
        return self._net.predict(*inputs("outputs", X, self._net))

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """How likely each class is for each example; or each label.

        Parameters
        ----------
        X : array_like
            As for `fit`.

        Returns
        -------
        ndarray
            ``(examples, classes)``, the columns in the order of ``classes_``. A single sigmoid output gives two
            columns.
        """
        if self._net.loss in OF_NUMBERS:
            raise ValueError(
                "predict_proba: the network ends in neither softmax nor sigmoid, so its outputs are no "
                "probabilities: see its method outputs"
            )
        outputs = self._net.predict(*inputs("predict_proba", X, self._net))
        single = outputs.shape[1] == 1 and self.targets == "classes"
        return np.hstack([1 - outputs, outputs]) if single else outputs

    def predict(self, X: npt.ArrayLike) -> Array:
        """The class of each example; or which labels apply, or its numbers.

        Parameters
        ----------
        X : array_like
            As for `fit`, or a data set, a loader or a generator, whose labels are left out if it has some. Values are divided
            as in training (see ``preprocessing``); those of pictures, which are
            brought to the network's shape as ``stepnet predict`` does it, by ``preprocessing.picture_divisor``.

        Returns
        -------
        ndarray
            ``(examples,)`` of labels as `fit` got them. Where the targets are labels, ``(examples, labels)`` of 0 and 1;
            where they are numbers, ``(examples,)`` of one output, else ``(examples, outputs)``.
        """
        outputs = self._net.predict(*inputs("predict", X, self._net))
        sound = np.isfinite(outputs).all(axis=1)
        if not sound.all():
            at = int(np.argmin(sound))
            raise ValueError(f"predict: the outputs for X[{at}] are not finite numbers, so it has no class")
        if self.targets == "numbers":
            return outputs[:, 0] if outputs.shape[1] == 1 else outputs
        if self.targets == "labels":
            return _native.predicted_classes(outputs, True)
        classes: Array = self._labels().known()[_native.predicted_classes(outputs, False)]
        return classes

    def evaluate(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> dict[str, float]:
        """How good the network is on examples.

        Parameters
        ----------
        X, y : array_like
            As for `fit`. Or, without ``y``, pairs as for `fit`, or the path of a data set, as ``stepnet evaluate`` takes it:
            classes, labels and numbers are found by their names.

        Returns
        -------
        dict
            ``loss``, the mean, and ``accuracy``, the share of right answers; with two classes also ``roc_auc`` and
            ``average_precision`` of the second. Where the targets are labels: ``mean_average_precision``, the mean
            ``f1``, ``subset_accuracy`` (all labels right), ``label_accuracy``. Where they are numbers: ``r2``, ``mae``
            and ``rmse``, the means over the outputs; `evaluate_outputs` has those of each.
        """
        loss, measures, _ = self._measured("evaluate", X, y)
        return {"loss": loss, **dict(measures)}

    def evaluate_outputs(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> dict[str, dict[str, float]]:
        """How good the network is at each label or number.

        Parameters
        ----------
        X, y : array_like
            As for `evaluate`.

        Returns
        -------
        dict
            For each output, by its name, its measures: ``average_precision``, ``roc_auc`` and ``f1`` of labels, ``r2``,
            ``mae`` and ``rmse`` of numbers.
        """
        if self.targets == "classes":
            raise ValueError("evaluate_outputs: the targets are classes, expected labels or numbers: see evaluate")
        _, _, each = self._measured("evaluate_outputs", X, y)
        named = enumerate(self.output_names or [])
        return {name: {measure: found[at] for measure, found in each} for at, name in named}

    def _measured(self, function: str, X: npt.ArrayLike, y: npt.ArrayLike | None) -> Measured:
        if y is None and not isinstance(X, (str, bytes, os.PathLike, np.ndarray)):
            X, y = paired(function, X, None, self.input_shape)
        if y is None:
            rows, y, divisor = self._data_set(function, X)
        else:
            rows, divisor = inputs(function, X, self._net)
        if not len(rows):
            raise ValueError(f"{function}: X has no examples")
        return self._net.evaluate(rows, self._taught(function, y, len(rows)), divisor)

    def _data_set(self, function: str, given: object) -> tuple[Array, Array, float]:
        """The test part of a data set as rows, the targets by the names that the network has for them, and what is divided
        by."""
        if not isinstance(given, (str, bytes, os.PathLike)):
            raise TypeError(f"{function}: y is missing; without it X is the path of a data set")
        known, kind = stored(self._net), self.targets
        shape = [known.height, known.width, known.channels]
        path = path_given(f"{function}: X", given)
        X, found, called, _ = opened(path, shape, known.resize, True, targets=kind, outputs=self.output_names)
        rows = np.ascontiguousarray(X.reshape(len(X), -1))
        divisor = known.picture_divisor if _native.holds_pictures(path) else known.divisor
        if kind != "classes":
            return rows, found, divisor
        labels = self._labels().known()
        by_name = {str(label): place for place, label in enumerate(labels)}
        for name in called:
            if name not in by_name:
                raise ValueError(f"{function}: the class {shown(name)} of X is not one of {listed(labels)}")
        return rows, labels[np.array([by_name[name] for name in called], int)[found]], divisor
