//! Maps at other sizes.

/// A map at another size, between its pixels by bilinear interpolation.
pub(super) fn resized(
    map: &[f64],
    [rows, cols]: [usize; 2],
    [height, width]: [usize; 2],
) -> Vec<f64> {
    if map.len() != rows * cols || map.is_empty() {
        return vec![0.0; height * width];
    }
    let at = |row: usize, col: usize| map[row * cols + col];
    let between = |a: f64, b: f64, share: f64| a + share * (b - a);
    let pixel = |&(row, below, down): &(usize, usize, f64),
                 &(col, right, across): &(usize, usize, f64)| {
        let upper = between(at(row, col), at(row, right), across);
        let lower = between(at(below, col), at(below, right), across);
        between(upper, lower, down)
    };
    let across = neighbours(cols, width);
    let down = neighbours(rows, height);
    let down = down.iter();
    down.flat_map(|row| across.iter().map(move |col| pixel(row, col)))
        .collect()
}

/// For each of `to` pixels in a line the two of `from` that its centre lies between, and the share of the second.
fn neighbours(from: usize, to: usize) -> Vec<(usize, usize, f64)> {
    let scale = from as f64 / to.max(1) as f64;
    let last = from.saturating_sub(1);
    let neighbour = |pixel: usize| {
        let centre = ((pixel as f64 + 0.5) * scale - 0.5).clamp(0.0, last as f64);
        let first = centre.floor() as usize;
        (first, (first + 1).min(last), centre - first as f64)
    };
    (0..to).map(neighbour).collect()
}
