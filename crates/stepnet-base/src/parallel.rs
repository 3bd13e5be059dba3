//! Work for several threads: rayon's functions, and where there is one thread only, plain loops under the same names.
//!
//! Rayon runs on one thread as well, but each of its calls is compiled for being taken over by another thread: a tenth of
//! the engine of the page.

/// Whether there is one thread only, whatever is asked for.
pub const ALONE: bool = cfg!(all(target_family = "wasm", not(target_feature = "atomics")));

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod alone;

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
pub use alone::{current_num_threads, current_thread_index, join, prelude};
#[cfg(not(all(target_family = "wasm", not(target_feature = "atomics"))))]
pub use rayon::{current_num_threads, current_thread_index, join, prelude};
