//! Alterations that move or blacken pixels: flips, crops, rotations, cutouts. Images are (height, width,
//! channels), row-major.

use num_traits::Zero;

use super::{Axis, Raw};
use crate::Element;

/// Mirrors an image in place.
pub(super) fn flip<V: Raw>(axis: Axis, [height, width, channels]: [usize; 3], pixels: &mut [V]) {
    let line = width * channels;
    match axis {
        Axis::Horizontal if channels == 1 => pixels.chunks_exact_mut(line).for_each(<[V]>::reverse),
        Axis::Horizontal => {
            for row in pixels.chunks_exact_mut(line) {
                for column in 0..width / 2 {
                    let (left, right) = row.split_at_mut((width - 1 - column) * channels);
                    left[column * channels..][..channels].swap_with_slice(&mut right[..channels]);
                }
            }
        }
        Axis::Vertical => {
            for row in 0..height / 2 {
                let (top, bottom) = pixels.split_at_mut((height - 1 - row) * line);
                top[row * line..][..line].swap_with_slice(&mut bottom[..line]);
            }
        }
    }
}

/// The cut-out at `down` and `right` of `from` padded with black by `padding` on each side.
pub(super) fn shift<V: Raw>(
    [height, width, channels]: [usize; 3],
    padding: usize,
    [down, right]: [usize; 2],
    from: &[V],
    to: &mut [V],
) {
    let line = width * channels;
    // Columns of the result that lie in the image, and where they begin in it.
    let (first, source) = overlap(width, padding, right);
    let kept = width - first.max(source);
    for (row, out) in to.chunks_exact_mut(line).enumerate() {
        let Some(source_row) = (row + down)
            .checked_sub(padding)
            .filter(|&row| row < height)
        else {
            out.fill(V::default());
            continue;
        };
        let input = &from[source_row * line..][..line];
        let (before, rest) = out.split_at_mut(first * channels);
        let (inside, after) = rest.split_at_mut(kept * channels);
        before.fill(V::default());
        inside.copy_from_slice(&input[source * channels..][..kept * channels]);
        after.fill(V::default());
    }
}

/// Where the image begins in the cut-out, and where the cut-out begins in the image.
fn overlap(width: usize, padding: usize, at: usize) -> (usize, usize) {
    let first = padding.saturating_sub(at).min(width);
    (first, at.saturating_sub(padding).min(width))
}

/// `from` turned about its centre by `angle` (radians, counterclockwise as one looks at it), bilinear,
/// black outside.
pub(super) fn rotate<V: Raw>(
    [height, width, channels]: [usize; 3],
    angle: f64,
    from: &[V],
    to: &mut [V],
) {
    let wide = V::Wide::from_f64;
    let (sin, cos) = angle.sin_cos();
    let centre = |n: usize| (n as f64 - 1.0) / 2.0;
    let line = width * channels;
    for (row, out) in to.chunks_exact_mut(line).enumerate() {
        let y = row as f64 - centre(height);
        for (column, out) in out.chunks_exact_mut(channels).enumerate() {
            let x = column as f64 - centre(width);
            // Where this pixel comes from: turned back, with rows counted downwards.
            let at_x = cos * x - sin * y + centre(width);
            let at_y = sin * x + cos * y + centre(height);
            let (left, top) = (at_x.floor(), at_y.floor());
            let (right_share, low_share) = (at_x - left, at_y - top);
            let (left, top) = (left as isize, top as isize);
            let corners = [
                (top, left, (1.0 - low_share) * (1.0 - right_share)),
                (top, left + 1, (1.0 - low_share) * right_share),
                (top + 1, left, low_share * (1.0 - right_share)),
                (top + 1, left + 1, low_share * right_share),
            ];
            let corners = corners.map(|(row, column, share)| {
                let inside =
                    |at: isize, size: usize| usize::try_from(at).ok().filter(|&at| at < size);
                let place = inside(row, height).zip(inside(column, width));
                // Outside is black: any place, with no share.
                place.map_or((0, V::Wide::zero()), |(row, column)| {
                    (row * line + column * channels, wide(share))
                })
            });
            for (channel, out) in out.iter_mut().enumerate() {
                let mut sum = V::Wide::zero();
                for (place, share) in corners {
                    sum += share * from[place + channel].wide();
                }
                *out = V::of(sum);
            }
        }
    }
}

/// Blackens the square of `side` pixels about `centre` (row, column), as far as it is in the image.
pub(super) fn cut_out<V: Raw>(
    [height, width, channels]: [usize; 3],
    side: usize,
    centre: [usize; 2],
    pixels: &mut [V],
) {
    let span = |centre: usize, size: usize| {
        let first = (centre + side.div_ceil(2)).saturating_sub(side);
        // An even square has no middle pixel: its centre is the first of the lower half.
        first..(centre + side.div_ceil(2)).min(size)
    };
    let columns = span(centre[1], width);
    for row in span(centre[0], height) {
        let start = (row * width + columns.start) * channels;
        pixels[start..start + columns.len() * channels].fill(V::default());
    }
}
