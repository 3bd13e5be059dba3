"""The checks of the functions that draw parameters, of all notebooks, and of those that create averages of 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from stepnet import course
from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task

Scale = Callable[[int, int], float]


def _draw(f: Faults, dims: list[int], scale: Scale, seed: int) -> dict[str, Array]:
    np.random.seed(seed)
    if "another seed" in f:
        np.random.seed(seed + 1)
    result: dict[str, Array] = {}
    last = len(dims) - ("last layer left out" in f)
    for at in range(1, last):
        units, before = dims[at], dims[at - 1]
        shape = (before, units) if "W transposed" in f else (units, before)
        if "uniform" in f:
            W = np.random.rand(*shape)
        else:
            W = np.random.randn(*shape)
        factor = scale(units, before)
        if "not scaled" in f:
            factor = 1.0
        if "scaled by the units" in f:
            factor = scale(before, units)
        if "no root" in f:
            factor = factor**2
        if "divided by the scale" in f:
            factor = 1 / factor
        if "he" in f:
            factor = (2 / before) ** 0.5
        if "fan-in" in f:
            factor = before**-0.5
        if "seeded for each layer" in f:
            np.random.seed(seed)
        result[f"W{at}"] = np.zeros(shape) if "W zeros" in f else W * factor
        b: Array = np.zeros(units) if "b with one axis" in f else np.zeros((1, units)) if "b as a row" in f else np.zeros((units, 1))
        if "b drawn" in f:
            b = np.random.randn(units, 1) * factor
        result[f"b{at}"] = np.ones_like(b) if "b ones" in f else b
    return result


_DRAW = {
    "not scaled": "the factor is missing: the weights are {scale}.",
    "scaled by the units": "the factor has the layer's own units; it has those of the layer before, layers_dims[l-1]: {scale}.",
    "no root": "the square root is missing: the weights are {scale}.",
    "divided by the scale": "the weights are divided by the factor; they are multiplied: {scale}.",
    "he": "the weights are scaled as He et al. do; here they are {scale}.",
    "fan-in": "the weights are divided by the root of the inputs; here they are {scale}.",
    "W transposed": "the weights' shape is transposed: it is (units, units of the layer before).",
    "uniform": "the weights come from np.random.rand, which is uniform; they come from np.random.randn.",
    "W zeros": "the weights are zeros: all units of a layer would stay equal. They are {scale}.",
    "b drawn": "the biases are drawn; they are zeros.",
    "b ones": "the biases are ones; they are zeros.",
    "b with one axis": "the biases have shape (units,); they are columns, (units, 1).",
    "b as a row": "the biases are rows; they are columns, (units, 1).",
    "last layer left out": "the last layer is left out: the loop ends one too early.",
    "another seed": "the generator is seeded with another number.",
    "seeded for each layer": "the generator is seeded within the loop; seed it once.",
}


def _told(said: str, scale: Scale) -> dict[str, str]:
    """The mistakes that can be told apart from the right draw with this scale."""
    told = {key: text.format(scale=said) for key, text in _DRAW.items()}
    constant = scale(3, 5) == scale(5, 3)
    for key in ("scaled by the units", "no root", "divided by the scale"):
        if constant:
            del told[key]
    if scale(7, 5) == (2 / 5) ** 0.5:
        del told["he"]
    if scale(7, 5) == 5**-0.5:
        del told["fan-in"]
    return told


def _drawn(
    name: str, modules: tuple[str, ...], witness: Callable[..., Any], said: str, scale: Scale, seed: int, sizes: bool = False
) -> Task:
    """A function that draws from layer sizes: as a list, or as three arguments."""
    if sizes:
        cases = [Case(dims, f"n_x = {dims[0]}, n_h = {dims[1]}, n_y = {dims[2]}") for dims in ((3, 2, 1), (2, 4, 1), (5, 3, 2))]
        names: tuple[str, ...] = ("n_x", "n_h", "n_y")
        model: Callable[..., Any] = lambda f, *dims: _draw(f, list(dims), scale, seed)  # noqa: E731
    else:
        cases = [Case((dims,), f"layers_dims = {dims}") for dims in ([3, 2, 1], [5, 4, 3], [2, 4, 3, 1])]
        names = ("layers_dims",)
        model = lambda f, dims: _draw(f, dims, scale, seed)  # noqa: E731
    return Task(name, modules, ("parameters",), witness, lambda: cases, model, _told(said, scale), names, seed=seed)


def _zeros(f: Faults, dims: list[int]) -> dict[str, Array]:
    result: dict[str, Array] = {}
    for at in range(1, len(dims) - ("last layer left out" in f)):
        shape = (dims[at - 1], dims[at]) if "W transposed" in f else (dims[at], dims[at - 1])
        result[f"W{at}"] = np.ones(shape) if "ones" in f else np.zeros(shape)
        b: Array = np.zeros(dims[at]) if "b with one axis" in f else np.zeros((dims[at], 1))
        result[f"b{at}"] = b
    return result


_ZEROS = {"ones": "the weights are ones; they are zeros.", **{key: _DRAW[key] for key in ("W transposed", "b with one axis", "last layer left out")}}


def _averages(f: Faults, parameters: dict[str, Array], count: int) -> Any:
    layers = len(parameters) // 2 - ("last layer left out" in f)
    one = {}
    for at in range(1, layers + 1):
        for letter in "Wb":
            array = parameters[f"{letter}{at}"]
            key = f"{letter}{at}" if "keys without d" in f else f"d{letter}{at}"
            value = array.copy() if "parameters copied" in f else np.ones_like(array) if "ones" in f else np.zeros_like(array)
            one[key] = np.zeros(len(array)) if "b with one axis" in f and letter == "b" else value
    return one if count == 1 else (one, {key: value.copy() for key, value in one.items()})


_AVERAGES = {
    "keys without d": "the keys are those of the parameters; they are \"dW1\", \"db1\" and so on.",
    "parameters copied": "the averages start as the parameters; they start at 0.",
    "ones": "the averages start at 1; they start at 0.",
    "last layer left out": "the last layer is left out: the loop ends one too early.",
    "b with one axis": "the averages of the biases have one axis; they have the shape of the biases.",
}


def _averages_cases() -> list[Case]:
    rng = np.random.RandomState(51)
    made = []
    for dims in ([2, 3, 1], [4, 3, 2, 1]):
        shapes = {f"{letter}{at}": (dims[at], dims[at - 1] if letter == "W" else 1) for at in range(1, len(dims)) for letter in "Wb"}
        parameters = {name: rng.randn(*shape) for name, shape in shapes.items()}
        made.append(Case((parameters,), f"a network of {'-'.join(map(str, dims))} units"))
    return made


def _of(module: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(getattr(course, module), name)
    return function


def _hundredth(units: int, before: int) -> float:
    return 0.01


def _root(units: int, before: int) -> float:
    return float(before**-0.5)


def _he(units: int, before: int) -> float:
    return float((2 / before) ** 0.5)


def _ten(units: int, before: int) -> float:
    return 10.0


_DEEP, _PLANAR = "initialize_parameters_deep", "initialize_parameters"
TASKS = [
    _drawn(_PLANAR, ("building_dnn", "dnn_application"), _of("building_dnn", _PLANAR), "randn * 0.01", _hundredth, 1, True),
    _drawn(_PLANAR, ("planar",), _of("planar", _PLANAR), "randn * 0.01", _hundredth, 2, True),
    _drawn(_DEEP, ("building_dnn",), _of("building_dnn", _DEEP), "randn * 0.01", _hundredth, 3),
    _drawn(_DEEP, ("dnn_application",), _of("dnn_application", _DEEP), "randn / sqrt(layers_dims[l-1])", _root, 1),
    _drawn(
        "initialize_parameters_random", ("initialization",), _of("initialization", "initialize_parameters_random"), "randn * 10", _ten, 3
    ),
    _drawn(
        "initialize_parameters_he", ("initialization",), _of("initialization", "initialize_parameters_he"),
        "randn * sqrt(2 / layers_dims[l-1])", _he, 3,
    ),
    Task(
        "initialize_parameters_zeros", ("initialization",), ("parameters",), _of("initialization", "initialize_parameters_zeros"),
        lambda: [Case((dims,), f"layers_dims = {dims}") for dims in ([3, 2, 1], [2, 4, 3, 1])], _zeros, _ZEROS, ("layers_dims",),
    ),
    Task(
        "initialize_velocity", ("optimization",), ("v",), _of("optimization", "initialize_velocity"), _averages_cases,
        lambda f, parameters: _averages(f, parameters, 1), _AVERAGES, ("parameters",),
    ),
    Task(
        "initialize_adam", ("optimization",), ("v", "s"), _of("optimization", "initialize_adam"), _averages_cases,
        lambda f, parameters: _averages(f, parameters, 2), _AVERAGES, ("parameters",),
    ),
]
