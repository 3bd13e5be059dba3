//! Batch normalisation by the statistics of all shares of a batch, each of which is trained by itself.

use super::{BatchNorm, Parts, geometry, kept_statistics};
use crate::layer::{Backward, OtherShares};
use stepnet_kernels::Real;
use stepnet_kernels::norm::NormGeometry;
use stepnet_kernels::norm::batch::{self, BackwardInput, Gradients, NormStatistics};

/// The rows of the whole batch, of which a share of `batch` examples has those of `g`.
pub(super) fn whole_rows(others: &dyn OtherShares, g: &NormGeometry, batch: usize) -> usize {
    g.rows / batch.max(1) * others.examples()
}

/// Makes mean and variance of a share those of all shares: `mean = sum n_s mean_s / n`, and the variance the mean of
/// `variance_s + (mean_s - mean)^2`, each by its rows.
pub(super) fn combine<T: Real>(
    others: &dyn OtherShares,
    rows: usize,
    mean: &mut [T],
    variance: &mut [T],
) {
    let channels = mean.len();
    let values = mean.iter().chain(&*variance).map(|value| value.as_f64());
    let own: Vec<f64> = std::iter::once(rows as f64).chain(values).collect();
    let all = others.gather(&own);
    let shares = || all.chunks_exact(1 + 2 * channels);
    let total: f64 = shares().map(|share| share[0]).sum();
    for channel in 0..channels {
        let of = |share: &[f64]| [share[0], share[1 + channel], share[1 + channels + channel]];
        let whole: f64 = shares()
            .map(|share| of(share)[0] * of(share)[1])
            .sum::<f64>()
            / total;
        let squares = shares().map(|share| {
            let [rows, mean, variance] = of(share);
            rows * (variance + (mean - whole) * (mean - whole))
        });
        mean[channel] = T::from_f64(whole);
        variance[channel] = T::from_f64(squares.sum::<f64>() / total);
    }
}

/// The backward pass where the statistics are those of all shares: of the gradient with respect to the input
/// `gamma / s (dy - dbeta / m - n dgamma / m)` the sums and `m` are those of all, the gradients of gamma and beta are
/// those of the share.
pub(super) fn backward<T: Real>(
    layer: &BatchNorm,
    others: &dyn OtherShares,
    pass: Backward<'_, T>,
) {
    let g = geometry(pass.context.input, pass.context.batch);
    let Parts { affine, .. } = Parts::of(pass.parameters);
    let statistics = kept_statistics(pass.kept, g.channels);
    let given = BackwardInput {
        x: pass.x,
        rectified: layer.rectified.then_some(pass.y),
        dy: pass.dy,
        statistics: NormStatistics::Batch(statistics),
        gamma: affine.gamma,
    };
    let mut sums = vec![T::zero(); 2 * g.channels];
    let (dgamma, dbeta) = sums.split_at_mut(g.channels);
    let to = Gradients {
        dx: None,
        affine: Some([dgamma, dbeta]),
    };
    batch::backward(&g, layer.epsilon, given, to, pass.scratch);
    let own: Vec<f64> = sums.iter().map(|value| value.as_f64()).collect();
    let all = others.gather(&own);
    if let Some(gradients) = pass.gradients {
        let (scaled, running) = gradients.split_at_mut(2 * g.channels);
        scaled.copy_from_slice(&sums);
        running.fill(T::zero());
    }
    let Some(dx) = pass.dx else {
        return;
    };
    let fixed = BackwardInput {
        statistics: NormStatistics::Fixed(statistics),
        ..given
    };
    let to = Gradients {
        dx: Some(&mut *dx),
        affine: None,
    };
    batch::backward(&g, layer.epsilon, fixed, to, pass.scratch);
    // What is left of it is a line in x for each channel.
    let rows = whole_rows(others, &g, pass.context.batch) as f64;
    let lines: Vec<[T; 2]> = (0..g.channels)
        .map(|channel| {
            let total = |at: usize| {
                all.chunks_exact(2 * g.channels)
                    .map(|share| share[at])
                    .sum::<f64>()
            };
            let [dgamma, dbeta] = [total(channel), total(g.channels + channel)];
            let inverse = 1.0 / (statistics.variance[channel].as_f64() + layer.epsilon).sqrt();
            let factor = affine.gamma[channel].as_f64() * inverse / rows;
            let slope = factor * inverse * dgamma;
            let offset = factor * dbeta - slope * statistics.mean[channel].as_f64();
            [T::from_f64(offset), T::from_f64(slope)]
        })
        .collect();
    let pairs = dx
        .chunks_exact_mut(g.channels)
        .zip(pass.x.chunks_exact(g.channels));
    for (dx, x) in pairs {
        for ((dx, &x), &[offset, slope]) in dx.iter_mut().zip(x).zip(&lines) {
            *dx -= offset + slope * x;
        }
    }
}
