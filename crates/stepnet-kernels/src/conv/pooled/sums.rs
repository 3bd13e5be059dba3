//! The forward pass: sums over windows, a part of whole pooling windows at a time, and the maxima of the part.

use super::PooledGeometry;
use crate::Real;
use crate::aligned::LINE;
use crate::conv::parts::schedule::{Sums, Target};
use crate::parallel;

impl Sums<'_> {
    /// Elements of scratch memory of [`Sums::run_pooled`].
    pub(in crate::conv) fn pooled_scratch<T: Real>(&self, g: &PooledGeometry) -> usize {
        let parts = self.g.batch * g.windows()[0];
        let workers = parallel::most_workers(parts, self.g.multiply_adds());
        LINE / size_of::<T>() + self.packed_len() + workers * self.pooled_worker(g)
    }

    /// Scratch memory besides the packed filters without which the pass cannot be done: one worker's.
    pub(in crate::conv) fn least_pooled_scratch(&self, g: &PooledGeometry) -> usize {
        self.pooled_worker(g)
    }

    /// A worker's part of it: the convolution's outputs, and what is laid out for them.
    fn pooled_worker(&self, g: &PooledGeometry) -> usize {
        let cut = g.cut();
        cut.pixels() * self.image[2] + self.worker(cut)
    }

    fn pooled_workers(&self, g: &PooledGeometry) -> usize {
        let [examples, rows] = g.part();
        let parts = self.g.batch.div_ceil(examples) * g.windows()[0].div_ceil(rows);
        parallel::workers(parts, self.g.multiply_adds())
    }

    /// Writes the maxima of all windows of the outputs, and the winners' places, with filters that [`Sums::pack`] has laid
    /// out. The scratch memory starts at a line of the cache.
    pub(in crate::conv) fn run_pooled<T: Real>(
        &self,
        g: &PooledGeometry,
        [source, packed]: [&[T]; 2],
        y: &mut [T],
        winners: Option<&mut [u32]>,
        scratch: &mut [T],
    ) {
        let worker = self.pooled_worker(g);
        let workers = self.pooled_workers(g).min(scratch.len() / worker.max(1));
        let row_len = self.image[1] * self.image[2];
        let parts = g.parts(y, winners);
        parallel::share(parts, workers, worker, scratch, |part, scratch| {
            let rows = g.conv_rows(part.rows.start, part.rows.len());
            let len = part.examples.len() * rows.len() * row_len;
            let (z, scratch) = scratch.split_at_mut(len);
            let target = Target {
                examples: part.examples.clone(),
                rows: rows.clone(),
                cols: self.image[1],
                image: rows.len() * row_len,
                start: rows.start * row_len,
                workers,
            };
            self.block(&target, source, packed, z, scratch);
            g.pool_part(part, z);
        });
    }
}
