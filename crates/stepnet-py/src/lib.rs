//! The native part of the Python package: functions on numpy arrays, without Python's dictionaries,
//! defaults and help, which `python/stepnet` adds.
#![cfg(feature = "module")]

mod convert;
mod steps;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    #[pymodule_export]
    use super::steps::{
        compute_cost, conv_backward, conv_forward, conv_single_step, cost_backward,
        create_mask_from_window, distribute_value, initialize_parameters_deep, linear_backward,
        linear_forward, pool_backward, pool_forward, relu, relu_backward, sigmoid,
        sigmoid_backward, update_parameters, zero_pad,
    };
}
