//! The engine of the page: it answers the messages of `web/src/protocol.ts`.
//!
//! [`Engine::call`] takes a request as JSON, with large arrays apart, and gives its answer in the same way; a mistake of
//! the user is one line. In a browser, `border` hands these over to JavaScript; elsewhere tests call them. Everything
//! computed here is computed by the library.

mod answer;
mod best;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod border;
mod check;
mod data;
mod engine;
mod load;
mod look;
mod measure;
mod model;
mod opened;
mod pictures;
mod request;
mod run;
mod settings;
mod state;
mod steps;
mod training;
mod viewed;
mod vocabulary;

pub use answer::{Answer, Array, Failure};
pub use engine::Engine;
