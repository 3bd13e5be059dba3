//! The tiles of a chunk: transformed, and their outer products summed.

use std::ops::Range;

use crate::Real;
use crate::conv::methods::winograd::filters::PLACES;
use crate::conv::methods::winograd::squares::Squares;
use crate::conv::methods::winograd::tiles::Place;
use crate::conv::methods::winograd::transform;
use crate::conv::methods::winograd::transform::{IN, OUT};
use crate::conv::methods::winograd::weights::jobs::{Block, place_len};
use crate::conv::parts::line::Line;
use crate::simd::tile::{self, Pixels, Tile};
use crate::simd::{Isa, Kernel};

/// Adds what some tiles of the batch give to a block's sums: `sums[place][channel][filter] += sum
/// over the tiles of (B^T x B)[place][tile][channel] (A dy A^T)[place][tile][filter]`.
pub(super) struct Chunk<'a, T> {
    /// Height and width.
    pub(super) lines: [Line; 2],
    /// All channels and all filters.
    pub(super) depth: [usize; 2],
    pub(super) block: &'a Block,
    /// Tiles, counted through the batch.
    pub(super) tiles: Range<usize>,
    pub(super) x: &'a [T],
    pub(super) dy: &'a [T],
    /// Whether the sums start here: what is in them does not count.
    pub(super) first: bool,
    /// Whether the tiles are a sum of their own, added to that of the tiles before them (`long_sum`).
    pub(super) apart: bool,
    /// `[place][panel][channel][column]`, the places [`place_len`] apart.
    pub(super) sums: &'a mut [T],
    /// The sums of `dy`, where they are wanted.
    pub(super) bias: Option<&'a mut [T]>,
    /// `[place][tile][channel]`, then `[place][tile][filter]`.
    pub(super) scratch: &'a mut [T],
}

impl<T: Real> Kernel for Chunk<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let count = self.tiles.len();
        let [inputs_step, gradients_step] =
            self.block.pitches().map(|pitch| place_len(count * pitch));
        let (inputs, gradients) =
            std::mem::take(&mut self.scratch).split_at_mut(PLACES * inputs_step);
        self.transform_inputs(isa, inputs, inputs_step);
        self.transform_gradients(isa, gradients, gradients_step);
        let (inputs, gradients) = (&*inputs, &*gradients);
        let lanes = I::lanes::<T>();
        let (channels, columns) = (self.block.channels.len(), self.block.columns(lanes));
        let [x_step, dy_step] = self.block.pitches();
        let pixels = Pixels {
            counts: [1, 1, count],
            x_steps: [0, 0, x_step],
            dy_steps: [0, 0, dy_step],
        };
        let sums_step = place_len(channels * columns);
        for place in 0..PLACES {
            let mut panel = Panel {
                isa,
                inputs: &inputs[place * inputs_step..],
                gradients: &gradients[place * gradients_step..],
                pixels,
                channels,
                first: self.first,
                apart: self.apart && !self.first,
                sums: &mut self.sums[place * sums_step..],
            };
            let mut column = 0;
            while column < columns {
                if columns - column > lanes {
                    panel.run::<2>(column);
                    column += 2 * lanes;
                } else {
                    panel.run::<1>(column);
                    column += lanes;
                }
            }
        }
    }
}

impl<T: Real> Chunk<'_, T> {
    /// The tiles, and the one after them.
    #[inline(always)]
    fn places(&self) -> Places {
        let [tile_rows, tile_cols] = self.lines.map(|line| line.outputs.div_ceil(OUT));
        let first = self.tiles.start;
        let next = Place {
            example: first / (tile_rows * tile_cols),
            row: first / tile_cols % tile_rows,
            col: first % tile_cols,
        };
        Places {
            tile_rows,
            tile_cols,
            next,
        }
    }

    #[inline(always)]
    fn transform_inputs<I: Isa>(&self, isa: I, to: &mut [T], step: usize) {
        let [line_h, line_w] = &self.lines;
        let [pitch, _] = self.block.pitches();
        let squares = Squares {
            isa,
            source: self.x,
            size: [line_h.n, line_w.n],
            channels: self.depth[0],
        };
        let mut places = self.places();
        for number in 0..self.tiles.len() {
            let place = places.take();
            let first =
                |place: Place| [line_h.start(OUT * place.row), line_w.start(OUT * place.col)];
            if number + 1 < self.tiles.len() {
                let next = places.next;
                let channels = self.block.channels.clone();
                squares.prefetch::<IN>(next.example, first(next), channels, next.known());
            }
            squares.transform_inputs(
                place.example,
                first(place),
                self.block.channels.clone(),
                &mut to[number * pitch..],
                step,
            );
        }
    }

    /// Transforms `dy`, and adds up `db`.
    #[inline(always)]
    fn transform_gradients<I: Isa>(&mut self, isa: I, to: &mut [T], step: usize) {
        let [_, pitch] = self.block.pitches();
        self.clear_ends(to, [step, pitch], I::lanes::<T>());
        let squares = Squares {
            isa,
            source: self.dy,
            size: [self.lines[0].outputs, self.lines[1].outputs],
            channels: self.depth[1],
        };
        let mut bias = self.bias.take();
        let mut places = self.places();
        for number in 0..self.tiles.len() {
            let place = places.take();
            let first = |place: Place| {
                [
                    (OUT * place.row).cast_signed(),
                    (OUT * place.col).cast_signed(),
                ]
            };
            if number + 1 < self.tiles.len() {
                let next = places.next;
                let filters = self.block.filters.clone();
                squares.prefetch::<OUT>(next.example, first(next), filters, 0);
            }
            let to = &mut to[number * pitch..];
            squares.each(
                place.example,
                first(place),
                self.block.filters.clone(),
                #[inline(always)]
                |filter, pixels: &[[I::Vector<T>; OUT]; OUT]| {
                    let square = transform::square(
                        isa.splat(T::zero()),
                        pixels,
                        #[inline(always)]
                        |line| transform::output_adjoint::<I, T>(isa, line),
                    );
                    if let Some(bias) = &mut bias {
                        // A vector that reaches back has a place of its own: see `Finish`.
                        let at = &mut bias[filter.next_multiple_of(I::lanes::<T>())..];
                        isa.store(at, isa.vector_add(isa.load(at), total::<I, T>(isa, pixels)));
                    }
                    tile::store_square(isa, &square, &mut to[filter..], step);
                },
            );
        }
    }

    /// Zeros for what the last vector of a panel reads after the last filter: its sums are left out,
    /// but numbers left in the memory may be ones that take long to multiply.
    #[inline(always)]
    fn clear_ends(&self, to: &mut [T], [step, pitch]: [usize; 2], lanes: usize) {
        let (used, columns) = (self.block.filters.len(), self.block.columns(lanes));
        if used == columns {
            return;
        }
        for place in 0..PLACES {
            for tile in 0..self.tiles.len() {
                to[place * step + tile * pitch..][used..columns].fill(T::zero());
            }
        }
    }
}

/// Tiles one after the other.
struct Places {
    /// Rows and columns of tiles in an image.
    tile_rows: usize,
    tile_cols: usize,
    next: Place,
}

impl Places {
    #[inline(always)]
    fn take(&mut self) -> Place {
        let place = self.next;
        self.next.col += 1;
        if self.next.col == self.tile_cols {
            self.next.col = 0;
            self.next.row += 1;
        }
        if self.next.row == self.tile_rows {
            self.next.row = 0;
            self.next.example += 1;
        }
        place
    }
}

/// The sum of a square.
#[inline(always)]
fn total<I: Isa, T: Real>(isa: I, pixels: &[[I::Vector<T>; OUT]; OUT]) -> I::Vector<T> {
    let mut sums = pixels[0];
    for line in &pixels[1..] {
        for (sum, &value) in sums.iter_mut().zip(line) {
            *sum = isa.vector_add::<T>(*sum, value);
        }
    }
    let [a, b, c, d] = sums;
    isa.vector_add::<T>(isa.vector_add::<T>(a, b), isa.vector_add::<T>(c, d))
}

/// One place of the tiles.
struct Panel<'a, I, T> {
    isa: I,
    inputs: &'a [T],
    gradients: &'a [T],
    pixels: Pixels,
    channels: usize,
    first: bool,
    apart: bool,
    sums: &'a mut [T],
}

impl<I: Isa, T: Real> Panel<'_, I, T> {
    /// The filters of `V` vectors from `column` on.
    #[inline(always)]
    fn run<const V: usize>(&mut self, column: usize) {
        // Tiles as equal as whole elements allow.
        let most = if V == 1 { 12 } else { 6 };
        let mut tiles = self.channels.div_ceil(most);
        let mut done = 0;
        while tiles > 0 {
            let size = (self.channels - done).div_ceil(tiles);
            match size {
                12 => self.tile::<12, V>(column, done),
                11 => self.tile::<11, V>(column, done),
                10 => self.tile::<10, V>(column, done),
                9 => self.tile::<9, V>(column, done),
                8 => self.tile::<8, V>(column, done),
                7 => self.tile::<7, V>(column, done),
                6 => self.tile::<6, V>(column, done),
                5 => self.tile::<5, V>(column, done),
                4 => self.tile::<4, V>(column, done),
                3 => self.tile::<3, V>(column, done),
                2 => self.tile::<2, V>(column, done),
                _ => self.tile::<1, V>(column, done),
            }
            done += size;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn tile<const K: usize, const V: usize>(&mut self, column: usize, channel: usize) {
        // Never asked for: more vectors than there are registers.
        if K * V > 12 {
            return;
        }
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let to = &mut self.sums[column * self.channels + channel * V * lanes..][..K * V * lanes];
        let mut tile: Tile<I, T, K, V> = [[isa.splat(T::zero()); V]; K];
        if !self.first && !self.apart {
            for (vector, from) in tile
                .as_flattened_mut()
                .iter_mut()
                .zip(to.chunks_exact(lanes))
            {
                *vector = isa.load(from);
            }
        }
        let (inputs, gradients) = (&self.inputs[channel..], &self.gradients[column..]);
        tile::outer(isa, inputs, gradients, &self.pixels, &mut tile);
        for (&vector, to) in tile.as_flattened().iter().zip(to.chunks_exact_mut(lanes)) {
            let before = if self.apart {
                isa.load(to)
            } else {
                isa.splat(T::zero())
            };
            isa.store(to, isa.vector_add(before, vector));
        }
    }
}
