//! The naive passes: a list of the window's positions for every output value.
//!
//! Specification and oracle of the fast passes, with which they share no indexing code.

use super::PoolGeometry;
use crate::Real;
use crate::assert_len;

/// Panics unless the arrays have the shapes of the input and of the output.
#[track_caller]
fn assert_lens<T>(g: &PoolGeometry, x_like: &[T], y_like: &[T]) {
    assert_len("pooling reference", "x or dx", x_like, g.x_len());
    assert_len("pooling reference", "y or dy", y_like, g.y_len());
}

/// The positions in `x` of the window of output element `index`, row-major, padding left out.
fn window_positions(g: &PoolGeometry, index: usize) -> Vec<usize> {
    let [h, w, c] = g.input;
    let [out_h, out_w, _] = g.output;
    let (channel, col, row) = (index % c, index / c % out_w, index / (c * out_w) % out_h);
    let example = index / (c * out_w * out_h);
    let mut positions = Vec::new();
    for u in 0..g.kernel[0] as i64 {
        for v in 0..g.kernel[1] as i64 {
            let i = (row * g.stride[0]) as i64 + u - g.padding.top as i64;
            let j = (col * g.stride[1]) as i64 + v - g.padding.left as i64;
            if (0..h as i64).contains(&i) && (0..w as i64).contains(&j) {
                positions.push(((example * h + i as usize) * w + j as usize) * c + channel);
            }
        }
    }
    positions
}

/// The first maximum, where any NaN counts as the largest.
fn first_maximum<T: Real>(x: &[T], positions: &[usize]) -> usize {
    if let Some(&nan) = positions.iter().find(|&&p| x[p].is_nan()) {
        return nan;
    }
    let largest = positions
        .iter()
        .map(|&p| x[p])
        .fold(T::neg_infinity(), T::max);
    let first = positions.iter().find(|&&p| x[p] == largest);
    *first.expect("the geometry leaves no window empty")
}

/// `y` and winners; see [`super::max_forward`].
pub fn max_forward<T: Real>(g: &PoolGeometry, x: &[T], y: &mut [T], winners: &mut [u32]) {
    assert_lens(g, x, y);
    assert_len("pooling reference", "winners", winners, g.y_len());
    for (index, (y, winner)) in y.iter_mut().zip(winners).enumerate() {
        let place = first_maximum(x, &window_positions(g, index));
        *y = x[place];
        let offset = place % g.input.iter().product::<usize>();
        *winner = u32::try_from(offset).expect("the geometry has checked that offsets fit");
    }
}

/// `dx` by looking for the first maximum of every window again; see [`super::max_backward`].
pub fn max_backward<T: Real>(g: &PoolGeometry, x: &[T], dy: &[T], dx: &mut [T]) {
    assert_lens(g, dx, dy);
    dx.fill(T::zero());
    for (index, &dy) in dy.iter().enumerate() {
        dx[first_maximum(x, &window_positions(g, index))] += dy;
    }
}

/// `dx` with every maximum marked; see [`super::max_backward_all`].
pub fn max_backward_all<T: Real>(g: &PoolGeometry, x: &[T], dy: &[T], dx: &mut [T]) {
    assert_lens(g, dx, dy);
    dx.fill(T::zero());
    for (index, &dy) in dy.iter().enumerate() {
        let positions = window_positions(g, index);
        let largest = x[first_maximum(x, &positions)];
        for p in positions {
            if x[p] == largest || (x[p].is_nan() && largest.is_nan()) {
                dx[p] += dy;
            }
        }
    }
}

/// The number of positions that the average of output element `index` divides by: with `count_padding` those in the
/// image and in the padding, but not those that a last window has beyond it.
fn divisor(g: &PoolGeometry, count_padding: bool, index: usize) -> f64 {
    if count_padding {
        let [out_h, out_w, channels] = g.output;
        let (col, row) = (index / channels % out_w, index / (channels * out_w) % out_h);
        let last_row = g.input[0] + g.padding.top + g.padding.bottom - g.beyond[0];
        let last_col = g.input[1] + g.padding.left + g.padding.right - g.beyond[1];
        let rows = (0..g.kernel[0]).filter(|u| row * g.stride[0] + u < last_row);
        let cols = (0..g.kernel[1]).filter(|v| col * g.stride[1] + v < last_col);
        (rows.count() * cols.count()) as f64
    } else {
        window_positions(g, index).len() as f64
    }
}

/// `y`, summed in `f64`; see [`super::average_forward`].
pub fn average_forward<T: Real>(g: &PoolGeometry, count_padding: bool, x: &[T], y: &mut [T]) {
    assert_lens(g, x, y);
    for (index, y) in y.iter_mut().enumerate() {
        let sum: f64 = window_positions(g, index)
            .iter()
            .map(|&p| x[p].as_f64())
            .sum();
        *y = T::from_f64(sum / divisor(g, count_padding, index));
    }
}

/// `dx`; see [`super::average_backward`].
pub fn average_backward<T: Real>(g: &PoolGeometry, count_padding: bool, dy: &[T], dx: &mut [T]) {
    assert_lens(g, dx, dy);
    dx.fill(T::zero());
    for (index, &dy) in dy.iter().enumerate() {
        let share = T::from_f64(dy.as_f64() / divisor(g, count_padding, index));
        for p in window_positions(g, index) {
            dx[p] += share;
        }
    }
}
