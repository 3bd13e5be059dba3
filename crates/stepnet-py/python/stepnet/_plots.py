"""Pictures of a network and of its mistakes, by matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from stepnet._arrays import Array, listed
from stepnet._history import History
from stepnet._prediction import Prediction
from stepnet._values import shown, text, whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Cells of more classes than this have no number written into them.
WRITTEN = 20


def figure(size: tuple[float, float]) -> Figure:
    # Not by pyplot, which would show the figure a second time in a notebook.
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return Figure(figsize=size, layout="constrained")


class Plots(Prediction):
    """The methods of a network that draw. Each gives a figure, which a notebook shows."""

    history: History | None

    def plot_history(self) -> Figure:
        """Draw the losses and accuracies of the last training.

        Returns
        -------
        matplotlib.figure.Figure
            Losses on the left, accuracies on the right.
        """
        if self.history is None or not self.history.epochs:
            raise ValueError("plot_history: the network has not been trained here, so there is no history to draw")
        figure((9, 3))  # Says what is missing before anything is drawn.
        drawn: Figure = self.history.plot()
        return drawn

    def plot_confusion(self, X: npt.ArrayLike, y: npt.ArrayLike, *, normalize: bool = False) -> Figure:
        """Draw the confusion matrix: how many examples of each class were predicted as which.

        Parameters
        ----------
        X, y : array_like
            As for `fit`.
        normalize : bool
            Whether to draw shares of each row in place of counts.

        Returns
        -------
        matplotlib.figure.Figure
            A row for each true class, a column for each predicted one.
        """
        actual, predicted, names = self._judged("plot_confusion", X, y)
        count = len(names)
        matrix = np.zeros((count, count))
        np.add.at(matrix, (actual, predicted), 1)
        if normalize:
            matrix /= np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        side = max(3.0, min(12.0, 0.45 * count + 1.5))
        drawn = figure((side, side))
        axes = drawn.subplots()
        axes.imshow(matrix, cmap="Blues", vmin=0)
        labels = [str(name) for name in names]
        axes.set(xlabel="predicted", ylabel="true", xticks=range(count), yticks=range(count))
        axes.set_xticklabels(labels, rotation=45 if max(map(len, labels)) > 2 else 0, ha="right")
        axes.set_yticklabels(labels)
        if count <= WRITTEN:
            dark = matrix.max() / 2
            for (row, column), value in np.ndenumerate(matrix):
                written = f"{value:.2f}" if normalize else f"{value:.0f}"
                colour = "white" if value > dark else "black"
                axes.text(column, row, written, ha="center", va="center", color=colour, fontsize=8)
        return drawn

    def show_mistakes(self, X: npt.ArrayLike, y: npt.ArrayLike, *, count: int = 12) -> Figure:
        """Draw the examples that the network is most wrong about.

        Parameters
        ----------
        X : array_like
            Images, as for `fit`.
        y : array_like
            Their labels.
        count : int
            How many to draw at most.

        Returns
        -------
        matplotlib.figure.Figure
            Each image with its true class, the predicted one, and how likely the network took it to be.
        """
        wanted = whole("show_mistakes", "count", count, 1)
        actual, predicted, names = self._judged("show_mistakes", X, y)
        wrong = np.flatnonzero(actual != predicted)
        likely = self.predict_proba(X)
        order = wrong[np.argsort(-likely[wrong, predicted[wrong]], kind="stable")][:wanted]
        columns = min(6, max(1, len(order)))
        rows = max(1, math.ceil(len(order) / columns))
        drawn = figure((1.7 * columns + 0.4, 2.1 * rows + 0.3))
        panels = drawn.subplots(rows, columns, squeeze=False).flat
        for axes in panels:
            axes.set_axis_off()
        for axes, at in zip(drawn.axes, order):
            axes.imshow(self._visible(X[at]), cmap="gray")  # type: ignore[index]
            share = likely[at, predicted[at]]
            axes.set_title(f"{names[actual[at]]}, predicted {names[predicted[at]]} ({share:.0%})", fontsize=7)
        drawn.suptitle(f"{len(wrong)} of {len(actual)} examples are predicted wrongly", fontsize=9)
        return drawn

    def plot_filters(self, layer: str | None = None, *, count: int = 32) -> Figure:
        """Draw the filters of a convolution.

        Parameters
        ----------
        layer : str, optional
            The name of the layer; the first convolution unless given.
        count : int
            How many filters to draw at most.

        Returns
        -------
        matplotlib.figure.Figure
            Filters over three channels in colour; of others the mean over the channels, in grey.
        """
        weights = {name: value for name, value in self._net.weights() if np.ndim(value) == 4}
        found = [name.removesuffix(".weight") for name in weights]
        if not found:
            raise ValueError("plot_filters: the network has no convolution")
        chosen = found[0] if layer is None else text("plot_filters", "layer", layer)
        if chosen not in found:
            raise ValueError(f"plot_filters: layer is {shown(layer)}, expected one of {listed(found)}")
        filters = np.moveaxis(np.asarray(weights[f"{chosen}.weight"]), -1, 0)
        shown_filters = filters[: whole("plot_filters", "count", count, 1)]
        columns = min(8, len(shown_filters))
        rows = math.ceil(len(shown_filters) / columns)
        drawn = figure((1.1 * columns + 0.3, 1.1 * rows + 0.5))
        panels = drawn.subplots(rows, columns, squeeze=False).flat
        for axes in panels:
            axes.set_axis_off()
        # One scale for all, so that a weak filter looks weak.
        largest = float(np.abs(shown_filters).max()) or 1.0
        for axes, weight in zip(drawn.axes, shown_filters):
            if weight.shape[2] == 3:
                axes.imshow(0.5 + 0.5 * weight / largest)
            else:
                axes.imshow(weight.mean(axis=2), cmap="gray", vmin=-largest, vmax=largest)
        drawn.suptitle(f"{chosen}: {len(shown_filters)} of {len(filters)} filters", fontsize=9)
        return drawn

    def _judged(self, function: str, X: Any, y: Any) -> tuple[Array, Array, Array]:
        """The numbers of the true and the predicted classes, and the classes."""
        names = self._labels().known()
        predicted = self.predict(X)
        actual = self._labels().of(function, y, len(predicted))
        places = {name: at for at, name in enumerate(names.tolist())}
        numbers = np.array([places[name] for name in predicted.tolist()], int)
        return np.asarray(actual, int), numbers, names

    def _visible(self, example: Any) -> Array:
        """An example as an image that can be drawn."""
        values = np.asarray(example)
        if values.ndim < 3:
            values = values.reshape(self.input_shape) if values.size == math.prod(self.input_shape) else values
        if values.ndim == 3 and values.shape[2] not in (3, 4):
            values = values.mean(axis=2)
        if values.dtype == np.uint8:
            return values
        low, high = float(values.min()), float(values.max())
        scaled: Array = (values - low) / ((high - low) or 1.0)
        return scaled
