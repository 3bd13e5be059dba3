//! The notebooks' functions on the fast kernels: what [`steps`](crate::steps) computes by plain loops, in the
//! same shapes, with the same errors.
//!
//! | function | as |
//! | --- | --- |
//! | [`conv_forward`], [`conv_backward`] | [`steps::conv_forward`](crate::steps::conv_forward) and its backward |
//! | [`pool_forward`], [`pool_backward`] | [`steps::pool_forward`](crate::steps::pool_forward) and its backward |
//! | [`linear_forward`], [`linear_backward`] | [`steps::linear_forward`](crate::steps::linear_forward) and its backward |
//! | [`sigmoid`], [`relu`] and their `_backward` | those of `steps` |
//!
//! `linear_forward_into`, `linear_backward_into`, `relu_into` and `sigmoid_into` overwrite memory of the caller's with the
//! result, and return the [`Order`] of its values.
//!
//! A backward function takes what the notebook's cache holds as arguments, so that nothing is copied into a
//! cache; arrays are copied only where they are not contiguous in C order. Sums are taken in another order than
//! by the loops: in `f64` results agree to 1e-10 of the largest magnitude of an array, in `f32` to 1e-4 (3x3
//! windows at stride 1 may go by Winograd's method there, see [`conv`](crate::kernels::conv)). Max pooling marks
//! every maximum of a window, as the notebooks do. Arrays without elements, and convolutions and maxima in which
//! infinities or NaN occur, are left to the loops, so that these too come out as the notebooks' code has them.

// The notebooks' own names: `A_prev`, `W`, `dZ`.
#![allow(non_snake_case)]

mod activation;
mod arrays;
mod conv;
mod dense;
mod pool;
#[cfg(test)]
mod tests;

pub use activation::{relu, relu_backward, relu_into, sigmoid, sigmoid_backward, sigmoid_into};
pub use arrays::Order;
pub use conv::{conv_backward, conv_forward};
pub use dense::{linear_backward, linear_backward_into, linear_forward, linear_forward_into};
pub use pool::{pool_backward, pool_forward};

pub(crate) use dense::{Factor, linear_backward_parameters, matrix_product};
