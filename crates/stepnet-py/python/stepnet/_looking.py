"""Looks into a network: its layers, its gradients, and its values taken apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import read
from stepnet._base import Base
from stepnet._insight import Explanation, GradientCheck, Summary
from stepnet._maps import Maps, named_examples
from stepnet._pictures import is_one, picture
from stepnet._preprocessing import inputs
from stepnet._targets import target_text
from stepnet._values import LARGEST_SEED, number, shown, text, truth, whole


class Looking(Base):
    """The methods of a network that show what it does."""

    def summary(self) -> Summary:
        """The layers, their shapes and sizes.

        Returns
        -------
        Summary
            To be printed, or shown by a notebook.
        """
        return Summary(json.loads(self._net.summary()))

    def gradcheck(
        self,
        X: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
        *,
        batch: int = 3,
        seed: int = 1,
        samples: int = 128,
        eps: float | None = None,
        tolerance: float = 1e-6,
        jitter: float = 0.01,
        loss: str | None = None,
        time_limit: float | None = 20.0,
    ) -> GradientCheck:
        """Hold the gradients of all weights, and of the input, against differences of the loss.

        Parameters
        ----------
        X, y : array_like, optional
            The first ``batch`` of these examples are checked on; drawn ones unless given.
        batch : int
            How many examples.
        seed : int
            What is drawn, is drawn with this.
        samples : int
            How many numbers of a large array are checked one by one.
        eps : float, optional
            The step of the differences.
        tolerance : float
            The relative difference up to which a gradient is called right.
        jitter : float
            The values of ``X`` are moved at random by up to this share of the largest, for flat areas of pictures are
            kinks of max pooling; 0 leaves them as they are.
        loss : str, optional
            Another loss than the network's: ``"softmax-cross-entropy"``, ``"binary-cross-entropy"``,
            ``"mean-squared-error"``, ``"mean-absolute-error"`` or ``"huber"``.
        time_limit : float, optional
            The seconds that it may take: of a large network fewer numbers are checked. ``None``: as long as it takes.

        Returns
        -------
        GradientCheck
            A table, array by array.
        """
        batch = whole("gradcheck", "batch", batch, 1, 65_536)
        numbers = (
            whole("gradcheck", "seed", seed, 0, LARGEST_SEED),
            whole("gradcheck", "samples", samples, 1),
            None if eps is None else number("gradcheck", "eps", eps),
            number("gradcheck", "tolerance", tolerance),
        )
        share = number("gradcheck", "jitter", jitter)
        if not 0 <= share <= 1:
            raise ValueError(f"gradcheck: jitter is {share}, expected a share from 0 to 1")
        named = None if loss is None else text("gradcheck", "loss", loss)
        seconds = None if time_limit is None else number("gradcheck", "time_limit", time_limit)
        if seconds is not None and not 0 < seconds <= 1e9:
            raise ValueError(f"gradcheck: time_limit is {seconds}, expected a positive number of seconds, or None")
        if (X is None) != (y is None):
            raise ValueError("gradcheck: expected X and y, or neither")
        given = None
        if X is not None and y is not None:
            rows, divisor = inputs("gradcheck", X, self._net)
            kind, targets = self._taught("gradcheck", y, len(rows))
            if not len(rows):
                raise ValueError("gradcheck: X has no examples")
            given = rows[:batch], (kind, targets[:batch]), divisor
        passed, told, data = _native.gradcheck(self._net, given, (batch, share, named, seconds), numbers)
        return GradientCheck(passed, told, json.loads(data))

    def why(
        self,
        x: npt.ArrayLike,
        at: str | None = None,
        *,
        gradient: bool = False,
        label: object = None,
        trace: int = 0,
        top: int | None = None,
        name: str | None = None,
    ) -> Explanation:
        """Take a value of the network apart into what it was made of.

        Parameters
        ----------
        x : array_like
            One example; or a picture, as for `predict`.
        at : str, optional
            The value: ``"conv1[3,4,0]"`` (row, column, channel), ``"linear1[8]"`` or ``"input[0,0,0]"``; the
            predicted class's output unless given.
        gradient : bool
            Whether the gradient of the loss by it is told, too.
        label : optional
            The class whose loss that is; the predicted one unless given. Where the targets are numbers, these; where
            they are labels, the names of those that apply, or a row of 0 and 1.
        trace : int
            How many layers the largest contributors are followed down.
        top : int, optional
            How many terms are told, and followed at each layer.
        name : str
            What the example is called; a file by its name unless given.

        Returns
        -------
        Explanation
            A text, data, and a page that a notebook shows.
        """
        called = "the example" if name is None else text("why", "name", name)
        if is_one(x):
            given: Any = [picture("why: x", x)]
            if name is None and isinstance(given[0], Path):
                called = str(given[0])
        else:
            given = read("why: x", x)
            if given.shape == self.input_shape:
                given = given[None]
        rows, divisor = inputs("why", given, self._net, "x")
        if len(rows) != 1:
            raise ValueError(f"why: x has shape {np.shape(given)}, expected {self.input_shape}, one example")
        if label is not None and self.targets == "classes":
            self._labels().of("why", [label], 1, "label")
        elif label is not None:
            label = target_text(self.targets, label, self.output_names or [])
        asked = {
            "name": called,
            "at": None if at is None else text("why", "at", at),
            "gradient": truth("why", "gradient", gradient),
            "class": None if label is None else str(label),
            "trace": whole("why", "trace", trace, 0, 10_000),
            "top": None if top is None else whole("why", "top", top, 1),
            "divisor": divisor,
        }
        ok, told, data, page = _native.why(self._net, rows, asked)
        return Explanation(ok, told, json.loads(data), page)

    def explain(
        self,
        X: npt.ArrayLike,
        method: str = "grad-cam",
        *,
        label: object = None,
        layer: str | None = None,
        sanity: bool = False,
        steps: int = 50,
        samples: int = 25,
        noise: float = 0.15,
        patch: int | None = None,
        stride: int | None = None,
        baseline: str = "zero",
        seed: int = 1,
    ) -> Maps:
        """Show which parts of images speak for a class.

        The score of a class is the network's output for it before the closing activation.

        Parameters
        ----------
        X : array_like
            As for `predict`: one example or several, pictures or arrays.
        method : str
            ``"grad-cam"``, ``"grad-cam++"``, ``"saliency"``, ``"smoothgrad"``, ``"integrated-gradients"``,
            ``"guided-relu"`` or ``"occlusion"``.
        label : optional
            The class, or the name or number of the output, that is explained; the predicted class, the most probable
            label or the first number unless given.
        layer : str, optional
            The layer of Grad-CAM and Grad-CAM++; the last one as large as the last convolution's output unless given.
        sanity : bool
            Whether the same network with random weights is explained, too: a map that looks the same does not depend on
            what was learned.
        steps : int
            Steps of integrated gradients on the way from the baseline to the image.
        samples, noise : int, float
            How many noisy copies SmoothGrad averages over, and the standard deviation of the noise as a share of the range
            of the image's values.
        patch, stride : int, optional
            The side of the patch that occlusion covers, and how far it moves, in pixels.
        baseline : {"zero", "black", "white", "mean"}
            What integrated gradients begin with and occlusion covers with.
        seed : int
            What is drawn, is drawn with this.

        Returns
        -------
        Maps
            Arrays, and a page that a notebook shows.

        Examples
        --------
        >>> import stepnet
        >>> net = stepnet.Network("conv(8, 3) -> relu -> globalavgpool -> linear(10) -> softmax", (8, 8, 1))
        >>> net.explain(stepnet.data.digits()[0][:5], "occlusion", label=3).maps.shape
        (5, 8, 8)
        """
        names, given = named_examples(X, self.input_shape)
        rows, divisor = inputs("explain", given, self._net, "X")
        if label is not None and self.targets == "classes":
            self._labels().of("explain", [label], 1, "label")
        sizes = {"patch": patch, "stride": stride}
        asked = {
            "names": names,
            "method": text("explain", "method", method),
            "class": None if label is None else str(label),
            "layer": None if layer is None else text("explain", "layer", layer),
            "sanity": truth("explain", "sanity", sanity),
            "steps": whole("explain", "steps", steps, 1, 1_000_000),
            "samples": whole("explain", "samples", samples, 1, 1_000_000),
            "noise": number("explain", "noise", noise),
            "seed": whole("explain", "seed", seed, 0, LARGEST_SEED),
            "baseline": text("explain", "baseline", baseline),
            "divisor": divisor,
            **{name: None if side is None else whole("explain", name, side, 1, 1_000_000) for name, side in sizes.items()},
        }
        maps, values, random, data, page = _native.explain(self._net, rows, asked)
        return Maps(maps, values, random, json.loads(data), page)

    def __repr__(self) -> str:
        return f"Network({json.loads(self._net.summary())['network']!r}, input_shape={self.input_shape})"

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()
