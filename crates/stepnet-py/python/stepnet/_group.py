"""Training by several processes."""

from __future__ import annotations

import atexit
import sys
from types import TracebackType

from stepnet import _native
from stepnet._values import shown
from stepnet.group import Group


class _Joined:
    """Whether this process has joined those of MPI."""

    yes = False


def joined(group: object) -> _native.Group | None:
    """The membership of this process in the group that `fit` is to train with; nothing without one."""
    if group is None:
        return None
    if isinstance(group, Group):
        return group._member
    if not isinstance(group, str) or group != "mpi":
        raise ValueError(f"fit: group is {shown(group)}, expected 'mpi', a stepnet.group.Group or None")
    member = _native.Group.mpi()
    if not _Joined.yes:
        _Joined.yes = True
        atexit.register(_native.leave_group)
        _end_all_after_an_exception()
    return member


def _end_all_after_an_exception() -> None:
    """Lets an exception that nobody catches end the other processes, too: they would wait for this one."""
    usual = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        usual(kind, error, trace)
        sys.stderr.flush()
        _native.abort_group(1)

    sys.excepthook = hook
