"""One call of a function that may do anything: raise, never end, print, change its arguments."""

from __future__ import annotations

import contextvars
import copy
import ctypes
import io
import linecache
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from stepnet._checking._compare import as_array
from stepnet._checking._task import Case, Task
from stepnet._values import one_line


@dataclass(frozen=True)
class Outcome:
    """What came of a call."""

    value: Any = None
    # What it raised, by type and by message, and where.
    raised: BaseException | None = None
    where: str = ""
    hung: bool = False
    # The arguments that are not what they were, by name, with what they are now.
    changed: Mapping[str, Any] | None = None
    printed: bool = False


class _Stopped(BaseException):
    """Ends a function that takes too long. No `except Exception` of its own catches this."""


class _Sink(io.TextIOBase):
    """Takes what is printed and forgets it: a function that prints in a loop must not fill memory."""

    def __init__(self) -> None:
        self.used = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.used = True
        return len(text)


def run(task: Task, function: Callable[..., Any], case: Case, seconds: float) -> Outcome:
    """Calls a function with copies of a case's arguments, in a thread that is stopped after some time."""
    args, kwargs = copy.deepcopy(case.args), copy.deepcopy(dict(case.kwargs))
    # A dictionary whose entries may be replaced is compared by the arrays that were in it.
    entries = [dict(value) if isinstance(value, dict) else value for value in args]
    ended: dict[str, Any] = {}
    sink = _Sink()

    def call() -> None:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                ended["value"] = function(*args, **kwargs)
        except BaseException as error:  # Also a SystemExit of its own.
            ended["raised"] = error

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(call,), daemon=True, name="stepnet.check")
    state = np.random.get_state()
    if task.seed is not None:
        np.random.seed(task.seed)
    try:
        with redirect_stdout(sink):
            thread.start()
            _wait(thread, seconds)
    finally:
        np.random.set_state(state)
    if thread.is_alive() or isinstance(ended.get("raised"), _Stopped):
        return Outcome(hung=True, printed=sink.used)
    changed = _changed(task, case, args, entries, kwargs)
    if "raised" in ended:
        error = ended["raised"]
        return Outcome(raised=error, where=_where(function, error), changed=changed, printed=sink.used)
    return Outcome(value=ended["value"], changed=changed, printed=sink.used)


def _wait(thread: threading.Thread, seconds: float) -> None:
    """Until it ends, or the time is over; then asks it to end."""
    until = time.monotonic() + seconds
    try:
        while thread.is_alive() and time.monotonic() < until:
            thread.join(0.05)
    finally:
        # Also after Ctrl-C in the thread that waits.
        if thread.is_alive():
            _stop(thread)


def _stop(thread: threading.Thread) -> None:
    """Raises in a thread. A loop of Python ends by it; a call into a library ends when it comes back, and until then the thread,
    which is a daemon, is left alone."""
    for _ in range(20):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Stopped))
        thread.join(0.05)


def _changed(
    task: Task, case: Case, args: tuple[Any, ...], entries: list[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    names = [*task.arguments, *(f"argument {at + 1}" for at in range(len(task.arguments), len(args)))]
    found: dict[str, Any] = {}
    for name, before, after, entry in zip(names, case.args, args, entries):
        _compare(name, before, entry if name in task.rebinds else after, found)
    for name, before in case.kwargs.items():
        _compare(name, before, kwargs[name], found)
    return found


def _compare(name: str, before: Any, after: Any, found: dict[str, Any]) -> None:
    if isinstance(before, Mapping):
        for key in before:
            _compare(f"{name}[{key!r}]", before[key], after.get(key), found)
    elif isinstance(before, (tuple, list)):
        if len(before) != len(after):
            found[name] = after
            return
        for at, (one, other) in enumerate(zip(before, after)):
            _compare(f"{name}[{at}]", one, other, found)
    elif isinstance(before, np.ndarray):
        array = as_array(after)
        if array is None or array.shape != before.shape or not np.array_equal(array, before, equal_nan=before.dtype.kind == "f"):
            found[name] = after


def _where(function: Callable[..., Any], error: BaseException) -> str:
    """The line of the user's own text at which an error came up, the innermost one."""
    own = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    if not frames or own is None:
        return ""
    number = frames[-1].lineno or 0
    line = (frames[-1].line or linecache.getline(own, number)).strip()
    return f"line {number}: {one_line(line)}" if line else f"line {number}"


def evaluate(model: Callable[..., Any], case: Case, seed: int | None) -> Outcome:
    """A call of a function of ours."""
    args, kwargs = copy.deepcopy(case.args), copy.deepcopy(dict(case.kwargs))
    state = np.random.get_state()
    if seed is not None:
        np.random.seed(seed)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(_Sink()):
            warnings.simplefilter("ignore")
            return Outcome(value=model(*args, **kwargs))
    except Exception as error:
        return Outcome(raised=error)
    finally:
        np.random.set_state(state)


def hidden_traceback(error: BaseException) -> str:
    """An error in one line."""
    return one_line(f"{type(error).__name__}: {error}") if str(error) else type(error).__name__
