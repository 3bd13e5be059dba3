//! The passes against the naive loops, over shapes, number types, threads and instruction sets.

use super::batch::{BackwardInput, Gradients, Norm, NormStatistics, Statistics};
use super::*;
use crate::Real;
use crate::relu;
use crate::simd::InstructionSet;
use crate::testing::{assert_bits, assert_gradient, inner, normal, on_threads};

const EPSILON: f64 = 1e-3;

/// Narrow rows, whole vectors and rests, one row, several blocks, several parts.
const SIZES: [[usize; 2]; 14] = [
    [1, 1],
    [1, 5],
    [2, 3],
    [7, 1],
    [33, 10],
    [100, 16],
    [257, 3],
    [64, 130],
    [40, 300],
    [5000, 1],
    [4100, 7],
    [3000, 64],
    [9001, 24],
    [20_000, 16],
];

/// The statistics as those of the batch, or as constants.
fn by<T>([mean, variance]: &[Vec<T>; 2], own: bool) -> NormStatistics<'_, T> {
    let statistics = Statistics { mean, variance };
    match own {
        true => NormStatistics::Batch(statistics),
        false => NormStatistics::Fixed(statistics),
    }
}

/// Fails unless what was found is within `units` roundings of the values' size.
#[track_caller]
fn assert_near<T: Real>(what: &str, found: &[T], expected: &[f64], size: f64, units: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let bound = units * T::epsilon().as_f64() * size;
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let error = (found.as_f64() - expected).abs();
        assert!(
            error <= bound,
            "{what} at {at}: {found}, expected {expected}, bound {bound:e}"
        );
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(1.0, |most, value| most.max(value.abs()))
}

struct Arrays<T> {
    g: NormGeometry,
    x: Vec<T>,
    dy: Vec<T>,
    gamma: Vec<T>,
    beta: Vec<T>,
}

impl<T: Real> Arrays<T> {
    /// Inputs around `mean`, with a deviation that differs from channel to channel.
    fn new([rows, channels]: [usize; 2], mean: f64) -> Self {
        let g = NormGeometry { rows, channels };
        let seed = (rows * 31 + channels) as u64;
        let mut x = normal::<T>(seed, g.len());
        for (at, x) in x.iter_mut().enumerate() {
            let spread = 0.5 + (at % channels % 4) as f64;
            *x = T::from_f64(mean + spread * x.as_f64());
        }
        Self {
            g,
            x,
            dy: normal(seed + 1, g.len()),
            gamma: normal(seed + 2, channels),
            beta: normal(seed + 3, channels),
        }
    }

    fn affine(&self) -> Affine<'_, T> {
        Affine {
            gamma: &self.gamma,
            beta: &self.beta,
        }
    }

    fn statistics(&self, set: InstructionSet) -> [Vec<T>; 2] {
        let c = self.g.channels;
        let (mut mean, mut variance) = (vec![T::nan(); c], vec![T::nan(); c]);
        let mut scratch = vec![T::nan(); batch::statistics_scratch(&self.g)];
        batch::run_statistics(
            set,
            &self.g,
            &self.x,
            &mut mean,
            &mut variance,
            &mut scratch,
        );
        [mean, variance]
    }

    fn forward(&self, set: InstructionSet, by: NormStatistics<'_, T>, rectified: bool) -> Vec<T> {
        let mut y = vec![T::nan(); self.x.len()];
        let mut scratch = vec![T::nan(); batch::forward_scratch(&self.g)];
        let norm = Norm {
            epsilon: EPSILON,
            statistics: by,
            affine: self.affine(),
            rectified,
        };
        batch::run_forward(set, &self.g, norm, &self.x, &mut y, &mut scratch);
        y
    }

    /// `[dx, dgamma, dbeta]`.
    fn backward(
        &self,
        set: InstructionSet,
        by: NormStatistics<'_, T>,
        dy: &[T],
        rectified: Option<&[T]>,
    ) -> [Vec<T>; 3] {
        let c = self.g.channels;
        let mut found = [self.x.len(), c, c].map(|len| vec![T::nan(); len]);
        let [dx, dgamma, dbeta] = &mut found;
        let given = BackwardInput {
            x: &self.x,
            rectified,
            dy,
            statistics: by,
            gamma: &self.gamma,
        };
        let to = Gradients {
            dx: Some(dx),
            affine: Some([dgamma, dbeta]),
        };
        let mut scratch = vec![T::nan(); batch::backward_scratch(&self.g)];
        batch::run_backward(set, &self.g, EPSILON, given, to, &mut scratch);
        found
    }

    fn layer(&self, set: InstructionSet) -> [Vec<T>; 4] {
        let (g, c) = (&self.g, self.g.channels);
        let mut y = vec![T::nan(); self.x.len()];
        let mut kept = vec![T::nan(); 2 * g.rows];
        layer::run_forward(set, g, EPSILON, &self.x, self.affine(), &mut y, &mut kept);
        let mut found = [self.x.len(), c, c].map(|len| vec![T::nan(); len]);
        let [dx, dgamma, dbeta] = &mut found;
        let given = [&self.x[..], &self.dy, &self.gamma, &kept];
        let mut scratch = vec![T::nan(); layer::backward_scratch(g)];
        let affine = Some([&mut dgamma[..], &mut dbeta[..]]);
        layer::run_backward(set, g, given, Some(dx), affine, &mut scratch);
        let [dx, dgamma, dbeta] = found;
        [y, dx, dgamma, dbeta]
    }
}

fn batch_is_the_reference<T: Real>() {
    for size in SIZES {
        let arrays = Arrays::<T>::new(size, 0.5);
        let exact = reference::statistics(&arrays.g, &arrays.x);
        for set in InstructionSet::all() {
            let what = format!("{size:?} {} {}", T::NAME, set.name());
            let found = arrays.statistics(set);
            let expected = [0, 1].map(|of| exact.iter().map(|pair| pair[of]).collect::<Vec<_>>());
            let long = 8.0 + (size[0] as f64).sqrt();
            assert_near(&format!("{what} mean"), &found[0], &expected[0], 4.0, long);
            let most = largest(&expected[1]);
            assert_near(
                &format!("{what} variance"),
                &found[1],
                &expected[1],
                most,
                long,
            );
            // The passes by the statistics that were found, so that their rounding is not in it.
            let pairs = found[0].iter().zip(&found[1]);
            let pairs: Vec<_> = pairs.map(|(m, v)| [m.as_f64(), v.as_f64()]).collect();
            let expected =
                reference::forward(&arrays.g, EPSILON, &arrays.x, &pairs, arrays.affine());

            for own in [true, false] {
                let by = by(&found, own);
                let y = arrays.forward(set, by, false);
                // Of one row the deviation is 0, and the factor as large as epsilon lets it be.
                let size_of = largest(&expected) * if size[0] == 1 { 100.0 } else { 1.0 };
                assert_near(
                    &format!("{what} y, own {own}"),
                    &y,
                    &expected,
                    size_of,
                    16.0,
                );
                let mut rectified = y.clone();
                relu::forward(&y, &mut rectified);
                assert_bits(&arrays.forward(set, by, true), &rectified);

                let found_by = |dy: &[T], y: Option<&[T]>| arrays.backward(set, by, dy, y);
                let given = [&arrays.x[..], &arrays.dy];
                let (g, gamma) = (&arrays.g, &arrays.gamma);
                let expected = reference::backward(g, EPSILON, given, &pairs, gamma, own);
                for (place, found) in found_by(&arrays.dy, None).iter().enumerate() {
                    // Inverse deviations of rows of one are as large as epsilon lets them be.
                    let size = largest(&expected[place]) * if size[0] < 3 { 100.0 } else { 4.0 };
                    let what = format!("{what} gradient {place}, own {own}");
                    assert_near(&what, found, &expected[place], size, 8.0 + long);
                }
                // Fused with a ReLU, bit for bit as one after the other.
                let mut dz = vec![T::nan(); arrays.dy.len()];
                relu::backward(&rectified, &arrays.dy, &mut dz);
                let fused = found_by(&arrays.dy, Some(&rectified));
                for (fused, alone) in fused.iter().zip(&found_by(&dz, None)) {
                    assert_bits(fused, alone);
                }
            }
        }
    }
}

#[test]
fn batch_passes_are_the_reference() {
    batch_is_the_reference::<f64>();
    batch_is_the_reference::<f32>();
}

fn layer_is_the_reference<T: Real>() {
    for size in SIZES {
        let arrays = Arrays::<T>::new(size, 0.5);
        let (g, x, gamma) = (&arrays.g, &arrays.x[..], &arrays.gamma);
        let y = reference::layer_forward(g, EPSILON, x, arrays.affine());
        let [dx, dgamma, dbeta] = reference::layer_backward(g, EPSILON, [x, &arrays.dy], gamma);
        let expected = [y, dx, dgamma, dbeta];
        for set in InstructionSet::all() {
            for (place, found) in arrays.layer(set).iter().enumerate() {
                // A row of one or two may deviate by next to nothing, and epsilon is small.
                let narrow = if size[1] < 8 { 1000.0 } else { 16.0 };
                let size_of = largest(&expected[place]) * narrow;
                let what = format!("{size:?} {} {} {place}", T::NAME, set.name());
                let units = 8.0 + (size[0] as f64).sqrt();
                assert_near(&what, found, &expected[place], size_of, units);
            }
        }
    }
}

#[test]
fn layer_passes_are_the_reference() {
    layer_is_the_reference::<f64>();
    layer_is_the_reference::<f32>();
}

#[test]
fn threads_change_no_bit() {
    for size in [[20_000, 16], [4100, 130], [9001, 24]] {
        let arrays = Arrays::<f32>::new(size, 0.5);
        let set = InstructionSet::best();
        let run = |threads| {
            on_threads(threads, || {
                let statistics = arrays.statistics(set);
                let own = by(&statistics, true);
                let y = arrays.forward(set, own, true);
                let gradients = arrays.backward(set, own, &arrays.dy, Some(&y));
                let layer = arrays.layer(set);
                [statistics.concat(), y, gradients.concat(), layer.concat()]
            })
        };
        let one = run(1);
        for threads in [2, 3, 4] {
            for (one, other) in one.iter().zip(&run(threads)) {
                assert_bits(one, other);
            }
        }
    }
}

#[test]
fn a_large_mean_costs_no_digits_of_the_variance() {
    let arrays = Arrays::<f32>::new([20_000, 16], 3000.0);
    let exact = reference::statistics(&arrays.g, &arrays.x);
    let [mean, variance] = arrays.statistics(InstructionSet::best());
    for (channel, [exact_mean, exact_variance]) in exact.into_iter().enumerate() {
        // The plain mean of squares less the square of the mean would be off by about 1.
        let error = (f64::from(variance[channel]) - exact_variance).abs();
        assert!(error < 1e-4 * exact_variance, "{channel}: {error}");
        let error = (f64::from(mean[channel]) - exact_mean).abs();
        assert!(error < 1e-3, "{channel}: {error}");
    }
}

#[test]
fn no_rows_have_no_mean_and_are_no_fault() {
    let arrays = Arrays::<f32>::new([0, 3], 0.0);
    for set in InstructionSet::all() {
        let [mean, variance] = arrays.statistics(set);
        assert!(
            mean.iter().all(|&mean| mean == 0.0 || mean.is_nan()),
            "{mean:?}"
        );
        assert!(
            variance.iter().all(|variance| variance.is_nan()),
            "{variance:?}"
        );
    }
}

#[test]
fn one_row_is_beta_and_has_no_gradient() {
    let arrays = Arrays::<f32>::new([1, 5], 2.0);
    for set in InstructionSet::all() {
        let statistics = arrays.statistics(set);
        assert_bits(&statistics[0], &arrays.x);
        assert_bits(&statistics[1], &[0.0; 5]);
        let own = by(&statistics, true);
        assert_bits(&arrays.forward(set, own, false), &arrays.beta);
        let [dx, dgamma, dbeta] = arrays.backward(set, own, &arrays.dy, None);
        assert!(
            dx.iter().chain(&dgamma).all(|&value| value == 0.0),
            "{dx:?} {dgamma:?}"
        );
        assert_bits(&dbeta, &arrays.dy);
    }
}

#[test]
fn gradients_by_differences() {
    let set = InstructionSet::best();
    let at = |x: &[f64], gamma: &[f64]| Arrays::<f64> {
        x: x.to_vec(),
        gamma: gamma.to_vec(),
        ..Arrays::new([9, 3], 0.5)
    };
    let arrays = Arrays::<f64>::new([9, 3], 0.5);
    let of_batch = |arrays: &Arrays<f64>| {
        let y = arrays.forward(set, by(&arrays.statistics(set), true), false);
        inner(&arrays.dy, &y)
    };
    let of_layer = |arrays: &Arrays<f64>| inner(&arrays.dy, &arrays.layer(set)[0]);
    let statistics = arrays.statistics(set);
    let [dx, dgamma, _] = arrays.backward(set, by(&statistics, true), &arrays.dy, None);
    assert_gradient(&arrays.x, &dx, |x| of_batch(&at(x, &arrays.gamma)));
    assert_gradient(&arrays.gamma, &dgamma, |gamma| {
        of_batch(&at(&arrays.x, gamma))
    });
    let [_, dx, dgamma, _] = arrays.layer(set);
    assert_gradient(&arrays.x, &dx, |x| of_layer(&at(x, &arrays.gamma)));
    assert_gradient(&arrays.gamma, &dgamma, |gamma| {
        of_layer(&at(&arrays.x, gamma))
    });
}
