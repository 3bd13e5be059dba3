//! What the passes of a normalisation are given.

/// What a normalisation learns: a factor and a summand for each channel.
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

/// What a pass normalises by.
#[derive(Clone, Copy, Debug)]
pub enum By<'a, T> {
    /// The statistics of its own input, which change with it.
    Batch(Statistics<'a, T>),
    /// Constants: `y` is then `x scale + shift`, and is computed so.
    Constants(Statistics<'a, T>),
}

impl<'a, T> By<'a, T> {
    pub(super) fn statistics(&self) -> Statistics<'a, T>
    where
        T: Copy,
    {
        match *self {
            Self::Batch(statistics) | Self::Constants(statistics) => statistics,
        }
    }

    pub(super) fn is_batch(&self) -> bool {
        matches!(self, Self::Batch(_))
    }
}

/// A normalisation as a forward pass does it.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a, T> {
    /// Added to variances.
    pub epsilon: f64,
    /// What it normalises by.
    pub by: By<'a, T>,
    /// The factors and summands applied after it.
    pub affine: Affine<'a, T>,
    /// Whether a ReLU follows, which is done in the same pass.
    pub rectified: bool,
}

/// What comes of a backward pass, where it is asked for.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// With respect to the input.
    pub dx: Option<&'a mut [T]>,
    /// With respect to `gamma` and to `beta`.
    pub affine: Option<[&'a mut [T]; 2]>,
}

/// What a backward pass is given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a, T> {
    /// The input.
    pub x: &'a [T],
    /// The outputs of a ReLU that follows the normalisation; its gradient is taken in the same pass.
    pub rectified: Option<&'a [T]>,
    /// The gradient with respect to the output.
    pub dy: &'a [T],
    /// What the forward pass normalised by.
    pub by: By<'a, T>,
    /// The factors.
    pub gamma: &'a [T],
}
