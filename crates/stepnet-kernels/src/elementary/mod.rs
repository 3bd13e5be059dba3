//! The elementary functions of the activations and losses, without branches, so that loops over
//! them become vector instructions: `exp`, `tanh`, `sigmoid`, `ln(1 + x)` between 0 and 1, and `x Phi(x)` of
//! the normal distribution.
//!
//! Method: Cody and Waite's reduction of the argument by multiples of `ln 2` in two parts, then a
//! polynomial ("Software Manual for the Elementary Functions", 1980). The polynomials are of least
//! largest error (Remez exchange in 300-bit arithmetic), rounded to the type; the bound of what they
//! leave out stands beside each. Results are within 2 units of the last place of the exact value
//! (the normal distribution's within 4) for every argument, on every instruction set; the tests measure it.

mod constants;
mod exp;
mod ln_1p;
mod normal;
#[cfg(test)]
mod oracle;
mod parts;
mod sigmoid;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use constants::Elementary;
pub(super) use exp::exp;
pub(super) use ln_1p::ln_1p_unit;
pub(super) use normal::{normal_product, normal_product_slope};
pub(super) use sigmoid::{sigmoid, sigmoid_from};
pub(super) use tanh::tanh;
