//! Convolution, ReLU and max pooling in one pass: what lies between them stays in the cache.
//!
//! ```text
//! y[n, i, j, f] = max of relu(conv(x, w) + b)[n, h, w, f] over the window (i, j)
//! ```
//!
//! The gradient of a pooling is zero but at the winners of its windows. Where that leaves little
//! enough to do, the gradients of filters or images are summed from the winners alone
//! (`sparse_weights`, `sparse_data`); else the gradient by the convolution's outputs is laid out, zeros and all,
//! and a dense pass does the rest. Which it is depends on the geometry alone.

mod geometry;
mod sparse_data;
mod sparse_weights;
#[cfg(test)]
mod tests;
mod winners;

use super::direction::Direction;
use super::sums::Sums;
use super::winograd::Weights;
use super::{ConvGeometry, backward_data as data, backward_weights as weights};
use crate::Real;
use crate::long_sum::LONGEST;
use crate::pool::{self, PoolGeometry};
use crate::simd::InstructionSet;
use crate::{assert_len, assert_scratch, relu};

use geometry::Part;
pub use geometry::{Gradient, Gradients, PooledGeometry};

/// Elements from which a single row of windows is too much to be held.
const TOO_LONG: usize = 1 << 16;

impl PooledGeometry {
    /// The three in one for numbers `T`; `None` where they are better done one after the other:
    /// windows that overlap or are padded, rows too long for the cache, and convolutions that go
    /// another way than over sums (`winograd`).
    pub fn new<T: Real>(conv: ConvGeometry, pool: PoolGeometry, relu: bool) -> Option<Self> {
        let apart = pool.stride[0] >= pool.kernel[0] && pool.stride[1] >= pool.kernel[1];
        let fits = pool.input == conv.output && pool.batch == conv.batch;
        let row = pool.stride[0].saturating_mul(conv.output[1] * conv.output[2]);
        let new = Self { conv, pool, relu };
        let short = || {
            let sums = Sums::new::<T>(&new.conv, Direction::Forward, InstructionSet::best());
            sums.winograd::<T>().is_none() && sums.staged(new.cut()) <= TOO_LONG
        };
        let good = fits && apart && pool.padding.is_zero() && row <= TOO_LONG && short();
        good.then_some(new)
    }

    /// Whether the filters' gradients are summed from the winners alone: some cycles to list one of
    /// them, and about one for eight elements of its window.
    fn is_sparse_by_weights<T: Real>(&self) -> bool {
        let filters = self.conv.group_filters();
        let dense = self.dense_cost(filters, self.conv.patch_len()) / filters;
        // Winograd's method takes half of the time, or less.
        let dense = match Weights::of::<T>(&self.conv, InstructionSet::best()) {
            Some(_) => dense / 2,
            None => dense,
        };
        let [rows, vectors] = self.rows();
        16 + rows * vectors * 9 / 10 < dense
    }

    /// Whether the images' gradients are: what is added to is loaded and stored each time.
    fn is_sparse_by_data(&self) -> bool {
        let taps = self.conv.kernel[0] * self.conv.kernel[1];
        let dense = self.dense_cost(self.conv.group_channels(), taps);
        let [rows, vectors] = self.rows();
        // What is added to where it lies is one running sum over the filters.
        self.conv.group_filters() <= LONGEST && 10 + rows * (2 + vectors * 5 / 2) < dense
    }

    /// The maxima of a part's windows over the convolution's outputs `z`.
    pub(super) fn pool_part<T: Real>(&self, part: Part<'_, T>, z: &[T]) {
        let rows = self.conv_rows(part.rows.start, part.rows.len());
        let [_, width, filters] = self.conv.output;
        let pool = self
            .pool
            .of_part(part.examples.len(), rows.len(), part.rows.len());
        match part.winners {
            Some(winners) => {
                pool::max_forward(&pool, z, part.y, Some(&mut *winners));
                // Their places in the whole image.
                let above = u32::try_from(rows.start * width * filters).unwrap_or(u32::MAX);
                if above > 0 {
                    winners.iter_mut().for_each(|winner| *winner += above);
                }
            }
            None => pool::max_forward(&pool, z, part.y, None),
        }
        if self.relu {
            relu::in_place(part.y);
        }
    }
}

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &PooledGeometry) -> usize {
    Sums::new::<T>(&g.conv, Direction::Forward, InstructionSet::best()).pooled_scratch::<T>(g)
}

/// `y = maxpool(relu(conv(x, w) + b))`, and the winners: their places in the convolution's output of
/// the example, the first of equals.
///
/// Every value is bitwise that of the three passes one after the other.
///
/// # Shapes
///
/// As [`super::forward`] and [`pool::max_forward`]: `y` and `winners` (batch, out_height, out_width,
/// filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`forward_scratch`].
pub fn forward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    winners: Option<&mut [u32]>,
    scratch: &mut [T],
) {
    (T::passes().pooled_forward)(g, [x, w], b, y, winners, scratch);
}

/// [`forward`], compiled in `crate::compiled`.
pub(crate) fn run_forward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    winners: Option<&mut [u32]>,
    scratch: &mut [T],
) {
    const NAME: &str = "pooled convolution forward";
    assert_len(NAME, "x", x, g.conv.x_len());
    assert_len(NAME, "w", w, g.conv.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    if let Some(winners) = &winners {
        assert_len(NAME, "the winners", winners, g.y_len());
    }
    let sums = Sums::new::<T>(&g.conv, Direction::Forward, InstructionSet::best());
    assert_scratch(NAME, scratch, sums.least_pooled_scratch::<T>(g));
    sums.run_pooled(g, [x, w], b, y, winners, scratch);
}

/// The gradient by the convolution's outputs: `dy` at the winners that the ReLU let through.
fn lay_out<T: Real>(g: &PooledGeometry, y: &[T], dy: &[T], winners: &[u32], dz: &mut [T]) {
    dz.fill(T::zero());
    let (image, pooled) = (
        g.conv.output.iter().product::<usize>(),
        g.pool.output.iter().product::<usize>(),
    );
    let examples = dz.chunks_exact_mut(image.max(1));
    let parts = y
        .chunks_exact(pooled)
        .zip(dy.chunks_exact(pooled))
        .zip(winners.chunks_exact(pooled));
    for (dz, ((y, dy), winners)) in examples.zip(parts) {
        for ((&y, &dy), &winner) in y.iter().zip(dy).zip(winners) {
            if let (true, Some(dz)) = (passes(g, y), dz.get_mut(winner as usize)) {
                *dz = dy;
            }
        }
    }
}

/// Whether the gradient passes the ReLU: as in [`relu::backward`].
#[inline(always)]
fn passes<T: Real>(g: &PooledGeometry, y: T) -> bool {
    !(g.relu && y <= T::zero())
}

/// Elements of scratch memory that [`backward`] needs, for `g`'s batch and every smaller one.
pub fn backward_scratch<T: Real>(g: &PooledGeometry) -> usize {
    let (by_weights, by_data) = (g.is_sparse_by_weights::<T>(), g.is_sparse_by_data());
    // Of a smaller batch the weights' gradients may be sparse where those of this one are not.
    let weights = sparse_weights::weights_scratch(g).max(match by_weights {
        true => 0,
        false => super::backward_weights_scratch::<T>(&g.conv),
    });
    let data = match by_data {
        true => g.conv.weights_len(),
        false => super::backward_data_scratch::<T>(&g.conv),
    };
    let dz = if by_weights && by_data {
        0
    } else {
        g.conv.y_len()
    };
    dz + weights.max(data)
}

/// The gradients by images, filters and bias.
///
/// # Shapes
///
/// As [`forward`]; the gradients have the shapes of what they belong to, and are written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_scratch`].
pub fn backward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    gradient: Gradient<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    (T::passes().pooled_backward)(g, x, w, gradient, to, scratch);
}

/// [`backward`], compiled in `crate::compiled`.
pub(crate) fn run_backward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    gradient: Gradient<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    const NAME: &str = "pooled convolution backward";
    assert_len(NAME, "x", x, g.conv.x_len());
    assert_len(NAME, "w", w, g.conv.weights_len());
    assert_len(NAME, "y", gradient.y, g.y_len());
    assert_len(NAME, "dy", gradient.dy, g.y_len());
    assert_len(NAME, "the winners", gradient.winners, g.y_len());
    let Gradients { dx, dw, db } = to;
    let dense_weights = dw.is_some() && !g.is_sparse_by_weights::<T>();
    let dense_data = dx.is_some() && !g.is_sparse_by_data();
    let (dz, scratch) = match dense_weights || dense_data {
        true => scratch.split_at_mut(g.conv.y_len()),
        false => scratch.split_at_mut(0),
    };
    if dense_weights || dense_data {
        lay_out(g, gradient.y, gradient.dy, gradient.winners, dz);
    }
    let set = InstructionSet::best();
    if let Some(dw) = dw {
        match dense_weights {
            true => weights::run_on(set, &g.conv, x, dz, dw, db, scratch),
            false => sparse_weights::weights(g, x, &gradient, dw, db, scratch),
        }
    }
    if let Some(dx) = dx {
        match dense_data {
            true => data::run_on(set, &g.conv, dz, w, dx, scratch),
            false => sparse_data::data(g, w, &gradient, dx, scratch),
        }
    }
}
