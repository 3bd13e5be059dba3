//! Gradient checking: analytic gradients held against central differences, in `f64`.
//!
//! [`function`] is the course's `gradient_check_n` for any function of a vector.

mod function;

pub use function::{FunctionCheck, function, relative_difference};
