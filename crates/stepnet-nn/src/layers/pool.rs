//! Code that the pooling layers share: their geometry, advice to the doctor, and the terms of a window.

use super::window::{Window, reason, volume};
use crate::account::{self, ExampleValues, Feed, Term};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::LayerError;
use crate::layer::Remedy;
use crate::notation::{LayerText, PaddingText};
use crate::shape::Shape;
use stepnet_kernels::PoolGeometry;
use stepnet_kernels::Real;

/// The sizes for an input, or why they do not fit.
pub(super) fn geometry(
    kind: &str,
    window: &Window,
    input: Shape,
    batch: usize,
) -> Result<PoolGeometry, LayerError> {
    let [height, width, channels] = volume(kind, input)?;
    window
        .resolve([height, width])
        .and_then(|w| {
            let make = match window.ceil_mode {
                true => PoolGeometry::rounded_up,
                false => PoolGeometry::new,
            };
            let input = [height, width, channels];
            make(batch, input, w.kernel, w.stride, w.padding)
        })
        .map_err(reason)
}

/// The formula by which a window, or its padding, is refused.
pub(super) fn formula(window: &Window, input: Shape) -> Option<String> {
    let [height, width, _] = volume("pool", input).ok()?;
    if let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = window.padding
    {
        let [rows, columns] = window.kernel;
        let sides = [
            (top, rows),
            (bottom, rows),
            (left, columns),
            (right, columns),
        ];
        if let Some((pad, size)) = sides.into_iter().find(|(pad, size)| pad >= size) {
            return Some(format!(
                "{pad} >= {size}, so a window could hold nothing but padding"
            ));
        }
    }
    window.formula([height, width])
}

/// Windows that may fit where this one does not.
pub(super) fn remedies(text: &LayerText, window: &Window, input: Shape) -> Vec<Remedy> {
    let Ok([height, width, _]) = volume("pool", input) else {
        return Vec::new();
    };
    let mut remedies = window.remedies(text, "size", [height, width]);
    let mut add = |text: crate::Result<LayerText>, cost| {
        remedies.extend(text.ok().map(|text| Remedy { text, cost }));
    };
    let plain = || text.clone().with("padding", PaddingText::Valid);
    if let PaddingText::Sides {
        top,
        bottom,
        left,
        right,
    } = window.padding
    {
        // Elsewhere the second number of a pooling is its stride.
        if top == bottom && left == right && top > 0 && left > 0 {
            add(
                plain().and_then(|text| text.with("stride", [top, left])),
                cost::SLIP,
            );
        }
        let [rows, columns] = window.kernel.map(|size| size - 1);
        let less = PaddingText::Sides {
            top: top.min(rows),
            bottom: bottom.min(rows),
            left: left.min(columns),
            right: right.min(columns),
        };
        add(text.clone().with("padding", less), cost::ARGUMENT);
    }
    // Windows that overlap look at each pixel many times.
    let [down, across] = window.stride;
    if down < window.kernel[0] || across < window.kernel[1] {
        add(text.clone().with("stride", window.kernel), cost::HALVED);
    }
    remedies
}

/// The geometry for an input that `output_shape` has accepted.
pub(super) fn accepted(kind: &str, window: &Window, input: Shape, batch: usize) -> PoolGeometry {
    geometry(kind, window, input, batch)
        .unwrap_or_else(|problem| panic!("{kind} after its shape check: {problem}"))
}

/// Positions of all windows of one example; what a window has beyond the image is never looked at.
pub(super) fn visits(geometry: &PoolGeometry) -> u64 {
    let [height, width, channels] = geometry.input;
    let [out_height, out_width, _] = geometry.output;
    let window = geometry.kernel[0].min(height) * geometry.kernel[1].min(width);
    ((out_height * out_width * channels) as u64).saturating_mul(window as u64)
}

/// The most positions of a window that are listed with those in the padding.
const MOST_POSITIONS: usize = 1 << 16;

/// The window of output value `place`: a term for each of its positions, and its extents. Of a very
/// large window the positions in the padding are left out, and then it has none.
pub(super) fn window_terms<T: Real>(
    g: &PoolGeometry,
    place: usize,
    example: &ExampleValues<'_, T>,
) -> Checked<(Vec<Term>, Option<[usize; 3]>)> {
    let [_, out_width, channels] = g.output;
    let (row, col) = (place / (out_width * channels), place / channels % out_width);
    let [down, right] = g.axes();
    let whole = g.kernel[0] * g.kernel[1] <= MOST_POSITIONS;
    let (rows, cols) = if whole {
        (0..g.kernel[0], 0..g.kernel[1])
    } else {
        (down.taps(row), right.taps(col))
    };
    let mut terms = account::room(rows.len() * cols.len())?;
    for u in rows {
        for v in cols.clone() {
            let pixel = down.coordinate(row, u).zip(right.coordinate(col, v));
            terms.push(pixel.map_or(Term::padding(1.0), |(i, j)| {
                let place = (i * g.input[1] + j) * channels + place % channels;
                Term::new(place, account::value(example.x, place), 1.0)
            }));
        }
    }
    Ok((terms, whole.then_some([g.kernel[0], g.kernel[1], 1])))
}

/// The output values whose windows hold the input value at `place`, each with one over how many
/// values of the image its window holds.
pub(super) fn windows_over(g: &PoolGeometry, place: usize) -> Checked<Vec<Feed>> {
    let [_, width, channels] = g.input;
    let (row, col) = (place / (width * channels), place / channels % width);
    let [down, right] = g.axes();
    let across: Vec<(usize, usize)> = right
        .windows(col)
        .map(|(j, _)| (j, right.taps(j).len()))
        .collect();
    let mut feeds = account::room(down.windows(row).count() * across.len())?;
    for (i, _) in down.windows(row) {
        let rows = down.taps(i).len();
        for &(j, cols) in &across {
            let place = (i * g.output[1] + j) * channels + place % channels;
            feeds.push(Feed::new(place, 1.0 / (rows * cols) as f64));
        }
    }
    Ok(feeds)
}
