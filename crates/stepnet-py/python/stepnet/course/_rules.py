"""The update rules of "Optimization methods"."""

from __future__ import annotations

from typing import TypeAlias

from stepnet import _native
from stepnet._arrays import Array
from stepnet._values import number, whole
from stepnet.course._given import Parameters
from stepnet.steps._editions import Edition, chosen

Arrays: TypeAlias = dict[str, Array]

# Steps that a 32-bit number counts.
_MOST = 2**31 - 1


def update_parameters_with_gd(parameters: Parameters, grads: Parameters, learning_rate: float) -> Arrays:
    """Take a step of gradient descent.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on.
    grads : dict
        ``"dW1"``, ``"db1"`` and so on.
    learning_rate : float
        The size of the step.

    Returns
    -------
    dict
        The new parameters; those given stay as they are.
    """
    rate = number("update_parameters_with_gd", "learning_rate", learning_rate)
    return _native.descended_all("update_parameters_with_gd", parameters, grads, rate)


def initialize_velocity(parameters: Parameters) -> Arrays:
    """Create the averages of momentum, which are 0.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on.

    Returns
    -------
    dict
        ``"dW1"``, ``"db1"`` and so on, of the same shapes.
    """
    return _native.zeros_for("initialize_velocity", parameters, 1)[0]


def update_parameters_with_momentum(
    parameters: Parameters, grads: Parameters, v: Parameters, beta: float, learning_rate: float
) -> tuple[Arrays, Arrays]:
    """Take a step with momentum: ``v = beta v + (1 - beta) dW``, ``W = W - learning_rate v``.

    Parameters
    ----------
    parameters, grads : dict
        As for `update_parameters_with_gd`.
    v : dict
        As `initialize_velocity` and this function return it.
    beta : float
        How much of the average stays.
    learning_rate : float
        The size of the step.

    Returns
    -------
    parameters, v : dict
        The new ones; those given stay as they are.
    """
    function = "update_parameters_with_momentum"
    beta, rate = number(function, "beta", beta), number(function, "learning_rate", learning_rate)
    return _native.momentum_step(parameters, grads, v, beta, rate)


def initialize_adam(parameters: Parameters) -> tuple[Arrays, Arrays]:
    """Create the averages of Adam, which are 0.

    Parameters
    ----------
    parameters : dict
        ``"W1"``, ``"b1"`` and so on.

    Returns
    -------
    v, s : dict
        ``"dW1"``, ``"db1"`` and so on, of the same shapes.
    """
    v, s = _native.zeros_for("initialize_adam", parameters, 2)
    return v, s


def update_parameters_with_adam(
    parameters: Parameters,
    grads: Parameters,
    v: Parameters,
    s: Parameters,
    t: int,
    learning_rate: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    *,
    edition: Edition | None = None,
) -> tuple[Arrays, Arrays, Arrays, Arrays, Arrays] | tuple[Arrays, Arrays, Arrays]:
    """Take a step of Adam.

    Parameters
    ----------
    parameters, grads : dict
        As for `update_parameters_with_gd`.
    v, s : dict
        The averages of the gradients and of their squares, as `initialize_adam` and this function return them.
    t : int
        The number of the step, from 1.
    learning_rate : float
        The size of the step.
    beta1, beta2 : float
        How much of the averages stays.
    epsilon : float
        Against a division by 0; added to the root.
    edition : {"2021", "v8a", "2017"}, optional
        The editions before 2021 return only the first three.

    Returns
    -------
    parameters, v, s : dict
        The new ones; those given stay as they are.
    v_corrected, s_corrected : dict
        The averages, corrected for their start at 0.
    """
    function = "update_parameters_with_adam"
    newest = chosen(function, edition) == "2021"
    rate = number(function, "learning_rate", learning_rate)
    adam = (number(function, "beta1", beta1), number(function, "beta2", beta2), number(function, "epsilon", epsilon))
    step = whole(function, "t", t, 1, _MOST)
    new, v, s, v_corrected, s_corrected = _native.adam_step(parameters, grads, (v, s), step, rate, adam)
    return (new, v, s, v_corrected, s_corrected) if newest else (new, v, s)
