//! The gradients with respect to the filters and the bias, from the winners alone.
//!
//! A winner at pixel `p` for filter `f` adds `dy x[window of p]` to the filter's gradient. For each
//! filter the winners of an example are listed, and a few rows of the window at a time are summed in
//! registers over the list. The gradients are held transposed, a filter's elements side by side,
//! summed over fixed parts of the batch, and these in their order.

use std::ops::Range;

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::methods::winners::list::{Clipped, OUTSIDE, Starts, add_scaled, joined};
use crate::conv::parts::blocks::even;
use crate::conv::parts::rows::{add_row, load_row, store_row};
use crate::conv::pooled::geometry::{Gradient, PooledGeometry};
use crate::conv::pooled::values::passes;
use crate::long_sum::LONGEST;
use crate::simd::tile::{self, Tile};
use crate::simd::{self, Isa, Kernel};
use crate::transpose;

/// The most parts of the batch.
const PARTS: usize = 16;

/// Winners of a part that pay for its own sums.
const PART_WINNERS: usize = 1 << 10;

/// Elements that the sums of all parts together may take, unless one part does.
const PARTIAL_ELEMENTS: usize = 1 << 16;

/// Winners whose places are known at a time, and filters that share them.
const LISTED: usize = 2048;
const FILTERS: usize = 64;

/// Vectors of a run that are summed at a time, and of a tile.
const RUN: usize = 4;
const TILE: usize = 12;

/// Elements of scratch memory: the parts' sums.
pub(in crate::conv) fn weights_scratch(g: &PooledGeometry) -> usize {
    most_parts(g) * (g.conv.weights_len() + g.conv.filters)
}

/// No batch of as many examples or fewer has more parts.
fn most_parts(g: &PooledGeometry) -> usize {
    let by_work = g.y_len() / PART_WINNERS;
    let by_memory = PARTIAL_ELEMENTS / (g.conv.weights_len() + g.conv.filters);
    by_work.min(by_memory).clamp(1, PARTS)
}

/// The gradients of filters and bias.
pub(in crate::conv) fn weights<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    gradient: &Gradient<'_, T>,
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    let batch = g.conv.batch;
    let per_part = batch.div_ceil(most_parts(g)).max(1);
    let parts = batch.div_ceil(per_part).max(1);
    let part_len = g.conv.weights_len() + g.conv.filters;
    let sums = &mut scratch[..parts * part_len];
    let to_starts = Starts::new(&g.conv);
    let one = |part: usize, sums: &mut [T]| {
        sums.fill(T::zero());
        let examples = part * per_part..batch.min((part + 1) * per_part);
        simd::run(Winners {
            g,
            to_starts,
            x,
            gradient,
            examples,
            sums,
        });
    };
    if parts == 1 {
        one(0, sums);
    } else {
        sums.par_chunks_mut(part_len)
            .enumerate()
            .for_each(|(part, sums)| one(part, sums));
    }
    add_up(&g.conv, sums, part_len, dw, db);
}

/// `dw` and `db` from the parts' sums, which are added up in the first one's place.
fn add_up<T: Real>(
    g: &ConvGeometry,
    sums: &mut [T],
    part_len: usize,
    dw: &mut [T],
    db: Option<&mut [T]>,
) {
    let (total, parts) = sums.split_at_mut(part_len);
    for part in parts.chunks_exact(part_len) {
        for (total, &part) in total.iter_mut().zip(part) {
            *total += part;
        }
    }
    let (by_filters, bias) = total.split_at(g.weights_len());
    transpose([g.filters, g.patch_len()], by_filters, dw);
    if let Some(db) = db {
        db.copy_from_slice(bias);
    }
}

/// The filters' gradients, transposed, then those of the bias, over some examples.
struct Winners<'a, T> {
    g: &'a PooledGeometry,
    to_starts: Starts,
    x: &'a [T],
    gradient: &'a Gradient<'a, T>,
    examples: Range<usize>,
    sums: &'a mut [T],
}

impl<T: Real> Kernel for Winners<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let g = &self.g.conv;
        let image = g.input.iter().product::<usize>();
        let pooled = self.g.pool.output.iter().product::<usize>();
        let (dw, db) = self.sums.split_at_mut(g.weights_len());
        let mut pass = Pass {
            isa,
            g: self.g,
            apart: self.examples.len() * pooled > LONGEST * g.filters,
            starts: [0; LISTED],
            list: List {
                starts: [0; LISTED],
                by: [T::zero(); LISTED],
                count: 0,
            },
            dw,
            db,
        };
        for example in self.examples {
            let all = example * pooled..(example + 1) * pooled;
            let [y, dy] = [self.gradient.y, self.gradient.dy].map(|values| &values[all.clone()]);
            let winners = &self.gradient.winners[all];
            pass.example(
                &self.to_starts,
                &self.x[example * image..],
                [y, dy],
                winners,
            );
        }
    }
}

/// Winners of one filter, with their gradients.
struct List<T> {
    starts: [u32; LISTED],
    by: [T; LISTED],
    count: usize,
}

/// The sums on their way through an instruction set.
struct Pass<'a, I, T> {
    isa: I,
    g: &'a PooledGeometry,
    /// Whether the winners of a list are a sum of their own, added to those before them (`long_sum`).
    apart: bool,
    starts: [u32; LISTED],
    list: List<T>,
    dw: &'a mut [T],
    db: &'a mut [T],
}

impl<I: Isa, T: Real> Pass<'_, I, T> {
    #[inline(always)]
    fn example(&mut self, to_starts: &Starts, x: &[T], values: [&[T]; 2], winners: &[u32]) {
        let filters = self.g.conv.filters;
        let windows = winners.len() / filters;
        for filter in (0..filters).step_by(FILTERS) {
            let some = FILTERS.min(filters - filter);
            let most = (LISTED / some).min(LONGEST);
            for first in (0..windows).step_by(most) {
                let count = most.min(windows - first);
                if some == filters {
                    let winners = &winners[first * filters..(first + count) * filters];
                    to_starts.find(winners, &mut self.starts);
                } else {
                    for (window, starts) in self.starts.chunks_exact_mut(some).enumerate() {
                        let Some(first) = winners.get((first + window) * filters + filter..) else {
                            break;
                        };
                        to_starts.find(&first[..some.min(first.len())], starts);
                    }
                }
                for offset in 0..some {
                    let at = first * filters + filter + offset;
                    self.list(
                        x,
                        values.map(|v| &v[at..]),
                        &winners[at..],
                        filter + offset,
                        [offset, some, count],
                    );
                    self.add(x, filter + offset);
                }
            }
        }
    }

    /// Lists the winners of one filter that the gradient reaches and whose windows lie in the picture,
    /// and adds the others'.
    #[inline(always)]
    fn list(
        &mut self,
        x: &[T],
        [y, dy]: [&[T]; 2],
        winners: &[u32],
        filter: usize,
        [offset, some, count]: [usize; 3],
    ) {
        let g = &self.g.conv;
        let seen = g.group_channels();
        // A vector may end after the window, but not after the images.
        let slack = RUN * I::lanes::<T>();
        let row = g.input[1] * g.input[2];
        let reach = (g.kernel[0] - 1) * g.dilation[0] * row
            + (g.kernel[1] - 1) * g.dilation[1] * g.input[2]
            + seen
            + slack;
        let first = filter / g.group_filters() * seen;
        let end = x.len().saturating_sub(reach + first);
        let before = self.db[filter];
        let mut bias = if self.apart { T::zero() } else { before };
        let mut live = 0;
        for window in 0..count {
            let at = window * g.filters;
            let (y, dy) = (y[at], dy[at]);
            let start = self.starts[window * some + offset];
            let reached = passes(self.g, y);
            if reached {
                bias += dy;
            }
            let inside = start != OUTSIDE && (start as usize) < end;
            if reached && !inside {
                self.clipped(x, winners[at] as usize / g.filters, filter, dy);
            }
            self.list.starts[live] = start.wrapping_add(first as u32);
            self.list.by[live] = dy;
            live += usize::from(reached & inside);
        }
        self.list.count = live;
        self.db[filter] = if self.apart { before + bias } else { bias };
    }

    /// One winner's part, as far as its window lies in the picture.
    #[inline(always)]
    fn clipped(&mut self, x: &[T], pixel: usize, filter: usize, dy: T) {
        let g = &self.g.conv;
        let clipped = Clipped::new(g, pixel);
        let window = g.patch_len();
        let dw = &mut self.dw[filter * window..(filter + 1) * window];
        for u in clipped.tap_rows.clone() {
            for run in 0..clipped.runs(g) {
                let (elements, place) = clipped.run(g, filter / g.group_filters(), u, run);
                let x = &x[place..place + elements.len()];
                add_scaled(self.isa, dy, x, &mut dw[elements]);
            }
        }
    }

    /// Adds the listed winners' windows, run by run.
    #[inline(always)]
    fn add(&mut self, x: &[T], filter: usize) {
        if self.list.count == 0 {
            return;
        }
        let g = &self.g.conv;
        let lanes = I::lanes::<T>();
        let (runs, len) = match joined(g) {
            true => (1, g.patch_len() / g.kernel[0]),
            false => (g.kernel[1], g.group_channels()),
        };
        let window = g.patch_len();
        let row = Row {
            x_step: g.dilation[0] * g.input[1] * g.input[2],
            step: window / g.kernel[0],
        };
        let vectors = even(len.div_ceil(lanes), RUN);
        for run in 0..runs {
            for piece in (0..len).step_by(vectors * lanes) {
                let first = run * len + piece;
                let tile = Sums {
                    x: &x[run * g.dilation[1] * g.input[2] + piece..],
                    row,
                    first: filter * window + first,
                    len: (len - piece).min(vectors * lanes),
                };
                match tile.len.div_ceil(lanes) {
                    1 => self.rows::<1>(tile),
                    2 => self.rows::<2>(tile),
                    3 => self.rows::<3>(tile),
                    _ => self.rows::<4>(tile),
                }
            }
        }
    }

    /// All rows of the window, a few at a time.
    #[inline(always)]
    fn rows<const V: usize>(&mut self, sums: Sums<'_, T>) {
        let rows = self.g.conv.kernel[0];
        let most = match I::EVERY_TILE {
            true => (TILE / V).min(8),
            false => 1,
        };
        let mut tiles = rows.div_ceil(most);
        let mut done = 0;
        while tiles > 0 {
            let size = (rows - done).div_ceil(tiles);
            match size {
                8 if I::EVERY_TILE => self.tile::<8, V>(sums, done),
                7 if I::EVERY_TILE => self.tile::<7, V>(sums, done),
                6 if I::EVERY_TILE => self.tile::<6, V>(sums, done),
                5 if I::EVERY_TILE => self.tile::<5, V>(sums, done),
                4 if I::EVERY_TILE => self.tile::<4, V>(sums, done),
                3 if I::EVERY_TILE => self.tile::<3, V>(sums, done),
                2 if I::EVERY_TILE => self.tile::<2, V>(sums, done),
                _ => self.tile::<1, V>(sums, done),
            }
            done += size;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn tile<const R: usize, const V: usize>(&mut self, sums: Sums<'_, T>, row: usize) {
        // Never asked for: more vectors than there are registers.
        if R * V > TILE {
            return;
        }
        let isa = self.isa;
        let to = |r: usize| {
            let first = sums.first + (row + r) * sums.row.step;
            first..first + sums.len
        };
        let mut tile: Tile<I, T, R, V> = [[isa.splat(T::zero()); V]; R];
        if !self.apart {
            for (r, vectors) in tile.iter_mut().enumerate() {
                *vectors = load_row::<I, T, V>(isa, &self.dw[to(r)]);
            }
        }
        let list = &self.list;
        tile::gathered(
            isa,
            &sums.x[row * sums.row.x_step..],
            &list.starts[..list.count],
            &list.by[..list.count],
            sums.row.x_step,
            &mut tile,
        );
        for (r, vectors) in tile.iter().enumerate() {
            let to = &mut self.dw[to(r)];
            if self.apart {
                add_row::<I, T, V>(isa, vectors, to);
            } else {
                store_row::<I, T, V>(isa, vectors, to);
            }
        }
    }
}

/// From a row of the window to the next: in the picture and in the sums.
#[derive(Clone, Copy)]
struct Row {
    x_step: usize,
    step: usize,
}

/// A run of elements of the window's rows.
#[derive(Clone, Copy)]
struct Sums<'a, T> {
    /// The pictures from the run's first element in the first window on.
    x: &'a [T],
    row: Row,
    /// Where the run of the first row lies in the sums, and its length.
    first: usize,
    len: usize,
}
