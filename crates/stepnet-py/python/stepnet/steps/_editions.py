"""Which edition of the notebooks the functions follow: docs/editions.md says what differs."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Iterator, Literal, TypeAlias, get_args

from stepnet.steps._arguments import one_of

Edition: TypeAlias = Literal["2017", "v8a", "2021"]

EDITIONS: tuple[Edition, ...] = get_args(Edition)

# The setting of the process, and that of a `with` block, which belongs to one thread or task.
_of_process: Edition = "2021"
_of_block: ContextVar[Edition | None] = ContextVar("stepnet.steps.edition", default=None)


def set_edition(edition: Edition) -> None:
    """Choose the edition that the functions follow from now on, in all threads.

    ``stepnet.steps.edition = "2017"`` does the same.

    Parameters
    ----------
    edition : {"2021", "v8a", "2017"}
        The newest edition, which is the default, or an earlier one.
    """
    global _of_process
    _of_process = _known("set_edition", edition)


def use_edition(edition: Edition) -> AbstractContextManager[None]:
    """Follow an edition within a ``with`` block, in this thread or task alone.

    Parameters
    ----------
    edition : {"2021", "v8a", "2017"}
        As for `set_edition`.

    Returns
    -------
    context manager
        For ``with use_edition("2017"):``; without ``with`` nothing changes.
    """
    return _block(_known("use_edition", edition))


@contextmanager
def _block(edition: Edition) -> Iterator[None]:
    token = _of_block.set(edition)
    try:
        yield
    finally:
        _of_block.reset(token)


def current() -> Edition:
    """The edition in force here."""
    return _of_block.get() or _of_process


def chosen(function: str, edition: Edition | None) -> Edition:
    """The edition that a call asks for, or else the one in force."""
    return current() if edition is None else _known(function, edition)


def _known(function: str, edition: Edition) -> Edition:
    one_of(function, "edition", edition, *EDITIONS)
    return edition
