//! An opened data set.

use crate::set::dataset::Dataset;

/// An opened data set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opened {
    /// The requested examples: those to train on for [`Role::Train`](crate::Role::Train), those to evaluate on for
    /// [`Role::Test`](crate::Role::Test).
    pub data: Dataset,
    /// The source's own test part, for [`Role::Train`](crate::Role::Train).
    pub test: Option<Dataset>,
    /// The divisor of raw values.
    ///
    /// 255 for images and for IDX and HDF5 files of bytes. For npz, npy and CSV, and for other
    /// types, from the values of `data`: whole numbers from 0 to 255 are divided by 255 if the
    /// largest is over 127, else by the largest; other numbers by the largest magnitude if it is
    /// over 1, else by 1.
    pub divisor: f64,
    /// Whether the kind of file (or the caller) states the divisor, rather than the largest value
    /// in this very file.
    pub divisor_is_stated: bool,
    /// How the data was converted to the network's input, a line each.
    pub facts: Vec<String>,
    /// Facts that a user may not expect and should know before trusting a result, a line each.
    pub notes: Vec<String>,
    /// The images that were left out because they cannot be read, each with what is wrong with it.
    pub skipped: Vec<String>,
}
