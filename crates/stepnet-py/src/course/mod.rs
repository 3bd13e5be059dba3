//! The functions of the course's notebooks, on numpy arrays and dictionaries of them: one crossing for each call.
//!
//! Names, defaults, prints and editions are Python's: `python/stepnet/course`.

// The notebooks' own names: `X`, `W1`, `dZ`.
#![allow(non_snake_case)]

pub(crate) mod checking;
pub(crate) mod deep;
mod follow;
mod given;
pub(crate) mod networks;
pub(crate) mod rules;
pub(crate) mod shallow;
pub(crate) mod vision;
