//! Runs of elements of windows, multiplied with the filters' gradients and summed over the pixels of a block.

use std::ops::Range;

use crate::Real;
use crate::conv::parts::gradient::Gradient;
use crate::conv::parts::prefetch::NextPixels;
use crate::conv::parts::rows::{add_row, load_row, store_row};
use crate::simd::Isa;
use crate::simd::tile::{self, Pixels, Tile};

/// The most vectors of sums of a tile.
pub(super) const MOST: usize = 12;

/// Adds runs of elements of the window to a panel.
pub(super) struct Adder<'a, 'n, I, T, const V: usize> {
    pub(super) isa: I,
    pub(super) dy: Gradient<'a, T>,
    pub(super) apart: bool,
    pub(super) sums: &'a mut [T],
    pub(super) next: &'a mut NextPixels<'n, T>,
}

impl<I: Isa, T: Real, const V: usize> Adder<'_, '_, I, T, V> {
    /// The elements `run` of the window, which follow each other from the start of `x` on,
    /// over pixels that start `skipped` elements into the block's `dy`.
    #[inline(always)]
    pub(super) fn run(
        &mut self,
        x: &[T],
        run: Range<usize>,
        skipped: usize,
        counts: [usize; 3],
        x_steps: [usize; 3],
    ) {
        let pixels = Pixels {
            counts,
            x_steps,
            dy_steps: self.dy.steps,
        }
        .joined();
        // Tiles as equal as whole elements allow.
        let most = match I::EVERY_TILE {
            true => MOST / V,
            false => 4,
        };
        let mut tiles = run.len().div_ceil(most);
        let mut done = 0;
        while tiles > 0 {
            let size = (run.len() - done).div_ceil(tiles);
            let at = Place {
                x: &x[done..],
                skipped,
                pixels,
                first: run.start + done,
            };
            match size {
                12 if I::EVERY_TILE => self.tile::<12>(at),
                11 if I::EVERY_TILE => self.tile::<11>(at),
                10 if I::EVERY_TILE => self.tile::<10>(at),
                9 if I::EVERY_TILE => self.tile::<9>(at),
                8 if I::EVERY_TILE => self.tile::<8>(at),
                7 if I::EVERY_TILE => self.tile::<7>(at),
                6 if I::EVERY_TILE => self.tile::<6>(at),
                5 if I::EVERY_TILE => self.tile::<5>(at),
                4 => self.tile::<4>(at),
                3 => self.tile::<3>(at),
                2 => self.tile::<2>(at),
                _ => self.tile::<1>(at),
            }
            self.next.prefetch(self.isa);
            done += size;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn tile<const K: usize>(&mut self, at: Place<'_, T>) {
        // Never asked for: more vectors than there are registers.
        if K * V > MOST {
            return;
        }
        let (isa, width) = (self.isa, V * I::lanes::<T>());
        let to = &mut self.sums[at.first * width..(at.first + K) * width];
        let mut tile: Tile<I, T, K, V> = [[isa.splat(T::zero()); V]; K];
        if !self.apart {
            for (row, from) in tile.iter_mut().zip(to.chunks_exact(width)) {
                *row = load_row::<I, T, V>(isa, from);
            }
        }
        let dy = &self.dy.data[self.dy.first + at.skipped..];
        tile::outer(isa, at.x, dy, &at.pixels, &mut tile);
        for (row, to) in tile.iter().zip(to.chunks_exact_mut(width)) {
            if self.apart {
                add_row::<I, T, V>(isa, row, to);
            } else {
                store_row::<I, T, V>(isa, row, to);
            }
        }
    }
}

/// The terms that a tile sums over.
struct Place<'a, T> {
    x: &'a [T],
    skipped: usize,
    pixels: Pixels,
    first: usize,
}
