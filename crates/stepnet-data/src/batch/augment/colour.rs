//! Colour jitter.

use num_traits::Zero;

use super::Raw;
use crate::Element;

/// Grey of red, green and blue by ITU-R BT.601.
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];

/// Brightness, contrast and saturation of an image multiplied by their factors, in this order.
///
/// With the factors `b`, `c`, `s`: `v1 = b v`; `v2 = m + c (v1 - m)` with `m` the mean grey of `v1`; with
/// three channels `v3 = g + s (v2 - g)` with `g` the grey of the pixel in `v2`. Grey is the mean over
/// the channels where there are not three. What is rounded and kept within its range is the result.
pub(super) fn jitter<V: Raw>(channels: usize, factors: [f64; 3], pixels: &mut [V]) {
    let wide = V::Wide::from_f64;
    let [brightness, contrast, saturation] = factors.map(wide);
    let luma = LUMA.map(wide);
    let count = wide((pixels.len() / channels).max(1) as f64);
    // A sum of rounded values in few digits would drift: rows of a bounded length are summed on their own.
    let mut mean = V::Wide::zero();
    const RUN: usize = 256;
    for run in pixels.chunks(RUN * channels) {
        let mut sums = V::Wide::zero();
        if channels == 3 {
            for pixel in run.as_chunks::<3>().0 {
                sums += grey(pixel.map(V::wide), luma);
            }
        } else {
            run.iter().for_each(|&v| sums += v.wide());
            sums /= wide(channels as f64);
        }
        mean += sums / count;
    }
    let factor = brightness * contrast;
    let shift = mean * brightness * (wide(1.0) - contrast);
    if channels != 3 {
        for v in pixels {
            *v = V::of(v.wide() * factor + shift);
        }
        return;
    }
    let rest = wide(1.0) - saturation;
    for pixel in pixels.as_chunks_mut::<3>().0 {
        let values = pixel.map(|v| v.wide() * factor + shift);
        let grey = rest * grey(values, luma);
        *pixel = values.map(|v| V::of(v * saturation + grey));
    }
}

#[inline(always)]
fn grey<W: Element>(values: [W; 3], luma: [W; 3]) -> W {
    values[0] * luma[0] + values[1] * luma[1] + values[2] * luma[2]
}
