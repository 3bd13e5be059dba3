"""Networks: made of a line of text, trained, asked, kept."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from stepnet import _native
from stepnet._arrays import Array, Labels, labels_of_names, listed, read
from stepnet._exchange import Exchange
from stepnet._fetched import Fetched, fetched
from stepnet._group import joined
from stepnet._history import History
from stepnet._iterables import indexed, paired
from stepnet._keywords import KEEPING, NETWORK, takes_settings
from stepnet._looking import Looking
from stepnet._patience import Patience
from stepnet._plots import Plots
from stepnet._preprocessing import Preprocessing, inputs, store, stored
from stepnet._progress import Progress, wanted
from stepnet._runs import Run, place
from stepnet._settings import EPOCHS, beginning, class_weights, classes_given, extents, network_settings, resolved
from stepnet._targets import kind_of, names_of, outputs_given, values
from stepnet._training import Epochs, InMemory, train
from stepnet._values import names, number, path_given, shown, text, truth
from stepnet.callbacks import AnyCallback, called_back
from stepnet.group import Group

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from stepnet._fit_settings import FitSettings, NetworkSettings


@takes_settings(NETWORK)
class Network(Plots, Looking, Exchange):
    """A network in the arrow notation, with its weights.

    Unless ``targets`` is given, the first `fit` shows what the outputs stand for: floats for a network that ends in ``linear``
    are numbers, rows of 0 and 1 that are not one-hot are labels, everything else is classes. ``exact`` can be set later,
    too; a saved network does not keep it.

    Parameters
    ----------
    network : str
        The layers, such as ``"conv(8, 3, same) -> relu -> maxpool(2) -> linear(10) -> softmax"``, or the name of
        a well-known network: ``"lenet5"``.
    input_shape : tuple of int, optional
        The shape of an example: ``(height, width, channels)`` or ``(features,)``. Well-known networks have one
        of their own.
    classes : int or sequence, optional
        The classes that it tells apart, or how many; ``classes`` stands for their number in the text. Otherwise the
        labels of the first `fit` say what they are.
    outputs : int or sequence of str, optional
        The names of the labels or numbers, or how many there are; ``outputs`` stands for their number in the text.
    {settings}

    Attributes
    ----------
    classes_ : ndarray or None
        The classes in the order of the outputs, once they are known.
    history : History or None
        How the last training went; while one runs, how it goes.
    stop_training : bool
        A callback sets it to end the training after the epoch.

    Examples
    --------
    >>> import stepnet
    >>> X, y = stepnet.data.digits()
    >>> net = stepnet.Network("conv(8, 3) -> relu -> maxpool(2) -> linear(10) -> softmax", input_shape=(8, 8, 1))
    >>> history = net.fit(X[:1500], y[:1500], epochs=20, verbose=False)
    >>> net.evaluate(X[1500:], y[1500:])["accuracy"] > 0.8
    True
    """

    # That runs.
    _training: Epochs | None = None

    def __init__(
        self,
        network: str,
        input_shape: int | Sequence[int] | None = None,
        *,
        classes: int | Sequence[Any] | Array | None = None,
        outputs: int | Sequence[str] | None = None,
        **settings: Unpack[NetworkSettings],
    ) -> None:
        known = classes_given(classes)
        taken = network_settings(settings)
        self._targets = taken.get("targets")
        self._net = _native.Network.build(
            text("Network", "network", network),
            extents("Network", input_shape),
            None if known is None else names("Network", known),
            outputs_given(outputs, self._targets, classes),
            taken,
        )
        self._begin(known)

    @property
    def learning_rate(self) -> float | None:
        """The learning rate of the next step of the training that runs; ``None`` while none does. A callback may set it: all
        steps from then on have that rate, whatever the schedule."""
        return None if self._training is None else self._training.learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        if self._training is None:
            raise ValueError("Network: learning_rate can be set while the network is trained, by a callback; see also fit")
        self._training.set_learning_rate(number("Network", "learning_rate", rate))

    @property
    def exact(self) -> bool:
        """Whether convolutions keep to the direct method."""
        return self._net.exact

    @exact.setter
    def exact(self, exact: bool) -> None:
        if not isinstance(exact, (bool, np.bool_)):
            raise TypeError(f"Network: exact is {shown(exact)}, expected True or False")
        self._net.set_exact(bool(exact))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return np.dtype(self._net.dtype)

    @property
    def preprocessing(self) -> Preprocessing:
        """How raw values become its inputs: as the first training decided, or the model file says. Another one may be
        put in its place: ``net.preprocessing = dataclasses.replace(net.preprocessing, divisor=16)``."""
        return stored(self._net)

    @preprocessing.setter
    def preprocessing(self, given: Preprocessing) -> None:
        store(self._net, given)

    @takes_settings(epochs=EPOCHS)
    def fit(
        self,
        X: npt.ArrayLike | Iterable[Any],
        y: npt.ArrayLike | None = None,
        *,
        validation_data: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
        callbacks: AnyCallback | Iterable[AnyCallback] = (),
        average: float | None = None,
        verbose: bool | str = True,
        initial_epoch: int | None = None,
        reset: bool = False,
        run: str | os.PathLike[str] | None = None,
        resume: bool = False,
        overwrite: bool = False,
        group: str | Group | None = None,
        **settings: Unpack[FitSettings],
    ) -> History:
        """Train on examples and their labels.

        Training goes on from where the network is: with its weights, its optimizer's running values and its count of
        epochs, which the orders of the examples and schedules such as ``"step(0.1, 30)"`` depend on. Twice one epoch
        at a constant rate is two epochs, to the last bit. Schedules that span a training, such as ``"cosine"``, begin
        again with each call. Another ``optimizer`` starts with values of its own; all other settings, and the
        examples, may change. Copies, pickles and files of the network go on as it would.

        Ctrl-C ends it with `KeyboardInterrupt`; the weights of the last step stay, and the epochs before are in
        ``history``. An epoch that was ended so begins again in the next call.

        The settings are those of ``stepnet train``. Also here, ``batch_size=None`` stands for all examples, and
        ``class_weight`` may be ``"balanced"``, or weights by label.

        Parameters
        ----------
        X : array_like
            ``(examples, *input_shape)``, channels last. The first training decides what values are divided by, and
            ``preprocessing`` says it from then on: ``uint8`` by 255, other numbers are taken as they are. Or pictures
            of any size: paths, images of PIL's, arrays of ``uint8``. Or, without ``y``, pairs ``(x, y)``: a data set with a
            length and an index as PyTorch has it, whose examples are fetched in each epoch anew, after all were once for
            their labels; or a ``DataLoader`` or a generator, which are read into memory first, as a data set is where the
            training has a folder.
        y : array_like, optional
            A label for each example, a whole number or a string; or one-hot rows. For a network whose ``targets`` are
            numbers, one for each example or a row of them; for labels, a row of 0 and 1. The first training decides
            how numbers are scaled for the network; predictions are in their unit.
        validation_data : tuple, optional
            ``(X, y)`` to measure on after each epoch, or a data set or loader of pairs.
        callbacks : callable or object, or several of them
            Called after each epoch, see `stepnet.callbacks`.
        average : float, optional
            The older name of ``ema``.
        verbose : bool or {"bar", "lines"}
            Whether each epoch prints a line; if tqdm is installed, a bar with the time left follows the lines at a terminal
            and in a notebook. ``"lines"`` prints the lines alone, ``"bar"`` shows the bar alone.
        initial_epoch : int, optional
            The number of the first epoch, from 0; ``epochs`` is then the number of the epoch to stop before, and
            schedules run over all of them. So a training that was stopped can be completed.
        reset : bool
            Whether the optimizer's running values and the count of epochs start anew; weights and preprocessing stay.
        run : path-like, optional
            The folder of a run: the training keeps itself there as ``stepnet train`` does, with a record of each epoch,
            checkpoints, the best weights, and at the end the model and a report. It begins with the network's weights,
            a fresh optimizer and epoch 0.
        resume : bool
            Whether the run in the folder goes on, if there is one, to the same bits as if it had never been stopped;
            the examples and the settings must be the same. With more ``epochs`` it trains for longer.
        overwrite : bool
            Whether a run in the folder is replaced.
        group : {"mpi"} or Group, optional
            With ``"mpi"``, the processes that ``mpirun`` or another launcher has started with this program train together,
            with mpi4py or without; with a `stepnet.group.Group`, those of a launcher without MPI. Each calls `fit` with
            the same arguments, trains its shares of each batch, and has the same weights in the end, the same for any
            number of processes (see ``shares``). The first one prints, and keeps the run. With ``resume``, all of them read
            its folder.
        {settings}

        Returns
        -------
        History
            What each epoch of this call ended with; with ``resume``, each epoch of the run.
        """
        taken = resolved(settings, average)
        begin = beginning(taken["epochs"], initial_epoch, reset)
        keeps = {name: settings.get(name) for name in KEEPING}
        kept = place(run, resume, overwrite, keeps, {"initial_epoch": initial_epoch, "reset": reset})
        wanted(verbose)
        member = begin["group"] = joined(group)
        rows: Array | Fetched
        source = None if kept is not None else fetched("fit", X, y, self._net)
        if source is not None:
            rows, y, begin["divisor"] = source, source.labels, source.divisor()
        else:
            X, y = paired("fit", X, y, self.input_shape)
            rows, begin["divisor"] = inputs("fit", X, self._net)
        if not len(rows):
            raise ValueError("fit: X has no examples")
        labels = Labels(self._net.outputs, self.classes_)
        kind = self._kind("fit", y)
        if kind == "classes":
            numbers = labels.learn("fit", y, len(rows))
            known = labels.known()
            taken["class_weight"] = class_weights(settings.get("class_weight"), known)
            called_names = names("fit", known)
        else:
            numbers = values("fit", y, kind, (len(rows), self._net.outputs))
            known = None
            called_names = self.output_names or names_of(y, kind, self._net.outputs)
            if settings.get("class_weight") is not None:
                raise ValueError(f"fit: class_weight is given, expected none: the targets are {kind}, not classes")
        held_out = None if validation_data is None else self._held_out(validation_data, labels, kind)
        called = called_back(callbacks)

        training: Epochs
        if kept is None:
            of_network = _native.Training(self._net, rows, (kind, numbers), called_names, taken, begin)
            watcher = of_network.early_stopping()
            if watcher is not None:
                called.append(Patience(watcher, held_out is not None))
            training = InMemory(self._net, of_network, held_out, begin["initial_epoch"] or 0, kind, member)
        else:
            kept.update(divisor=begin["divisor"], group=member)
            training = Run(self._net, (cast("Array", rows), (kind, numbers)), held_out, called_names, taken, kept)
        self.classes_ = known
        quiet = member is not None and member.rank > 0
        self._training, progress = training, Progress(False if quiet else verbose, training.first, training.epochs)
        try:
            return train(self, training, called, progress)
        finally:
            self._training = None
            progress.close()

    def _kind(self, function: str, y: Any) -> str:
        """What targets are: as the network knows, or as those of its first training show."""
        known = self._targets or self._net.targets
        first = self._targets is None and known == "classes" and self.classes_ is None and not self._net.epochs
        return kind_of(function, self._net, y) if first else known

    def _held_out(
        self, given: tuple[npt.ArrayLike, npt.ArrayLike], labels: Labels, kind: str
    ) -> tuple[Array, tuple[str, Array], float]:
        if isinstance(given, (tuple, list)) and len(given) == 2:
            X, y = given
        elif (indexed(given) or hasattr(given, "__iter__")) and not isinstance(given, (tuple, list, dict, str, np.ndarray)):
            X, y = paired("fit", given, None, self.input_shape)
        else:
            raise TypeError(f"fit: validation_data is {shown(given)}, expected a pair (X, y)")
        rows, divisor = inputs("fit", X, self._net, "validation_data[0]")
        if not len(rows):
            raise ValueError("fit: validation_data[0] has no examples")
        name = "validation_data[1]"
        if kind == "classes":
            return rows, (kind, labels.of("fit", y, len(rows), name)), divisor
        return rows, (kind, values("fit", y, kind, (len(rows), self._net.outputs), name)), divisor

    def get_weights(self) -> dict[str, Array]:
        """Copies of all weights.

        Returns
        -------
        dict
            Arrays by name, layer by layer: ``"conv1.weight"``, ``"conv1.bias"``, ... Filters are
            ``(height, width, channels, filters)``, dense weights ``(outputs, inputs)``.
        """
        return dict(self._net.weights())

    def set_weights(self, weights: Mapping[str, npt.ArrayLike]) -> None:
        """Put other values into the weights.

        Parameters
        ----------
        weights : dict
            Arrays by name, as `get_weights` gives them; arrays that are not named stay as they are.
        """
        if not isinstance(weights, Mapping):
            raise TypeError(f"set_weights: weights is {shown(weights)}, expected a dictionary of arrays by name")
        known = self.get_weights()
        taken = []
        for name, value in weights.items():
            if name not in known:
                raise ValueError(f"set_weights: {shown(name)} is no array of the network, expected {listed([*known])}")
            array = read(f"set_weights: {name}", value)
            if array.dtype.kind not in "biuf":
                raise TypeError(f"set_weights: {name} is of type {array.dtype}, expected numbers")
            if array.shape != known[name].shape:
                raise ValueError(f"set_weights: {name} has shape {array.shape}, expected {known[name].shape}")
            taken.append((name, np.asarray(array, np.float64)))
        self._net.set_weights(taken)

    def save(self, path: str | os.PathLike[str], *, optimizer: bool = True) -> None:
        """Write the network, its weights, classes and preprocessing into one ``.safetensors`` file, which
        ``stepnet predict`` and the other commands read.

        Parameters
        ----------
        path : path-like
            The file. A crash leaves an older one as it was.
        optimizer : bool
            Whether the optimizer's running values and the count of epochs go into it, too, so that `fit` goes on from
            them. For Adam the file is then three times as large.
        """
        self._net.save(path_given("save: path", path), truth("save", "optimizer", optimizer))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """Read a network that `save` or ``stepnet train`` wrote.

        Parameters
        ----------
        path : path-like
            The file.

        Returns
        -------
        Network
            With its weights, classes and preprocessing. Classes whose names are whole numbers become numbers.
        """
        network = cls.__new__(cls)
        network._net = _native.Network.load(path_given("load: path", path))
        known = network.targets == "classes"
        network._begin(labels_of_names(network._net.classes) if known else None)
        return network

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state["_net"] = self._net.to_bytes()
        state["exact"] = self.exact
        # A copy is not being trained.
        state.pop("_training", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = dict(state)
        exact = kept.pop("exact", False)
        self.__dict__.update(kept)
        self._net = _native.Network.from_bytes(state["_net"])
        self.exact = exact
