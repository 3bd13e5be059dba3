"""How a training went, epoch by epoch."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from typing import Any

from stepnet._targets import MEASURES

# Measures that have a shorter name.
NAMES = {"mean_average_precision": "mAP", "r2": "R2"}


class History(Mapping[str, list[float]]):
    """What each epoch ended with: ``loss``, ``accuracy``, ``learning_rate``, ``seconds``; with validation
    data also ``val_loss`` and ``val_accuracy``. Labels and numbers have no ``accuracy``, and the measures of
    `Network.evaluate` for the validation data: ``val_mean_average_precision``, ``val_r2``, ... A notebook shows it as curves if matplotlib is installed,
    else as a table.

    Examples
    --------
    >>> from stepnet import Network, data
    >>> X, y = data.digits()
    >>> net = Network("linear(10) -> softmax", input_shape=(8, 8, 1))
    >>> history = net.fit(X, y, epochs=2, verbose=False)
    >>> len(history["loss"])
    2
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}

    def add(self, logs: Mapping[str, float]) -> None:
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)

    @property
    def epochs(self) -> int:
        """How many epochs there were."""
        return len(self.history.get("loss", []))

    def __getitem__(self, name: str) -> list[float]:
        return self.history[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.history)

    def plot(self) -> Any:
        """Draw the losses and the accuracies; of labels or numbers the validation's mAP or R2.

        Returns
        -------
        matplotlib.figure.Figure
            Up to two pictures, one beside the other.
        """
        # Not by pyplot, which would show the figure a second time.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3), layout="constrained")
        measure = next((name for name in MEASURES if name in self or f"val_{name}" in self), None)
        drawn = ["loss"] if measure is None else ["loss", measure]
        for axes, name in zip(figure.subplots(1, len(drawn), squeeze=False)[0], drawn):
            epochs = range(1, self.epochs + 1)
            for key, label in ((name, "training"), (f"val_{name}", "validation")):
                if key in self:
                    axes.plot(epochs, self[key], marker=".", label=label)
            axes.set(xlabel="epoch", ylabel=name)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.grid(alpha=0.3)
            axes.legend()
        return figure

    def __repr__(self) -> str:
        if not self.epochs:
            return "no epoch"
        last = ", ".join(f"{name} {values[-1]:.4f}" for name, values in self.items() if name != "seconds")
        return f"{self.epochs} epochs; the last: {last}"

    def table(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in ("epoch", *self))
        body = ""
        for epoch in range(self.epochs):
            cells = "".join(f"<td>{values[epoch]:.4g}</td>" for values in self.values())
            body += f"<tr><td>{epoch + 1}</td>{cells}</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        told = {"text/plain": repr(self)}
        if not self.epochs:
            return told
        try:
            figure = self.plot()
        except ImportError:
            return {**told, "text/html": self.table()}
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg")
        return {**told, "image/svg+xml": drawn.getvalue()}


def line(epoch: int, epochs: int, logs: Mapping[str, float]) -> str:
    """What an epoch prints."""
    def measures(before: str) -> str:
        found = ("loss", *MEASURES)
        return ", ".join(f"{NAMES.get(name, name)} {logs[before + name]:.4f}" for name in found if before + name in logs)

    told = f"epoch {epoch + 1:>{len(str(epochs))}}/{epochs}: {measures('')}"
    if "val_loss" in logs:
        told += f"; validation: {measures('val_')}"
    return f"{told}; {logs['seconds']:.1f} s"
