//! The most that a network may ask for.

/// The most that a network may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Parameters.
    pub(crate) parameters: usize,
    /// Values one example may need at a time, scratch memory included.
    pub(crate) values: usize,
    /// [`Network::work`](super::Network::work) of one example.
    pub(crate) work: u64,
    /// Whether `values` holds for training, too, and not for inference alone.
    pub(crate) training: bool,
}

impl Limits {
    /// The bounds on the demands of a short text, or a small model file: some 8 billion weights, two
    /// gibibytes of `f32` for an example, some minutes on a desktop's CPU. Real networks are far
    /// below.
    pub(crate) const MOST: Self = Self {
        parameters: match 1_usize.checked_shl(33) {
            Some(most) => most,
            None => usize::MAX,
        },
        values: 1 << 29,
        work: 1 << 42,
        training: false,
    };
}
