//! Gradient checking: analytic gradients compared with central differences, in `f64`.
//!
//! - [`network`] checks every array of a whole network, and its input, under its loss;
//! - [`weight`] checks one derivative, and says what it was compared with;
//! - [`layer`] checks one layer by itself: the place to start with a layer of your own;
//! - [`function`] is the course's `gradient_check_n` for any function of a vector.
//!
//! # How a gradient is checked
//!
//! A coordinate `t` is moved by a small step to both sides, and
//! `(J(t + h) - J(t - h)) / 2h` is compared with the analytic derivative.
//!
//! - **Kinks.** ReLU and max pooling have points without a derivative. Where a difference would
//!   cross one, which the layers report by [`Explain::sides`](stepnet_nn::layer::Explain::sides), a smaller step
//!   is tried; a coordinate that crosses with each of them is excluded and another one is taken.
//!   More than [`MOST_EXCLUDED`] excluded fail the check.
//! - **Rounding.** The effect of rounding on the cost is measured for each array, by the scatter of
//!   the cost over steps so small that it should be a straight line (after J. J. Moré and
//!   S. M. Wild, "Estimating computational noise", 2011). A difference within it is not a fault, and
//!   an array whose whole gradient is within it is reported separately from one that agrees.
//! - **Curvature.** Where a coordinate does not agree at first, it is measured again with other
//!   steps, and the one whose own error is least decides.
//! - **Large arrays.** Of these, [`Options::samples`] coordinates are drawn. All of them together
//!   are then moved along directions of random signs: a single wrong value changes the slope, and
//!   is found by halving the array until only it is left.
//! - **Time.** [`Options::time_limit`] is divided among the arrays, so that each gets some of it;
//!   [`network_watched`] reports the progress, and lets its caller end the check.
//!
//! If a gradient is wrong, every layer is checked separately on its values in the network, so that the fault is
//! reported where it is ([`Blame`]), not where it becomes visible.

mod alone;
mod blame;
mod examples;
mod function;
mod layers;
mod network;
mod noise;
mod options;
mod pace;
mod probe;
mod report;
mod search;
mod subject;
mod tensor;
#[cfg(test)]
mod tests;
mod text;
mod weight;

pub use alone::layer;
pub use examples::{Examples, draw_weights};
pub use function::{FunctionCheck, function, relative_difference};
pub use network::{network, network_watched};
pub use options::{MOST_EXCLUDED, Options, USUAL_STEP, USUAL_TIME_LIMIT};
pub use pace::Progress;
pub use report::{Blame, Coordinate, Reach, Report, TensorCheck, Verdict};
pub use weight::{WeightCheck, weight};
