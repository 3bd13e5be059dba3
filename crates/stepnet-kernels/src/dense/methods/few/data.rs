//! Data gradients of few examples: the rows of `w` are read once, block by block of units.
//!
//! ```text
//! for each block of units:                       as long sums are cut everywhere
//!     turned = dy of the block, by units         in scratch memory
//!     for each two vectors of features:
//!         for each few examples:
//!             sums = turned^T w                  in registers
//!             dx += sums                         the first block: dx = sums
//! ```
//!
//! The rows of the next block are prefetched meanwhile: between two vectors of a row and those of the next one lie all
//! the other features, too far for the processor's own prefetching.

use std::ops::Range;

use ndarray::{ArrayViewMut2, Axis};

use crate::Real;
use crate::aligned::LINE;
use crate::decision::{Verdict, at_least};
use crate::dense::DenseGeometry;
use crate::long_sum::{BLOCK, block_len, groups};
use crate::parallel;
use crate::simd::tile::{Pixels, Tile, outer};
use crate::simd::{InstructionSet, Isa, Kernel, MOST_LANES};

/// The most examples: with more of them, packing `w` pays for itself.
pub(in crate::dense) const MOST_EXAMPLES: usize = 64;

/// Vectors of features of a tile.
const VECTORS: usize = 2;

/// Examples of a tile: eight where a multiply-add takes a number from memory into every lane, else four.
const TILE_EXAMPLES: [usize; 2] = [4, 8];

/// Units between two requests for the next block's rows. Many lines that are asked for at once keep the loads of the
/// products waiting: with 32 units, passes of few examples took 1.3 times as long.
const STRETCH: usize = 8;

/// Features of whole lines of the cache, of any number type.
const ALIGNED: usize = 16;

/// The fewest features that a thread takes: a part of fewer would not fill the tiles.
const PART: usize = 64;

/// Whether the features fill a tile.
pub(in crate::dense) fn can_backward<T: Real>(g: &DenseGeometry, set: InstructionSet) -> Verdict {
    at_least("features", g.inputs, VECTORS * set.lanes::<T>())
}

/// Elements of scratch memory for the geometry's batch and every smaller one.
pub(in crate::dense) fn scratch(g: &DenseGeometry) -> usize {
    let workers = parallel::most_workers(parts(g), g.multiply_adds());
    totals_len(g) + workers * turned_len(g)
}

/// Elements of scratch memory of one thread, without which the pass cannot be done.
pub(in crate::dense) fn least_scratch(g: &DenseGeometry) -> usize {
    totals_len(g) + turned_len(g)
}

/// Parts that the features can be shared out in.
fn parts(g: &DenseGeometry) -> usize {
    g.inputs / PART
}

/// Elements of a block of `dy`, turned.
fn turned_len(g: &DenseGeometry) -> usize {
    block_len(g.outputs) * pitch(g)
}

/// From one unit to the next in the turned block: the examples, and zeros that fill the last tile.
fn pitch(g: &DenseGeometry) -> usize {
    g.batch.next_multiple_of(TILE_EXAMPLES[0])
}

/// Elements of the sums of earlier groups of blocks, where there are several groups (`long_sum::groups`).
fn totals_len(g: &DenseGeometry) -> usize {
    match groups(g.outputs, BLOCK) {
        0..=1 => 0,
        _ => g.x_len(),
    }
}

/// `dx = dy w`.
pub(in crate::dense) fn backward_data<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    [dy, w]: [&[T]; 2],
    dx: &mut [T],
    scratch: &mut [T],
) {
    if dx.is_empty() {
        return;
    }
    let Ok(dx) = ArrayViewMut2::from_shape((g.batch, g.inputs), dx) else {
        unreachable!("the length of dx was compared with the geometry's");
    };
    let (totals, turned) = scratch.split_at_mut(totals_len(g));
    let workers = parallel::workers(parts(g), g.multiply_adds());
    let workers = workers.min(turned.len() / turned_len(g));
    let part = Part {
        g,
        dy,
        w,
        first: 0,
        dx,
        turned,
        totals,
    };
    part.share(set, workers.max(1));
}

/// The gradient of some features.
struct Part<'a, T> {
    g: &'a DenseGeometry,
    dy: &'a [T],
    w: &'a [T],
    /// The first feature.
    first: usize,
    /// (batch, features), written.
    dx: ArrayViewMut2<'a, T>,
    /// As many times the memory for a block as threads share the part.
    turned: &'a mut [T],
    /// The sums of earlier groups of blocks, example by example.
    totals: &'a mut [T],
}

impl<T: Real> Part<'_, T> {
    /// Cuts the features until there is a part for each thread.
    fn share(self, set: InstructionSet, workers: usize) {
        if workers == 1 {
            return set.run(self);
        }
        let Self {
            g,
            dy,
            w,
            first,
            dx,
            turned,
            totals,
        } = self;
        let half = workers / 2;
        // Whole lines of the cache, so that hardly any is written by two threads.
        let columns = dx.ncols() * half / workers / ALIGNED * ALIGNED;
        let (dx_left, dx_right) = dx.split_at(Axis(1), columns);
        let (turned_left, turned_right) = turned.split_at_mut(half * turned_len(g));
        let of_left = match totals.is_empty() {
            true => 0,
            false => g.batch * columns,
        };
        let (totals_left, totals_right) = totals.split_at_mut(of_left);
        let left = Part {
            g,
            dy,
            w,
            first,
            dx: dx_left,
            turned: turned_left,
            totals: totals_left,
        };
        let right = Part {
            g,
            dy,
            w,
            first: first + columns,
            dx: dx_right,
            turned: turned_right,
            totals: totals_right,
        };
        parallel::join(
            || left.share(set, half),
            || right.share(set, workers - half),
        );
    }

    /// Goes to the next group of blocks, if there are several: what `dx` holds is added to the totals of those `before`,
    /// if there are any, and `dx` is left as zeros, or at the end as the totals.
    fn change_group(&mut self, before: bool, end: bool) {
        for (total, dx) in self.totals.iter_mut().zip(&mut self.dx) {
            *total = if before { *total + *dx } else { *dx };
            *dx = if end { *total } else { T::zero() };
        }
    }

    /// `turned[unit][example] = dy[example][first + unit]`, for `len` units.
    #[inline(always)]
    fn turn<I: Isa>(&mut self, isa: I, first: usize, len: usize) {
        let &DenseGeometry { batch, outputs, .. } = self.g;
        let (square, pitch) = (I::square::<T>(), pitch(self.g));
        let (whole_examples, whole) = (batch - batch % square, len - len % square);
        for example in (0..whole_examples).step_by(square) {
            for unit in (0..whole).step_by(square) {
                let from = &self.dy[example * outputs + first + unit..];
                let to = &mut self.turned[unit * pitch + example..];
                isa.transpose(from, outputs, to, pitch);
            }
        }
        for example in 0..pitch {
            let start = if example < whole_examples { whole } else { 0 };
            for unit in start..len {
                self.turned[unit * pitch + example] = match example < batch {
                    true => self.dy[example * outputs + first + unit],
                    false => T::zero(),
                };
            }
        }
    }

    /// The sums over a block's units, of all features.
    #[inline(always)]
    fn block<I: Isa>(&mut self, isa: I, block: Block) {
        let (columns, tile) = (self.dx.ncols(), VECTORS * I::lanes::<T>());
        let batch = self.g.batch;
        let many = TILE_EXAMPLES[1];
        let stretches = columns.div_ceil(tile)
            * batch.div_ceil(if I::BROADCASTS {
                many
            } else {
                TILE_EXAMPLES[0]
            })
            * block.units.len().div_ceil(STRETCH);
        let mut ahead = Ahead::new(self, &block, stretches);
        for column in (0..columns).step_by(tile) {
            let mut example = 0;
            while example < batch {
                let left = batch - example;
                if I::BROADCASTS && left > TILE_EXAMPLES[0] {
                    self.tile::<I, { TILE_EXAMPLES[1] }>(
                        isa,
                        &block,
                        [example, column],
                        &mut ahead,
                    );
                    example += TILE_EXAMPLES[1];
                } else {
                    self.tile::<I, { TILE_EXAMPLES[0] }>(
                        isa,
                        &block,
                        [example, column],
                        &mut ahead,
                    );
                    example += TILE_EXAMPLES[0];
                }
            }
        }
    }

    /// The examples from `example` on at two vectors of features. Where these would end after the last feature they
    /// begin before `column`, and what lies before it is left out.
    #[inline(always)]
    fn tile<I: Isa, const K: usize>(
        &mut self,
        isa: I,
        block: &Block,
        [example, column]: [usize; 2],
        ahead: &mut Ahead,
    ) {
        let (inputs, pitch) = (self.g.inputs, pitch(self.g));
        let (lanes, tile) = (I::lanes::<T>(), VECTORS * I::lanes::<T>());
        let start = column.min(self.dx.ncols() - tile);
        let mut sums: Tile<I, T, K, VECTORS> = [[isa.splat(T::zero()); VECTORS]; K];
        for from in block.units.clone().step_by(STRETCH) {
            ahead.ask(isa, self.w);
            let pixels = Pixels {
                counts: [1, 1, STRETCH.min(block.units.end - from)],
                x_steps: [0, 0, pitch],
                dy_steps: [0, 0, inputs],
            };
            let turned = &self.turned[(from - block.units.start) * pitch + example..];
            let w = &self.w[from * inputs + self.first + start..];
            outer(isa, turned, w, &pixels, &mut sums);
        }
        let mut row = [T::zero(); VECTORS * MOST_LANES];
        for (sums, example) in sums.into_iter().zip(example..self.g.batch) {
            let Some(dx) = self.dx.row_mut(example).into_slice() else {
                unreachable!("a row of dx is contiguous");
            };
            for (v, sum) in sums.into_iter().enumerate() {
                isa.store(&mut row[v * lanes..], sum);
            }
            let dx = &mut dx[column..start + tile];
            let row = &row[column - start..tile];
            match block.is_first {
                true => dx.copy_from_slice(row),
                false => dx.iter_mut().zip(row).for_each(|(dx, &sum)| *dx += sum),
            }
        }
    }
}

/// Some units that are summed one after the other.
struct Block {
    units: Range<usize>,
    is_first: bool,
}

impl<T: Real> Kernel for Part<'_, T> {
    type Output = ();

    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let outputs = self.g.outputs;
        let group = groups(outputs, BLOCK);
        let (mut blocks, mut before) = (0, false);
        for first in (0..outputs).step_by(block_len(outputs)) {
            if group > 1 && blocks == group {
                self.change_group(before, false);
                (blocks, before) = (0, true);
            }
            blocks += 1;
            let units = first..outputs.min(first + block_len(outputs));
            self.turn(isa, first, units.len());
            self.block(
                isa,
                Block {
                    units,
                    is_first: first == 0,
                },
            );
        }
        if before {
            self.change_group(true, true);
        }
    }
}

/// The rows of the next block, a few lines for each stretch of this one.
struct Ahead {
    /// The row's first value, that of the next line in it, and where the part ends in it.
    row: usize,
    at: usize,
    width: usize,
    /// From one row to the next.
    step: usize,
    lines: usize,
}

impl Ahead {
    #[inline(always)]
    fn new<T: Real>(part: &Part<'_, T>, block: &Block, stretches: usize) -> Self {
        let width = part.dx.ncols();
        let lines = block.units.len() * width.div_ceil(LINE / size_of::<T>());
        Self {
            row: block.units.end * part.g.inputs + part.first,
            at: 0,
            width,
            step: part.g.inputs,
            lines: lines.div_ceil(stretches.max(1)),
        }
    }

    /// One stretch's lines.
    #[inline(always)]
    fn ask<I: Isa, T: Real>(&mut self, isa: I, w: &[T]) {
        for _ in 0..self.lines {
            isa.prefetch(w, self.row + self.at);
            self.at += LINE / size_of::<T>();
            if self.at >= self.width {
                self.at = 0;
                self.row += self.step;
            }
        }
    }
}
