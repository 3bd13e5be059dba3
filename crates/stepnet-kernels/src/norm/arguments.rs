//! The arguments of a normalisation's passes.

/// The trainable parameters of a normalisation: a factor and a summand for each channel.
#[derive(Clone, Copy, Debug)]
pub struct Affine<'a, T> {
    /// The factors.
    pub gamma: &'a [T],
    /// The summands.
    pub beta: &'a [T],
}

/// Mean and biased variance of each channel.
#[derive(Clone, Copy, Debug)]
pub struct Statistics<'a, T> {
    /// The means.
    pub mean: &'a [T],
    /// The mean squares of what values are apart from the mean.
    pub variance: &'a [T],
}

/// The statistics that a pass normalises with.
#[derive(Clone, Copy, Debug)]
pub enum NormStatistics<'a, T> {
    /// The statistics of its own input, which change with it.
    Batch(Statistics<'a, T>),
    /// Constants: `y` is then `x scale + shift`, and is computed so.
    Fixed(Statistics<'a, T>),
}

impl<'a, T> NormStatistics<'a, T> {
    pub(super) fn values(&self) -> Statistics<'a, T>
    where
        T: Copy,
    {
        match *self {
            Self::Batch(statistics) | Self::Fixed(statistics) => statistics,
        }
    }

    pub(super) fn are_of_batch(&self) -> bool {
        matches!(self, Self::Batch(_))
    }
}

/// A normalisation as a forward pass does it.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a, T> {
    /// Added to variances.
    pub epsilon: f64,
    /// The statistics that it normalises with.
    pub statistics: NormStatistics<'a, T>,
    /// The factors and summands applied after it.
    pub affine: Affine<'a, T>,
    /// Whether a ReLU follows, which is done in the same pass.
    pub rectified: bool,
}

/// The gradients that a backward pass writes; `None` for those that are not needed.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// With respect to the input.
    pub dx: Option<&'a mut [T]>,
    /// With respect to `gamma` and to `beta`.
    pub affine: Option<[&'a mut [T]; 2]>,
}

/// The inputs of a backward pass.
#[derive(Clone, Copy, Debug)]
pub struct BackwardInput<'a, T> {
    /// The input.
    pub x: &'a [T],
    /// The outputs of a ReLU that follows the normalisation; its gradient is taken in the same pass.
    pub rectified: Option<&'a [T]>,
    /// The gradient with respect to the output.
    pub dy: &'a [T],
    /// The statistics that the forward pass normalised with.
    pub statistics: NormStatistics<'a, T>,
    /// The factors.
    pub gamma: &'a [T],
}
