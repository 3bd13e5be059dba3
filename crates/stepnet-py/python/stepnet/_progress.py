"""What a training shows while it runs: a line for each epoch, and a bar with the time left."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from stepnet._history import line
from stepnet._values import shown
from stepnet.callbacks import Logs

if TYPE_CHECKING:
    from stepnet._training import Epochs

# What the bar shows; its unit is an epoch, which it also goes on within.
BAR = "{desc}{percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


class Progress:
    """Shows the epochs from ``first`` to ``epochs``, as ``verbose`` of `Network.fit` says."""

    def __init__(self, verbose: object, first: int, epochs: int) -> None:
        lines, bar = wanted(verbose)
        self._lines = lines
        self._first, self._epochs = first, epochs
        self._bar: Any = None
        if bar is not None and first < epochs:
            self._bar = bar(total=epochs - first, desc=self._name(first), bar_format=BAR, leave=not lines)

    def run(self, training: Epochs, epoch: int) -> Logs | None:
        """Runs an epoch, and shows how far it is."""
        if self._bar is None:
            return training.epoch(None)
        self._bar.set_description_str(self._name(epoch), refresh=False)
        return training.epoch(lambda share, loss: self._move(epoch + share, f"loss {loss:.4f}"))

    def ended(self, epoch: int, logs: Logs) -> None:
        """Shows what an epoch ended with."""
        told = line(epoch, self._epochs, logs)
        if self._bar is not None:
            self._move(epoch + 1, told.partition(": ")[2].rpartition("; ")[0])
        if self._lines:
            write = print if self._bar is None else self._bar.write
            write(told)
            sys.stdout.flush()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()

    def _name(self, epoch: int) -> str:
        return f"epoch {epoch + 1}/{self._epochs}: "

    def _move(self, epochs: float, postfix: str) -> None:
        self._bar.set_postfix_str(postfix, refresh=False)
        self._bar.update(epochs - self._first - self._bar.n)


def wanted(verbose: object) -> tuple[bool, Any]:
    """Whether there are lines, and tqdm if there is a bar."""
    if isinstance(verbose, str) and verbose == "bar":
        bar = tqdm()
        if bar is None:
            raise ImportError('fit: verbose is "bar", which needs tqdm: pip install tqdm')
        return False, bar
    if isinstance(verbose, str) and verbose == "lines":
        return True, None
    if isinstance(verbose, (bool, np.bool_)) or isinstance(verbose, (int, np.integer)) and verbose in (0, 1):
        return bool(verbose), tqdm() if verbose and is_watched() else None
    kind = ValueError if isinstance(verbose, str) else TypeError
    raise kind(f'fit: verbose is {shown(verbose)}, expected True, False, "bar" or "lines"')


def tqdm() -> Any:
    try:
        with warnings.catch_warnings():
            # In a notebook without widgets it warns, and draws its bar from letters.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        return None
    return tqdm


def is_watched() -> bool:
    """Whether somebody looks on, at a terminal or a notebook: elsewhere a bar would be many lines."""
    if "ipykernel" in sys.modules:
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # None, or closed.
        return False
