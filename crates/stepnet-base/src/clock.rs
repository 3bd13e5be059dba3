//! The clock that durations are measured with.

/// [`std::time::Instant`], or in a browser, where that panics, the page's clock.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use std::time::Instant;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use web_time::Instant;
