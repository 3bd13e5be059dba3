//! How large images and data sets may be.

/// The most classes a data set may name.
pub const MAX_CLASSES: usize = 65_536;

#[cfg(feature = "pictures")]
/// The most pixels a picture may declare.
pub const MAX_PIXELS: u64 = 100_000_000;

/// The number of values of a shape, if it can be counted.
pub(crate) fn elements(shape: [usize; 3]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, &n| product.checked_mul(n))
}
