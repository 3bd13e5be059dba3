//! The notebook functions, one by one, as plain loops: the specification.
//!
//! This module follows the course notebooks "Convolutional neural networks: step by step" and "Building a
//! deep neural network: step by step": the same functions under the same names, built from one another in the
//! same way, with the same shapes and caches. Nothing here is fast. It is what the fast kernels are tested
//! against, and the place to read how a step works.
//!
//! | notebook section | functions |
//! | --- | --- |
//! | convolution, forward | [`zero_pad`], [`conv_single_step`], [`conv_forward`] |
//! | pooling, forward | [`pool_forward`] |
//! | convolution, backward | [`conv_backward`] |
//! | pooling, backward | [`create_mask_from_window`], [`distribute_value`], [`pool_backward`] |
//! | deep network, parameters | [`initialize_parameters`], [`initialize_parameters_deep`] |
//! | deep network, forward | [`linear_forward`], [`linear_activation_forward`], [`L_model_forward`] |
//! | deep network, cost | [`compute_cost`] |
//! | deep network, backward | [`linear_backward`], [`linear_activation_backward`], [`L_model_backward`] |
//! | deep network, step | [`update_parameters`] |
//! | helpers the notebooks import | [`sigmoid`], [`relu`], [`sigmoid_backward`], [`relu_backward`] |
//!
//! # Conventions
//!
//! - Volumes are `(m, n_H, n_W, n_C)`: example, row, column, channel. Filters are `(f, f, n_C_prev, n_C)` and
//!   their biases `(1, 1, 1, n_C)`.
//! - Dense arrays have one column per example, `(units, m)`; weights are `(units, previous units)` and biases
//!   `(units, 1)`.
//! - Every function takes references to arrays or views of any memory layout, in `f32` or `f64`.
//! - The size after a window of `f` slides over `n` with `pad` and `stride` is
//!   `floor((n - f + 2 pad) / stride) + 1`. The notebooks' code cuts with `int()`, which differs from the floor
//!   only where the window is larger than the padded input; such input is rejected here.
//! - Arrays without elements, such as an empty batch, are taken as numpy takes them: sums over nothing are 0 and
//!   means over nothing NaN. Only a maximum of nothing, and a window without a value to pool, are rejected.
//!
//! # Where the notebooks err
//!
//! Five versions of the notebooks were compared with one another. Where one of them has a slip that a learner
//! can stumble over, the function concerned says so under "In the notebooks". The outputs that are printed as
//! "expected" are right in all of them; in print they differ only by the formats of numpy's versions
//! (`[ 0.  0.]` or `[0. 0.]`, 12 digits or 17), so compare numbers, not text.

// The notebooks' own names: `A_prev`, `W`, `L_model_forward`.
#![allow(non_snake_case)]

use stepnet_base::{Element, Error, Result, memory};

mod activation;
mod check;
mod conv;
mod cost;
mod dense;
mod init;
mod model;
mod pad;
mod parameters;
mod pool;
#[cfg(test)]
mod tests;
mod window;

/// The checks of the functions, for code that computes the same in another way.
#[doc(hidden)]
pub mod checks {
    pub use crate::activation::check_backward as activation_backward;
    pub use crate::check::{
        PIECE, checked_len, copied, for_pieces, is_fortran, last_is_fastest, same_shape, shaped,
        zeros,
    };
    pub use crate::conv::output_shape as conv_shape;
    pub use crate::dense::check_layer as layer;
    pub use crate::pool::output_shape as pool_shape;
}

// For the Python package, which fills caches from views.
#[doc(hidden)]
pub use check::copied;
#[doc(hidden)]
pub use parameters::descended;

pub use activation::{Activation, relu, relu_backward, sigmoid, sigmoid_backward};
pub use conv::{ConvCache, ConvHparameters, conv_backward, conv_forward, conv_single_step};
pub use cost::compute_cost;
pub use dense::{
    LinearActivationCache, LinearCache, linear_activation_backward, linear_activation_forward,
    linear_backward, linear_forward,
};
pub use init::{initialize_parameters, initialize_parameters_deep};
pub use model::{L_model_backward, L_model_forward, cost_backward};
pub use pad::zero_pad;
pub use parameters::{Grads, Parameters, update_parameters};
pub use pool::{PoolCache, PoolHparameters, PoolMode, pool_backward, pool_forward};
pub use window::{create_mask_from_window, distribute_value};
