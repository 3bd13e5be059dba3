//! Gradients of filters as tasks that threads share.
//!
//! A *task* is a panel of one or two vectors of filters over one part of the batch. It goes through
//! the part block by block, and for each tile of the panel's `dw`, six elements of the window by two
//! vectors (twelve by one), sums over the block's pixels in registers. Neighbouring tasks are done
//! together, block by block: they see the same pixels. The parts' sums are added up in their order.
//! Parts depend on the geometry alone, so the sums do not depend on the threads.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::Method;
use crate::conv::methods::channels::weights::ChannelPanel;
use crate::conv::methods::windows::weights::PanelSums;
use crate::conv::parts::blocks::{Blocks, Cut, PIXELS};
use crate::conv::parts::layout::Layout;
use crate::conv::parts::pack::{for_each_panel, panel_width, whole};
use crate::conv::parts::schedule::Sums;
use crate::conv::parts::window_sum::Block;
use crate::long_sum::{LONGEST, MANY};
use crate::simd::InstructionSet;
use crate::{assert_scratch, parallel};

/// The most parts of the batch.
const PARTS: usize = 16;

/// Multiply-adds that make a part worth its own sums.
const PART_WORK: u64 = 1 << 20;

/// Elements that the sums of all parts together may take (256 KiB of `f32`), unless one part does.
const PARTIAL_ELEMENTS: usize = 1 << 16;

/// Elements that the sums of a job may take (384 KiB of `f32`), unless one panel does.
const JOB_ELEMENTS: usize = 96 << 10;

/// Elements of `dw` that are worth handing to another thread to be added up.
const ADD_UP: usize = 1 << 14;

/// How the pass is cut.
pub(in crate::conv) struct Tasks<'g> {
    g: &'g ConvGeometry,
    set: InstructionSet,
    layout: Layout,
    cut: Cut,
    /// Blocks of the batch, parts of these, and blocks of a part.
    blocks: usize,
    parts: usize,
    per_part: usize,
    lanes: usize,
    /// Groups, elements of a window, and columns of a group, as the sums are laid out.
    groups: usize,
    window: usize,
    columns: usize,
}

impl<'g> Tasks<'g> {
    /// The set on which the tasks run: no wider than its vectors are filled.
    pub(in crate::conv) fn set<T: Real>(g: &ConvGeometry, set: InstructionSet) -> InstructionSet {
        set.for_columns::<T>(match g.is_channelwise() {
            true => g.filters,
            false => g.group_filters(),
        })
    }

    /// The tasks by [`Method::Channels`], or else by [`Method::Windows`].
    pub(in crate::conv) fn new<T: Real>(
        g: &'g ConvGeometry,
        set: InstructionSet,
        method: Method,
    ) -> Self {
        let set = Self::set::<T>(g, set);
        let lanes = set.lanes::<T>();
        let window_sum = Sums::new::<T>(g, Direction::Forward, method, set).window_sum([0, 0], 0);
        let layout = Layout::new::<T>(g, window_sum, method);
        // Depthwise: one group whose windows are the taps alone.
        let (groups, window, columns) = match layout {
            Layout::Channels(_) => (1, g.kernel[0] * g.kernel[1], g.filters),
            _ => (g.groups, g.patch_len(), g.group_filters()),
        };
        let [rows, cols, _] = g.output;
        let mut cut = Cut::new(g.batch, [rows, cols], layout.block_pixels(), |cut| {
            layout.staged(cut)
        });
        cut.rows = cut.rows.min((layout.most_pixels::<T>(g) / cols).max(1));
        let blocks = Blocks::<T>::count(cut, g.batch, rows);
        let mut tasks = Self {
            g,
            set,
            layout,
            cut,
            blocks,
            parts: 1,
            per_part: blocks.max(1),
            lanes,
            groups,
            window,
            columns,
        };
        let parts = tasks.most_parts().min(blocks.max(1));
        tasks.per_part = blocks.div_ceil(parts).max(1);
        tasks.parts = blocks.div_ceil(tasks.per_part).max(1);
        tasks
    }

    /// Elements of scratch memory for every batch of as many examples or fewer.
    pub(in crate::conv) fn scratch(&self) -> usize {
        let [rows, cols, _] = self.g.output;
        let pixels = self.layout.block_pixels();
        let staged = Cut::most_staged(self.g.batch, [rows, cols], pixels, |cut| {
            self.layout.staged(cut)
        });
        // Behind a block's last pixel a vector may end.
        let pixels = Cut::most(self.g.batch, [rows, cols], pixels).pixels() + 1;
        let worker = staged + pixels * 2 * self.lanes;
        self.most_parts() * self.part_len() + self.most_workers() * worker
    }

    /// The parts' sums, at the start of the scratch memory.
    ///
    /// `name` is the operation in messages.
    pub(in crate::conv) fn partial<'s, T: Real>(
        &self,
        name: &str,
        arrays: [&[T]; 2],
        with_bias: bool,
        scratch: &'s mut [T],
    ) -> &'s [T] {
        let shared = self.parts * self.part_len();
        assert_scratch(name, scratch, shared + self.worker_len());
        let (partial, scratch) = scratch.split_at_mut(shared);
        self.run(arrays, with_bias, partial, scratch);
        partial
    }

    /// No batch of as many examples or fewer has more parts.
    fn most_parts(&self) -> usize {
        let by_work = usize::try_from(self.g.multiply_adds() / PART_WORK).unwrap_or(PARTS);
        let by_memory = PARTIAL_ELEMENTS / self.part_len();
        by_work
            .min(PARTS)
            .max(self.parts_of_very_many())
            .min(by_memory)
            .max(1)
    }

    /// Parts of very many pixels, so that each adds few blocks up (`long_sum`); no less than of fewer pixels.
    fn parts_of_very_many(&self) -> usize {
        let pixels = self.g.batch * self.g.output[0] * self.g.output[1];
        match pixels / (PIXELS * MANY) {
            parts if parts > 4 * PARTS => parts,
            _ => 0,
        }
    }

    /// Elements of one part's sums: `db` below `dw` in every panel.
    fn part_len(&self) -> usize {
        self.groups * (self.window + 1) * whole(self.columns, self.lanes)
    }

    /// Elements of scratch memory of one worker: a block's part of the image, and its part of `dy`
    /// by the width of a panel.
    fn worker_len(&self) -> usize {
        self.layout.staged(self.cut) + (self.cut.pixels() + 1) * 2 * self.lanes
    }

    /// For every batch of as many examples or fewer.
    fn most_workers(&self) -> usize {
        let panels = self.columns.div_ceil(2 * self.lanes);
        let tasks = self.groups * panels * self.most_parts();
        parallel::most_workers(tasks, self.g.multiply_adds())
    }

    fn workers(&self) -> usize {
        let panels = self.columns.div_ceil(2 * self.lanes);
        let tasks = self.groups * panels * self.parts;
        parallel::workers(tasks, self.g.multiply_adds())
    }

    /// How many neighbouring panels of a part are one job: all that see the same part of the image, as
    /// long as every worker has some and the sums stay in the second-level cache.
    fn panels_of_a_job(&self, workers: usize) -> usize {
        if let Layout::Channels(_) = self.layout {
            return 1;
        }
        let panel = 2 * self.lanes;
        let all = self.groups * self.columns.div_ceil(panel) * self.parts;
        let share = match workers {
            1 => all,
            _ => all / (2 * workers),
        };
        let cached = JOB_ELEMENTS / ((self.window + 1) * panel);
        share.min(cached).max(1)
    }

    /// Pixels of a part, the terms of its sums.
    fn part_pixels(&self) -> usize {
        let rows = self.cut.examples * self.cut.rows;
        self.per_part * rows * self.g.output[1]
    }

    /// The blocks of part `part`.
    fn part_blocks(&self, part: usize) -> impl Iterator<Item = Block> + '_ {
        let [rows, cols, _] = self.g.output;
        let in_image = rows.div_ceil(self.cut.rows);
        let first = part * self.per_part;
        let blocks = first..self.blocks.min(first + self.per_part);
        blocks.flat_map(move |block| {
            let example = block / in_image * self.cut.examples;
            let row = block % in_image * self.cut.rows;
            (0..cols).step_by(self.cut.cols).map(move |col| Block {
                examples: example..self.g.batch.min(example + self.cut.examples),
                rows: row..rows.min(row + self.cut.rows),
                cols: col..cols.min(col + self.cut.cols),
            })
        })
    }

    fn run<T: Real>(
        &self,
        [x, dy]: [&[T]; 2],
        with_bias: bool,
        partial: &mut [T],
        scratch: &mut [T],
    ) {
        let worker_len = self.worker_len();
        let workers = match worker_len {
            0 => self.workers(),
            len => self.workers().min(scratch.len() / len),
        };
        let jobs = Panels {
            tasks: self,
            most: self.panels_of_a_job(workers),
            rest: partial,
            part: 0,
            group: 0,
            column: 0,
        };
        parallel::share(jobs, workers, worker_len, scratch, |panel, scratch| {
            panel.sums.fill(T::zero());
            let mut blocks = self.part_blocks(panel.part).peekable();
            while let Some(block) = blocks.next() {
                let sums = PanelSums {
                    g: self.g,
                    layout: &self.layout,
                    block,
                    next: blocks.peek(),
                    group: panel.group,
                    column: panel.column,
                    width: panel.width,
                    with_bias,
                    apart: self.part_pixels() > LONGEST,
                    x,
                    dy,
                    sums: &mut *panel.sums,
                    scratch: &mut *scratch,
                };
                match self.layout {
                    Layout::Channels(_) => self.set.run(ChannelPanel(sums)),
                    _ => self.set.run(sums),
                }
            }
        });
    }

    /// `dw` from the parts' sums of the layer the other way round: a panel's columns are rows of it.
    pub(in crate::conv) fn add_up_turned<T: Real>(&self, partial: &[T], dw: &mut [T]) {
        /// No vector has more lanes.
        const MOST: usize = 2 * 16;
        let (panel, window) = (2 * self.lanes, self.window);
        let panels = dw.par_chunks_mut(panel * window);
        let few = ADD_UP.div_ceil(panel * window);
        panels
            .with_min_len(few)
            .enumerate()
            .for_each(|(index, dw)| {
                let column = index * panel;
                let width = panel_width(self.columns - column, self.lanes);
                let start = column * (window + 1);
                for k in 0..window {
                    let row = start + k * width;
                    let mut sums = [T::zero(); MOST];
                    sums[..width].copy_from_slice(&partial[row..row + width]);
                    for part in 1..self.parts {
                        let row = part * self.part_len() + row;
                        for (sum, &from) in sums.iter_mut().zip(&partial[row..row + width]) {
                            *sum += from;
                        }
                    }
                    for (to, sum) in dw.chunks_exact_mut(window).zip(sums) {
                        to[k] = sum;
                    }
                }
            });
    }

    /// `dw` and `db` from the parts' sums.
    pub(in crate::conv) fn add_up<T: Real>(
        &self,
        partial: &[T],
        dw: &mut [T],
        db: Option<&mut [T]>,
    ) {
        /// Rows of `dw` that one thread adds up at a time.
        const ROWS: usize = 64;
        let (filters, window) = (self.g.filters, self.window);
        let add_row = |k: usize, to: &mut [T]| {
            let mut start = 0;
            for to in to.chunks_exact_mut(self.columns) {
                for_each_panel(self.columns, self.lanes, |column, width| {
                    let end = to.len().min(column + width);
                    let to = &mut to[column..end];
                    let row = start + k * width;
                    to.copy_from_slice(&partial[row..row + to.len()]);
                    for part in 1..self.parts {
                        let row = part * self.part_len() + row;
                        for (to, &from) in to.iter_mut().zip(&partial[row..]) {
                            *to += from;
                        }
                    }
                    start += (window + 1) * width;
                });
            }
        };
        dw.par_chunks_mut(ROWS * filters)
            .enumerate()
            .for_each(|(index, rows)| {
                for (k, row) in rows.chunks_exact_mut(filters).enumerate() {
                    add_row(index * ROWS + k, row);
                }
            });
        if let Some(db) = db {
            add_row(window, db);
        }
    }
}

/// One job's place in the sums.
struct Panel<'a, T> {
    part: usize,
    group: usize,
    column: usize,
    width: usize,
    sums: &'a mut [T],
}

/// All tasks, in the order of their sums in memory.
struct Panels<'a, 'g, T> {
    tasks: &'a Tasks<'g>,
    /// Panels of a job.
    most: usize,
    rest: &'a mut [T],
    part: usize,
    group: usize,
    column: usize,
}

impl<'a, T> Iterator for Panels<'a, '_, T> {
    type Item = Panel<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        let Tasks {
            groups,
            window,
            columns,
            lanes,
            parts,
            ..
        } = *self.tasks;
        if self.part == parts {
            return None;
        }
        let left = whole(columns - self.column, lanes);
        let width = left.min(self.most * 2 * lanes);
        let len = (window + 1) * width;
        let (sums, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        let panel = Panel {
            part: self.part,
            group: self.group,
            column: self.column,
            width,
            sums,
        };
        self.column += width;
        if self.column >= columns {
            self.column = 0;
            self.group += 1;
        }
        if self.group == groups {
            self.group = 0;
            self.part += 1;
        }
        Some(panel)
    }
}
