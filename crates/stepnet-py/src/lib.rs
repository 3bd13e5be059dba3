//! The native part of the Python package: functions on numpy arrays, without Python's dictionaries,
//! defaults and help, which `python/stepnet` adds.
#![cfg(feature = "module")]

mod build;
mod command;
mod convert;
mod data;
mod embed;
mod evaluation;
mod examples;
mod exchange;
mod fetched;
mod fork;
mod insight;
mod kept;
mod network;
mod passes;
mod record;
mod running;
mod settings;
mod signals;
mod steps;
mod targets;
mod training;
mod wording;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use super::*;

    #[pymodule_export]
    use super::command::command;
    #[cfg(feature = "break-promise")]
    #[pymodule_export]
    use super::convert::break_promise;
    #[pymodule_export]
    use super::data::{digits, formats, holds_pictures, load, pictures};
    #[pymodule_export]
    use super::embed::embed;
    #[pymodule_export]
    use super::exchange::{export_onnx, export_torch, import_model};
    #[pymodule_export]
    use super::insight::{gradcheck, why};
    #[pymodule_export]
    use super::network::{Network, predicted_classes};
    #[pymodule_export]
    use super::running::Running;
    #[pymodule_export]
    use super::settings::{settings, settings_kept};
    #[pymodule_export]
    use super::steps::{
        compute_cost, conv_backward, conv_forward, conv_single_step, cost_backward,
        create_mask_from_window, descended, distribute_value, initialize_parameters,
        initialize_parameters_deep, linear_backward, linear_forward, pool_backward, pool_forward,
        relu, relu_backward, sigmoid, sigmoid_backward, zero_pad,
    };
    #[pymodule_export]
    use super::training::{EarlyStopping, Training};

    /// Facts that the library determines once are determined before a fork can intervene.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        stepnet::kernels::requested_instruction_set().map_err(super::convert::raised)?;
        super::steps::settle()?;
        super::fork::watch(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
