"""The checks of whole networks, from "Building your deep neural network: step by step" and its application."""

from __future__ import annotations

from typing import Any

import numpy as np

from stepnet import steps
from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.dense import LINEAR, LINEAR_BACK, activate, backward, forward, relu_back, sigmoid_back
from stepnet.steps._editions import current

_MODULES = ("building_dnn", "dnn_application")
Parameters = dict[str, Array]


def network(rng: Any, dims: list[int]) -> Parameters:
    parameters = {}
    for at, (before, units) in enumerate(zip(dims, dims[1:]), 1):
        parameters[f"W{at}"], parameters[f"b{at}"] = rng.randn(units, before), rng.randn(units, 1)
    return parameters


def _model_forward(f: Faults, X: Array, parameters: Parameters) -> Any:
    layers = len(parameters) // 2
    if "last layer left out" in f:
        layers -= 1
    A, caches = X, []
    for at in range(1, layers + 1):
        before = X if "X into each layer" in f or "X into each hidden layer" in f and at < layers else A
        W, b = parameters[f"W{at}"], parameters[f"b{at}"]
        if "first weights for all" in f:
            W, b = parameters["W1"], parameters["b1"]
        Z = forward(f, before, W, b)
        last = at == layers
        A = activate(f, Z, "relu" if not last or "relu at the end" in f else "sigmoid")
        if "sigmoid everywhere" in f:
            A = activate(frozenset(), Z, "sigmoid")
        caches.append(((before, W, b), A if "cache is A" in f else Z))
    if "no cache of the last layer" in f:
        caches.pop()
    return A, caches


_FORWARD = {
    "relu at the end": "the last layer has a ReLU; it has a sigmoid.",
    "sigmoid everywhere": "all layers have a sigmoid; those before the last have a ReLU.",
    "activation left out": "the activations are left out.",
    "last layer left out": "the last layer is left out: the loop ends one too early, or the layer after it is missing.",
    "X into each layer": "each layer gets X; it gets the output of the layer before, A_prev = A.",
    "X into each hidden layer": "each hidden layer gets X; it gets the output of the layer before, A_prev = A.",
    "first weights for all": "all layers use W1 and b1: take those of layer l.",
    "no cache of the last layer": "the cache of the last layer is not appended to caches.",
    "cache is A": "the second part of the caches is A; it is Z.",
    **{key: text for key, text in LINEAR.items() if key not in ("W not multiplied as a matrix", "W transposed")},
}

_DIMS = [[2, 1], [3, 4, 1], [4, 3, 2, 1], [5, 4, 4, 3, 1], [1, 1, 1]]


def _network_said(dims: list[int], m: int) -> str:
    return f"a network of {'-'.join(map(str, dims))} units, {m} example{'s' * (m > 1)}"


def _forward_cases() -> list[Case]:
    rng = np.random.RandomState(21)
    made = []
    for m, dims in zip((3, 4, 2, 5, 3), _DIMS):
        made.append(Case((rng.randn(dims[0], m), network(rng, dims)), _network_said(dims, m), m))
    return made


def entropy(f: Faults, A: Array, Y: Array) -> Any:
    """The cost, as most notebooks have it."""
    first, second = Y * np.log(A), (1 - Y) * np.log(1 - A)
    if "labels of 0 left out" in f:
        second = 0 * second
    if "labels of 1 left out" in f:
        first = 0 * first
    if "terms subtracted" in f:
        second = -second
    if "A for 1 - A" in f:
        second = (1 - Y) * np.log(A)
    if "logarithm of base 10" in f:
        first, second = first / np.log(10), second / np.log(10)
    if "logarithm of base 2" in f:
        first, second = first / np.log(2), second / np.log(2)
    losses = first + second
    if "squares" in f:
        losses = -((A - Y) ** 2)
    if "arguments swapped" in f:
        losses = A * np.log(Y + 1e-15) + (1 - A) * np.log(1 - Y + 1e-15)
    if "not summed" in f:
        return -losses / losses.shape[1]
    total = np.sum(losses) if "sign" in f else -np.sum(losses)
    if "divided by 2m" in f:
        return total / (2 * losses.shape[1])
    return total if "1/m forgotten" in f else total / losses.shape[1]


ENTROPY = {
    "1/m forgotten": "the factor 1/m is missing: the cost is the mean over the examples.",
    "sign": "the cost has the wrong sign: there is a minus before the sum.",
    "labels of 0 left out": "the term for labels of 0 is missing: (1 - Y) * log(1 - A).",
    "labels of 1 left out": "the term for labels of 1 is missing: Y * log(A).",
    "terms subtracted": "the two terms are subtracted; they are added: Y * log(A) + (1 - Y) * log(1 - A).",
    "A for 1 - A": "the second term has log(A); it has log(1 - A).",
    "logarithm of base 10": "the logarithm is that of base 10; it is the natural one, np.log.",
    "logarithm of base 2": "the logarithm is that of base 2; it is the natural one, np.log.",
    "squares": "the cost is the mean of squares; it is the cross-entropy.",
    "arguments swapped": "the outputs and the labels are swapped: the logarithm is of the outputs.",
    "not summed": "the losses are not summed over the examples: the cost is one number.",
    "divided by 2m": "the sum is divided by 2m; it is divided by m.",
}


def entropy_cases() -> list[Case]:
    rng = np.random.RandomState(22)
    made = [Case((np.array([[0.8, 0.9, 0.4]]), np.array([[1, 1, 0]])), "AL = [[0.8, 0.9, 0.4]], Y = [[1, 1, 0]]", 3)]
    for m in (1, 4, 7):
        Y = (rng.rand(1, m) > 0.5).astype(int)
        Y[0, 0] = 0
        made.append(Case((rng.rand(1, m) * 0.9 + 0.05, Y), f"{m} example{'s' * (m > 1)}", m))
    return made


def _model_backward(f: Faults, AL: Array, Y: Array, caches: list[Any]) -> Any:
    Y = np.asarray(Y).reshape(AL.shape)
    dA: Array = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    if "sign of dAL" in f:
        dA = -dA
    if "dAL is AL - Y" in f:
        dA = AL - Y
    grads: dict[str, Any] = {}
    shift = 1 if (current() == "2017") != ("other numbers of dA" in f) else 0
    for at in range(len(caches), 0, -1):
        (A_prev, W, _), Z = caches[0 if "first cache for all" in f else at - 1]
        last = at == len(caches)
        dZ = sigmoid_back(f, dA, Z) if last and "relu at the end" not in f or "sigmoid everywhere" in f else relu_back(f, dA, Z)
        dA, grads[f"dW{at}"], grads[f"db{at}"] = backward(f, dZ, A_prev, W)
        grads[f"dA{at - 1 + shift}"] = dA
        if "first layer left out" in f and at == 2:
            break
    return grads


def _backward_cases() -> list[Case]:
    rng = np.random.RandomState(23)
    made = []
    for m, dims in zip((3, 4, 2, 5, 3), _DIMS):
        X = rng.randn(dims[0], m)
        AL, caches = steps.L_model_forward(X, network(rng, dims))
        made.append(Case((AL, (rng.rand(1, m) > 0.5).astype(int), caches), _network_said(dims, m), m))
    return made


_BACKWARD = {
    "sign of dAL": "dAL has the wrong sign: it is -(Y / AL - (1 - Y) / (1 - AL)).",
    "dAL is AL - Y": "dAL is AL - Y, which is dZ of the last layer: its sigmoid is then counted twice.",
    "relu at the end": "the last layer goes back through a ReLU; it has a sigmoid.",
    "sigmoid everywhere": "all layers go back through a sigmoid; those before the last have a ReLU.",
    "first cache for all": "all layers use the same cache: take caches[l].",
    "other numbers of dA": "the numbers of the dA are off by one: the gradient of layer l's input is dA(l-1) since the edition v8a, dA(l) in that of 2017.",
    "first layer left out": "the first layer is left out: the loop ends one too early.",
    **{key: text for key, text in LINEAR_BACK.items() if key not in ("dW uses dZ transposed", "dA without transpose")},
    "mask of dA": "the ReLU's mask looks at the sign of dA; it is Z that decides.",
}


def descend(f: Faults, parameters: Parameters, grads: Parameters, learning_rate: float) -> Parameters:
    layers = len(parameters) // 2
    result = dict(parameters)
    for at in range(1 + ("first layer left out" in f), layers + 1 - ("last layer left out" in f)):
        for letter in "Wb":
            step = grads[f"d{letter}{at}"]
            if "dW for b" in f and letter == "b":
                step = grads[f"dW{at}"].sum(axis=1, keepdims=True)
            step = step if "rate left out" in f else step / learning_rate if "divided by the rate" in f else step * learning_rate
            if f"{'weights' if letter == 'W' else 'biases'} left out" in f:
                continue
            if "gradient alone" in f:
                result[f"{letter}{at}"] = -step
            else:
                result[f"{letter}{at}"] = parameters[f"{letter}{at}"] + (step if "sign" in f else -step)
    return result


DESCEND = {
    "sign": "the gradient is added; gradient descent subtracts it.",
    "rate left out": "the learning rate is left out: W = W - learning_rate * dW.",
    "divided by the rate": "the gradient is divided by the learning rate; it is multiplied.",
    "biases left out": "the biases are not updated.",
    "weights left out": "the weights are not updated.",
    "last layer left out": "the last layer is not updated: the loop ends one too early. range(L) goes to L - 1; take range(1, L + 1), or l + 1.",
    "first layer left out": "the first layer is not updated: the loop starts one too late.",
    "gradient alone": "the new parameter is the step alone: W - learning_rate * dW.",
}


def descend_cases() -> list[Case]:
    rng = np.random.RandomState(24)
    made = []
    for rate, dims in zip((0.1, 0.01, 1.2), ([2, 3, 1], [4, 3, 2, 1], [3, 4, 1])):
        parameters = network(rng, dims)
        grads = {f"d{name}": rng.randn(*array.shape) for name, array in parameters.items()}
        made.append(Case((parameters, grads, rate), f"a network of {'-'.join(map(str, dims))} units, learning_rate = {rate}"))
    return made


TASKS = [
    Task("L_model_forward", _MODULES, ("AL", "caches"), steps.L_model_forward, _forward_cases, _model_forward, _FORWARD, ("X", "parameters")),
    Task("L_model_backward", _MODULES, ("grads",), steps.L_model_backward, _backward_cases, _model_backward, _BACKWARD, ("AL", "Y", "caches")),
    Task("compute_cost", _MODULES, ("cost",), steps.compute_cost, entropy_cases, entropy, ENTROPY, ("AL", "Y")),
    Task(
        "update_parameters", (*_MODULES, "planar", "initialization", "regularization"), ("parameters",), steps.update_parameters,
        descend_cases, descend, DESCEND, ("parameters", "grads", "learning_rate"), rebinds=("parameters",),
    ),
]
