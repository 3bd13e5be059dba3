"""Networks of other frameworks, read and written; and the features of images."""

from __future__ import annotations

import functools
import linecache
import os
import types
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, labels_of_names
from stepnet._base import Base
from stepnet._keywords import NETWORK
from stepnet._preprocessing import caller, inputs
from stepnet._settings import classes_given, extents
from stepnet._values import names, number, path_given, shown, text, truth

if TYPE_CHECKING:
    from stepnet._network import Network

Reading = TypeVar("Reading", bound="Exchange")


class Exchange(Base):
    """The methods of a network that read and write other frameworks' files."""

    layer_sources: Mapping[str, Sequence[str]] | None = None

    @classmethod
    def from_onnx(
        cls: type[Reading],
        path: str | os.PathLike[str],
        *,
        until: str | None = None,
        classes: int | Sequence[Any] | Array | None = None,
        input_shape: Sequence[int] | None = None,
        mean: Sequence[float] | None = None,
        deviation: Sequence[float] | None = None,
        divisor: float | None = None,
        resize: str | None = None,
        keep_logits: bool = False,
        dtype: npt.DTypeLike = NETWORK["dtype"].default,
    ) -> Reading:
        """Read a network from an ONNX file.

        Nothing is run that a file contains. What the arrow notation cannot say is refused by the name of the first node that
        needs it. What was assumed is told by a warning.

        Parameters
        ----------
        path : path-like
            The file.
        until : str, optional
            The last node that is read: for features in place of classes, or for the part that can be read.
        classes : int or sequence, optional
            The classes in the order of the outputs; those that the file names unless given, or else numbers.
        input_shape : tuple of int, optional
            ``(height, width, channels)``, where the file leaves it open or another is wanted.
        mean, deviation : sequence of float, optional
            What is subtracted from each channel after the division by ``divisor``, and what it is divided by then.
        divisor : float, optional
            What the values of pictures are divided by, 255 unless the file says otherwise.
        resize : {"stretch", "crop", "fit"}, optional
            How pictures of other sizes are brought to the input, see `stepnet.data.load`.
        keep_logits : bool
            Whether outputs stay logits. Otherwise a classifier that ends in them gets a softmax.
        dtype : dtype
            The type of the network's numbers.

        Returns
        -------
        Network
            With its weights and its preprocessing. ``layer_sources`` has the nodes that each layer was made of.
        """
        given: dict[str, Any] = {
            "until": until, "classes": classes, "input_shape": input_shape, "mean": mean, "deviation": deviation,
            "divisor": divisor, "resize": resize, "keep_logits": keep_logits, "dtype": dtype,
        }
        return cls._imported("from_onnx", path, given)

    @classmethod
    def from_torch(
        cls: type[Reading],
        path: str | os.PathLike[str],
        *,
        recipe: str | None = None,
        model: str | None = None,
        part: str | None = None,
        classes: int | Sequence[Any] | Array | None = None,
        input_shape: Sequence[int] | None = None,
        mean: Sequence[float] | None = None,
        deviation: Sequence[float] | None = None,
        divisor: float | None = None,
        resize: str | None = None,
        keep_logits: bool = False,
        dtype: npt.DTypeLike = NETWORK["dtype"].default,
    ) -> Reading:
        """Read a network from weights that PyTorch saved: a ``.pt`` or ``.pth`` file, or ``.safetensors``.

        Such a file has weights alone: either a ``recipe`` or a ``model`` says which network they are of. Neither PyTorch nor
        anything in the file is run.

        Parameters
        ----------
        path : path-like
            The file: a state dictionary, or a checkpoint that has one.
        recipe : str, optional
            A well-known network, such as ``"resnet18"``, with torchvision's or timm's names of layers.
        model : str, optional
            Any other, in the arrow notation: weights go to its layers by order and shape.
        part : str, optional
            Which weights are meant where a file has several sets, such as ``"ema"``.
        classes, input_shape, mean, deviation, divisor, resize, keep_logits, dtype
            As for `from_onnx`.

        Returns
        -------
        Network
            With its weights and its preprocessing. ``layer_sources`` has the arrays that each layer was made of.
        """
        given: dict[str, Any] = {
            "recipe": recipe, "model": model, "part": part, "classes": classes, "input_shape": input_shape, "mean":
            mean, "deviation": deviation, "divisor": divisor, "resize": resize, "keep_logits": keep_logits, "dtype":
            dtype,
        }
        return cls._imported("from_torch", path, given)

    @classmethod
    def from_keras(
        cls: type[Reading],
        path: str | os.PathLike[str],
        *,
        until: str | None = None,
        classes: int | Sequence[Any] | Array | None = None,
        input_shape: Sequence[int] | None = None,
        mean: Sequence[float] | None = None,
        deviation: Sequence[float] | None = None,
        divisor: float | None = None,
        resize: str | None = None,
        keep_logits: bool = False,
        dtype: npt.DTypeLike = NETWORK["dtype"].default,
    ) -> Reading:
        """Read a network that Keras saved: a ``.keras`` or ``.h5`` file, or the ``model.json`` of TensorFlow.js.

        Parameters
        ----------
        path : path-like
            The file, with its configuration and its weights.
        until : str, optional
            The last layer that is read.
        classes, input_shape, mean, deviation, divisor, resize, keep_logits, dtype
            As for `from_onnx`.

        Returns
        -------
        Network
            With its weights and its preprocessing. ``layer_sources`` has the layers that each layer was made of.
        """
        given: dict[str, Any] = {
            "until": until, "classes": classes, "input_shape": input_shape, "mean": mean, "deviation": deviation,
            "divisor": divisor, "resize": resize, "keep_logits": keep_logits, "dtype": dtype,
        }
        return cls._imported("from_keras", path, given)

    @classmethod
    def _imported(cls: type[Reading], function: str, path: object, given: Mapping[str, Any]) -> Reading:
        place = path_given(f"{function}: path", path)
        known = classes_given(given["classes"], function)
        words = {name: word(function, name, given.get(name)) for name in ("recipe", "model", "part", "until", "resize")}
        double = _native.settings_kept("Network", {"dtype": given["dtype"]})["dtype"] == "float64"
        divisor = given["divisor"]
        taken = {
            **words,
            "classes": [] if known is None else names(function, known),
            "input_shape": extents(function, given["input_shape"]),
            "mean": numbers(function, "mean", given["mean"]),
            "deviation": numbers(function, "deviation", given["deviation"]),
            "divisor": None if divisor is None else number(function, "divisor", divisor),
            "keep_logits": truth(function, "keep_logits", given["keep_logits"]),
            "double": double,
        }
        net, mappings, notes = _native.import_model(place, taken)
        for note in notes:
            warnings.warn(note, stacklevel=caller())
        network = cls.__new__(cls)
        network._net = net
        network._begin(known if known is not None else labels_of_names(net.classes))
        network.layer_sources = dict(mappings)
        return network

    def to_onnx(self, path: str | os.PathLike[str], *, input: str = "auto") -> list[str]:
        """Write the network as an ONNX file, with its preprocessing inside.

        Parameters
        ----------
        path : path-like
            The file. A crash leaves an older one as it was.
        input : {"auto", "any-size", "model-size", "values"}
            What the file takes: images in bytes of any size, which it resizes; images of the network's size; or numbers in
            the unit of the training data. ``"auto"`` is the first for networks of images, and the last for others.

        Returns
        -------
        list of str
            What the file takes and gives, and what was chosen, in words.
        """
        place = path_given("to_onnx: path", path)
        return _native.export_onnx(self._net, place, text("to_onnx", "input", input))

    def to_keras(self, path: str | os.PathLike[str]) -> list[str]:
        """Write the network as a model of Keras 3, with the scaling of its input inside.

        Parameters
        ----------
        path : path-like
            The file, whose name must end in ``.keras``, or Keras does not load it. A crash leaves an older one as it was.

        Returns
        -------
        list of str
            What the model takes, and what was changed, in words.
        """
        place = path_given("to_keras: path", path)
        if not os.fspath(place).endswith(".keras"):
            raise ValueError(f"to_keras: path is {shown(path)}, expected a name that ends in .keras")
        return _native.export_keras(self._net, place)

    def to_torch(self) -> Any:
        """The network as a module of PyTorch's, with the same weights, which computes the same numbers. Needs ``torch`` and
        ``safetensors``.

        Returns
        -------
        torch.nn.Module
            It takes what its ``preprocess`` makes of raw values, channels first, and gives logits where the network ends in
            ``softmax`` or ``sigmoid``, as PyTorch's losses want them. ``module.predict(X)`` does all of it, and gives what
            `predict_proba`, or `predict` of numbers, gives. ``module.source`` is its program.
        """
        try:
            from safetensors.torch import load  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise ImportError("to_torch needs PyTorch and safetensors: pip install torch safetensors") from None
        code, weights, notes = _native.export_torch(self._net, "network")
        for note in notes:
            warnings.warn(note, stacklevel=caller())
        file = f"<stepnet network {id(code)}>"
        # What shows a program's lines, such as a traceback or torch.jit, finds them here.
        linecache.cache[file] = (len(code), None, code.splitlines(True), file)
        program = types.ModuleType("stepnet_network")
        program.__file__ = file
        exec(compile(code, file, "exec"), program.__dict__)
        module = program.Network()
        module.load_state_dict(load(weights))
        module.eval()
        module.source, module.preprocess = code, program.preprocess
        module.predict = functools.partial(program.predict, module)
        return module


def embed(model: Network | str | os.PathLike[str], images: npt.ArrayLike) -> Array:
    """The features of images: the values before the last ``linear`` layer of a network, or the outputs of one that ends in
    features already.

    Parameters
    ----------
    model : Network or path-like
        A trained network, or the file of one.
    images : array_like
        As ``X`` of `Network.predict`: paths, images of PIL's, arrays of examples.

    Returns
    -------
    ndarray
        ``(images, features)``.

    Examples
    --------
    >>> import stepnet
    >>> net = stepnet.Network("conv(8, 3) -> relu -> globalavgpool -> linear(10) -> softmax", (8, 8, 1))
    >>> stepnet.embed(net, stepnet.data.digits()[0][:5]).shape
    (5, 8)
    """
    from stepnet._network import Network

    if isinstance(model, (str, bytes, os.PathLike)):
        model = Network.load(model)
    if not isinstance(model, Network):
        raise TypeError(f"embed: model is {shown(model)}, expected a stepnet.Network or the path of one")
    return _native.embed(model._net, *inputs("embed", images, model._net, "images"))


def word(function: str, name: str, given: object) -> str | None:
    return None if given is None else text(function, name, given)


def numbers(function: str, name: str, given: Any) -> list[float]:
    """A number for each channel; none where nothing is given."""
    if given is None:
        return []
    if np.ndim(given) != 1 or isinstance(given, str):
        raise TypeError(f"{function}: {name} is {shown(given)}, expected a number for each channel")
    return [number(function, f"{name}[{at}]", value) for at, value in enumerate(given)]
