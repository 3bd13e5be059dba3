//! The tiles of a chunk: transformed, multiplied, and transformed back.

use crate::Real;
use crate::conv::methods::winograd::filters::PLACES;
use crate::conv::methods::winograd::squares::Squares;
use crate::conv::methods::winograd::transform;
use crate::conv::methods::winograd::transform::{IN, OUT};
use crate::conv::parts::line::Line;
use crate::conv::parts::pack::Packed;
use crate::conv::parts::rows::store_row;
use crate::simd::tile::{self, Runs, Tile};
use crate::simd::{Isa, Kernel};

/// A tile: its example, and its row and column among the tiles of the image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) example: usize,
    pub(super) row: usize,
    pub(super) col: usize,
}

impl Place {
    /// How many of the first columns that a tile sees the tile before it has seen.
    #[inline(always)]
    pub(super) fn known(self) -> usize {
        if self.col > 0 { IN - OUT } else { 0 }
    }
}

/// The inputs of the tiles, and the layout of their memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Height and width.
    pub(super) lines: [Line; 2],
    pub(super) channels: usize,
    pub(super) columns: usize,
}

impl Shape {
    /// From one place of a transformed tile to the next: not a multiple of a kilobyte, or all
    /// places of a channel would fall on a few lines of the cache.
    #[inline(always)]
    pub(super) fn place_len(&self) -> usize {
        match self.channels % 256 {
            0 => self.channels + 16,
            _ => self.channels,
        }
    }

    /// Row and column of the first input that a tile sees.
    #[inline(always)]
    fn first_input(&self, tile: Place) -> [isize; 2] {
        let [line_h, line_w] = &self.lines;
        [line_h.start(OUT * tile.row), line_w.start(OUT * tile.col)]
    }

    /// Elements of scratch memory that a tile takes.
    pub(super) fn tile_len(&self, lanes: usize) -> usize {
        PLACES * (self.place_len() + 2 * lanes)
    }
}

/// The results of some tiles, written over what `out` holds there; whether any is not finite.
pub(super) struct Tiles<'a, T> {
    pub(super) shape: Shape,
    pub(super) tiles: &'a [Place],
    /// The whole source.
    pub(super) source: &'a [T],
    pub(super) packed: Packed<'a, T>,
    pub(super) out: &'a mut [T],
    /// Which element of the outputs `out` starts with.
    pub(super) out_start: usize,
    pub(super) scratch: &'a mut [T],
}

impl<T: Real> Kernel for Tiles<'_, T> {
    type Output = bool;
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> bool {
        let Self {
            shape,
            tiles,
            source,
            packed,
            out,
            out_start,
            scratch,
        } = self;
        let (seen, products) = scratch.split_at_mut(tiles.len() * PLACES * shape.place_len());
        let inputs = Squares {
            isa,
            source,
            size: [shape.lines[0].n, shape.lines[1].n],
            channels: shape.channels,
        };
        let (tile_len, place_len) = (PLACES * shape.place_len(), shape.place_len());
        let mut next = tiles.iter().skip(1);
        for (&tile, to) in tiles.iter().zip(seen.chunks_exact_mut(tile_len)) {
            if let Some(&next) = next.next() {
                let first = shape.first_input(next);
                inputs.prefetch::<IN>(next.example, first, 0..shape.channels, next.known());
            }
            let first = shape.first_input(tile);
            inputs.transform_inputs(tile.example, first, 0..shape.channels, to, place_len);
        }
        let seen = &*seen;
        let lanes = I::lanes::<T>();
        let mut pass = Pass {
            isa,
            shape: &shape,
            tiles,
            seen,
            packed,
            products,
            out,
            out_start,
            wild: [isa.splat(T::zero()); OUT],
        };
        let mut column = 0;
        while column < shape.columns {
            if shape.columns - column > lanes {
                pass.panel::<2>(column);
                column += 2 * lanes;
            } else {
                pass.panel::<1>(column);
                column += lanes;
            }
        }
        pass.is_wild()
    }
}

/// Transformed tiles on their way through an instruction set.
struct Pass<'a, I: Isa, T: Real> {
    isa: I,
    shape: &'a Shape,
    tiles: &'a [Place],
    /// `[tile][place][channel]`.
    seen: &'a [T],
    packed: Packed<'a, T>,
    /// `[tile][place][column]` of a panel.
    products: &'a mut [T],
    out: &'a mut [T],
    out_start: usize,
    /// 0, or NaN where a result was not finite.
    wild: [I::Vector<T>; OUT],
}

impl<I: Isa, T: Real> Pass<'_, I, T> {
    #[inline(always)]
    fn panel<const V: usize>(&mut self, column: usize) {
        let width = V * I::lanes::<T>();
        for place in 0..PLACES {
            let w = self
                .packed
                .panel(column, width, place * (self.shape.channels + 1));
            let mut first = 0;
            while first < self.tiles.len() {
                // Tiles of four and more keep the multipliers busy.
                first += match self.tiles.len() - first {
                    1..4 if !I::EVERY_TILE => self.products::<1, V>(place, first, w),
                    4.. if !I::EVERY_TILE => self.products::<4, V>(place, first, w),
                    1 => self.products::<1, V>(place, first, w),
                    2 => self.products::<2, V>(place, first, w),
                    3 => self.products::<3, V>(place, first, w),
                    4 | 7 | 8 => self.products::<4, V>(place, first, w),
                    5 | 9 => self.products::<5, V>(place, first, w),
                    _ => self.products::<6, V>(place, first, w),
                };
            }
        }
        for number in 0..self.tiles.len() {
            for v in 0..V {
                self.results::<V>(number, column, v);
            }
        }
    }

    /// The products of `P` tiles at one place; answers `P`.
    #[inline(always)]
    fn products<const P: usize, const V: usize>(
        &mut self,
        place: usize,
        first: usize,
        w: &[T],
    ) -> usize {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let tile_len = PLACES * self.shape.place_len();
        let start = place * self.shape.place_len();
        let runs = Runs {
            rows: 1,
            row_step: 0,
            per_row: 1,
            run_step: 0,
            len: self.shape.channels,
        };
        let mut starts = [0; P];
        for (p, place) in starts.iter_mut().enumerate() {
            *place = (first + p) * tile_len + start;
        }
        let mut sums: Tile<I, T, P, V> = [[isa.splat(T::zero()); V]; P];
        tile::windows(isa, self.seen, starts, &runs, w, &mut sums);
        for (p, sums) in sums.iter().enumerate() {
            let at = ((first + p) * PLACES + place) * V * lanes;
            let to = &mut self.products[at..][..V * lanes];
            for (v, &sum) in sums.iter().enumerate() {
                isa.store(&mut to[v * lanes..], sum);
            }
        }
        P
    }

    /// Transforms a vector of columns of a tile back: `out = A^T m A + bias`.
    #[inline(always)]
    fn results<const V: usize>(&mut self, number: usize, column: usize, v: usize) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let column = column + v * lanes;
        let width = self.shape.columns.saturating_sub(column).min(lanes);
        let products = &self.products[number * PLACES * V * lanes..][..PLACES * V * lanes];
        let zero = isa.splat(T::zero());
        let mut m = [[zero; IN]; IN];
        for (place, to) in m.as_flattened_mut().iter_mut().enumerate() {
            *to = isa.load(&products[(place * V + v) * lanes..]);
        }
        let mut square = transform::square(
            zero,
            &m,
            #[inline(always)]
            |line| transform::output::<I, T>(isa, line),
        );
        let bias = isa.load(self.packed.bias(column));
        let mut wild = self.wild;
        for line in &mut square {
            for (value, wild) in line.iter_mut().zip(&mut wild) {
                *value = isa.vector_add::<T>(*value, bias);
                *wild = isa.vector_mul_add::<T>(*value, zero, *wild);
            }
        }
        self.wild = wild;
        let [line_h, line_w] = &self.shape.lines;
        let Place { example, row, col } = self.tiles[number];
        let (row, col) = (OUT * row, OUT * col);
        let cols = (line_w.outputs - col).min(OUT);
        let rows = (line_h.outputs - row).min(OUT);
        let step = self.shape.columns;
        let first = ((example * line_h.outputs + row) * line_w.outputs + col) * step + column;
        let out = &mut self.out[first - self.out_start..];
        if rows == OUT && cols == OUT && width == lanes {
            for i in 0..OUT {
                let out = &mut out[i * line_w.outputs * step..][..(OUT - 1) * step + lanes];
                for j in 0..OUT {
                    isa.store(&mut out[j * step..], square[i][j]);
                }
            }
        } else {
            for (i, line) in square.iter().enumerate().take(rows) {
                for (j, &value) in line.iter().enumerate().take(cols) {
                    let at = (i * line_w.outputs + j) * step;
                    store_row::<I, T, 1>(isa, &[value], &mut out[at..][..width]);
                }
            }
        }
    }

    #[inline(always)]
    fn is_wild(&self) -> bool {
        let mut lanes = [T::zero(); 16];
        self.wild.iter().any(|&wild| {
            self.isa.store(&mut lanes, wild);
            lanes.iter().any(|lane| lane.is_nan())
        })
    }
}
