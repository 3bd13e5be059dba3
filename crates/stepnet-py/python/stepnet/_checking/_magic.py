"""``%load_ext stepnet``, and then ``%%stepnet_check`` at the top of a cell that defines a notebook's functions."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from stepnet._checking import check
from stepnet._checking._catalogue import modules, names
from stepnet._values import shown

_USE = "%%stepnet_check, %%stepnet_check MODULE or %%stepnet_check MODULE.FUNCTION above a cell; %stepnet_check NAME [LIKE] in a line"


def load_ipython_extension(ipython: Any) -> None:
    """Register the magic ``stepnet_check``. IPython calls this for ``%load_ext stepnet``."""

    def stepnet_check(line: str, cell: str | None = None) -> None:
        """Check the functions of this cell, or the named one, against the notebook's."""
        if cell is None:
            _line(ipython, line)
        else:
            _cell(ipython, line, cell)

    ipython.register_magic_function(stepnet_check, "line_cell")


def _line(ipython: Any, line: str) -> None:
    words = line.split()
    if not 1 <= len(words) <= 2:
        print(f"stepnet_check: expected {_USE}")
        return
    function = ipython.user_ns.get(words[0])
    if not callable(function):
        print(f"stepnet_check: {words[0]} is {'not defined' if function is None else shown(function)}, expected one of your functions")
        return
    _answer(function, words[-1])


def _cell(ipython: Any, line: str, cell: str) -> None:
    result = ipython.run_cell(cell)
    if not result.success:
        return
    like = line.strip()
    defined = [node.name for node in ast.parse(textwrap.dedent(ipython.transform_cell(cell))).body if isinstance(node, ast.FunctionDef)]
    wanted = _wanted(like, defined)
    if not wanted:
        what = f"no function of {like}" if like else "no function of a notebook"
        print(f"stepnet_check: this cell defines {what}, expected {_USE}")
    for name, as_what in wanted:
        _answer(ipython.user_ns.get(name), as_what)


def _wanted(like: str, defined: list[str]) -> list[tuple[str, str]]:
    """The functions of a cell that can be checked, and what each is checked against."""
    known = set(names())
    if like in modules():
        return [(name, f"{like}.{name}") for name in defined if f"{like}.{name}" in known]
    if like:
        # The function of that name, or the only one of the cell.
        name = like.rpartition(".")[2]
        found = name if name in defined else defined[-1] if defined else None
        return [(found, like)] if found else []
    known = {name.rpartition(".")[2] for name in known}
    return [(name, name) for name in defined if name in known]


def _answer(function: Any, like: str) -> None:
    try:
        print(check(function, like))
    except (TypeError, ValueError) as error:
        # What to write in place of it; the lines of this package are of no interest.
        print(f"stepnet_check: {str(error).removeprefix('check: ')}")
