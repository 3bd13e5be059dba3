"""A classifier and a regressor with the habits of scikit-learn, which must be installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, RegressorMixin  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils.multiclass import check_classification_targets  # type: ignore[import-untyped, import-not-found, unused-ignore]
from sklearn.utils.validation import validate_data  # type: ignore[import-untyped, import-not-found, unused-ignore]

from stepnet._arrays import Array, plain
from stepnet._estimator import NOT_TAKEN, TYPES, Estimator
from stepnet._keywords import NETWORK, check_names, takes_settings
from stepnet._network import Network
from stepnet._values import shown

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from stepnet._fit_settings import FitSettings

__all__ = ["ConvNetClassifier", "ConvNetRegressor"]

# What a classifier is made of where nothing is said.
DENSE = "linear(64) -> relu -> linear(classes) -> softmax"
# Strides where others have pooling: they fit pictures of any size.
CONVOLUTIONS = "conv(16, 3, same) -> relu -> conv(32, 3, same, stride=2) -> relu -> conv(32, 3, same, stride=2) -> relu -> "
PICTURES = CONVOLUTIONS + DENSE

# And a regressor.
DENSE_OF_NUMBERS = "linear(64) -> relu -> linear(outputs)"
PICTURES_OF_NUMBERS = CONVOLUTIONS + DENSE_OF_NUMBERS

# What says how much a class counts.
OF_CLASSES = ("balance", "class_weight", "label_smoothing")


@takes_settings(without=NOT_TAKEN, epochs=50)
class ConvNetClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """A network as an estimator, for pipelines, cross validation and searches.

    Parameters
    ----------
    network : str, optional
        The layers in the arrow notation, in which ``classes`` stands for the number of classes, or the name of a
        well-known network. Unless given, two dense layers, and three convolutions before them for pictures.
    image_shape : tuple of int, optional
        ``(height, width, channels)``, where rows of ``X`` are pictures, channels last; dense features unless given.
    {dtype}
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

    def __init__(
        self,
        network: str | None = None,
        *,
        image_shape: Sequence[int] | None = None,
        dtype: npt.DTypeLike = NETWORK["dtype"].default,
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
        self._store(settings)

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
        return self._train(rows, labels, self._one_epoch())

    def _begin(self, rows: Array, classes: Array) -> None:
        """A new network for examples like these."""
        if len(classes) < 2:
            raise ValueError(f"fit: y has one class only ({shown(classes[0])}), expected at least 2 to tell apart")
        self.classes_ = classes
        shape = self._image_shape()
        seed = self._drawn()
        text = self.network if self.network is not None else PICTURES if shape else DENSE
        # Objects and floats are classes to scikit-learn, too.
        known = np.unique(plain("fit: y", classes))
        self.network_ = Network(text, shape or rows.shape[1], classes=known, dtype=self.dtype, seed=seed)

    def _train(self, rows: Array, labels: Array, others: dict[str, Any]) -> ConvNetClassifier:
        self._run(rows, plain("fit: y", labels), others)
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


@takes_settings(without=(*NOT_TAKEN, *OF_CLASSES), epochs=50)
class ConvNetRegressor(RegressorMixin, Estimator):  # type: ignore[misc]
    """A network that predicts numbers, as an estimator, for pipelines, cross validation and searches.

    Targets are scaled to mean 0 and deviation 1 for the network; predictions are in their unit.

    Parameters
    ----------
    network : str, optional
        The layers in the arrow notation, in which ``outputs`` stands for how many numbers an example has. Unless given,
        two dense layers, and three convolutions before them for pictures.
    image_shape : tuple of int, optional
        ``(height, width, channels)``, where rows of ``X`` are pictures, channels last; dense features unless given.
    {loss}
    {dtype}
    random_state : int, RandomState or None
        What weights, orders and alterations are drawn with. ``None`` draws others at each `fit`.
    verbose : bool
        Whether each epoch prints a line.
    {settings}

    Attributes
    ----------
    network_ : stepnet.Network
        The trained network.
    history_ : stepnet.History
        How the training went.
    n_features_in_ : int
        The values of an example.

    Examples
    --------
    >>> from sklearn.datasets import make_regression
    >>> from stepnet.sklearn import ConvNetRegressor
    >>> X, y = make_regression(300, n_features=5, random_state=0)
    >>> regressor = ConvNetRegressor(random_state=0).fit(X[:200], y[:200])
    >>> regressor.score(X[200:], y[200:]) > 0.9
    True
    """

    def __init__(
        self,
        network: str | None = None,
        *,
        image_shape: Sequence[int] | None = None,
        loss: str | None = NETWORK["loss"].default,
        dtype: npt.DTypeLike = NETWORK["dtype"].default,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        **settings: Unpack[FitSettings],
    ) -> None:
        self.network = network
        self.image_shape = image_shape
        self.loss = loss
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        check_names("ConvNetRegressor", settings, without=(*NOT_TAKEN, *OF_CLASSES))
        self._store(settings)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> ConvNetRegressor:
        """Train a new network, whatever was trained before.

        Parameters
        ----------
        X : array_like
            ``(examples, features)``; for pictures also ``(examples, *image_shape)``. ``uint8`` is divided by 255.
        y : array_like
            ``(examples,)``, or ``(examples, outputs)``: numbers.

        Returns
        -------
        ConvNetRegressor
            This one.
        """
        rows, numbers = self._checked(X, y, True)
        self._begin(rows, numbers)
        self._run(rows, numbers, {})
        return self

    def partial_fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> ConvNetRegressor:
        """Train for one more epoch, on these examples: the network goes on from where it is, with the optimizer's
        running values and the scale of the first call's numbers. Schedules that span a training, such as
        ``"cosine"``, give way to the constant rate.

        Parameters
        ----------
        X, y : array_like
            As for `fit`.

        Returns
        -------
        ConvNetRegressor
            This one.
        """
        first = not hasattr(self, "network_")
        rows, numbers = self._checked(X, y, first)
        if first:
            self._begin(rows, numbers)
        self._run(rows, numbers, self._one_epoch())
        return self

    def _checked(self, X: npt.ArrayLike, y: npt.ArrayLike, reset: bool) -> tuple[Array, Array]:
        given = self._rows(X, self._image_shape())
        rows, numbers = validate_data(self, given, y, dtype=TYPES, reset=reset, y_numeric=True, multi_output=True)
        return rows, np.asarray(numbers, np.float64)

    def _begin(self, rows: Array, numbers: Array) -> None:
        """A new network for examples like these."""
        shape = self._image_shape()
        usual = PICTURES_OF_NUMBERS if shape else DENSE_OF_NUMBERS
        self._flat = numbers.ndim == 1
        self.network_ = Network(
            self.network if self.network is not None else usual,
            shape or rows.shape[1],
            targets="numbers",
            outputs=1 if self._flat else numbers.shape[1],
            loss=self.loss,
            dtype=self.dtype,
            seed=self._drawn(),
        )

    def predict(self, X: npt.ArrayLike) -> Array:
        """The numbers of each example.

        Parameters
        ----------
        X : array_like
            As for `fit`.

        Returns
        -------
        ndarray
            ``(examples,)`` or ``(examples, outputs)``, as `fit` got them.
        """
        rows = self._asked(X)
        predicted: Array = self.network_.predict(rows).astype(np.float64)
        return predicted if self._flat or predicted.ndim == 2 else predicted[:, None]
