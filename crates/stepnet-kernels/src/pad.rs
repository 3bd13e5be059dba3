//! Zero padding as an operation of its own: pictures in a border of zeros.

use rayon::prelude::*;

use super::{Padding, assert_len, parallel};
use crate::Real;

/// The sizes of one example, as `(height, width, channels)`, and its border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PadGeometry {
    /// The input's extents.
    pub input: [usize; 3],
    /// Rows and columns of zeros around it.
    pub padding: Padding,
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

/// `y[i, h + top, w + left, c] = x[i, h, w, c]`, and 0 elsewhere.
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

/// `dx[i, h, w, c] = dy[i, h + top, w + left, c]`.
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
        assert_eq!(PadGeometry { input, padding }.output(), None);
    }
}
