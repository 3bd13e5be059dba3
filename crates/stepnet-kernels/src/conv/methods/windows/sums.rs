//! The sums over the windows of a block: tiles of six pixels by two vectors, or eight by one for few
//! columns, in registers.

use std::ops::Range;

use crate::Real;
use crate::conv::parts::pack::Packed;
use crate::conv::parts::places::Places;
use crate::conv::parts::prefetch::{NextRows, prefetch};
use crate::conv::parts::rows::{add_row, load_row, store_row};
use crate::conv::parts::stage::Staged;
use crate::conv::parts::window_sum::{Block, BlockSums, WindowSum};
use crate::long_sum::{BLOCK, groups};
use crate::simd::tile::{self, Offsets, Runs, Tile};
use crate::simd::{Isa, Kernel};

/// Pixels of a tile of one vector of columns, and of one of two.
const TILE_PIXELS: [usize; 2] = [8, 6];

impl<T: Real> Kernel for BlockSums<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self {
            window_sum,
            block,
            source,
            packed,
            out,
            out_image,
            out_start,
            scratch,
            workers,
        } = self;
        let totals = window_sum.totals(block.pixels(), window_sum.window());
        let (totals, scratch) = scratch.split_at_mut(totals);
        let staged = Staged::of(window_sum, &block, source, scratch);
        let offsets = Offsets::of_short(&staged.runs);
        let lanes = I::lanes::<T>();
        let vectors = if window_sum.columns > lanes { 2 } else { 1 };
        let panels = window_sum.columns.div_ceil(vectors * lanes);
        let mut parts = 0;
        staged.runs.for_each_part(|_| parts += 1);
        let tiles = block.pixels().div_ceil(TILE_PIXELS[vectors - 1]) * panels * parts;
        let next_rows = NextRows::new(window_sum, &block, source, [tiles, workers]);
        let mut pass = Pass {
            isa,
            window_sum,
            block: &block,
            staged,
            offsets: offsets.as_ref(),
            packed,
            out,
            out_image,
            out_start,
            next_rows,
            totals,
        };
        pass.rows();
    }
}

/// A block on its way through an instruction set.
struct Pass<'a, I, T> {
    isa: I,
    window_sum: &'a WindowSum,
    block: &'a Block,
    staged: Staged<'a, T>,
    /// The places of the window's elements, where they are few in short runs.
    offsets: Option<&'a Offsets>,
    packed: &'a Packed<'a, T>,
    out: &'a mut [T],
    out_image: usize,
    out_start: usize,
    next_rows: NextRows<'a, T>,
    /// Of very long windows the sums of the groups of parts before this one, pixel by pixel.
    totals: &'a mut [T],
}

/// A part of the window, where its source elements start after those of the window, and the number of
/// its first element among those of all taps.
#[derive(Clone, Copy)]
struct Piece {
    part: tile::Part,
    offset: usize,
    first: usize,
}

impl<I: Isa, T: Real> Pass<'_, I, T> {
    /// The block, or where many taps see nothing but zeros the rows that see the source through the
    /// same ones.
    #[inline(always)]
    fn rows(&mut self) {
        let line = self.window_sum.lines[0];
        let all = self.block.rows.clone();
        if !line.is_much_outside() {
            return self.parts(all, 0..line.taps);
        }
        for [some, taps] in line.alike(all) {
            self.parts(some, taps);
        }
    }

    /// Goes through the window's rows `taps` in parts that stay in the cache, and for each through the
    /// panels of columns.
    #[inline(always)]
    fn parts(&mut self, pixels: Range<usize>, taps: Range<usize>) {
        let runs = Runs {
            rows: taps.len(),
            ..self.staged.runs
        };
        let group = groups(runs.elements(), BLOCK);
        let (mut parts, mut before) = (0, false);
        runs.for_each_part(
            #[inline(always)]
            |part| {
                if group > 1 && parts == group {
                    self.change_group(&pixels, before, false);
                    (parts, before) = (0, true);
                }
                parts += 1;
                let [row, run, from] = part.at;
                let piece = Piece {
                    part,
                    offset: (taps.start + row) * runs.row_step + run * runs.run_step + from,
                    first: taps.start * runs.per_row * runs.len + part.first,
                };
                self.panels(&pixels, piece);
            },
        );
        if before {
            self.change_group(&pixels, true, true);
        }
    }

    /// Adds what the outputs of some rows hold to the totals `before`, if there are any, and leaves the outputs as
    /// zeros, or at the end as the totals.
    #[inline(always)]
    fn change_group(&mut self, rows: &Range<usize>, before: bool, end: bool) {
        let pixels = self.block.examples.len() * rows.len() * self.block.cols.len();
        let above = rows.start - self.block.rows.start;
        let mut places = Places::new(self.window_sum, self.block, &self.staged, self.out_image)
            .of_rows(above, rows.len());
        let columns = self.window_sum.columns;
        for totals in self.totals.chunks_exact_mut(columns).take(pixels) {
            let (_, out) = places.next();
            let out = &mut self.out[out - self.out_start..][..columns];
            for (total, out) in totals.iter_mut().zip(out) {
                *total = if before { *total + *out } else { *out };
                *out = if end { *total } else { T::zero() };
            }
        }
    }

    #[inline(always)]
    fn panels(&mut self, rows: &Range<usize>, piece: Piece) {
        let lanes = I::lanes::<T>();
        let mut column = 0;
        while column < self.window_sum.columns {
            let left = self.window_sum.columns - column;
            if left > lanes {
                self.pixels::<{ TILE_PIXELS[1] }, 2>(rows, piece, column);
                column += 2 * lanes;
            } else {
                self.pixels::<{ TILE_PIXELS[0] }, 1>(rows, piece, column);
                column += lanes;
            }
        }
    }

    /// All pixels of some of the block's rows, `P` at a time, by `V` vectors of columns.
    #[inline(always)]
    fn pixels<const P: usize, const V: usize>(
        &mut self,
        rows: &Range<usize>,
        piece: Piece,
        column: usize,
    ) {
        let total = self.block.examples.len() * rows.len() * self.block.cols.len();
        let above = rows.start - self.block.rows.start;
        let mut places = Places::new(self.window_sum, self.block, &self.staged, self.out_image)
            .of_rows(above, rows.len());
        let mut done = 0;
        while done + P <= total {
            self.tile::<P, V>(piece, column, &mut places);
            done += P;
        }
        if !I::EVERY_TILE {
            while done < total {
                self.tile::<1, V>(piece, column, &mut places);
                done += 1;
            }
            return;
        }
        // The remaining outputs, in as few tiles as the sizes allow.
        if P > 4 && total - done >= 4 {
            self.tile::<4, V>(piece, column, &mut places);
            done += 4;
        }
        if total - done >= 3 {
            self.tile::<3, V>(piece, column, &mut places);
            done += 3;
        }
        match total - done {
            2 => self.tile::<2, V>(piece, column, &mut places),
            1 => self.tile::<1, V>(piece, column, &mut places),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<const P: usize, const V: usize>(
        &mut self,
        piece: Piece,
        column: usize,
        places: &mut Places,
    ) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let width = (self.window_sum.columns - column).min(V * lanes);
        let (mut starts, mut outs) = places.take::<P>();
        outs.iter_mut()
            .for_each(|out| *out = *out + column - self.out_start);
        for &out in &outs {
            prefetch(isa, self.out, out, width);
        }
        self.next_rows.prefetch(isa);
        let mut sums: Tile<I, T, P, V> = [[isa.splat(T::zero()); V]; P];
        let Piece {
            part,
            offset,
            first,
        } = piece;
        if part.is_first() {
            let bias = load_row::<I, T, V>(isa, &self.packed.bias(column)[..V * lanes]);
            sums = [bias; P];
        } else if !part.apart {
            for (sums, out) in sums.iter_mut().zip(outs) {
                *sums = load_row::<I, T, V>(isa, &self.out[out..][..width]);
            }
        }
        let w = self.packed.panel(column, V * lanes, first);
        let x = self.staged.data;
        match self.offsets {
            Some(offsets) => {
                let elements = first..first + part.runs.elements();
                tile::short_windows(isa, x, starts, offsets, elements, w, &mut sums);
            }
            None => {
                starts.iter_mut().for_each(|start| *start += offset);
                tile::windows(isa, x, starts, &part.runs, w, &mut sums);
            }
        }
        for p in 0..P {
            let out = &mut self.out[outs[p]..][..width];
            if part.apart && !part.is_first() {
                add_row::<I, T, V>(isa, &sums[p], out);
            } else {
                store_row::<I, T, V>(isa, &sums[p], out);
            }
        }
    }
}
