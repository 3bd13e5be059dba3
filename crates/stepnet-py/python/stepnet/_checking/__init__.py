"""Checks a learner's own function against the notebook's, and says where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepnet._checking._compare import Difference, differences
from stepnet._checking._running import Outcome, evaluate, hidden_traceback, run
from stepnet._checking._search import Named, Search
from stepnet._checking._task import Case, Task
from stepnet._checking._verdict import Verdict
from stepnet._values import number, shown

__all__ = ["Verdict", "check"]


def check(function: Callable[..., Any], like: str | None = None, *, seconds: float = 10) -> Verdict:
    """Check a function of your own against the notebook's.

    It is called with copies of the arguments of several cases, the easiest first. The answer says which output differs at which
    index, what it should be, and which known mistake explains all the differences, if one does.

    Parameters
    ----------
    function : callable
        Your function.
    like : str, optional
        The notebook's function, such as ``"conv_forward"``; with its module, such as ``"planar.compute_cost"``, where several
        notebooks have one of the name. By default the name of your function.
    seconds : float
        How long a call may take before it is stopped.

    Returns
    -------
    Verdict
        It prints as text, is true if the function is right, and has the names of the mistakes as ``mistakes``.
    """
    from stepnet._checking._catalogue import find

    if not callable(function):
        raise TypeError(f"check: function is {shown(function)}, expected a function: its name without parentheses")
    task = find(getattr(function, "__name__", None) if like is None else like)
    limit = number("check", "seconds", seconds)
    if not limit > 0:
        raise ValueError(f"check: seconds is {seconds}, expected a number above 0")
    cases = task.cases()
    expected = [evaluate(task.witness, case, task.seed) for case in cases]
    found = []
    for case in cases:
        found.append(run(task, function, case, limit))
        if found[-1].hung:
            break
    return _Answer(task, cases, expected, found).verdict()


class _Answer:
    """Puts what was found into words."""

    def __init__(self, task: Task, cases: list[Case], expected: list[Outcome], found: list[Outcome]) -> None:
        self.task, self.cases, self.expected, self.found = task, cases, expected, found
        self.name = f"{task.modules[0]}.{task.name}"
        self.wrong: list[tuple[int, list[Difference]]] = []
        for at, (want, got) in enumerate(zip(expected, found)):
            if got.hung or got.raised is not None:
                self.wrong.append((at, []))
            elif of_case := differences(task, want.value, got.value):
                self.wrong.append((at, of_case))

    def verdict(self) -> Verdict:
        changed = list(dict.fromkeys(name for got in self.found for name in got.changed or ()))
        total = len(self.cases)
        if not self.wrong and not changed:
            return Verdict(self.name, True, (), total, 0, f"{self.name}: right, in all {total} cases.")
        named = self._mistakes()
        if changed and not any(one.key == "in place" for one in named):
            named = [*named, self._in_place(changed)] if named or not self.wrong else named
        lines = [self._first_line(), *self._where()]
        lines += self._explained(named)
        if changed and not named:
            lines.append("  " + self._in_place(changed).text)
        keys = tuple(one.key for one in named)
        return Verdict(self.name, False, keys, total, len(self.wrong), "\n".join(lines))

    def _mistakes(self) -> list[Named]:
        if not self.wrong or any(got.hung for got in self.found):
            return []
        return Search(self.task, self.cases, self.expected, self.found).mistakes()

    def _in_place(self, changed: list[str]) -> Named:
        what = ", ".join(changed)
        return Named("in place", f"It changes its argument {what} in place; the caller's array is then another. Work on a copy.")

    def _first_line(self) -> str:
        total = len(self.cases)
        if not self.wrong:
            return f"{self.name}: not right yet. The results agree in all {total} cases, but"
        if any(got.hung for got in self.found):
            return f"{self.name}: not right yet."
        return f"{self.name}: not right yet. {total - len(self.wrong)} of {total} cases agree."

    def _where(self) -> list[str]:
        if not self.wrong:
            return []
        at, of_case = self.wrong[0]
        got = self.found[at]
        lines = [f"  Case {at + 1}, {self.cases[at].what}:"]
        if got.hung:
            lines.append("    it did not end in time, and was stopped: does a loop's condition ever become false?")
        elif got.raised is not None:
            place = f" ({got.where})" if got.where else ""
            lines.append(f"    it raised {hidden_traceback(got.raised)}{place}")
        else:
            lines += [f"    {one.text}" for one in of_case[:3]]
            if len(of_case) > 3:
                lines.append(f"    and {len(of_case) - 3} more outputs differ")
        lines += self._pattern()
        return lines

    def _pattern(self) -> list[str]:
        right = [at for at in range(len(self.found)) if at not in {wrong for wrong, _ in self.wrong}]
        if not right or not self.wrong:
            return []
        words = "; ".join(self.cases[at].what for at in right[:2])
        return [f"  Right is: {words}{'; and others' if len(right) > 2 else ''}."]

    def _explained(self, named: list[Named]) -> list[str]:
        if not named:
            if self.wrong and self.wrong[0][1]:
                return ["  No known mistake explains all differences."]
            return []
        if len(named) == 1:
            return [f"  One mistake explains all of it: {named[0].text}" if self.wrong else f"  {named[0].text}"]
        return [f"  {len(named)} mistakes explain all of it:", *(f"  - {one.text}" for one in named)]
