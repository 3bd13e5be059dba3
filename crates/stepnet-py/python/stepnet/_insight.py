"""What networks tell of themselves: readable as text, as data, and as a notebook's output."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import Any

Extents = list[int]


def by(extents: Extents) -> str:
    return "x".join(map(str, extents))


def count(number: int) -> str:
    return f"{number:,}" if number else ""


class Summary:
    """A network's layers, their shapes and sizes: a table, in a notebook and as a text.

    Attributes
    ----------
    data : dict
        All of it: ``network``, ``input``, ``layers``, ``parameters``, ``multiply_adds``, ``loss``.
    """

    HEAD = ("layer", "", "output", "parameters", "multiply-adds")

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    def rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("input", "", by(self.data["input"]), "", "")]
        before = "input"
        for layer in self.data["layers"]:
            text = layer["layer"]
            if layer["inputs"] != [before]:
                text += " of " + " and ".join(layer["inputs"])
            sizes = (by(layer["output"]), count(layer["parameters"]), count(layer["multiply_adds"]))
            rows.append((layer["name"], text, *sizes))
            before = layer["name"]
        return rows

    def total(self) -> str:
        trainable, all_of_them = self.data["trainable"], self.data["parameters"]
        share = f" ({trainable:,} of them trainable)" if trainable < all_of_them else ""
        sizes = f"{all_of_them:,} parameters{share}, {self.data['multiply_adds']:,} multiply-adds"
        return f"total: {sizes} for one example, loss {self.data['loss']}"

    def __repr__(self) -> str:
        rows = [self.HEAD, *self.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.HEAD))]

        def line(row: tuple[str, ...]) -> str:
            names = [cell.ljust(width) for cell, width in zip(row[:2], widths)]
            sizes = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
            return "  ".join(names + sizes).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([line(rows[0]), rule, *map(line, rows[1:]), self.total()])

    def _repr_html_(self) -> str:
        left, right = "text-align: left", "text-align: right"

        def line(row: tuple[str, ...], tag: str) -> str:
            styles = [left, left, right, right, right]
            cells = [f'<{tag} style="{style}">{html.escape(cell)}</{tag}>' for cell, style in zip(row, styles)]
            return f"<tr>{''.join(cells)}</tr>"

        body = "".join(line(row, "td") for row in self.rows())
        table = f"<table><thead>{line(self.HEAD, 'th')}</thead><tbody>{body}</tbody></table>"
        return f"{table}<p>{html.escape(self.total())}</p>"


class Explanation:
    """A value of a network taken apart, from `Network.why`: a text, data, and a page in a notebook.

    Attributes
    ----------
    text : str
        What ``print`` shows.
    page : str
        HTML, complete in itself.
    data : dict
        All of it.
    ok : bool
        Whether the terms add up to what the network computed.
    """

    HEIGHT = 620

    def __init__(self, ok: bool, text: str, data: dict[str, Any], page: str) -> None:
        self.ok = ok
        self.text = text
        self.data = data
        self.page = page

    @property
    def value(self) -> float:
        """The value that was asked about."""
        return float(self.data["value"])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page for a browser.

        Parameters
        ----------
        path : path-like
            The file, ``why.html``.
        """
        Path(path).write_text(self.page, encoding="utf-8")

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        # Apart from the notebook's own style sheets and scripts.
        page = html.escape(self.page, quote=True)
        style = f"width: 100%; height: {self.HEIGHT}px; border: 1px solid #ccc"
        return f'<iframe srcdoc="{page}" style="{style}" sandbox="allow-scripts"></iframe>'


class GradientCheck:
    """Gradients held against differences, from `Network.gradcheck`.

    Attributes
    ----------
    passed : bool
        Whether every array's gradient agrees.
    data : dict
        All of it, array by array.
    """

    def __init__(self, passed: bool, text: str, data: dict[str, Any]) -> None:
        self.passed = passed
        self.text = text
        self.data = data

    def __repr__(self) -> str:
        return self.text
