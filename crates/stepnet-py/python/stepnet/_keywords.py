"""The library's table of settings as keyword arguments: signatures and documentation of the functions that take them."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from stepnet import _native
from stepnet._values import shown

Taking = TypeVar("Taking", bound=Callable[..., Any])

# Where the documentation of a function has that of the settings.
PLACE = "{settings}"

WIDTH = 110


class Setting(NamedTuple):
    """A setting of the table, as a keyword argument."""

    keyword: str
    kind: str
    default: Any
    help: str
    usual: str
    # Whether it is about what a run keeps in its folder.
    keeps: bool


def told(function: str) -> dict[str, Setting]:
    """The settings that are keyword arguments of a function, by their names there."""
    return {setting.keyword: setting for setting in (Setting(*told) for told in _native.settings(function))}


# Those of a training and of a network.
SETTINGS, NETWORK = told("fit"), told("Network")

# Those that need the folder of a run.
KEEPING = tuple(name for name, setting in SETTINGS.items() if setting.keeps)


def takes_settings(
    table: Mapping[str, Setting] = SETTINGS, *, without: tuple[str, ...] = (), **defaults: Any
) -> Callable[[Taking], Taking]:
    """Gives a function with ``**settings``, or a class whose ``__init__`` has them, the settings of a table, other than
    those ``without``, as keyword arguments: in its signature, with other ``defaults`` where it has some, and in its
    documentation."""
    taken = {name: defaults.get(name, setting.default) for name, setting in table.items() if name not in without}

    def documented(taking: Taking) -> Taking:
        function: Any = getattr(taking, "__init__") if isinstance(taking, type) else taking
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        named = inspect.Parameter.KEYWORD_ONLY
        of_table = [inspect.Parameter(name, named, default=default) for name, default in taken.items()]
        function.__signature__ = signature.replace(parameters=[*own, *of_table])
        if taking.__doc__:
            entries = {PLACE: "\n".join(entry(table[name], default) for name, default in taken.items())}
            for name, setting in NETWORK.items():
                entries[f"{{{name}}}"] = entry(setting, setting.default)
            taking.__doc__ = filled(taking.__doc__, entries)
        return taking

    return documented


def filled(documentation: str, entries: Mapping[str, str]) -> str:
    """A documentation with entries in the places that are named for them, indented as those are."""
    for place, text in entries.items():
        before, found, after = documentation.partition(place)
        if found:
            indent = before[before.rfind("\n") + 1 :]
            documentation = before + textwrap.indent(text, indent).removeprefix(indent) + after
    return documentation


def entry(setting: Setting, default: Any) -> str:
    """A setting's entry in a documentation."""
    usual = f" Unless given: {setting.usual}." if default is None and setting.usual else ""
    indent = "    "
    text = textwrap.fill(
        setting.help + usual, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    kind = setting.kind.removesuffix(", optional")
    kind += ", optional" if default is None else f", default {default!r}"
    return f"{setting.keyword} : {kind}\n{text}"


def check_names(
    function: str,
    given: Mapping[str, object],
    table: Mapping[str, Setting] = SETTINGS,
    *,
    without: tuple[str, ...] = (),
) -> None:
    """Refuses keyword arguments that are no settings of a table, as Python itself refuses others."""
    known = [name for name in table if name not in without]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {shown(name)}{hint}")
