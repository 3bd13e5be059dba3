//! Values through the ReLU and the pooling, and back.

use crate::Real;
use crate::conv::pooled::geometry::{Part, PooledGeometry};
use crate::pool;
use crate::relu;

impl PooledGeometry {
    /// The maxima of a part's windows over the convolution's outputs `z`.
    pub(in crate::conv) fn pool_part<T: Real>(&self, part: Part<'_, T>, z: &[T]) {
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

/// The gradient with respect to the convolution's outputs: `dy` at the winners that the ReLU let through.
pub(super) fn lay_out<T: Real>(
    g: &PooledGeometry,
    y: &[T],
    dy: &[T],
    winners: &[u32],
    dz: &mut [T],
) {
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
pub(in crate::conv) fn passes<T: Real>(g: &PooledGeometry, y: T) -> bool {
    !(g.relu && y <= T::zero())
}
