//! The native part of the Python package: functions on numpy arrays, without Python's dictionaries,
//! defaults and help, which `python/stepnet` adds.
#![cfg(feature = "module")]

mod build;
mod command;
mod convert;
mod course;
mod data;
mod early_stopping;
mod embed;
mod evaluation;
mod examples;
mod exchange;
mod explain;
mod fetched;
mod fork;
mod group;
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
    use super::course::{
        checking::{as_vector, check_many, check_one, from_vector},
        deep::{
            application_model, application_predict, cross_entropy, initial_parameters,
            network_backward, network_forward, network_model, network_predict, regularized_cost,
        },
        networks::{network_text, residual_block, unet_down, unet_up, unet_whole},
        rules::{
            adam_step, decayed, decayed_in_steps, descended_all, momentum_step, optimization_model,
            permutation, zeros_for,
        },
        shallow::{
            logistic_accuracy, logistic_optimize, logistic_predict, logistic_propagate,
            planar_backward, planar_forward, planar_model,
        },
        vision::{
            boxes_scaled, boxes_to_corners, content_cost, distances, filter_boxes, gram_matrix,
            intersection_over_union, non_max_suppression, of_length_one, style_cost, total_cost,
            triplet_loss,
        },
    };
    #[pymodule_export]
    use super::data::{digits, formats, holds_pictures, load, pictures};
    #[pymodule_export]
    use super::early_stopping::EarlyStopping;
    #[pymodule_export]
    use super::embed::embed;
    #[pymodule_export]
    use super::exchange::{export_keras, export_onnx, export_torch, import_model};
    #[pymodule_export]
    use super::explain::explain;
    #[pymodule_export]
    use super::group::{Membership, abort_group, leave_group};
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
    use super::training::Training;

    /// Facts that the library determines once are determined before a fork can intervene.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        stepnet::kernels::requested_instruction_set().map_err(super::convert::raised)?;
        super::steps::settle()?;
        super::fork::watch(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
