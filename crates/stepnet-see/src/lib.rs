//! Looking into networks: every number can be asked where it comes from, and every gradient checked.
//!
//! Everything here works on the networks of [`nn`](stepnet_nn), through the same passes that train
//! them; nothing is computed on the side.
//!
//! # Features
//!
//! `pages` has explanations as HTML, `files` and `pictures` show and explain what these features of `stepnet-data` read.
//! None is on by itself; the facade `stepnet` has all on by default.

use stepnet_base::{Error, Result, error, limits, memory};

pub mod gradcheck;
pub mod show;
mod summary;
pub mod time;
pub mod why;

pub use show::show;
pub use summary::{LayerSummary, Summary};
