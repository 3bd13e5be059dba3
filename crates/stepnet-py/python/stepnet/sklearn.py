"""A classifier with the habits of scikit-learn, which must be installed."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils import check_random_state  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils.multiclass import check_classification_targets  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils.validation import check_is_fitted, validate_data  # type: ignore[import-untyped, import-not-found, unused-ignore]

from stepnet._arrays import Array, expected, plain
from stepnet._keywords import SETTINGS, check_names, takes_settings
from stepnet._network import Network
from stepnet._settings import extents
from stepnet._values import LARGEST_SEED, shown

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from stepnet._fit_settings import FitSettings

__all__ = ["ConvNetClassifier"]

# What follows from ``random_state``, takes examples to test on, or a network that is trained already.
NOT_TAKEN = ("early_stop", "freeze", "min_delta", "seed")

# What a classifier is made of where nothing is said.
DENSE = "linear(64) -> relu -> linear(classes) -> softmax"
# Strides where others have pooling: they fit pictures of any size.
PICTURES = (
    "conv(16, 3, same) -> relu -> conv(32, 3, same, stride=2) -> relu -> conv(32, 3, same, stride=2) -> relu -> " + DENSE
)

# What networks take as it is; the first is what other types become.
TYPES = [np.float32, np.float64, np.uint8]


class ConvNetClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A network as an estimator, for pipelines, cross validation and searches.

    Parameters
    ----------
    network : str, optional
        The layers in the arrow notation, in which ``classes`` stands for the number of classes, or the name of a
        well-known network. Unless given, two dense layers, and three convolutions before them for pictures.
    image_shape : tuple of int, optional
        ``(height, width, channels)``, where rows of ``X`` are pictures, channels last; dense features unless given.
    dtype : {"float32", "float64"}
        The type of the network's numbers.
    random_state : int, RandomState or None
        What weights, orders and alterations are drawn with. ``None`` draws others at each `fit`.
    verbose : bool
        Whether each epoch prints a line.
    {settings}

    Attributes
    ----------
    classes_ : ndarray
        The classes in the order of the columns of `predict_proba`.
    network_ : stepnet.Network
        The trained network.
    history_ : stepnet.History
        How the training went.
    n_features_in_ : int
        The values of an example.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import cross_val_score
    >>> from stepnet.sklearn import ConvNetClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = ConvNetClassifier(image_shape=(8, 8, 1), epochs=5, random_state=0)
    >>> cross_val_score(classifier, X / 16, y, cv=3).mean() > 0.9
    np.True_
    """

    @takes_settings(without=NOT_TAKEN, epochs=50)
    def __init__(
        self,
        network: str | None = None,
        *,
        image_shape: Sequence[int] | None = None,
        dtype: str = "float32",
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        **settings: Unpack[FitSettings],
    ) -> None:
        self.network = network
        self.image_shape = image_shape
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        check_names("ConvNetClassifier", settings, without=NOT_TAKEN)
        for name, default in self._settings():
            setattr(self, name, settings.get(name, default))

    @classmethod
    def _settings(cls) -> list[tuple[str, Any]]:
        """The settings that it has, with their defaults."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        return [(each.name, each.default) for each in parameters if each.name in SETTINGS]

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> ConvNetClassifier:
        """Train a new network, whatever was trained before.

        Parameters
        ----------
        X : array_like
            ``(examples, features)``; for pictures also ``(examples, *image_shape)``. ``uint8`` is divided by 255.
        y : array_like
            ``(examples,)``, the classes.

        Returns
        -------
        ConvNetClassifier
            This one.
        """
        shape = self._image_shape()
        rows, labels = validate_data(self, self._rows(X, shape), y, dtype=TYPES)
        check_classification_targets(labels)
        self._begin(rows, np.unique(labels))
        return self._train(rows, labels, {})

    def partial_fit(
        self, X: npt.ArrayLike, y: npt.ArrayLike, classes: npt.ArrayLike | None = None
    ) -> ConvNetClassifier:
        """Train for one more epoch, on these examples: the network goes on from where it is, with the optimizer's
        running values. Schedules that span a training, such as ``"cosine"``, give way to the constant rate.

        Parameters
        ----------
        X, y : array_like
            As for `fit`.
        classes : array_like, optional
            All classes there will be; needed in the first call.

        Returns
        -------
        ConvNetClassifier
            This one.
        """
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("partial_fit: classes is None, expected all classes there will be, in the first call")
        rows, labels = validate_data(self, self._rows(X, self._image_shape()), y, dtype=TYPES, reset=first)
        check_classification_targets(labels)
        if first:
            self._begin(rows, np.unique(classes))  # type: ignore[arg-type]
        elif classes is not None and not np.array_equal(self.classes_, np.unique(classes)):
            raise ValueError(f"partial_fit: classes is {shown(classes)}, expected those of the first call or None")
        schedule = str(getattr(self, "schedule"))
        spans = any(schedule.startswith(name) for name in ("cosine", "one-cycle"))
        return self._train(rows, labels, {"epochs": 1, "schedule": "constant" if spans else schedule})

    def _begin(self, rows: Array, classes: Array) -> None:
        """A new network for examples like these."""
        if len(classes) < 2:
            raise ValueError(f"fit: y has one class only ({shown(classes[0])}), expected at least 2 to tell apart")
        self.classes_ = classes
        shape = self._image_shape()
        drawn = check_random_state(self.random_state).randint(0, LARGEST_SEED, size=2, dtype=np.int64)
        text = self.network if self.network is not None else PICTURES if shape else DENSE
        # Objects and floats are classes to scikit-learn, too.
        known = np.unique(plain("fit: y", classes))
        self.network_ = Network(text, shape or rows.shape[1], classes=known, dtype=self.dtype, seed=int(drawn[0]))
        self._seed = int(drawn[1])

    def _train(self, rows: Array, labels: Array, others: dict[str, Any]) -> ConvNetClassifier:
        settings = {name: getattr(self, name) for name, _ in self._settings()}
        labels = plain("fit: y", labels)
        given: Any = {**settings, **others, "seed": self._seed}
        self.history_ = self.network_.fit(rows, labels, verbose=self.verbose, **given)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> Array:
        """How likely each class is for each example.

        Parameters
        ----------
        X : array_like
            As for `fit`.

        Returns
        -------
        ndarray
            ``(examples, classes)``, the columns in the order of ``classes_``. Where each class has a sigmoid of its own,
            they are divided by their sum.
        """
        rows = self._asked(X)
        chances = self.network_.predict_proba(rows)
        # The sums of a softmax are 1 but for rounding.
        shares: Array = chances / np.maximum(chances.sum(axis=1, keepdims=True), np.finfo(chances.dtype).tiny)
        return shares

    def predict(self, X: npt.ArrayLike) -> Array:
        """The class of each example.

        Parameters
        ----------
        X : array_like
            As for `fit`.

        Returns
        -------
        ndarray
            ``(examples,)``.
        """
        rows = self._asked(X)
        # Both have the classes in ascending order; the network has strings for objects, whole numbers for floats.
        known: Any = self.network_.classes_
        numbers = np.searchsorted(known, self.network_.predict(rows))
        predicted: Array = self.classes_[numbers]
        return predicted

    def _asked(self, X: npt.ArrayLike) -> Array:
        check_is_fitted(self)
        rows = self._rows(X, self._image_shape())
        taken: Array = validate_data(self, rows, reset=False, dtype=TYPES)
        return taken

    def _image_shape(self) -> tuple[int, ...] | None:
        if self.image_shape is None:
            return None
        shape = extents("ConvNetClassifier", self.image_shape, "image_shape")
        if shape is None or len(shape) != 3:
            raise ValueError(
                f"ConvNetClassifier: image_shape is {shown(self.image_shape)}, expected (height, width, channels)"
            )
        return tuple(shape)

    def _rows(self, X: npt.ArrayLike, shape: tuple[int, ...] | None) -> Any:
        """Pictures as rows; everything else as it is, to be judged by scikit-learn."""
        if shape and not hasattr(X, "columns"):
            found = np.shape(X)
            if found[1:] == shape:
                return np.asarray(X).reshape(found[0], -1)
            if len(found) == 4:
                raise ValueError(f"ConvNetClassifier: X has shape {found}, expected {expected(found, shape)}")
        elif not shape and getattr(X, "ndim", 2) == 4:
            found = np.shape(X)
            wanted = f"(examples, features); for pictures, image_shape={found[1:]}"
            raise ValueError(f"ConvNetClassifier: X has shape {found}, expected {wanted}")
        return X
