//! How large images and data sets may be.

/// The most classes a data set may name.
pub const MAX_CLASSES: usize = 65_536;

/// The number of values of a shape, if it can be counted.
pub(crate) fn elements(shape: [usize; 3]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, &n| product.checked_mul(n))
}
