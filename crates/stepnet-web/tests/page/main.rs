//! The engine as the page uses it.

mod requests;
mod starts;
mod support;
