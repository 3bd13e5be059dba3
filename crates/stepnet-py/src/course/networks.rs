//! "Convolution model: application", "Residual networks" and "U-Net": texts of networks.

use pyo3::prelude::*;
use stepnet::course::{Edition, cnn_application, residual_networks, unet};

use crate::convert::raised;

/// The text of a network of the application notebook, and of ResNet-50.
#[pyfunction]
pub(crate) fn network_text(name: &str, classes: usize, newest: bool) -> PyResult<String> {
    let edition = if newest {
        Edition::Newest
    } else {
        Edition::Revised
    };
    match name {
        "happyModel" => Ok(cnn_application::happy_model().to_owned()),
        "convolutional_model" => Ok(cnn_application::convolutional_model(edition)),
        _ => residual_networks::resnet50(classes).map_err(raised),
    }
}

/// A text with a residual block after it; with a stride one whose shortcut is a convolution.
#[pyfunction]
pub(crate) fn residual_block(
    X: &str,
    f: usize,
    filters: [usize; 3],
    s: Option<usize>,
) -> PyResult<String> {
    let text = match s {
        Some(s) => residual_networks::convolutional_block(X, f, filters, s),
        None => residual_networks::identity_block(X, f, filters),
    };
    text.map_err(raised)
}

#[pyfunction]
pub(crate) fn unet_down(
    inputs: &str,
    n_filters: usize,
    dropout_prob: f64,
    max_pooling: bool,
) -> PyResult<(String, String)> {
    unet::conv_block(inputs, n_filters, dropout_prob, max_pooling).map_err(raised)
}

#[pyfunction]
pub(crate) fn unet_up(
    expansive_input: &str,
    contractive_input: &str,
    n_filters: usize,
) -> PyResult<String> {
    unet::upsampling_block(expansive_input, contractive_input, n_filters).map_err(raised)
}

#[pyfunction]
pub(crate) fn unet_whole(n_filters: usize, n_classes: usize) -> PyResult<String> {
    unet::unet_model(n_filters, n_classes).map_err(raised)
}
