//! The naive passes: one loop per index of the formula, for the whole geometry.
//!
//! Specification and oracle of the fast passes, with which they share no indexing code. Sums are
//! taken in `f64` and rounded once. Arguments, shapes and panics are those of the fast passes,
//! without the scratch memory.

use crate::Real;
use crate::assert_len;
use crate::conv::ConvGeometry;

const NAME: &str = "convolution reference";

/// The value of a volume `(batch, h, w, c)` at signed coordinates; 0 outside.
fn at<T: Real>(volume: &[T], [h, w, c]: [usize; 3], index: [i64; 4]) -> f64 {
    let [n, i, j, k] = index;
    if i < 0 || j < 0 || i >= h as i64 || j >= w as i64 {
        return 0.0;
    }
    volume[((n as usize * h + i as usize) * w + j as usize) * c + k as usize].as_f64()
}

/// The four coordinates of every element of a volume, in the order of memory.
fn indices(n: usize, [h, w, c]: [usize; 3]) -> impl Iterator<Item = [i64; 4]> {
    let size = [n, h, w, c].map(|s| s as i64);
    (0..size[0]).flat_map(move |n| {
        (0..size[1]).flat_map(move |i| {
            (0..size[2]).flat_map(move |j| (0..size[3]).map(move |k| [n, i, j, k]))
        })
    })
}

/// Height, width, channels of a filter, and the number of filters, as `w` is laid out.
fn filter_shape(g: &ConvGeometry) -> [usize; 4] {
    [g.kernel[0], g.kernel[1], g.input[2] / g.groups, g.filters]
}

/// The input coordinate that tap `tap` of window `window` sees, on axis 0 (height) or 1 (width).
fn input_coordinate(g: &ConvGeometry, axis: usize, window: i64, tap: i64) -> i64 {
    let before = if axis == 0 {
        g.padding.top
    } else {
        g.padding.left
    };
    window * g.stride[axis] as i64 + tap * g.dilation[axis] as i64 - before as i64
}

/// The first channel of the group that filter `f` belongs to.
fn first_channel(g: &ConvGeometry, f: i64) -> i64 {
    let group = f / (g.filters / g.groups) as i64;
    group * (g.input[2] / g.groups) as i64
}

/// `y = conv(x, w) + b`; see [`crate::conv::forward`].
pub fn forward<T: Real>(g: &ConvGeometry, x: &[T], w: &[T], b: Option<&[T]>, y: &mut [T]) {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    let [f_h, f_w, f_c, filters] = filter_shape(g);
    for (y, [n, i, j, f]) in y.iter_mut().zip(indices(g.batch, g.output)) {
        let mut sum = b.map_or(0.0, |b| b[f as usize].as_f64());
        for [u, v, c, _] in indices(f_h, [f_w, f_c, 1]) {
            let row = input_coordinate(g, 0, i, u);
            let col = input_coordinate(g, 1, j, v);
            let x = at(x, g.input, [n, row, col, first_channel(g, f) + c]);
            sum += x * at(w, [f_w, f_c, filters], [u, v, c, f]);
        }
        *y = T::from_f64(sum);
    }
}

/// `dx`: for every input element, the sum over the windows that see it; see
/// [`crate::conv::backward_data`].
pub fn backward_data<T: Real>(g: &ConvGeometry, dy: &[T], w: &[T], dx: &mut [T]) {
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "dx", dx, g.x_len());
    let [f_h, f_w, f_c, filters] = filter_shape(g);
    for (dx, [n, row, col, channel]) in dx.iter_mut().zip(indices(g.batch, g.input)) {
        let mut sum = 0.0;
        let group_channel = channel % f_c as i64;
        for [u, v, _, f] in indices(f_h, [f_w, 1, filters]) {
            if first_channel(g, f) + group_channel != channel {
                continue;
            }
            // Window i sees the row at tap u when i stride is the row's distance from tap u.
            let down = row - input_coordinate(g, 0, 0, u);
            let right = col - input_coordinate(g, 1, 0, v);
            let (step_h, step_w) = (g.stride[0] as i64, g.stride[1] as i64);
            if down % step_h == 0 && right % step_w == 0 {
                let dy = at(dy, g.output, [n, down / step_h, right / step_w, f]);
                sum += dy * at(w, [f_w, f_c, filters], [u, v, group_channel, f]);
            }
        }
        *dx = T::from_f64(sum);
    }
}

/// `dw` and `db`: for every weight, the sum over the windows; see [`crate::conv::backward_weights`].
pub fn backward_weights<T: Real>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
) {
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dw", dw, g.weights_len());
    let [f_h, f_w, f_c, filters] = filter_shape(g);
    for (dw, [u, v, c, f]) in dw.iter_mut().zip(indices(f_h, [f_w, f_c, filters])) {
        let mut sum = 0.0;
        for [n, i, j, _] in indices(g.batch, [g.output[0], g.output[1], 1]) {
            let row = input_coordinate(g, 0, i, u);
            let col = input_coordinate(g, 1, j, v);
            let x = at(x, g.input, [n, row, col, first_channel(g, f) + c]);
            sum += x * at(dy, g.output, [n, i, j, f]);
        }
        *dw = T::from_f64(sum);
    }
    for (f, db) in db.into_iter().flatten().enumerate() {
        *db = T::from_f64(
            dy.iter()
                .skip(f)
                .step_by(g.filters)
                .map(|&dy| dy.as_f64())
                .sum(),
        );
    }
}
