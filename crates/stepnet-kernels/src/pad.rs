//! Padding as an operation of its own: images in a border of zeros, of what they have next to it, or of their edge.

use stepnet_base::parallel::prelude::*;

use super::{Padding, assert_len, parallel};
use crate::Real;
use crate::elementwise::by_rows;

/// The values in a border.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum PadMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The image mirrored at its first and last pixels, which are not repeated: `c b | a b c | b a`. The border is
    /// smaller than the image.
    Reflect,
    /// The first and last pixels again and again: `a a | a b c | c c`.
    Edge,
}

/// The sizes of one example, as `(height, width, channels)`, and its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadGeometry {
    /// The input's extents.
    pub input: [usize; 3],
    /// Rows and columns around it.
    pub padding: Padding,
    /// The values in them.
    pub mode: PadMode,
}

impl PadGeometry {
    /// The output's extents; `None` where they cannot be addressed.
    pub fn output(&self) -> Option<[usize; 3]> {
        let [height, width, channels] = self.input;
        let sum = |n: usize, before: usize, after: usize| n.checked_add(before)?.checked_add(after);
        let output = [
            sum(height, self.padding.top, self.padding.bottom)?,
            sum(width, self.padding.left, self.padding.right)?,
            channels,
        ];
        output.into_iter().try_fold(1_usize, usize::checked_mul)?;
        Some(output)
    }

    /// The pixel along axis 0 (height) or 1 (width) whose value output `at` has; `None` for a zero.
    ///
    /// A border that is mirrored must be smaller than the image.
    #[inline(always)]
    pub fn source(&self, axis: usize, at: usize) -> Option<usize> {
        let n = self.input[axis];
        let before = [self.padding.top, self.padding.left][axis];
        match at.checked_sub(before) {
            Some(at) if at < n => Some(at),
            beyond => match (self.mode, beyond) {
                (PadMode::Zeros, _) => None,
                (PadMode::Edge, None) => Some(0),
                (PadMode::Edge, Some(_)) => Some(n - 1),
                (PadMode::Reflect, None) => Some(before - at),
                (PadMode::Reflect, Some(at)) => Some(2 * (n - 1) - at),
            },
        }
    }

    /// Values of an example without and with its border.
    fn lens(&self) -> [usize; 2] {
        let output = self.output().unwrap_or([0; 3]);
        [self.input, output].map(|extents| extents.iter().product())
    }

    /// The rows of an example: where each lies without and with the border.
    fn rows(&self) -> impl Iterator<Item = [usize; 2]> {
        let [height, width, channels] = self.input;
        let Padding {
            top, left, right, ..
        } = self.padding;
        let padded = (width + left + right) * channels;
        let first = top * padded + left * channels;
        (0..height).map(move |row| [row * width * channels, first + row * padded])
    }
}

/// `y[i, h + top, w + left, c] = x[i, h, w, c]`, and in the border 0 or what [`PadGeometry::source`] says.
///
/// Source: the notebooks' `zero_pad`.
///
/// # Shapes
///
/// `x` holds whole examples of `g.input`, `y` as many of [`PadGeometry::output`]; `y` is written.
///
/// # Panics
///
/// If the lengths are others.
pub fn forward<T: Real>(g: &PadGeometry, x: &[T], y: &mut [T]) {
    let ([inner, outer], row) = check("pad forward", g, ["x", "y"], x, y);
    if g.mode != PadMode::Zeros {
        return fill(g, x, y);
    }
    let example = |(x, y): (&[T], &mut [T])| {
        y.fill(T::zero());
        for [from, to] in g.rows() {
            y[to..to + row].copy_from_slice(&x[from..from + row]);
        }
    };
    let some = |(x, y): (&[T], &mut [T])| {
        let examples = x.chunks_exact(inner).zip(y.chunks_exact_mut(outer));
        examples.for_each(example);
    };
    let examples = parallel::piece(y.len(), 1).div_ceil(outer);
    if examples * outer >= y.len() {
        return some((x, y));
    }
    let pieces = x.par_chunks(inner * examples);
    pieces
        .zip(y.par_chunks_mut(outer * examples))
        .for_each(some);
}

/// `y` from the pixels of `x` that borders which are not zeros repeat.
fn fill<T: Real>(g: &PadGeometry, x: &[T], y: &mut [T]) {
    let [height, width, channels] = g.input;
    let [rows, cols, _] = g.output().unwrap_or([0; 3]);
    by_rows(cols * channels, 1, y, |first, y| {
        for (number, y) in y.chunks_exact_mut(cols * channels).enumerate() {
            let (example, row) = ((first + number) / rows, (first + number) % rows);
            let row = g.source(0, row).unwrap_or(0);
            let x = &x[(example * height + row) * width * channels..][..width * channels];
            for (col, y) in y.chunks_exact_mut(channels).enumerate() {
                let col = g.source(1, col).unwrap_or(0);
                y.copy_from_slice(&x[col * channels..][..channels]);
            }
        }
    });
}

/// The gradient of [`fill`]: each pixel gets the sum of the `dy` that repeat it.
fn gather<T: Real>(g: &PadGeometry, dy: &[T], dx: &mut [T]) {
    let [inner, outer] = g.lens();
    let [_, width, channels] = g.input;
    let [_, cols, _] = g.output().unwrap_or([0; 3]);
    let examples = dx.chunks_exact_mut(inner).zip(dy.chunks_exact(outer));
    parallel::each(examples, dy.len() as u64, |(dx, dy)| {
        dx.fill(T::zero());
        for (row, dy) in dy.chunks_exact(cols * channels).enumerate() {
            let row = g.source(0, row).unwrap_or(0);
            let dx = &mut dx[row * width * channels..][..width * channels];
            for (col, dy) in dy.chunks_exact(channels).enumerate() {
                let col = g.source(1, col).unwrap_or(0);
                let dx = &mut dx[col * channels..][..channels];
                dx.iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy);
            }
        }
    });
}

/// `dx[i, h, w, c] = dy[i, h + top, w + left, c]`, and the sum with the `dy` in the border that repeat it.
///
/// # Shapes
///
/// As [`forward`], `dx` like `x` and `dy` like `y`; `dx` is written.
///
/// # Panics
///
/// If the lengths are others.
pub fn backward<T: Real>(g: &PadGeometry, dy: &[T], dx: &mut [T]) {
    let ([inner, outer], row) = check("pad backward", g, ["dx", "dy"], dx, dy);
    if g.mode != PadMode::Zeros {
        return gather(g, dy, dx);
    }
    let example = |(dx, dy): (&mut [T], &[T])| {
        for [to, from] in g.rows() {
            dx[to..to + row].copy_from_slice(&dy[from..from + row]);
        }
    };
    let some = |(dx, dy): (&mut [T], &[T])| {
        let examples = dx.chunks_exact_mut(inner).zip(dy.chunks_exact(outer));
        examples.for_each(example);
    };
    let examples = parallel::piece(dy.len(), 1).div_ceil(outer);
    if examples * outer >= dy.len() {
        return some((dx, dy));
    }
    let pieces = dx.par_chunks_mut(inner * examples);
    pieces.zip(dy.par_chunks(outer * examples)).for_each(some);
}

/// The lengths of an example without and with its border, and of a row, for arrays that fit.
#[track_caller]
fn check<T>(
    operation: &str,
    g: &PadGeometry,
    names: [&str; 2],
    small: &[T],
    large: &[T],
) -> ([usize; 2], usize) {
    let [inner, outer] = g.lens();
    assert!(
        inner > 0,
        "{operation}: an example of {:?} has no values",
        g.input
    );
    let Padding {
        top,
        bottom,
        left,
        right,
    } = g.padding;
    let [height, width, _] = g.input;
    assert!(
        g.mode != PadMode::Reflect || top.max(bottom) < height && left.max(right) < width,
        "{operation}: a mirrored border of {:?} around {:?}",
        g.padding,
        g.input
    );
    let examples = small.len() / inner;
    assert_len(operation, names[0], small, examples * inner);
    assert_len(operation, names[1], large, examples * outer);
    ([inner, outer], g.input[1] * g.input[2])
}

#[cfg(test)]
mod tests {
    use ndarray::Array4;

    use super::*;
    use crate::testing::{assert_bits, inner, normal, on_threads};

    #[test]
    fn is_the_notebooks_padding() {
        for (m, [h, w, c], pad) in [(1, [1, 1, 1], 0), (2, [3, 4, 2], 1), (3, [2, 5, 3], 3)] {
            let x = normal::<f64>(pad as u64, m * h * w * c);
            let expected = Array4::from_shape_vec((m, h, w, c), x.clone()).unwrap();
            let expected = stepnet_steps::zero_pad(&expected, pad).unwrap();
            let g = PadGeometry {
                input: [h, w, c],
                padding: Padding::even(pad),
                mode: PadMode::Zeros,
            };
            assert_eq!(g.output().unwrap()[..], expected.shape()[1..]);
            let mut y = vec![f64::NAN; expected.len()];
            forward(&g, &x, &mut y);
            assert_eq!(expected.as_slice().unwrap(), y);
        }
    }

    #[test]
    fn sides_go_where_they_belong_and_the_backward_pass_is_the_adjoint() {
        let g = PadGeometry {
            input: [2, 1, 2],
            padding: Padding {
                top: 1,
                bottom: 0,
                left: 0,
                right: 2,
            },
            mode: PadMode::Zeros,
        };
        let mut y = [9.0; 18];
        forward(&g, &[1.0, 2.0, 3.0, 4.0], &mut y);
        let rows = [
            [0.0; 6],
            [1.0, 2.0, 0.0, 0.0, 0.0, 0.0],
            [3.0, 4.0, 0.0, 0.0, 0.0, 0.0],
        ];
        assert_eq!(y, rows.as_flattened());

        // Enough for several pieces, the last one short.
        let g = PadGeometry {
            input: [60, 61, 3],
            ..g
        };
        let [small, large] = g.lens();
        let (x, dy) = (normal::<f64>(1, 23 * small), normal::<f64>(2, 23 * large));
        let run = |threads| {
            on_threads(threads, || {
                let (mut y, mut dx) = (vec![f64::NAN; dy.len()], vec![f64::NAN; x.len()]);
                forward(&g, &x, &mut y);
                backward(&g, &dy, &mut dx);
                (y, dx)
            })
        };
        let (y, dx) = run(1);
        assert!((inner(&y, &dy) - inner(&x, &dx)).abs() < 1e-9);
        for threads in [2, 4] {
            let (other_y, other_dx) = run(threads);
            assert_bits(&y, &other_y);
            assert_bits(&dx, &other_dx);
        }
    }

    #[test]
    fn borders_that_cannot_be_addressed_have_no_output() {
        let padding = Padding::even(usize::MAX / 4);
        let input = [4, 4, 4];
        let mode = PadMode::Zeros;
        let g = PadGeometry {
            input,
            padding,
            mode,
        };
        assert_eq!(g.output(), None);
    }

    #[test]
    fn borders_mirror_the_image_or_repeat_its_edge() {
        let row = |mode, left, right| {
            let g = PadGeometry {
                input: [1, 3, 1],
                padding: Padding {
                    left,
                    right,
                    ..Padding::VALID
                },
                mode,
            };
            let mut y = vec![f32::NAN; 3 + left + right];
            forward(&g, &[1.0, 2.0, 3.0], &mut y);
            y
        };
        assert_eq!(row(PadMode::Reflect, 2, 1), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
        assert_eq!(
            row(PadMode::Edge, 2, 4),
            [1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 3.0]
        );
    }

    #[test]
    fn the_backward_pass_of_every_mode_is_the_adjoint_on_any_number_of_threads() {
        for mode in [PadMode::Zeros, PadMode::Reflect, PadMode::Edge] {
            for (input, sides, examples) in [
                ([1, 1, 2], [0, 0, 0, 0], 1),
                ([2, 3, 1], [1, 0, 2, 1], 2),
                ([40, 41, 3], [3, 2, 1, 4], 17),
            ] {
                let [top, bottom, left, right] = sides;
                let g = PadGeometry {
                    input,
                    padding: Padding {
                        top,
                        bottom,
                        left,
                        right,
                    },
                    mode,
                };
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
                assert!((inner(&y, &dy) - inner(&x, &dx)).abs() < 1e-9, "{g:?}");
                let (other_y, other_dx) = run(3);
                assert_bits(&y, &other_y);
                assert_bits(&dx, &other_dx);
            }
        }
    }

    #[test]
    #[should_panic(expected = "a mirrored border")]
    fn mirrored_borders_are_smaller_than_the_image() {
        let g = PadGeometry {
            input: [1, 3, 1],
            padding: Padding::even(1),
            mode: PadMode::Reflect,
        };
        forward(&g, &[0.0_f32; 3], &mut [0.0; 15]);
    }
}
