//! The pass: every job's sums, then the parts of the batch added up.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::aligned::first_of_line;
use crate::conv::methods::winograd::weights::chunk::Chunk;
use crate::conv::methods::winograd::weights::finish::Finish;
use crate::conv::methods::winograd::weights::jobs::{Cut, Job, Jobs};
use crate::conv::methods::winograd::weights::plan::{LINE, Weights};
use crate::long_sum::LONGEST;
use crate::parallel;

/// Elements of `dw` that are worth handing to another thread to be added up.
const ADD_UP: usize = 1 << 14;

impl Weights<'_> {
    /// Writes `dw` and `db`; whether all of them are finite.
    pub(in crate::conv) fn run<T: Real>(
        &self,
        [x, dy]: [&[T]; 2],
        dw: &mut [T],
        db: Option<&mut [T]>,
        scratch: &mut [T],
    ) -> bool {
        let cut = self.cut();
        let (_, scratch) = scratch.split_at_mut(first_of_line(scratch));
        let (partial, scratch) =
            scratch.split_at_mut((cut.parts * self.part_len()).next_multiple_of(LINE));
        let worker_len = self.worker_len(cut.chunk);
        let workers = parallel::workers(self.jobs(cut.parts), self.g.multiply_adds());
        let workers = workers.min(scratch.len() / worker_len);
        let with_bias = db.is_some();
        let jobs = Jobs::new(self, cut.parts, partial);
        parallel::share(jobs, workers, worker_len, scratch, |job, scratch| {
            self.job(job, cut, with_bias, [x, dy], scratch);
        });
        self.add_up(cut.parts, partial, dw, db)
    }

    /// A block's results over one part of the batch.
    fn job<T: Real>(
        &self,
        job: Job<'_, T>,
        cut: Cut,
        with_bias: bool,
        [x, dy]: [&[T]; 2],
        scratch: &mut [T],
    ) {
        let Job { part, block, to } = job;
        let (sums, scratch) = scratch.split_at_mut(block.sums_len(self.lanes));
        let (_, bias) = to.split_at_mut(block.bias_row() * block.columns(self.lanes));
        bias.fill(T::zero());
        let with_bias = with_bias && block.channels.start == 0;
        let tiles = part * cut.per_part..self.tiles().min((part + 1) * cut.per_part);
        for first in tiles.clone().step_by(cut.chunk) {
            self.set.run(Chunk {
                lines: self.lines,
                depth: self.depth(),
                block: &block,
                tiles: first..tiles.end.min(first + cut.chunk),
                x,
                dy,
                first: first == tiles.start,
                apart: cut.per_part > LONGEST,
                sums: &mut *sums,
                bias: with_bias.then_some(&mut *bias),
                scratch: &mut *scratch,
            });
        }
        self.set.run(Finish {
            block: &block,
            sums,
            to,
        });
    }

    /// `dw` and `db` from the parts' results, in their order; whether all are finite.
    fn add_up<T: Real>(
        &self,
        parts: usize,
        partial: &[T],
        dw: &mut [T],
        db: Option<&mut [T]>,
    ) -> bool {
        let [channels, filters] = self.depth();
        let [channel_blocks, filter_blocks] = self.blocks();
        let part_len = self.part_len();
        // Rows of each filter, from a row of a block on.
        let add_rows = |numbers: [usize; 2], row: usize, to: &mut [T]| {
            let block = self.block(numbers);
            let columns = block.columns(self.lanes);
            let first = block.start(numbers[0], filters, self.lanes) + row * columns;
            let mut finite = true;
            for (k, to) in to.chunks_exact_mut(filters).enumerate() {
                let to = &mut to[block.filters.clone()];
                let at = first + k * columns;
                to.copy_from_slice(&partial[at..][..to.len()]);
                for part in 1..parts {
                    for (to, &from) in to.iter_mut().zip(&partial[part * part_len + at..]) {
                        *to += from;
                    }
                }
                finite &= to.iter().fold(true, |all, value| all & value.is_finite());
            }
            finite
        };
        let finite = dw
            .par_chunks_exact_mut(channels * filters)
            .with_min_len(ADD_UP.div_ceil(channels * filters))
            .enumerate()
            .map(|(tap, dw)| {
                let mut finite = true;
                for channel in 0..channel_blocks {
                    let channels = self.block([channel, 0]).channels;
                    let rows = &mut dw[channels.start * filters..channels.end * filters];
                    for filter in 0..filter_blocks {
                        finite &= add_rows([channel, filter], tap * channels.len(), rows);
                    }
                }
                finite
            })
            .filter(|finite| !finite)
            .count()
            == 0;
        let finite_bias = db.is_none_or(|db| {
            let row = self.block([0, 0]).bias_row();
            (0..filter_blocks).fold(true, |all, filter| all & add_rows([0, filter], row, db))
        });
        finite & finite_bias
    }
}
