//! HTTP: connections, bodies, answers.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod patient;

pub(crate) use answer::{Answer, Refusal, Reply};
