//! Max and average pooling of NHWC images, channel by channel.
//!
//! With the window of an output pixel clipped to the image (`y`, `x` per channel):
//!
//! ```text
//! max        y[n, i, j, c] = max of x[n, h, w, c] over the window
//! average    y[n, i, j, c] = sum of x[n, h, w, c] over the window / number of positions
//! ```
//!
//! Padding never wins a maximum: it counts as minus infinity. NaN wins over every number. An average
//! divides by the positions inside the image, or by all positions of the window where
//! `count_padding` is set.
//!
//! Of several maxima in a window, `max_backward` gives the gradient to the first in row-major order,
//! as the frameworks do; `max_backward_all` gives all of it to each of them, as the notebooks'
//! `create_mask_from_window` does. After a ReLU ties at 0 are common.
//!
//! Forward passes share out the rows of `y`, backward passes those of `dx`.

pub mod adaptive;
mod average;
mod backward;
mod blocks;
mod forward;
mod geometry;
mod max;
#[doc(hidden)]
pub mod reference;
mod source;
#[cfg(test)]
mod tests;
mod window;

pub use backward::{average_backward, max_backward, max_backward_all};
pub use forward::{average_forward, max_forward};
pub use geometry::PoolGeometry;
pub use max::beats;
