"""The checks of "Optimization methods"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stepnet._arrays import Array
from stepnet._checking._task import Case, Faults, Task
from stepnet._checking.tasks.deep import DESCEND, ENTROPY, descend, descend_cases, entropy_cases, network
from stepnet._checking.tasks.deep import entropy as mean_entropy
from stepnet.course import optimization as notebook
from stepnet.steps._editions import current

_MODULES = ("optimization",)
Parameters = dict[str, Array]


def _batches(f: Faults, X: Array, Y: Array, mini_batch_size: int = 64, seed: int = 0) -> Any:
    np.random.seed(seed + ("another seed" in f))
    m, size = X.shape[1], mini_batch_size
    order = np.arange(m) if "not shuffled" in f else np.random.permutation(m)
    other = np.random.permutation(m) if "Y shuffled otherwise" in f else np.arange(m) if "Y not shuffled" in f else order
    if "X not shuffled" in f:
        order = np.arange(m)
    X, Y = X[:, order], Y[:, other]
    batches = []
    for k in range(math.floor(m / size)):
        first = k if "windows of one step" in f else k * size
        end = first + size - ("one too few" in f)
        batches.append((X[:, first:end], Y[:, first:end]))
    rest = m - m // size * size
    if rest and "rest left out" not in f:
        if "rest is wrong" in f:
            batches.append((X[:, :rest], Y[:, :rest]))
        elif "rest is a full batch" in f:
            batches.append((X[:, -size:], Y[:, -size:]))
        else:
            batches.append((X[:, m - rest :], Y[:, m - rest :]))
    if not rest and "empty rest" in f:
        batches.append((X[:, m:], Y[:, m:]))
    if "first left out" in f:
        batches = batches[1:]
    return batches


_BATCHES = {
    "not shuffled": "the examples are not shuffled: X[:, permutation] and Y[:, permutation].",
    "Y shuffled otherwise": "X and Y are shuffled by two permutations: the labels no longer belong to the examples. Use one for both.",
    "Y not shuffled": "Y is not shuffled; it has the same permutation as X.",
    "X not shuffled": "X is not shuffled; it has the same permutation as Y.",
    "rest left out": "the last, smaller mini-batch is left out.",
    "rest is wrong": "the last mini-batch has the first examples; it has those that are left, from num_complete_minibatches * size on.",
    "rest is a full batch": "the last mini-batch is a full one, with examples that were in another already; it has only those that are left.",
    "empty rest": "where the size divides m there is an empty mini-batch at the end.",
    "one too few": "each mini-batch has one example too few: a slice leaves its end out already.",
    "windows of one step": "the mini-batches start at k; they start at k * mini_batch_size.",
    "first left out": "the first mini-batch is left out: k starts at 0.",
    "another seed": "the generator is seeded with another number.",
}


def _batches_cases() -> list[Case]:
    rng = np.random.RandomState(71)
    made = []
    for m, size, seed in ((10, 4, 0), (12, 4, 3), (7, 3, 1)):
        given = rng.randn(2, m), (rng.rand(1, m) > 0.5).astype(int), size, seed
        made.append(Case(given, f"{m} examples, mini_batch_size = {size}, seed = {seed}", m))
    return made


def _momentum(f: Faults, parameters: Parameters, grads: Parameters, v: Parameters, beta: float, learning_rate: float) -> Any:
    new, averages = dict(parameters), dict(v)
    layers = len(parameters) // 2 - ("last layer left out" in f)
    keep, add = (1 - beta, beta) if "beta and 1 - beta swapped" in f else (beta, 1 if "1 - beta left out" in f else 1 - beta)
    for at in range(1, layers + 1):
        for letter in "Wb":
            name = f"{letter}{at}"
            dW, before = grads[f"d{name}"], v[f"d{name}"]
            if "gradient squared" in f:
                dW = dW**2
            average = add * dW if "average not kept" in f else keep * before + add * dW
            step = {"gradient used": grads[f"d{name}"], "old average used": before}
            used = next((step[key] for key in step if key in f), average)
            if "biases without momentum" in f and letter == "b":
                used = grads[f"d{name}"]
            step_size = 1.0 if "rate left out" in f else learning_rate
            new[name] = parameters[name] + (used if "sign" in f else -used) * step_size
            averages[f"d{name}"] = before if "average not returned" in f else average
    return new, averages


_MOMENTUM = {
    "beta and 1 - beta swapped": "beta and 1 - beta are swapped: v = beta * v + (1 - beta) * dW.",
    "1 - beta left out": "the factor 1 - beta is left out: v = beta * v + (1 - beta) * dW.",
    "average not kept": "the old average is left out: v = beta * v + (1 - beta) * dW.",
    "gradient used": "the parameters move by the gradient; they move by the average v.",
    "old average used": "the parameters move by the old average: compute v first.",
    "average not returned": "v is returned as it was given.",
    "biases without momentum": "the biases move by their gradient; they move by its average.",
    "gradient squared": "the gradient is squared; in momentum it is not.",
    "sign": "the average is added; it is subtracted.",
    "rate left out": "the learning rate is left out: W = W - learning_rate * v.",
    "last layer left out": "the last layer is not updated: the loop ends one too early.",
}


def _step_given(rng: Any, dims: list[int], averages: int) -> list[Parameters]:
    parameters = network(rng, dims)
    grads = {f"d{name}": rng.randn(*array.shape) for name, array in parameters.items()}
    made = [parameters, grads]
    for at in range(averages):
        made.append({name: rng.rand(*array.shape) if at else rng.randn(*array.shape) for name, array in grads.items()})
    return made


def _momentum_cases() -> list[Case]:
    rng = np.random.RandomState(72)
    made = []
    for dims, beta, rate in (([2, 1], 0.9, 0.01), ([2, 3, 1], 0.8, 0.1), ([3, 3, 2, 1], 0.6, 0.5)):
        said = f"a network of {'-'.join(map(str, dims))} units, beta = {beta}, learning_rate = {rate}"
        made.append(Case((*_step_given(rng, dims, 1), beta, rate), said))
    return made


def _adam(
    f: Faults, parameters: Parameters, grads: Parameters, v: Parameters, s: Parameters, t: int, learning_rate: float = 0.01,
    beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8,
) -> Any:
    if "betas swapped" in f:
        beta1, beta2 = beta2, beta1
    new, of_v, of_s, right_v, right_s = dict(parameters), dict(v), dict(s), {}, {}
    layers = len(parameters) // 2 - ("last layer left out" in f)
    for at in range(1, layers + 1):
        for letter in "Wb":
            name = f"d{letter}{at}"
            dW = grads[name]
            of_v[name] = beta1 * v[name] + (1 if "1 - beta1 left out" in f else 1 - beta1) * dW
            square = np.abs(dW) if "magnitude for square" in f else dW if "square left out" in f else dW**2
            of_s[name] = beta2 * s[name] + (1 if "1 - beta2 left out" in f else 1 - beta2) * square
            right_v[name], right_s[name] = _corrected(f, of_v[name], of_s[name], t, beta1, beta2)
            first = of_v[name] if "v not corrected in the step" in f else right_v[name]
            second = of_s[name] if "s not corrected in the step" in f else right_s[name]
            if "epsilon in the root" in f:
                under = np.sqrt(second + epsilon)
            elif "root left out" in f:
                under = second + epsilon
            else:
                under = np.sqrt(second) + (0 if "epsilon left out" in f else epsilon)
            step = learning_rate * (dW if "gradient used" in f else first) / under
            new[name[1:]] = parameters[name[1:]] + (step if "sign" in f else -step)
    if "v and s swapped" in f:
        of_v, of_s = of_s, of_v
    return new, of_v, of_s, right_v, right_s


def _corrected(f: Faults, v: Array, s: Array, t: int, beta1: float, beta2: float) -> tuple[Array, Array]:
    if "not corrected" in f:
        return v, s
    if "t left out" in f:
        return v / (1 - beta1), s / (1 - beta2)
    if "t as a power of the difference" in f:
        return v / (1 - beta1) ** t, s / (1 - beta2) ** t
    if "t as a factor" in f:
        return v / (1 - beta1 * t), s / (1 - beta2 * t)
    if "corrected by a product" in f:
        return v * (1 - beta1**t), s * (1 - beta2**t)
    return v / (1 - beta1**t), s / (1 - (beta1 if "beta1 for s" in f else beta2) ** t)


_ADAM = {
    "betas swapped": "beta1 and beta2 are swapped: v has beta1, s has beta2.",
    "1 - beta1 left out": "the factor 1 - beta1 is left out of v.",
    "1 - beta2 left out": "the factor 1 - beta2 is left out of s.",
    "square left out": "the gradient is not squared in s: s = beta2 * s + (1 - beta2) * dW ** 2.",
    "magnitude for square": "s averages the magnitudes; it averages the squares.",
    "not corrected": "the averages are not corrected for their start at 0: v / (1 - beta1 ** t), s / (1 - beta2 ** t).",
    "t left out": "the correction is without t: it is 1 - beta1 ** t.",
    "t as a power of the difference": "the correction is (1 - beta1) ** t; it is 1 - beta1 ** t.",
    "t as a factor": "the correction multiplies by t; it is 1 - beta1 ** t.",
    "corrected by a product": "the averages are multiplied by 1 - beta ** t; they are divided.",
    "beta1 for s": "s is corrected with beta1; it is corrected with beta2.",
    "v not corrected in the step": "the parameters move by v; they move by v_corrected.",
    "s not corrected in the step": "the step is divided by the root of s; it is that of s_corrected.",
    "epsilon in the root": "epsilon is inside of the root; it is added to the root: np.sqrt(s_corrected) + epsilon.",
    "epsilon left out": "epsilon is left out.",
    "root left out": "the root is left out: v_corrected / (np.sqrt(s_corrected) + epsilon).",
    "gradient used": "the parameters move by the gradient; they move by v_corrected.",
    "sign": "the step is added; it is subtracted.",
    "v and s swapped": "v and s are swapped in the result.",
    "last layer left out": "the last layer is not updated: the loop ends one too early.",
}


def _adam_cases() -> list[Case]:
    rng = np.random.RandomState(73)
    made = []
    for dims, t, epsilon in (([2, 1], 2, 1e-2), ([2, 3, 1], 3, 0.1), ([3, 3, 2, 1], 5, 1e-8)):
        given = (*_step_given(rng, dims, 2), t, 0.1, 0.6, 0.8, epsilon)
        made.append(Case(given, f"a network of {'-'.join(map(str, dims))} units, t = {t}, epsilon = {epsilon}"))
    return made


def _entropy(f: Faults, a3: Array, Y: Array) -> Any:
    mean = mean_entropy(f & (set(ENTROPY) - {"1/m forgotten"}), a3, Y)
    whole = mean * a3.shape[1]
    # The edition of 2017 has a mean, the later ones a sum.
    return mean if (current() == "2017") != ("divided by m" in f) else whole


_SUM = {key: text.replace("the cost is the mean over the examples", "") for key, text in ENTROPY.items() if key not in ("1/m forgotten", "divided by 2m")}
_SUM["divided by m"] = "the cost is a mean over the mini-batch; since 2018 it is the sum, the edition of 2017 has the mean."


def _decay(f: Faults, learning_rate0: float, epoch_num: int, decay_rate: float) -> float:
    if "1 left out" in f:
        return learning_rate0 / (decay_rate * epoch_num)
    if "multiplied" in f:
        return learning_rate0 * (1 + decay_rate * epoch_num)
    if "power" in f:
        return learning_rate0 * decay_rate**epoch_num
    return learning_rate0 / (1 + decay_rate * (epoch_num + ("next epoch" in f)))


def _decay_in_steps(f: Faults, learning_rate0: float, epoch_num: int, decay_rate: float, time_interval: int = 1000) -> float:
    part = epoch_num / time_interval if "floor left out" in f else epoch_num // (1000 if "interval ignored" in f else time_interval)
    if "rounded up" in f:
        part = math.ceil(epoch_num / time_interval)
    if "interval left out" in f:
        part = epoch_num
    return learning_rate0 * (1 + decay_rate * part) if "multiplied" in f else learning_rate0 / (1 + decay_rate * part)


_DECAY = {
    "multiplied": "the first rate is multiplied by 1 + decay_rate * epoch_num; it is divided.",
    "1 left out": "the 1 is missing: learning_rate0 / (1 + decay_rate * epoch_num).",
    "power": "the decay is exponential; it is learning_rate0 / (1 + decay_rate * epoch_num).",
    "next epoch": "the number of the epoch is one too large.",
}
_STEPS = {
    "floor left out": "the quotient is not rounded down: np.floor(epoch_num / time_interval).",
    "rounded up": "the quotient is rounded up; it is rounded down.",
    "interval left out": "time_interval is left out: the decay is np.floor(epoch_num / time_interval).",
    "interval ignored": "the interval is always 1000; it is the argument time_interval.",
    "multiplied": "the first rate is multiplied; it is divided by 1 + decay_rate * floor(epoch_num / time_interval).",
}


def _decay_cases() -> list[Case]:
    given = [(0.5, 2, 1.0), (0.1, 10, 0.3), (0.01, 7, 0.5)]
    return [Case(one, f"learning_rate0 = {one[0]}, epoch_num = {one[1]}, decay_rate = {one[2]}") for one in given]


def _steps_cases() -> list[Case]:
    given = [(0.5, 8, 0.3, 3), (0.5, 100, 0.3, 100), (0.3, 1250, 1.0, 1000), (0.1, 7, 0.5, 4)]
    return [Case(one, f"learning_rate0 = {one[0]}, epoch_num = {one[1]}, decay_rate = {one[2]}, time_interval = {one[3]}") for one in given]


_NAMES = ("parameters", "grads", "v", "s", "t", "learning_rate", "beta1", "beta2", "epsilon")
_RATE = ("learning_rate0", "epoch_num", "decay_rate", "time_interval")
TASKS = [
    Task(
        "update_parameters_with_gd", _MODULES, ("parameters",), notebook.update_parameters_with_gd, descend_cases, descend, DESCEND,
        ("parameters", "grads", "learning_rate"), rebinds=("parameters",),
    ),
    Task(
        "random_mini_batches", _MODULES, ("mini_batches",), notebook.random_mini_batches, _batches_cases, _batches, _BATCHES,
        ("X", "Y", "mini_batch_size", "seed"),
    ),
    Task(
        "update_parameters_with_momentum", _MODULES, ("parameters", "v"), notebook.update_parameters_with_momentum, _momentum_cases,
        _momentum, _MOMENTUM, ("parameters", "grads", "v", "beta", "learning_rate"), rebinds=("parameters", "v"),
    ),
    Task(
        "update_parameters_with_adam", _MODULES, ("parameters", "v", "s", "v_corrected", "s_corrected"),
        lambda *args: notebook.update_parameters_with_adam(*args, edition="2021"), _adam_cases, _adam, _ADAM, _NAMES,
        rebinds=("parameters", "v", "s"), earlier=3,
    ),
    Task("compute_cost", _MODULES, ("cost",), notebook.compute_cost, entropy_cases, _entropy, _SUM, ("a3", "Y")),
    Task("update_lr", _MODULES, ("learning_rate",), notebook.update_lr, _decay_cases, _decay, _DECAY, _RATE[:3]),
    Task("schedule_lr_decay", _MODULES, ("learning_rate",), notebook.schedule_lr_decay, _steps_cases, _decay_in_steps, _STEPS, _RATE),
]
