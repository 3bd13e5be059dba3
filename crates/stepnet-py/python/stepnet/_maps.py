"""Maps of the parts of images that speak for a class: arrays, a text, and a page in a notebook."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet._arrays import Array
from stepnet._pictures import is_one


def named_examples(given: Any, shape: tuple[int, ...]) -> tuple[list[str], Any]:
    """The names of what is explained, as far as it has some, and the examples: one alone as a batch of one."""
    if is_one(given):
        return [str(given)] if isinstance(given, (str, os.PathLike)) else [], given
    if isinstance(given, (list, tuple)) and given and all(isinstance(one, (str, os.PathLike)) for one in given):
        return [str(one) for one in given], given
    if isinstance(given, np.ndarray) and given.shape == shape:
        return [], given[None]
    return [], given


class Maps:
    """The maps of examples, from `Network.explain`; ``numpy.asarray`` of it is ``maps``.

    Attributes
    ----------
    maps : ndarray
        ``(examples, height, width)``: how much each place speaks for the class; the layer's size for Grad-CAM, else that
        of the network's input.
    values : ndarray or None
        ``(examples, height, width, channels)``: the attribution of each value of the input, of methods that have one.
    random : ndarray or None
        The maps of the same network with random weights, of ``sanity=True``.
    classes : list of str
        What was explained of each example.
    data : list of dict
        For each example its name, the class with the network's output for it, the map's method and layer, the strongest
        place, and with ``sanity=True`` the rank correlation with the map of random weights.
    page : str
        HTML, complete in itself, with the first twelve examples.
    """

    HEIGHT = 620

    def __init__(
        self,
        maps: Array,
        values: Array | None,
        random: Array | None,
        data: list[dict[str, Any]],
        page: str,
    ) -> None:
        self.maps = maps
        self.values = values
        self.random = random
        self.data = data
        self.page = page

    @property
    def classes(self) -> list[str]:
        return [one["target"]["name"] for one in self.data]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page for a browser.

        Parameters
        ----------
        path : path-like
            The file, ``maps.html``.
        """
        Path(path).write_text(self.page, encoding="utf-8")

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, example: int) -> Array:
        one: Array = self.maps[example]
        return one

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.maps, dtype=dtype) if copy else np.asarray(self.maps, dtype=dtype)

    def __repr__(self) -> str:
        lines = []
        for one in self.data:
            target, place = one["target"], one["strongest"]
            layer = one["map"]["layer"]
            method = one["map"]["method"] + (f" at {layer}" if layer else "")
            where = "nothing speaks for it" if place is None else f"strongest at row {place[0]}, column {place[1]}"
            likeness = one["rank_correlation"]
            checked = "" if likeness is None else f"; rank correlation with random weights {likeness:.2f}"
            lines.append(f"{one['name']}: {target['name']} ({target['output']:.4g}), {method}: {where}{checked}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        # Apart from the notebook's own style sheets.
        page = html.escape(self.page, quote=True)
        style = f"width: 100%; height: {self.HEIGHT}px; border: 1px solid #ccc"
        return f'<iframe srcdoc="{page}" style="{style}" sandbox></iframe>'
