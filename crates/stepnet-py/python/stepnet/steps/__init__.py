"""The notebooks' functions, by name, on numpy arrays.

``from stepnet.steps import *`` stands in for the cells of "Convolutional neural networks: step by step" and
"Building your deep neural network: step by step" in which these functions are written. Arguments, defaults,
results and caches are the notebooks'. Arrays of ``float32`` give ``float32``, all others are taken as
``float64``.

Each function that has one takes ``engine="fast"``, the default, or ``engine="loops"``: the plain loops that
the fast kernels are tested against. In ``float64`` they agree to 1e-10 of the largest magnitude of a result.
"""

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
    "sigmoid",
    "sigmoid_backward",
    "update_parameters",
    "zero_pad",
]
