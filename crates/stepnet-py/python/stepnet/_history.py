"""How a training went, epoch by epoch."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator, Mapping
from typing import Any


class History(Mapping[str, list[float]]):
    """What each epoch ended with: ``loss``, ``accuracy``, ``learning_rate``, ``seconds``; with validation
    data also ``val_loss`` and ``val_accuracy``. A notebook shows it as curves if matplotlib is installed,
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
        """Draw the losses and the accuracies.

        Returns
        -------
        matplotlib.figure.Figure
            Two pictures, one beside the other.
        """
        # Not by pyplot, which would show the figure a second time.
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3), layout="constrained")
        for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy")):
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
    told = f"epoch {epoch + 1:>{len(str(epochs))}}/{epochs}: loss {logs['loss']:.4f}, accuracy {logs['accuracy']:.4f}"
    if "val_loss" in logs:
        told += f"; validation: loss {logs['val_loss']:.4f}, accuracy {logs['val_accuracy']:.4f}"
    return f"{told}; {logs['seconds']:.1f} s"
