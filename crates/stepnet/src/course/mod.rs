//! The functions of the course's notebooks: a module for each notebook, with that notebook's names, arguments and results.
//!
//! | module | notebook | functions |
//! | --- | --- | --- |
//! | [`logistic_regression`] | Logistic regression with a neural network mindset | [`propagate`](logistic_regression::propagate), [`optimize`](logistic_regression::optimize), [`model`](logistic_regression::model), ... |
//! | [`planar`] | Planar data classification with one hidden layer | [`nn_model`](planar::nn_model) and its parts |
//! | [`building_dnn`] | Building your deep neural network | those of [`steps`](crate::steps) |
//! | [`dnn_application`] | Deep neural network: application | [`two_layer_model`](dnn_application::two_layer_model), [`L_layer_model`](dnn_application::L_layer_model), [`predict`](dnn_application::predict) |
//! | [`initialization`] | Initialization | zeros, random, He, [`model`](initialization::model) |
//! | [`regularization`] | Regularization | L2 and dropout, forward and backward, [`model`](regularization::model) |
//! | [`gradient_checking`] | Gradient checking | [`gradient_check`](gradient_checking::gradient_check), [`gradient_check_n`](gradient_checking::gradient_check_n) and their networks |
//! | [`optimization`] | Optimization methods | mini-batches, momentum, Adam, decays, [`model`](optimization::model) |
//! | [`convolution`] | Convolutional neural networks: step by step | those of [`steps`](crate::steps) |
//! | [`cnn_application`] | Convolution model: application; Keras tutorial | texts of networks |
//! | [`residual_networks`] | Residual networks | [`identity_block`](residual_networks::identity_block), [`convolutional_block`](residual_networks::convolutional_block), [`resnet50`](residual_networks::resnet50): texts of networks |
//! | [`unet`] | Image segmentation with U-Net | [`conv_block`](unet::conv_block), [`upsampling_block`](unet::upsampling_block), [`unet_model`](unet::unet_model): texts of networks |
//! | [`yolo`] | Car detection | [`yolo_filter_boxes`](yolo::yolo_filter_boxes), [`iou`](yolo::iou), [`yolo_non_max_suppression`](yolo::yolo_non_max_suppression), ... |
//! | [`face_recognition`] | Face recognition | [`triplet_loss`](face_recognition::triplet_loss), [`verify`](face_recognition::verify), [`who_is_it`](face_recognition::who_is_it) |
//! | [`neural_style`] | Neural style transfer | [`gram_matrix`](neural_style::gram_matrix), content and style cost |
//!
//! Several notebooks have functions of one name that compute something else: `compute_cost` divides by the number of
//! examples in one and not in another, and `initialize_parameters` has four scales and three seeds. So they are in modules
//! of their own, and none is re-exported under its bare name.
//!
//! All of them compute in `f64`, as the notebooks do. Examples are columns: `X` is `(features, m)`, `Y` is `(1, m)`. Where
//! a function multiplies matrices it takes an [`Engine`]: the kernels, or plain loops, which are the witness. Random numbers
//! are those of numpy's generator after the notebook's seed, so that a model is that of the notebook, digit for digit. No
//! function changes what it is given.

// The notebooks' own names: `A_prev`, `W`, `L_layer_model`.
#![allow(non_snake_case)]

mod arithmetic;
pub mod building_dnn;
pub mod cnn_application;
pub mod convolution;
pub mod dnn_application;
pub mod face_recognition;
pub mod gradient_checking;
pub mod initialization;
mod layers;
pub mod logistic_regression;
pub mod neural_style;
pub mod optimization;
pub mod planar;
pub mod regularization;
mod relu_network;
pub mod residual_networks;
#[cfg(test)]
mod tests;
pub mod unet;
pub mod yolo;

use std::fmt;
use std::ops::ControlFlow;

use crate::error::{Error, Result};

pub use relu_network::{Cache, Gradients};

/// For the Python package, whose caches are tuples of arrays that are read where they lie.
#[doc(hidden)]
pub mod views {
    pub use super::arithmetic::pairwise_sum;
    pub use super::relu_network::{Backward, LayerView, Mean, Memory, Passed, backward, forward};
}

/// What computes products and activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The kernels, and loops where an array is so small that these take less time.
    #[default]
    Fast,
    /// Loops and the standard library's functions, as one reads them in the notebook.
    Loops,
}

/// The editions of the notebooks, where a function's result depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// The first one, of 2017.
    First,
    /// The later revisions of the first one, whose files end in `v8a`, `v6a`, `v1b` and the like.
    Revised,
    /// That of 2021, the newest.
    #[default]
    Newest,
}

/// How a model is trained: what the notebooks' functions `model` take besides the data.
pub struct Descent<'a> {
    /// The step of gradient descent.
    pub learning_rate: f64,
    /// Steps to take.
    pub num_iterations: usize,
    /// What computes.
    pub engine: Engine,
    /// Called before each step with its number, from 0, and the cost; a `Break` ends the training with
    /// [`Error::Stopped`].
    pub observe: Option<Observe<'a>>,
}

/// Follows a training: the number of a step or an epoch, and its cost.
pub type Observe<'a> = &'a mut dyn FnMut(usize, f64) -> ControlFlow<()>;

impl fmt::Debug for Descent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Descent")
            .field("learning_rate", &self.learning_rate)
            .field("num_iterations", &self.num_iterations)
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

impl Descent<'_> {
    /// So many steps of this size, which nobody follows.
    pub fn new(learning_rate: f64, num_iterations: usize) -> Self {
        Self {
            learning_rate,
            num_iterations,
            engine: Engine::Fast,
            observe: None,
        }
    }

    /// Tells the observer of a step.
    fn report(&mut self, iteration: usize, cost: f64) -> Result<()> {
        tell(&mut self.observe, iteration, cost)
    }
}

fn tell(observe: &mut Option<Observe<'_>>, at: usize, cost: f64) -> Result<()> {
    match observe.as_mut().map(|observe| observe(at, cost)) {
        Some(ControlFlow::Break(())) => Err(Error::Stopped),
        _ => Ok(()),
    }
}
