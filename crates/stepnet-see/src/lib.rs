//! Looking into networks: you can see where every number comes from, and check every gradient.
//!
//! Everything here works on the networks of [`nn`](stepnet_nn), through the same passes that train them; there
//! is no second implementation.
//!
//! # Features
//!
//! `pages` has explanations as HTML, `files` and `pictures` show and explain what these features of `stepnet-data` read.
//! None is on by default here; the facade `stepnet` turns all of them on by default.

use stepnet_base::{Error, Result, error, limits, memory};

#[cfg(feature = "pages")]
mod base64;
pub mod explain;
pub mod gradcheck;
pub mod show;
mod summary;
pub mod time;
pub mod why;

pub use explain::GradCam;
pub use show::show;
pub use summary::{LayerSummary, Summary};
