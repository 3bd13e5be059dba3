"""What a check consists of: cases, the right function, and a second version of it into which known mistakes can be put."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Faults: TypeAlias = Set[str]


@dataclass(frozen=True)
class Case:
    """One call."""

    args: tuple[Any, ...]
    # As a sentence has it: "2 images of 5x5x3, f = 2, stride = 2, pad = 1".
    what: str
    # How many examples there are, for factors of 1/m.
    m: int = 1
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A function of a notebook, with all that checks another one against it."""

    name: str
    modules: tuple[str, ...]
    # One name if the function returns one value, else one for each.
    outputs: tuple[str, ...]
    witness: Callable[..., Any]
    cases: Callable[[], list[Case]]
    # Called with the set of faults, and then like the function; without faults it computes what the witness does.
    model: Callable[..., Any] | None = None
    # The sentence for each fault.
    mistakes: Mapping[str, str] = field(default_factory=dict)
    # The names of the arguments, for messages.
    arguments: tuple[str, ...] = ()
    # The notebook seeds numpy's generator with this before the call, or within the function.
    seed: int | None = None
    # Dictionaries whose entries the notebook's own function replaces.
    rebinds: tuple[str, ...] = ()
    # How many of the outputs the editions before 2021 return, if not all.
    earlier: int | None = None
    # Differences up to this part of the largest number are rounding.
    tolerance: float = 1e-7
    # Differences up to this are rounding, whatever the numbers.
    absolute: float = 1e-13

    @property
    def single(self) -> bool:
        return len(self.outputs) == 1
