//! Larger images: each pixel several times, or the values between pixels on straight lines.

use super::{assert_len, parallel};
use crate::Real;
use crate::elementwise::by_rows;
use crate::simd::{self, Isa, Kernel};

/// The value of a pixel between others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpsampleMode {
    /// That of the pixel it is a part of.
    Nearest,
    /// That on the straight line between the centres of two pixels, along both axes; at the edge that of the last pixel.
    /// PyTorch's `bilinear` with `align_corners=False`.
    Bilinear,
}

/// The sizes of one example, as `(height, width, channels)`, and how many pixels each becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpsampleGeometry {
    /// The input's extents.
    pub input: [usize; 3],
    /// Output pixels for each input pixel, down and across.
    pub factor: [usize; 2],
    /// The values between pixels.
    pub mode: UpsampleMode,
}

/// The two pixels that an output lies between, and the share of the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Between {
    /// The first pixel.
    pub first: usize,
    /// The second, which may be the first again.
    pub second: usize,
    /// The second's share; the first's is the rest of 1.
    pub share: f64,
}

impl UpsampleGeometry {
    /// The output's extents; `None` where they cannot be addressed.
    pub fn output(&self) -> Option<[usize; 3]> {
        let [height, width, channels] = self.input;
        let output = [
            height.checked_mul(self.factor[0])?,
            width.checked_mul(self.factor[1])?,
            channels,
        ];
        output.into_iter().try_fold(1_usize, usize::checked_mul)?;
        Some(output)
    }

    /// Values of an example, before and after.
    fn lens(&self) -> [usize; 2] {
        let before: usize = self.input.iter().product();
        [before, before * self.factor[0] * self.factor[1]]
    }

    /// The pixels along axis 0 (height) or 1 (width) that output `at` lies between.
    #[inline(always)]
    pub fn between(&self, axis: usize, at: usize) -> Between {
        let (n, factor) = (self.input[axis], self.factor[axis]);
        if self.mode == UpsampleMode::Nearest {
            let first = at / factor;
            return Between {
                first,
                second: first,
                share: 0.0,
            };
        }
        // The output's centre is at (at + 1/2) / factor - 1/2: in halves of an output, exactly.
        let halves = (2 * at + 1).saturating_sub(factor);
        let first = halves / (2 * factor);
        Between {
            first,
            second: (first + 1).min(n - 1),
            share: (halves % (2 * factor)) as f64 / (2 * factor) as f64,
        }
    }

    /// The outputs along an axis that pixel `pixel` may have a share in.
    pub fn reach(&self, axis: usize, pixel: usize) -> std::ops::Range<usize> {
        let (n, factor) = (self.input[axis], self.factor[axis]);
        let around = match self.mode {
            UpsampleMode::Nearest => 0,
            UpsampleMode::Bilinear => factor,
        };
        (pixel * factor).saturating_sub(around)..((pixel + 1) * factor + around).min(n * factor)
    }
}

/// `y[i, h, w, c]` from the pixels of `x` that [`UpsampleGeometry::between`] names, down and across.
///
/// # Shapes
///
/// `x` holds whole examples of `g.input`, `y` as many of [`UpsampleGeometry::output`]; `y` is written.
///
/// # Panics
///
/// If the lengths are others.
pub fn forward<T: Real>(g: &UpsampleGeometry, x: &[T], y: &mut [T]) {
    check("upsample forward", g, ["x", "y"], x, y);
    let row = g.input[1] * g.factor[1] * g.input[2];
    by_rows(row, 4, y, |first, y| {
        simd::run(Rows { g, first, x, y });
    });
}

/// Whole output rows, from number `first` of all examples on.
struct Rows<'a, T> {
    g: &'a UpsampleGeometry,
    first: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let g = *self.g;
        let [height, width, channels] = g.input;
        let [rows, cols] = [height * g.factor[0], width * g.factor[1]];
        for (number, y) in self.y.chunks_exact_mut(cols * channels).enumerate() {
            let (example, row) = ((self.first + number) / rows, (self.first + number) % rows);
            let x = &self.x[example * height * width * channels..][..height * width * channels];
            let down = g.between(0, row);
            let line = |row: usize| &x[row * width * channels..][..width * channels];
            let lines = [line(down.first), line(down.second)];
            for (col, y) in y.chunks_exact_mut(channels).enumerate() {
                let across = g.between(1, col);
                let pixel = |col: usize| col * channels..(col + 1) * channels;
                let [first, second] = [pixel(across.first), pixel(across.second)];
                if g.mode == UpsampleMode::Nearest {
                    y.copy_from_slice(&lines[0][first]);
                    continue;
                }
                let [down, across] = [down.share, across.share].map(T::from_f64);
                let corners = lines.map(|line| [&line[first.clone()], &line[second.clone()]]);
                for (c, y) in y.iter_mut().enumerate() {
                    let [above, below] = corners
                        .map(|[left, right]| left[c] * (T::one() - across) + right[c] * across);
                    *y = above * (T::one() - down) + below * down;
                }
            }
        }
    }
}

/// The gradient: each pixel gets its shares of the `dy` of the outputs between it and its neighbours.
///
/// # Shapes
///
/// As [`forward`], `dx` like `x` and `dy` like `y`; `dx` is written.
///
/// # Panics
///
/// If the lengths are others.
pub fn backward<T: Real>(g: &UpsampleGeometry, dy: &[T], dx: &mut [T]) {
    let [inner, outer] = check("upsample backward", g, ["dx", "dy"], dx, dy);
    let cost = 4_u64.saturating_mul(dy.len() as u64);
    let examples = dx.chunks_exact_mut(inner).zip(dy.chunks_exact(outer));
    parallel::each(examples, cost, |(dx, dy)| simd::run(Example { g, dy, dx }));
}

/// The gradient of one example.
struct Example<'a, T> {
    g: &'a UpsampleGeometry,
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel for Example<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self { g, dy, dx } = self;
        let [_, width, channels] = g.input;
        let cols = width * g.factor[1];
        dx.fill(T::zero());
        for (row, dy) in dy.chunks_exact(cols * channels).enumerate() {
            let down = g.between(0, row);
            for (col, dy) in dy.chunks_exact(channels).enumerate() {
                let across = g.between(1, col);
                for (row, by_row) in [(down.first, 1.0 - down.share), (down.second, down.share)] {
                    for (col, by_col) in [
                        (across.first, 1.0 - across.share),
                        (across.second, across.share),
                    ] {
                        let share = by_row * by_col;
                        if share == 0.0 {
                            continue;
                        }
                        let share = T::from_f64(share);
                        let dx = &mut dx[(row * width + col) * channels..][..channels];
                        for (dx, &dy) in dx.iter_mut().zip(dy) {
                            *dx += dy * share;
                        }
                    }
                }
            }
        }
    }
}

/// The lengths of an example before and after, for arrays that fit.
#[track_caller]
fn check<T>(
    operation: &str,
    g: &UpsampleGeometry,
    names: [&str; 2],
    small: &[T],
    large: &[T],
) -> [usize; 2] {
    let [inner, outer] = g.lens();
    assert!(
        inner > 0 && outer > 0,
        "{operation}: an example of {:?} has no values",
        g.input
    );
    let examples = small.len() / inner;
    assert_len(operation, names[0], small, examples * inner);
    assert_len(operation, names[1], large, examples * outer);
    [inner, outer]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, inner, normal, on_threads};

    fn geometry(input: [usize; 3], factor: [usize; 2], mode: UpsampleMode) -> UpsampleGeometry {
        UpsampleGeometry {
            input,
            factor,
            mode,
        }
    }

    #[test]
    fn pixels_are_repeated_or_joined_by_lines() {
        let g = geometry([1, 2, 1], [2, 3], UpsampleMode::Nearest);
        let mut y = [f32::NAN; 12];
        forward(&g, &[5.0, 7.0], &mut y);
        assert_eq!(
            y,
            [5.0, 5.0, 5.0, 7.0, 7.0, 7.0, 5.0, 5.0, 5.0, 7.0, 7.0, 7.0]
        );

        let g = geometry([1, 3, 1], [1, 2], UpsampleMode::Bilinear);
        let mut y = [f32::NAN; 6];
        forward(&g, &[0.0, 4.0, 8.0], &mut y);
        assert_eq!(y, [0.0, 1.0, 3.0, 5.0, 7.0, 8.0]);
    }

    #[test]
    fn lines_are_those_of_the_formula() {
        for (n, factor) in [(1, 1), (1, 4), (2, 2), (3, 5), (7, 3), (4, 1)] {
            let g = geometry([n, 1, 1], [factor, 1], UpsampleMode::Bilinear);
            for at in 0..n * factor {
                let centre = ((at as f64 + 0.5) / factor as f64 - 0.5).max(0.0);
                let first = centre.floor() as usize;
                let found = g.between(0, at);
                assert_eq!(found.first, first, "{n} {factor} {at}");
                assert_eq!(found.second, (first + 1).min(n - 1));
                assert!((found.share - centre.fract()).abs() < 1e-12);
                for pixel in [found.first, found.second] {
                    assert!(g.reach(0, pixel).contains(&at), "{n} {factor} {at}");
                }
            }
        }
    }

    #[test]
    fn the_backward_pass_is_the_adjoint_on_any_number_of_threads() {
        for mode in [UpsampleMode::Nearest, UpsampleMode::Bilinear] {
            for (input, factor, examples) in [
                ([1, 1, 1], [1, 1], 1),
                ([1, 5, 3], [3, 1], 2),
                ([4, 1, 9], [2, 5], 2),
                ([30, 31, 4], [2, 3], 5),
            ] {
                let g = geometry(input, factor, mode);
                let [small, large] = g.lens();
                let x = normal::<f64>(1, examples * small);
                let dy = normal::<f64>(2, examples * large);
                let run = |threads| {
                    on_threads(threads, || {
                        let (mut y, mut dx) = (vec![f64::NAN; dy.len()], vec![f64::NAN; x.len()]);
                        forward(&g, &x, &mut y);
                        backward(&g, &dy, &mut dx);
                        (y, dx)
                    })
                };
                let (y, dx) = run(1);
                let sides = [inner(&y, &dy), inner(&x, &dx)];
                assert!((sides[0] - sides[1]).abs() < 1e-9, "{sides:?} {g:?}");
                let (other_y, other_dx) = run(3);
                assert_bits(&y, &other_y);
                assert_bits(&dx, &other_dx);
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_addressed_have_no_output() {
        let g = geometry([4, 4, 4], [usize::MAX / 8, 2], UpsampleMode::Nearest);
        assert_eq!(g.output(), None);
    }
}
