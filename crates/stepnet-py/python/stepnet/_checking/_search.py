"""Finds the known mistakes that explain every difference between a function's results and the right ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

from stepnet._checking._compare import MISSING, differences, leaves, parts_of, same
from stepnet._checking._relations import Seen, relation
from stepnet._checking._running import Outcome, evaluate
from stepnet._checking._task import Case, Task

# Pairs of mistakes are tried up to this number.
_PAIRS = 400


@dataclass(frozen=True)
class Named:
    """A mistake by its short name, and what to say about it."""

    key: str
    text: str


class Search:
    """The results of a function in all cases, next to what they should be."""

    def __init__(self, task: Task, cases: list[Case], expected: list[Outcome], found: list[Outcome]) -> None:
        self.task, self.cases, self.expected, self.found = task, cases, expected, found
        self.made: dict[tuple[frozenset[str], int], Outcome] = {}
        # Those that differ come first: most mistakes are ruled out by the first of them.
        wrong = [at for at in range(len(found)) if self._differs(at)]
        self.order = wrong + [at for at in range(len(found)) if at not in wrong]

    def mistakes(self) -> list[Named]:
        """The mistakes that explain everything together; none where nothing known does."""
        single = [key for key in self.task.mistakes if self._explains(frozenset({key}))]
        if single:
            return [self._named(single[0])]
        return self._by_output() or self._pair()

    def _named(self, key: str) -> Named:
        return Named(key, self.task.mistakes[key])

    def _differs(self, at: int) -> bool:
        found = self.found[at]
        return found.raised is not None or bool(differences(self.task, self.expected[at].value, found.value))

    def _model(self, faults: frozenset[str], at: int) -> Outcome:
        if (faults, at) not in self.made:
            model = self.task.model
            assert model is not None
            self.made[faults, at] = evaluate(lambda *args, **kwargs: model(faults, *args, **kwargs), self.cases[at], self.task.seed)
        return self.made[faults, at]

    def _explains(self, faults: frozenset[str]) -> bool:
        return all(self._alike(at, self._model(faults, at), self.found[at]) for at in self.order)

    def _alike(self, at: int, model: Outcome, found: Outcome) -> bool:
        if model.raised is not None or found.raised is not None:
            # Many mistakes end in an error of one type: its words tell them apart.
            return type(model.raised) is type(found.raised) and str(model.raised) == str(found.raised)
        wanted, got = parts_of(self.task, model.value), parts_of(self.task, found.value)
        if isinstance(wanted, str) or isinstance(got, str):
            return wanted == got
        for name in wanted:
            for _, one, other in leaves(name, wanted[name], got[name]):
                if not same(self.task, one, other):
                    return False
        return self._there(at, model.value) >= self._there(at, found.value)

    def _there(self, at: int, value: Any) -> set[str]:
        """Which of the expected values are there."""
        table = self._table(self.expected[at].value, value) or {}
        return {leaf for leaf, (_, found) in table.items() if found is not MISSING}

    def _pair(self) -> list[Named]:
        if any(outcome.raised is not None or isinstance(parts_of(self.task, outcome.value), str) for outcome in self.found):
            return []
        for one, other in list(combinations(self.task.mistakes, 2))[:_PAIRS]:
            if self._explains(frozenset({one, other})):
                return [self._named(one), self._named(other)]
        return []

    def _by_output(self) -> list[Named]:
        """Explains each wrong output by itself: several mistakes that do not meet."""
        if any(outcome.raised is not None or outcome.hung for outcome in self.found):
            return []
        tables = [self._leaves(at) for at in range(len(self.cases))]
        if any(table is None for table in tables):
            return []
        rows = [table for table in tables if table is not None]
        pairs = zip(self.expected, self.found)
        wrong = [one.leaf for want, got in pairs for one in differences(self.task, want.value, got.value)]
        named: dict[str, Named] = {}
        for name in dict.fromkeys(wrong):
            found = self._of_output(name, rows)
            if found is None:
                return []
            named.setdefault(found.key, found)
        return list(named.values())

    def _leaves(self, at: int) -> dict[str, tuple[Any, Any]] | None:
        """What is expected and what is found, by the names of the outputs."""
        return self._table(self.expected[at].value, self.found[at].value)

    def _table(self, expected: Any, found: Any) -> dict[str, tuple[Any, Any]] | None:
        wanted, got = parts_of(self.task, expected), parts_of(self.task, found)
        if isinstance(wanted, str) or isinstance(got, str):
            return None
        return {leaf: (one, other) for name in wanted for leaf, one, other in leaves(name, wanted[name], got[name])}

    def _of_output(self, name: str, rows: list[dict[str, tuple[Any, Any]]]) -> Named | None:
        cases = [at for at, row in enumerate(rows) if name in row]
        if any(rows[at][name][1] is MISSING for at in cases):
            return Named("missing", f"{name} is missing from the result.")
        fitting = [key for key in self.task.mistakes if all(self._output_alike(key, name, at) for at in cases)]
        if fitting:
            # The one that changes the fewest outputs says the most about this one.
            return self._named(min(fitting, key=self._reach))
        seen = [self._seen(name, rows[at], at) for at in cases]
        found = relation(name, seen)
        return Named(*found) if found else None

    def _output_alike(self, key: str, name: str, at: int) -> bool:
        model = self._model(frozenset({key}), at)
        if model.raised is not None:
            return False
        table = self._table(model.value, self.found[at].value)
        return table is not None and name in table and same(self.task, *table[name])

    def _reach(self, key: str) -> int:
        """How many outputs a mistake changes."""
        names = set()
        for at in self.order:
            table = self._table(self.expected[at].value, self._model(frozenset({key}), at).value) or {}
            names |= {name for name, (one, other) in table.items() if not same(self.task, one, other)}
        return len(names)

    def _seen(self, name: str, row: dict[str, tuple[Any, Any]], at: int) -> Seen:
        case = self.cases[at]
        others = {other: value for other, (value, _) in row.items() if other != name}
        given = dict(zip(self.task.arguments, case.args))
        changed = dict(self.found[at].changed or {})
        return Seen(self.task, case, row[name][0], row[name][1], others, given, changed)
