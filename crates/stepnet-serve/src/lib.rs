//! Models of Stepnet behind HTTP: a page to drop images on, a REST endpoint, the Open Inference Protocol v2, metrics.
//!
//! [`Server::bind`] reads the models and takes the port; [`Server::run`] answers until it is told to stop. One thread reads and
//! writes all connections, others decode images, and a thread for each model computes what has arrived meanwhile as one
//! batch. All memory that requests can take is limited.
//!
//! Models compute in `f32`, whatever their file holds.

mod budget;
mod event;
mod few;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod input;
mod metrics;
mod model;
mod options;
mod ranking;
mod rest;
mod routes;
mod server;
mod state;
mod v2;

pub use event::Event;
pub use options::{Limits, Options, Token};
pub use server::{Served, Server, Source};
