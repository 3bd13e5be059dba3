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
    /// Writes all outputs, through a ReLU if asked for.
    pub(in crate::conv) fn run<T: Real>(
        &self,
        [source, w]: [&[T]; 2],
        bias: Option<&[T]>,
        out: &mut [T],
        scratch: &mut [T],
        rectified: bool,
    ) {
        let cut = self.cut();
        let part = self.part(cut);
        let (packed, scratch) = scratch.split_at_mut(self.packed_len());
        let workers = self.workers(cut).min(scratch.len() / part);
        let filters = Filters {
            set: self.set,
            w,
            kernel_width: self.g.kernel[1],
            seen: self.g.group_channels(),
            filters: self.g.filters,
            first_filter: 0,
            group_filters: self.g.filters,
        };
        self.pack(&filters, bias, packed, (workers, part), scratch);
        let sums = Sums {
            winograd: self,
            cut,
            source,
            filters: &filters,
            packed: self.packed(packed),
        };
        let [_, columns] = self.grid();
        let [line_h, line_w] = &self.window_sum.lines;
        let blocks = Blocks {
            cut: blocks::Cut {
                examples: cut.examples,
                rows: cut.rows,
                cols: columns,
            },
            batch: self.g.batch,
            rows: self.grid()[0],
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

    /// Transforms the filters into panels, after the biases.
    fn pack<T: Real>(
        &self,
        filters: &Filters<'_, T>,
        bias: Option<&[T]>,
        packed: &mut [T],
        (workers, part): (usize, usize),
        scratch: &mut [T],
    ) {
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
        let work = (PLACES * channels) as u64 * columns as u64;
        let workers = parallel::workers(panels, work).min(workers);
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
