"""The checks of "Regularization", "Initialization" and "Gradient checking", whose networks have three layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import ENTROPY, entropy, entropy_cases, network
from stepnet._checking.tasks.dense import logistic
from stepnet.course import gradient_checking, initialization, regularization as notebook

_MODULES = ("regularization",)
_WEIGHTS = ("W1", "W2", "W3")
Parameters = dict[str, Array]


def _l2_cost(f: Faults, A3: Array, Y: Array, parameters: Parameters, lambd: float) -> Any:
    m = Y.shape[1]
    penalty: Any = 0.0
    for name in _WEIGHTS:
        W = parameters[name]
        if f"{name} left out" in f:
            continue
        part = np.sum(W) if "squares left out" in f else np.sum(np.abs(W)) if "magnitudes" in f else np.sum(W**2)
        if "root of the squares" in f:
            part = np.sqrt(part)
        if "square of the sum" in f:
            part = np.sum(W) ** 2
        penalty += part
    if "biases counted" in f:
        penalty += sum(np.sum(parameters[f"b{at}"] ** 2) for at in (1, 2, 3))
    factor = 1 / 2 if "penalty without 1/m" in f else 1 / m if "penalty without 1/2" in f else 1 / (2 * m)
    penalty = penalty * factor * (1 if "lambd left out" in f else lambd)
    cost = entropy(f & set(ENTROPY), A3, Y)
    if "penalty left out" in f:
        return cost
    return penalty if "penalty alone" in f else cost - penalty if "penalty subtracted" in f else cost + penalty


_L2_COST = {
    "penalty left out": "the L2 term is left out: add lambd / (2 m) times the sum of the squared weights.",
    "penalty alone": "the cross-entropy is left out: the cost is the sum of both terms.",
    "penalty subtracted": "the L2 term is subtracted; it is added.",
    "penalty without 1/m": "the factor 1/m is missing in the L2 term: it is lambd / (2 m).",
    "penalty without 1/2": "the factor 1/2 is missing in the L2 term: it is lambd / (2 m).",
    "lambd left out": "lambd is left out of the L2 term.",
    "squares left out": "the weights are summed without squares.",
    "magnitudes": "the magnitudes of the weights are summed, which is L1; L2 sums their squares.",
    "root of the squares": "the root of the sums is taken; L2 has the squares themselves.",
    "square of the sum": "the sum is squared; the squares are summed: np.sum(np.square(W)).",
    "biases counted": "the biases are in the L2 term; it has the weights alone.",
    **{f"{name} left out": f"{name} is left out of the L2 term." for name in _WEIGHTS},
}


def _given(rng: Any, m: int) -> tuple[Array, Array, Parameters]:
    Y = (rng.rand(1, m) > 0.5).astype(int)
    return rng.randn(3, m), Y, network(rng, [3, 4, 2, 1])


def _said(m: int, rest: str = "") -> str:
    return f"a network of 3-4-2-1 units, {m} example{'s' * (m > 1)}{rest}"


def _l2_cases() -> list[Case]:
    rng = np.random.RandomState(61)
    made = []
    for m, lambd in ((1, 0.1), (5, 0.7), (4, 2.0), (3, 0.0)):
        _, Y, parameters = _given(rng, m)
        made.append(Case((rng.rand(1, m) * 0.9 + 0.05, Y, parameters, lambd), _said(m, f", lambd = {lambd}"), m))
    return made


def _forward(f: Faults, X: Array, parameters: Parameters, keep: float | None = None) -> Any:
    if keep is not None:
        np.random.seed(1 + ("another seed" in f))
    A, cache = X, []
    for at in (1, 2, 3):
        W, b = parameters[f"W{at}"], parameters[f"b{at}"]
        Z = np.dot(W, A) + (0 if "bias forgotten" in f else b)
        A = logistic(Z) if at == 3 and "relu at the end" not in f or "sigmoid everywhere" in f else np.maximum(0, Z)
        D = None
        if keep is not None and at < 3 and not ("first layer only" in f and at == 2):
            A, D = _drop(f, A, keep)
        cache += [Z, A, W, b] if D is None else [Z, D, A, W, b]
    return A, tuple(cache)


def _drop(f: Faults, A: Array, keep: float) -> tuple[Array, Array]:
    draw = np.random.randn(*A.shape) if "normal numbers" in f else np.random.rand(*A.shape)
    if "one draw for all examples" in f:
        draw = np.repeat(draw[:, :1], A.shape[1], 1)
    D = (draw > keep if "mask inverted" in f else draw < keep).astype(int)
    masked = A if "mask not applied" in f else A * D
    if "not scaled" in f:
        return masked, D
    return masked * keep if "multiplied by keep_prob" in f else masked / (1 - keep) if "divided by 1 - keep_prob" in f else masked / keep, D


_NETWORK = {
    "bias forgotten": "the biases are forgotten: Z = W A + b.",
    "relu at the end": "the last layer has a ReLU; it has a sigmoid.",
    "sigmoid everywhere": "all layers have a sigmoid; the hidden layers have a ReLU.",
}
_DROP = {
    "not scaled": "the division by keep_prob is missing: A = A * D / keep_prob keeps the expected value.",
    "multiplied by keep_prob": "the activations are multiplied by keep_prob; they are divided.",
    "divided by 1 - keep_prob": "the activations are divided by 1 - keep_prob; they are divided by keep_prob.",
    "mask inverted": "the mask is inverted: a unit stays where the number is below keep_prob.",
    "mask not applied": "the mask is not applied: A = A * D.",
    "normal numbers": "the mask is drawn with randn; it is drawn with np.random.rand, uniform from 0 to 1.",
    "one draw for all examples": "all examples have the mask of the first one: D has the shape of A.",
    "first layer only": "only the first hidden layer has dropout; both have.",
    "another seed": "the generator is seeded with another number.",
    **_NETWORK,
}


def _forward_cases() -> list[Case]:
    rng = np.random.RandomState(62)
    made = []
    for m in (2, 5, 4):
        X, _, parameters = _given(rng, m)
        made.append(Case((X, parameters), _said(m), m))
    return made


def _drop_cases() -> list[Case]:
    made = []
    for case, keep in zip(_forward_cases(), (0.5, 0.7, 0.86)):
        made.append(Case((*case.args, keep), f"{case.what}, keep_prob = {keep}", case.m))
    return made


def _backward(f: Faults, X: Array, Y: Array, cache: Any, lambd: float = 0.0, keep: float | None = None, early: bool = False) -> Any:
    if keep is None:
        _, A1, W1, _, _, A2, W2, _, _, A3, W3, _ = cache
        D1 = D2 = None
    else:
        _, D1, A1, W1, _, _, D2, A2, W2, _, _, A3, W3, _ = cache
    m = X.shape[0] if "m from axis 0" in f else X.shape[1]
    letter = "d{}".format if not early else (lambda name: f"d{name.lower() if name[0] in 'ZA' else name}")
    first = 1 / m if early and "1/m forgotten" not in f else 1.0
    dZ = (Y - A3 if "sign of dZ3" in f else A3 - Y) * first
    grads = {letter("Z3"): dZ}
    for at, W, before, mask in ((3, W3, A2, D2), (2, W2, A1, D1), (1, W1, X, None)):
        last = 1.0 if early else 1 / m
        dW = np.dot(dZ, before.T) * (1.0 if f & {"1/m forgotten", "dW not divided"} else last)
        db = np.sum(dZ) if "db over all" in f else np.sum(dZ, axis=1, keepdims=True)
        if "db without keepdims" in f:
            db = np.sum(dZ, axis=1)
        grads[f"db{at}"] = db * (1.0 if f & {"1/m forgotten", "db not divided"} else last)
        grads[f"dW{at}"] = dW if f & {"penalty left out", f"penalty of W{at} left out"} else dW + _l2_part(f, W, lambd, m)
        if at > 1:
            dA = np.dot(W.T, dZ)
            if mask is not None:
                dA = _undrop(f, dA, (D2 if at == 2 else D1) if "masks swapped" in f else mask, keep or 1.0, at)
            dZ = dA * (1.0 if "slope left out" in f else before > 0)
            grads[letter(f"A{at - 1}")], grads[letter(f"Z{at - 1}")] = dA, dZ
    return grads


def _l2_part(f: Faults, W: Array, lambd: float, m: int) -> Any:
    if "penalty with 1/2" in f:
        return lambd / (2 * m) * W
    if "penalty without 1/m" in f:
        return lambd * W
    if "penalty twice" in f:
        return 2 * lambd / m * W
    if "penalty squared" in f:
        return lambd / m * W**2
    return -lambd / m * W if "penalty subtracted" in f else lambd / m * W


def _undrop(f: Faults, dA: Array, mask: Any, keep: float, at: int) -> Array:
    masked = dA if f & {"mask forgotten", f"mask D{at - 1} forgotten"} else dA * mask
    if "multiplied by keep_prob" in f:
        return masked * keep
    return masked if "not scaled" in f else masked / keep


_BACK = {
    "1/m forgotten": "the factor 1/m is missing in dW and db.",
    "dW not divided": "dW is not divided by m.",
    "db not divided": "db is not divided by m.",
    "sign of dZ3": "dZ3 has the wrong sign: it is A3 - Y.",
    "db over all": "db is summed over all axes to one number: sum over the examples, axis=1, keepdims=True.",
    "db without keepdims": "keepdims is missing: db has shape (units,) in place of (units, 1).",
    "slope left out": "the ReLU's slope is left out: dZ is dA where A > 0, else 0.",
    "m from axis 0": "m is read from axis 0, the number of features; the number of examples is X.shape[1].",
}
_L2_BACK = {
    "penalty left out": "the L2 term is left out: add lambd / m * W to each dW.",
    "penalty with 1/2": "the L2 term is lambd / (2 m) * W; the derivative of the square cancels the 2: lambd / m * W.",
    "penalty without 1/m": "the factor 1/m is missing in the L2 term: lambd / m * W.",
    "penalty twice": "the L2 term is twice as large as it should be: lambd / m * W.",
    "penalty squared": "the L2 term has the squared weights; it is lambd / m * W.",
    "penalty subtracted": "the L2 term is subtracted; it is added.",
    **{f"penalty of W{at} left out": f"the L2 term of dW{at} is left out: add lambd / m * W{at}." for at in (1, 2, 3)},
    **_BACK,
}
_DROP_BACK = {
    "not scaled": "the division of dA by keep_prob is missing.",
    "multiplied by keep_prob": "dA is multiplied by keep_prob; it is divided, as A was.",
    "mask forgotten": "the masks are forgotten: dA = dA * D, with the D of the forward pass.",
    "mask D1 forgotten": "the mask D1 is forgotten: dA1 = dA1 * D1 / keep_prob.",
    "mask D2 forgotten": "the mask D2 is forgotten: dA2 = dA2 * D2 / keep_prob.",
    "masks swapped": "the masks D1 and D2 are swapped.",
    **_BACK,
}


def _back_cases(forward: Any, extra: tuple[float, ...], name: str) -> list[Case]:
    rng = np.random.RandomState(63)
    made = []
    for m, value in zip((2, 5, 4), extra or (0.0, 0.0, 0.0)):
        X, Y, parameters = _given(rng, m)
        _, cache = forward(X, parameters, value) if name == "keep_prob" else forward(X, parameters)
        made.append(Case((X, Y, cache, *((value,) if extra else ())), _said(m, f", {name} = {value}" if name else ""), m))
    return made


def _check(f: Faults, x: float, theta: float, epsilon: float = 1e-7, print_msg: bool = False) -> Any:
    plus, minus = (theta + epsilon) * x, (theta - epsilon) * x
    approx = (plus - minus) / (epsilon if "divided by epsilon" in f else 2 * epsilon)
    if "not divided" in f:
        approx = plus - minus
    grad = x
    if "signed" in f:
        return (grad - approx) / (abs(grad) + abs(approx))
    return abs(grad - approx) / (abs(grad) + abs(approx))


_CHECK = {
    "divided by epsilon": "the difference quotient is divided by epsilon; theta is moved by 2 epsilon in all.",
    "not divided": "the difference is not divided by 2 epsilon.",
}


def _vector(f: Faults, parameters: Parameters) -> Any:
    parts, keys = [], []
    for at in (1, 2, 3):
        for name in (f"W{at}", f"b{at}"):
            array = parameters[name].T if "column by column" in f else parameters[name]
            parts.append(array.reshape(-1, 1))
            keys += [name] * array.size
    theta = np.concatenate(parts)
    return theta[:, 0] if "one axis" in f else theta, keys


def _check_cases() -> list[Case]:
    return [Case((float(x), float(t), e), f"x = {x}, theta = {t}, epsilon = {e}") for x, t, e in ((2, 4, 1e-2), (3, -1, 1e-3), (-2, 5, 1e-7))]


def _vector_cases() -> list[Case]:
    rng = np.random.RandomState(64)
    return [Case((network(rng, dims),), f"a network of {'-'.join(map(str, dims))} units") for dims in ([4, 5, 3, 1], [2, 3, 2, 1])]


_TASK = ("X", "Y", "cache")
TASKS = [
    Task(
        "compute_cost_with_regularization", _MODULES, ("cost",), notebook.compute_cost_with_regularization, _l2_cases, _l2_cost, _L2_COST,
        ("A3", "Y", "parameters", "lambd"),
    ),
    Task(
        "forward_propagation", (*_MODULES, "initialization", "optimization"), ("A3", "cache"), notebook.forward_propagation, _forward_cases,
        _forward, _NETWORK, ("X", "parameters"),
    ),
    Task(
        "forward_propagation_with_dropout", _MODULES, ("A3", "cache"), notebook.forward_propagation_with_dropout, _drop_cases, _forward,
        _DROP, ("X", "parameters", "keep_prob"), seed=1,
    ),
    Task(
        "backward_propagation_with_regularization", _MODULES, ("gradients",), notebook.backward_propagation_with_regularization,
        lambda: _back_cases(notebook.forward_propagation, (0.7, 0.1, 2.0), "lambd"), _backward, _L2_BACK, (*_TASK, "lambd"),
    ),
    Task(
        "backward_propagation_with_dropout", _MODULES, ("gradients",), notebook.backward_propagation_with_dropout,
        lambda: _back_cases(notebook.forward_propagation_with_dropout, (0.5, 0.7, 0.86), "keep_prob"),
        lambda f, X, Y, cache, keep_prob: _backward(f, X, Y, cache, 0.0, keep_prob), _DROP_BACK, (*_TASK, "keep_prob"),
    ),
    Task(
        "backward_propagation", _MODULES, ("gradients",), notebook.backward_propagation,
        lambda: _back_cases(notebook.forward_propagation, (), ""), _backward, _BACK, _TASK,
    ),
    Task(
        "backward_propagation", ("initialization", "optimization"), ("gradients",), initialization.backward_propagation,
        lambda: _back_cases(initialization.forward_propagation, (), ""),
        lambda f, X, Y, cache: _backward(f, X, Y, cache, early=True),
        {key: text for key, text in _BACK.items() if key not in ("dW not divided", "db not divided")}, _TASK,
    ),
    Task("compute_loss", ("initialization",), ("loss",), initialization.compute_loss, entropy_cases, entropy, ENTROPY, ("a3", "Y")),
    Task("compute_cost", _MODULES, ("cost",), notebook.compute_cost, entropy_cases, entropy, ENTROPY, ("a3", "Y")),
    Task(
        "backward_propagation_n", ("gradient_checking",), ("gradients",),
        lambda X, Y, cache: gradient_checking.backward_propagation_n(X, Y, cache, faults=()),
        lambda: _back_cases(notebook.forward_propagation, (), ""), _backward, _BACK, _TASK,
    ),
    Task(
        "gradient_check", ("gradient_checking",), ("difference",), gradient_checking.gradient_check, _check_cases, _check, _CHECK,
        ("x", "theta", "epsilon"), absolute=1e-8,
    ),
    Task(
        "dictionary_to_vector", ("gradient_checking",), ("theta", "keys"), gradient_checking.dictionary_to_vector, _vector_cases, _vector,
        {"one axis": "theta has one axis; it is a column, (n, 1).", "column by column": "the arrays are read column by column; they are read row by row."},
        ("parameters",),
    ),
]
