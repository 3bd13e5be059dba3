"""The library's table of settings as keyword arguments: signatures and documentation of the functions that take them."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from stepnet import _native
from stepnet._values import shown

Function = TypeVar("Function", bound=Callable[..., Any])

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


SETTINGS = {setting.keyword: setting for setting in (Setting(*told) for told in _native.settings())}


def takes_settings(*, without: tuple[str, ...] = (), **defaults: Any) -> Callable[[Function], Function]:
    """Gives a function with ``**settings`` the settings of the table, other than those ``without``, as keyword
    arguments: in its signature, with other ``defaults`` where it has some, and in its documentation."""
    taken = {name: defaults.get(name, setting.default) for name, setting in SETTINGS.items() if name not in without}

    def documented(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        named = inspect.Parameter.KEYWORD_ONLY
        of_table = [inspect.Parameter(name, named, default=default) for name, default in taken.items()]
        function.__signature__ = signature.replace(parameters=[*own, *of_table])  # type: ignore[attr-defined]
        if function.__doc__:
            function.__doc__ = with_settings(function.__doc__, taken)
        return function

    return documented


def with_settings(documentation: str, taken: Mapping[str, Any]) -> str:
    """A documentation with that of the settings in its place, indented as that is."""
    before, _, after = documentation.partition(PLACE)
    indent = before[before.rfind("\n") + 1 :]
    entries = "\n".join(entry(SETTINGS[name], default) for name, default in taken.items())
    return before + textwrap.indent(entries, indent).removeprefix(indent) + after


def entry(setting: Setting, default: Any) -> str:
    """A setting's entry in a documentation."""
    usual = f" Unless given: {setting.usual}." if default is None and setting.usual else ""
    indent = "    "
    text = textwrap.fill(
        setting.help + usual, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    kind = setting.kind if default is None else f"{setting.kind.removesuffix(', optional')}, default {default!r}"
    return f"{setting.keyword} : {kind}\n{text}"


def check_names(function: str, given: Mapping[str, object], without: tuple[str, ...] = ()) -> None:
    """Refuses keyword arguments that are no settings, as Python itself refuses others."""
    known = [name for name in SETTINGS if name not in without]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"{function}() got an unexpected keyword argument {shown(name)}{hint}")
