"""The notebooks' functions, by name, on numpy arrays.

``from stepnet.steps import *`` stands in for the cells of "Convolutional neural networks: step by step" and
"Building your deep neural network: step by step" in which these functions are written. Arguments, defaults,
results and caches are the notebooks'. Arrays of ``float32`` give ``float32``, all others are taken as
``float64``.

Each function that has one takes ``engine="fast"``, the default, or ``engine="loops"``: the plain loops that
the fast kernels are tested against. In ``float64`` they agree to 1e-10 of the largest magnitude of a result.

The course published its notebooks in several editions. ``edition="2021"``, the newest, is the default;
``stepnet.steps.edition = "2017"``, `set_edition` and `use_edition` choose an earlier one, and so does the argument
``edition`` of the functions that differ.

`initialize_parameters`, `initialize_parameters_deep` and the others are those of the "building" notebook. The
application notebook imports functions of the same names that compute something else: its
``initialize_parameters_deep`` divides by ``sqrt(n_prev)`` and seeds with 1. A star import of this module after
that of its helpers replaces them.
"""

import sys
from types import ModuleType

from stepnet.steps._convolution import (
    conv_backward,
    conv_forward,
    conv_single_step,
    create_mask_from_window,
    distribute_value,
    pool_backward,
    pool_forward,
    zero_pad,
)
from stepnet.steps._dense import (
    linear_activation_backward,
    linear_activation_forward,
    linear_backward,
    linear_forward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
)
from stepnet.steps._editions import Edition, current, set_edition, use_edition
from stepnet.steps._model import (
    L_model_backward,
    L_model_forward,
    compute_cost,
    initialize_parameters,
    initialize_parameters_deep,
    update_parameters,
)

__all__ = [
    "L_model_backward",
    "L_model_forward",
    "compute_cost",
    "conv_backward",
    "conv_forward",
    "conv_single_step",
    "create_mask_from_window",
    "distribute_value",
    "initialize_parameters",
    "initialize_parameters_deep",
    "linear_activation_backward",
    "linear_activation_forward",
    "linear_backward",
    "linear_forward",
    "pool_backward",
    "pool_forward",
    "relu",
    "relu_backward",
    "set_edition",
    "sigmoid",
    "sigmoid_backward",
    "update_parameters",
    "use_edition",
    "zero_pad",
]

edition: Edition


class _Steps(ModuleType):
    """The module with its setting: an assignment to a plain attribute would change nothing."""

    @property
    def edition(self) -> Edition:
        return current()

    @edition.setter
    def edition(self, edition: Edition) -> None:
        set_edition(edition)


sys.modules[__name__].__class__ = _Steps
