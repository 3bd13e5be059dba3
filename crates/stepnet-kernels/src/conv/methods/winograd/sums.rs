//! A pass: the filters transformed, then the tiles of the blocks.

use crate::Real;
use crate::conv::methods::winograd::chunk::Sums;
use crate::conv::methods::winograd::filters::{FilterPanel, PLACES};
use crate::conv::methods::winograd::plan::{TAPS, Winograd, filter_window};
use crate::conv::methods::winograd::transform::OUT;
use crate::conv::parts::blocks;
use crate::conv::parts::blocks::Blocks;
use crate::conv::parts::pack::{Filters, Packed, panel_width, whole};
use crate::conv::parts::window_sum::WindowSum;
use crate::{parallel, relu};

impl Winograd<'_> {
    /// Writes all outputs, through a ReLU if asked for, with filters that [`Winograd::pack`] has transformed; `w` are
    /// these before, for tiles with results that are not finite.
    pub(in crate::conv) fn run<T: Real>(
        &self,
        [source, w]: [&[T]; 2],
        packed: &[T],
        out: &mut [T],
        scratch: &mut [T],
        rectified: bool,
    ) {
        let cut = self.cut();
        let part = self.part(cut);
        let workers = self.workers(cut).min(scratch.len() / part);
        let sums = Sums {
            winograd: self,
            cut,
            source,
            filters: &self.filters(w),
            packed: self.packed(packed),
        };
        let [tile_rows, tile_cols] = self.grid();
        let [line_h, line_w] = &self.window_sum.lines;
        let blocks = Blocks {
            cut: blocks::Cut {
                examples: cut.examples,
                rows: cut.rows,
                cols: tile_cols,
            },
            batch: self.g.batch,
            rows: tile_rows,
            row_step: OUT,
            image_rows: line_h.outputs,
            row_len: line_w.outputs * self.window_sum.columns,
            rest: out,
            example: 0,
            row: 0,
        };
        parallel::share(blocks, workers, part, scratch, |mut output, scratch| {
            sums.block(&mut output, scratch);
            if rectified {
                relu::in_place(output.out);
            }
        });
    }

    fn packed<'a, T: Real>(&self, packed: &'a [T]) -> Packed<'a, T> {
        let window = filter_window(self.window_sum.channels);
        Packed::new(packed, window, self.window_sum.columns, self.lanes)
    }

    fn filters<'a, T>(&self, w: &'a [T]) -> Filters<'a, T> {
        Filters {
            set: self.set,
            w,
            kernel_width: self.g.kernel[1],
            seen: self.g.group_channels(),
            filters: self.g.filters,
            first_filter: 0,
            group_filters: self.g.filters,
        }
    }

    /// Transforms the filters into panels, after the biases, in the scratch memory of a pass.
    pub(in crate::conv) fn pack<T: Real>(
        &self,
        w: &[T],
        bias: Option<&[T]>,
        packed: &mut [T],
        scratch: &mut [T],
    ) {
        let cut = self.cut();
        let part = self.part(cut);
        let workers = self.workers(cut).min(scratch.len() / part);
        self.transform(w, bias, packed, (workers, part), scratch);
    }

    /// Elements of a worker's scratch memory in [`Winograd::pack_once`]: the filters of a panel.
    fn pack_part(&self) -> usize {
        (TAPS * self.window_sum.channels * 2 * self.lanes).next_multiple_of(16)
    }

    /// Multiply-adds that transforming the filters takes the time of.
    fn pack_work(&self) -> u64 {
        (PLACES * self.window_sum.channels) as u64 * self.window_sum.columns as u64
    }

    /// Elements of scratch memory of [`Winograd::pack_once`].
    pub(in crate::conv) fn pack_scratch(&self) -> usize {
        let panels = self.window_sum.columns.div_ceil(2 * self.lanes);
        parallel::most_workers(panels, self.pack_work()) * self.pack_part()
    }

    /// [`Winograd::pack`] apart from any pass, for passes over any batches.
    pub(in crate::conv) fn pack_once<T: Real>(
        &self,
        w: &[T],
        bias: Option<&[T]>,
        packed: &mut [T],
        scratch: &mut [T],
    ) {
        let part = self.pack_part();
        let workers = scratch.len() / part;
        self.transform(w, bias, packed, (workers, part), scratch);
    }

    fn transform<T: Real>(
        &self,
        w: &[T],
        bias: Option<&[T]>,
        packed: &mut [T],
        (workers, part): (usize, usize),
        scratch: &mut [T],
    ) {
        let filters = self.filters(w);
        let WindowSum {
            channels, columns, ..
        } = self.window_sum;
        let (biases, mut panels) = packed.split_at_mut(whole(columns, self.lanes));
        biases.fill(T::zero());
        if let Some(bias) = bias {
            biases[..columns].copy_from_slice(bias);
        }
        let lanes = self.lanes;
        let mut column = 0;
        let jobs = std::iter::from_fn(move || {
            let here = column;
            if here >= columns {
                return None;
            }
            let width = panel_width(columns - here, lanes);
            column += width;
            let (panel, rest) =
                std::mem::take(&mut panels).split_at_mut(filter_window(channels) * width);
            panels = rest;
            Some((here, width, panel))
        });
        let panels = columns.div_ceil(2 * lanes);
        let workers = parallel::workers(panels, self.pack_work()).min(workers);
        parallel::share(
            jobs,
            workers,
            part,
            scratch,
            |(column, width, to), scratch| {
                let from = &mut scratch[..TAPS * channels * width];
                filters.pack_panel(self.direction, &self.window_sum.lines, column, width, from);
                self.set.run(FilterPanel {
                    from,
                    channels,
                    width,
                    to,
                });
            },
        );
    }
}
