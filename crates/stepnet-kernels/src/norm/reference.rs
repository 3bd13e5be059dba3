//! The naive loops: what normalisation is, one channel after the other.
//!
//! Batch: Ioffe and Szegedy, "Batch normalization", 2015. Layer: Ba, Kiros and Hinton, "Layer
//! normalization", 2016.

use super::{Affine, NormGeometry};
use crate::Real;

/// The mean of `values` and the mean of the squares of what they are apart from it.
fn moments(values: &[f64]) -> [f64; 2] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|x| (x - mean) * (x - mean));
    [mean, squares.sum::<f64>() / n]
}

/// Every channel's mean and (biased) variance, in `f64`.
pub fn statistics<T: Real>(g: &NormGeometry, x: &[T]) -> Vec<[f64; 2]> {
    let column = |channel: usize| -> Vec<f64> {
        let places = (0..g.rows).map(|row| row * g.channels + channel);
        places.map(|at| x[at].as_f64()).collect()
    };
    (0..g.channels)
        .map(|channel| moments(&column(channel)))
        .collect()
}

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` by channels.
pub fn forward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    x: &[T],
    statistics: &[[f64; 2]],
    affine: Affine<'_, T>,
) -> Vec<f64> {
    let value = |(at, x): (usize, &T)| {
        let channel = at % g.channels;
        let [mean, variance] = statistics[channel];
        let normal = (x.as_f64() - mean) / (variance + epsilon).sqrt();
        affine.gamma[channel].as_f64() * normal + affine.beta[channel].as_f64()
    };
    x.iter().enumerate().map(value).collect()
}

/// `[dx, dgamma, dbeta]` where the statistics are the batch's own (`training`) or constants.
pub fn backward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    [x, dy]: [&[T]; 2],
    statistics: &[[f64; 2]],
    gamma: &[T],
    training: bool,
) -> [Vec<f64>; 3] {
    let (mut dx, n) = (vec![0.0; x.len()], g.rows as f64);
    let (mut dgamma, mut dbeta) = (vec![0.0; g.channels], vec![0.0; g.channels]);
    for channel in 0..g.channels {
        let [mean, variance] = statistics[channel];
        let inverse = 1.0 / (variance + epsilon).sqrt();
        let places = (0..g.rows).map(|row| row * g.channels + channel);
        let normal = |at: usize| (x[at].as_f64() - mean) * inverse;
        for at in places.clone() {
            dgamma[channel] += dy[at].as_f64() * normal(at);
            dbeta[channel] += dy[at].as_f64();
        }
        for at in places {
            let through = match training {
                true => (dbeta[channel] + normal(at) * dgamma[channel]) / n,
                false => 0.0,
            };
            dx[at] = gamma[channel].as_f64() * inverse * (dy[at].as_f64() - through);
        }
    }
    [dx, dgamma, dbeta]
}

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` by rows.
pub fn layer_forward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    x: &[T],
    affine: Affine<'_, T>,
) -> Vec<f64> {
    let mut y = Vec::with_capacity(x.len());
    for row in x.chunks_exact(g.channels) {
        let row: Vec<f64> = row.iter().map(|x| x.as_f64()).collect();
        let [mean, variance] = moments(&row);
        for (channel, x) in row.iter().enumerate() {
            let normal = (x - mean) / (variance + epsilon).sqrt();
            y.push(affine.gamma[channel].as_f64() * normal + affine.beta[channel].as_f64());
        }
    }
    y
}

/// `[dx, dgamma, dbeta]` of [`layer_forward`].
pub fn layer_backward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    [x, dy]: [&[T]; 2],
    gamma: &[T],
) -> [Vec<f64>; 3] {
    let mut dx = Vec::with_capacity(x.len());
    let (mut dgamma, mut dbeta) = (vec![0.0; g.channels], vec![0.0; g.channels]);
    let n = g.channels as f64;
    for (x, dy) in x.chunks_exact(g.channels).zip(dy.chunks_exact(g.channels)) {
        let x: Vec<f64> = x.iter().map(|x| x.as_f64()).collect();
        let [mean, variance] = moments(&x);
        let inverse = 1.0 / (variance + epsilon).sqrt();
        let normal: Vec<f64> = x.iter().map(|x| (x - mean) * inverse).collect();
        let scaled = |c: usize| dy[c].as_f64() * gamma[c].as_f64();
        let sum: f64 = (0..g.channels).map(scaled).sum();
        let product: f64 = (0..g.channels).map(|c| scaled(c) * normal[c]).sum();
        for c in 0..g.channels {
            dgamma[c] += dy[c].as_f64() * normal[c];
            dbeta[c] += dy[c].as_f64();
            dx.push(inverse * (scaled(c) - (sum + normal[c] * product) / n));
        }
    }
    [dx, dgamma, dbeta]
}
