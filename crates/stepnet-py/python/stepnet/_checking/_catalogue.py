"""All functions that can be checked, by name."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from stepnet._checking._task import Task
from stepnet._values import shown
from stepnet.steps._editions import current

_MODULES = [
    "convolution", "pooling", "dense", "deep", "logistic", "planar", "draws", "regularizing", "optimizing", "detection",
    "faces_and_style", "tensors", "whole",
]


@functools.cache
def tasks() -> tuple[Task, ...]:
    """The checks of all notebooks."""
    return tuple(task for name in _MODULES for task in importlib.import_module(f"stepnet._checking.tasks.{name}").TASKS)


def names() -> list[str]:
    """The functions as ``module.name``."""
    return [f"{module}.{task.name}" for task in tasks() for module in task.modules]


def modules() -> set[str]:
    """The notebooks' modules that have functions to check."""
    return {module for task in tasks() for module in task.modules}


def find(like: object) -> Task:
    """The check of a function by its name, with its module or without."""
    expected = "the name of a notebook's function, such as \"conv_forward\" or \"planar.compute_cost\""
    if not isinstance(like, str):
        raise TypeError(f"check: like is {shown(like)}, expected {expected}")
    module, _, name = like.strip().removeprefix("stepnet.").removeprefix("course.").rpartition(".")
    if module == "steps":
        module = ""
    fitting = [task for task in tasks() if task.name == name and (not module or module in task.modules)]
    if len(fitting) == 1:
        return _of_edition(fitting[0])
    if fitting:
        choices = " or ".join(f'"{task.modules[0]}.{name}"' for task in fitting)
        raise ValueError(f'check: like is {shown(like)}, and several notebooks have one; expected {choices}')
    known = {entry.rpartition(".")[2] for entry in names()} | set(names())
    near = get_close_matches(like, sorted(known), 1, 0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"check: like is {shown(like)}, expected {expected}{hint}")


def _of_edition(task: Task) -> Task:
    """The check for the edition in force."""
    if task.earlier is None or current() == "2021":
        return task
    kept = task.earlier

    def fewer(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args, **kwargs: function(*args, **kwargs)[:kept]

    model = None if task.model is None else fewer(task.model)
    return replace(task, outputs=task.outputs[:kept], witness=fewer(task.witness), model=model)
