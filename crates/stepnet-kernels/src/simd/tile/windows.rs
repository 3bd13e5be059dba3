//! Sums of windows: the pixel's value of each element of the window times a vector of columns.

use super::registers::{Tile, vectors_at};
use crate::Real;
use crate::long_sum::{BLOCK, LONGEST};
use crate::simd::Isa;
use std::ops::Range;

/// Where the elements of a window lie, counted from its first: rows of runs, which are contiguous elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    /// Rows of runs, and the step from one to the next.
    pub(crate) rows: usize,
    pub(crate) row_step: usize,
    /// Runs in a row, and the step from one to the next.
    pub(crate) per_row: usize,
    pub(crate) run_step: usize,
    /// Elements of a run.
    pub(crate) len: usize,
}

impl Runs {
    /// Elements of the window.
    #[inline(always)]
    pub(crate) fn elements(&self) -> usize {
        self.rows * self.per_row * self.len
    }

    /// The distance from the first element to the end of the last.
    #[inline(always)]
    pub(crate) fn reach(&self) -> usize {
        match self.elements() {
            0 => 0,
            _ => (self.rows - 1) * self.row_step + (self.per_row - 1) * self.run_step + self.len,
        }
    }
}

/// A part of the elements of a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Its elements.
    pub(crate) runs: Runs,
    /// The row of the first run, its place there, and the element of it with which it begins.
    pub(crate) at: [usize; 3],
    /// The number of that element in the window.
    pub(crate) first: usize,
    /// Whether the window is so long that each part is a sum of its own.
    pub(crate) apart: bool,
}

impl Part {
    /// Whether nothing was summed before.
    #[inline(always)]
    pub(crate) fn is_first(&self) -> bool {
        self.first == 0
    }
}

impl Runs {
    /// The window's elements in order, in parts of at most `long_sum::BLOCK`: as equal ones as whole rows
    /// allow, whole runs of rows that are longer, and parts of runs that are longer still.
    #[inline(always)]
    pub(crate) fn for_each_part(self, mut f: impl FnMut(Part)) {
        let row = self.per_row * self.len;
        let (rows, per_row, len) = if self.elements() <= BLOCK {
            (self.rows, self.per_row, self.len)
        } else if row <= BLOCK {
            (equal(self.rows, BLOCK / row), self.per_row, self.len)
        } else if self.len <= BLOCK {
            (1, equal(self.per_row, BLOCK / self.len), self.len)
        } else {
            (1, 1, equal(self.len, BLOCK))
        };
        let apart = self.elements() > LONGEST;
        let mut at = [0; 3];
        loop {
            f(Part {
                runs: Runs {
                    rows: rows.min(self.rows - at[0]),
                    per_row: per_row.min(self.per_row - at[1]),
                    len: len.min(self.len - at[2]),
                    ..self
                },
                at,
                first: (at[0] * self.per_row + at[1]) * self.len + at[2],
                apart,
            });
            at[2] += len;
            if at[2] >= self.len {
                at = [at[0], at[1] + per_row, 0];
            }
            if at[1] >= self.per_row {
                at = [at[0] + rows, 0, 0];
            }
            if at[0] >= self.rows {
                return;
            }
        }
    }
}

/// The size, at most `most`, of as equal parts as there can be.
#[inline(always)]
fn equal(all: usize, most: usize) -> usize {
    all.div_ceil(all.div_ceil(most))
}

/// The places of all elements of a window, one by one: where runs are short, a loop over these does
/// not end as often as one over the runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offsets {
    /// None reaches further than the runs they were made of.
    places: [u32; MOST_OFFSETS],
    runs: Runs,
}

/// Elements of a window whose places are listed.
const MOST_OFFSETS: usize = 256;

/// Elements of a run that is not short.
const LONG_RUN: usize = 16;

impl Offsets {
    /// The places, where runs are short and the window is small enough.
    #[inline(always)]
    pub(crate) fn of_short(runs: &Runs) -> Option<Self> {
        let several = runs.rows * runs.per_row > 1;
        let few = runs.elements() <= MOST_OFFSETS && u32::try_from(runs.reach()).is_ok();
        if !several || !few || runs.len >= LONG_RUN {
            return None;
        }
        let mut places = [0; MOST_OFFSETS];
        let mut to = places.iter_mut();
        for row in 0..runs.rows {
            for run in 0..runs.per_row {
                let first = row * runs.row_step + run * runs.run_step;
                for (k, to) in (first..first + runs.len).zip(&mut to) {
                    // Less than the reach, which fits.
                    *to = k as u32;
                }
            }
        }
        Some(Self {
            places,
            runs: *runs,
        })
    }
}

/// Elements of a run that are added without looking in between whether it ends.
const UNROLLED: usize = 4;

/// `sums[p][column] += pixels[p][k] w[column]`.
///
/// # Safety
/// Element `k` of every pixel can be read, and `V` vectors at `w`.
#[inline(always)]
unsafe fn add_element<I: Isa, T: Real, const P: usize, const V: usize>(
    isa: I,
    pixels: &[*const T; P],
    k: usize,
    w: *const T,
    sums: &mut Tile<I, T, P, V>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let by = vectors_at::<I, T, V>(isa, w);
        for (pixel, sums) in pixels.iter().zip(sums) {
            let value = isa.splat(*pixel.add(k));
            for (sum, by) in sums.iter_mut().zip(by) {
                *sum = isa.vector_mul_add(value, by, *sum);
            }
        }
    }
}

/// `sums[p][column] += sum over k of x[starts[p] + place(k)] w[k][column]`, `k` in the order of the
/// runs.
///
/// `w` holds `V` vectors for every element of the window.
///
/// # Panics
///
/// If a window reaches beyond `x`, or `w` is shorter than the window needs.
#[inline(always)]
pub(crate) fn windows<I: Isa, T: Real, const P: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    runs: &Runs,
    w: &[T],
    sums: &mut Tile<I, T, P, V>,
) {
    if runs.elements() == 0 {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(
        furthest + runs.reach() <= x.len(),
        "a window leaves the image"
    );
    assert!(runs.elements() * V * lanes <= w.len(), "too few weights");
    // Sums in an array of their own stay in registers.
    let mut tile = *sums;
    // SAFETY: `starts[p] + reach` is at most the length of `x` for every `p`, and every element
    // read lies before it; `w` is read front to back, `V` vectors for each of the elements, which
    // is no more than its length.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for row in 0..runs.rows {
            for run in 0..runs.per_row {
                let first = row * runs.row_step + run * runs.run_step;
                let end = first + runs.len;
                let mut k = first;
                while k + UNROLLED <= end {
                    for ahead in 0..UNROLLED {
                        let w = w.add(ahead * V * lanes);
                        add_element::<I, T, P, V>(isa, &pixels, k + ahead, w, &mut tile);
                    }
                    w = w.add(UNROLLED * V * lanes);
                    k += UNROLLED;
                }
                while k < end {
                    add_element::<I, T, P, V>(isa, &pixels, k, w, &mut tile);
                    w = w.add(V * lanes);
                    k += 1;
                }
            }
        }
    }
    *sums = tile;
}

/// [`windows`] over some elements of a window with its places listed; `w` is that of the first one.
///
/// # Panics
///
/// As [`windows`].
#[inline(always)]
pub(crate) fn short_windows<I: Isa, T: Real, const P: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    offsets: &Offsets,
    elements: Range<usize>,
    w: &[T],
    sums: &mut Tile<I, T, P, V>,
) {
    let lanes = I::lanes::<T>();
    let places = &offsets.places[elements];
    if places.is_empty() {
        return;
    }
    let runs = &offsets.runs;
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(
        furthest + runs.reach() <= x.len(),
        "a window leaves the image"
    );
    assert!(places.len() * V * lanes <= w.len(), "too few weights");
    let mut tile = *sums;
    // SAFETY: as in `windows`; every listed place lies before the reach of the runs it was made of.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for &place in places {
            add_element::<I, T, P, V>(isa, &pixels, place as usize, w, &mut tile);
            w = w.add(V * lanes);
        }
    }
    *sums = tile;
}
