//! The forward pass and the data gradient as sums over windows: packs the filters, cuts the
//! outputs into blocks, and shares these out.

use std::ops::Range;

use crate::Real;
use crate::conv::direction::Direction;
use crate::conv::geometry::ConvGeometry;
use crate::conv::method::Method;
use crate::conv::methods::channels::sums::ChannelSums;
use crate::conv::methods::pixels::sums::{PlanarSums, is_spread};
use crate::conv::parts::blocks::{Blocks, Cut, MANY_PIXELS, Output, PIXELS};
use crate::conv::parts::line::Line;
use crate::conv::parts::pack::{Filters, Packed, packed_len, spread};
use crate::conv::parts::window_sum::{Block, BlockSums, WindowSum};
use crate::simd::InstructionSet;
use crate::{parallel, relu};

/// A pass on its instruction set.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Sums<'g> {
    pub(in crate::conv) g: &'g ConvGeometry,
    direction: Direction,
    set: InstructionSet,
    /// The sizes of the image that is written: rows of blocks, and what they take.
    pub(in crate::conv) image: [usize; 3],
    steps: [usize; 2],
    lanes: usize,
    /// [`Method::Channels`], [`Method::Pixels`], or else [`Method::Windows`]; of all groups alike.
    method: Method,
}

impl<'g> Sums<'g> {
    /// The pass by a method that can run it, on the instruction set that this was chosen for.
    pub(in crate::conv) fn new<T: Real>(
        g: &'g ConvGeometry,
        direction: Direction,
        method: Method,
        set: InstructionSet,
    ) -> Self {
        let (image, steps) = match direction {
            Direction::Forward => (g.output, [1, 1]),
            Direction::Backward => (g.input, g.stride),
        };
        Self {
            g,
            direction,
            set,
            image,
            steps,
            lanes: set.lanes::<T>(),
            method,
        }
    }

    /// Whether vectors run over the channels of depthwise filters.
    fn is_channelwise(&self) -> bool {
        self.method == Method::Channels
    }

    /// Whether pixels, not columns, fill the lanes: then there are no phases.
    fn is_planar(&self) -> bool {
        self.method == Method::Pixels
    }

    /// The lines of one phase.
    fn lines(&self, phase: [usize; 2]) -> [Line; 2] {
        let axes = self.g.axes();
        [0, 1].map(|axis| match self.direction {
            Direction::Forward => Line::forward(&axes[axis]),
            Direction::Backward => Line::backward(&axes[axis], phase[axis]),
        })
    }

    pub(in crate::conv) fn window_sum(&self, phase: [usize; 2], group: usize) -> WindowSum {
        let (seen, filters) = (self.g.group_channels(), self.g.group_filters());
        let (channels, columns, source_channels) = match self.direction {
            Direction::Forward => (seen, filters, self.g.input[2]),
            Direction::Backward => (filters, seen, self.g.filters),
        };
        let (channels, columns) = match self.is_channelwise() {
            true => (source_channels, source_channels),
            false => (channels, columns),
        };
        WindowSum {
            lines: self.lines(phase),
            source_channels,
            first_channel: group * channels,
            channels,
            pitch: channels,
            out_channels: self.image[2],
            first_column: group * columns,
            columns,
            out_step: self.steps,
            out_first: phase,
            out_width: self.image[1],
        }
    }

    /// Every phase of every group in order, with where its packed filters start.
    fn window_sums(&self) -> impl Iterator<Item = (WindowSum, usize, usize)> + '_ {
        let phases = [0, 1].map(|axis| self.steps[axis].min(self.image[axis]));
        let groups = if self.is_channelwise() {
            1
        } else {
            self.g.groups
        };
        let mut start = 0;
        (0..phases[0])
            .flat_map(move |row| (0..phases[1]).map(move |col| [row, col]))
            .flat_map(move |phase| (0..groups).map(move |group| (phase, group)))
            .map(move |(phase, group)| {
                let window_sum = self.window_sum(phase, group);
                let here = start;
                // Whole lines of the cache, so that every phase's panels are aligned.
                start += self.window_sum_len(&window_sum).next_multiple_of(16);
                (window_sum, group, here)
            })
    }

    /// Elements of a sum's packed filters.
    fn window_sum_len(&self, window_sum: &WindowSum) -> usize {
        packed_len(
            self.packed_window(window_sum),
            window_sum.columns,
            self.lanes,
        )
    }

    /// Vectors of a panel of a sum's packed filters.
    fn packed_window(&self, window_sum: &WindowSum) -> usize {
        match self.is_channelwise() {
            true => window_sum.lines[0].taps * window_sum.lines[1].taps,
            false if self.is_spread(window_sum) => window_sum.window() * window_sum.columns,
            false => window_sum.window(),
        }
    }

    fn is_spread(&self, window_sum: &WindowSum) -> bool {
        self.is_planar() && is_spread(window_sum.columns, self.set.broadcasts())
    }

    /// Elements that [`Sums::pack`] writes: the same for any batch.
    pub(in crate::conv) fn packed_len(&self) -> usize {
        self.window_sums()
            .last()
            .map_or(0, |(window_sum, _, start)| {
                start + self.window_sum_len(&window_sum)
            })
            .next_multiple_of(16)
    }

    /// Rows and columns of blocks in an image.
    fn grid(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.image[axis].div_ceil(self.steps[axis]))
    }

    /// Elements laid out for a single window.
    pub(in crate::conv) fn staged_for_one(&self) -> usize {
        self.staged(Cut {
            examples: 1,
            rows: 1,
            cols: 1,
        })
    }

    fn cut(&self) -> Cut {
        let pixels = self.block_pixels();
        Cut::new(self.g.batch, self.grid(), pixels, |cut| self.staged(cut))
    }

    /// Pixels that a block should have.
    fn block_pixels(&self) -> usize {
        match self.is_channelwise() || self.is_planar() {
            true => MANY_PIXELS,
            false => PIXELS,
        }
    }

    /// Elements laid out for a block of any of the phases.
    pub(in crate::conv) fn staged(&self, cut: Cut) -> usize {
        let size = [cut.examples, cut.rows, cut.cols];
        let phases = [0, 1].map(|axis| self.steps[axis].min(self.image[axis]));
        let longest = |axis: usize| {
            let lines = (0..phases[axis]).map(|phase| self.lines([phase; 2])[axis]);
            lines.max_by_key(|line| line.span(size[axis + 1]))
        };
        // All groups are alike. The phases' axes can be looked at one by one: the sizes multiply.
        if self.is_channelwise() {
            return 0;
        }
        let mut window_sum = self.window_sum([0, 0], 0);
        if self.is_planar() {
            return window_sum
                .laid_out_in_planes(size, self.lanes)
                .next_multiple_of(16);
        }
        let in_place = window_sum.in_place() && phases == [1, 1];
        for axis in [0, 1] {
            if let Some(line) = longest(axis) {
                window_sum.lines[axis] = line;
            }
        }
        match in_place {
            true => 0,
            false => window_sum.laid_out(size).next_multiple_of(16),
        }
    }

    /// Elements of the sums that very long windows of a block need besides (`long_sum::groups`).
    fn totals(&self, cut: Cut) -> usize {
        if self.is_channelwise() || self.is_planar() {
            return 0;
        }
        let window_sum = self.window_sum([0, 0], 0);
        // No phase has more taps than the kernel.
        let window = self.g.kernel[0] * self.g.kernel[1] * window_sum.channels;
        window_sum.totals(cut.pixels(), window).next_multiple_of(16)
    }

    /// Scratch memory of a worker that computes such blocks.
    pub(in crate::conv) fn worker(&self, cut: Cut) -> usize {
        self.staged(cut) + self.totals(cut)
    }

    fn workers(&self, cut: Cut) -> usize {
        let blocks = Blocks::<u8>::count(cut, self.g.batch, self.grid()[0]);
        parallel::workers(blocks, self.g.multiply_adds())
    }

    /// Scratch memory besides the packed filters without which the pass cannot be done: one worker's.
    pub(in crate::conv) fn least_scratch(&self) -> usize {
        self.worker(self.cut())
    }

    /// Elements of scratch memory for batches of up to the geometry's.
    pub(in crate::conv) fn scratch(&self) -> usize {
        let pixels = self.block_pixels();
        let staged = Cut::most_staged(self.g.batch, self.grid(), pixels, |cut| self.staged(cut));
        // A block of a smaller batch may be smaller: then there are more of them.
        let blocks = self.g.batch * self.grid()[0];
        let workers = parallel::most_workers(blocks, self.g.multiply_adds());
        let totals = self.totals(Cut::most(self.g.batch, self.grid(), pixels));
        self.packed_len() + workers * (staged + totals)
    }

    /// Writes all outputs, through a ReLU if asked for, with filters that [`Sums::pack`] has laid out. The scratch memory
    /// starts at a line of the cache.
    pub(in crate::conv) fn run<T: Real>(
        &self,
        source: &[T],
        packed: &[T],
        out: &mut [T],
        scratch: &mut [T],
        rectified: bool,
    ) {
        let cut = self.cut();
        let worker = self.worker(cut);
        // As many workers as were planned for, or fewer.
        let workers = match worker {
            0 => self.workers(cut),
            _ => self.workers(cut).min(scratch.len() / worker),
        };
        let [rows, _] = self.grid();
        let row_len = self.image[1] * self.image[2];
        let blocks = Blocks {
            cut,
            batch: self.g.batch,
            rows,
            row_step: self.steps[0],
            image_rows: self.image[0],
            row_len,
            rest: out,
            example: 0,
            row: 0,
        };
        parallel::share(blocks, workers, worker, scratch, |output, scratch| {
            let Output {
                examples,
                rows,
                start,
                out,
            } = output;
            let target = Target {
                examples,
                rows,
                cols: cut.cols,
                image: self.image[0] * row_len,
                start,
                workers,
            };
            self.block(&target, source, packed, out, scratch);
            if rectified {
                relu::in_place(out);
            }
        });
    }

    /// Writes the outputs of one block.
    pub(in crate::conv) fn block<T: Real>(
        &self,
        target: &Target,
        source: &[T],
        packed: &[T],
        out: &mut [T],
        scratch: &mut [T],
    ) {
        for (window_sum, _, start) in self.window_sums() {
            let [line_h, line_w] = &window_sum.lines;
            let rows = target.rows.start..target.rows.end.min(line_h.outputs);
            let packed = &packed[start..];
            let window = self.packed_window(&window_sum);
            let packed = Packed::new(packed, window, window_sum.columns, self.lanes);
            for first in (0..line_w.outputs).step_by(target.cols) {
                let sums = BlockSums {
                    window_sum: &window_sum,
                    block: Block {
                        examples: target.examples.clone(),
                        rows: rows.clone(),
                        cols: first..line_w.outputs.min(first + target.cols),
                    },
                    source,
                    packed: &packed,
                    out: &mut *out,
                    out_image: target.image,
                    out_start: target.start,
                    scratch: &mut *scratch,
                    workers: target.workers,
                };
                if self.is_channelwise() {
                    self.set.run(ChannelSums(sums));
                } else if self.is_planar() {
                    self.set.run(PlanarSums(sums));
                } else {
                    self.set.run(sums);
                }
            }
        }
    }

    /// Lays out the filters and the bias in panels, for any number of passes.
    pub(in crate::conv) fn pack<T: Real>(&self, w: &[T], bias: Option<&[T]>, packed: &mut [T]) {
        for (window_sum, group, start) in self.window_sums() {
            let filters = Filters {
                set: self.set,
                w,
                kernel_width: self.g.kernel[1],
                seen: self.g.group_channels(),
                filters: self.g.filters,
                first_filter: group * self.g.group_filters(),
                group_filters: self.g.group_filters(),
            };
            let to = &mut packed[start..];
            match self.direction {
                _ if self.is_channelwise() => {
                    filters.pack_channels(&window_sum.lines, bias, self.lanes, to);
                }
                Direction::Forward => filters.pack_forward(&window_sum.lines, bias, self.lanes, to),
                Direction::Backward => {
                    filters.pack_backward(&window_sum.lines, bias, self.lanes, to)
                }
            }
            if self.is_spread(&window_sum) {
                let panel = &mut to[self.lanes..self.window_sum_len(&window_sum)];
                spread(window_sum.window(), window_sum.columns, self.lanes, panel);
            }
        }
    }
}

/// Where a block lies, and where its outputs go.
pub(in crate::conv) struct Target {
    pub(in crate::conv) examples: Range<usize>,
    /// Rows of blocks' outputs in each phase, and columns at a time.
    pub(in crate::conv) rows: Range<usize>,
    pub(in crate::conv) cols: usize,
    /// From one example's outputs to the next, and the element of an image they start with.
    pub(in crate::conv) image: usize,
    pub(in crate::conv) start: usize,
    /// How many threads share the blocks.
    pub(in crate::conv) workers: usize,
}
