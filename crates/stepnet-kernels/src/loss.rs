//! Losses, fused with the activation before them: values and gradients from logits.
//!
//! A value is the **sum over the batch** of the losses of its examples, taken in `f64` for both
//! element types; divide by the batch for the cost. A gradient is that of the sum times `scale`:
//! pass `1 / batch` for the gradient of the mean.

use crate::Real;
use crate::simd::{self, Isa, Kernel};
use crate::softmax::{assert_rows, largest, sum};
use crate::{assert_len, elementary};

/// Binary cross-entropy of `a = sigmoid(z)`, summed over all elements.
///
/// `-(t ln a + (1 - t) ln(1 - a)) = max(z, 0) - z t + ln(1 + exp(-|z|))`, finite for every finite
/// logit. Several units of an example are independent yes-or-no answers and add up. Source: the
/// notebooks' `compute_cost`, from the logit.
///
/// # Shapes
///
/// `z` and the targets `t`, between 0 and 1, (batch, units).
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid_cross_entropy<T: Real>(z: &[T], t: &[T]) -> f64 {
    assert_len("sigmoid cross-entropy", "t", t, z.len());
    simd::run(SigmoidCrossEntropy::<'_, _, false> {
        z,
        t,
        scale: T::one(),
        dz: &mut [],
    })
}

/// `dz = scale (sigmoid(z) - t)`, and the value of [`sigmoid_cross_entropy`]: both from one
/// exponential.
///
/// # Shapes
///
/// `z`, `t` and `dz` (batch, units); `dz` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmoid_cross_entropy_backward<T: Real>(z: &[T], t: &[T], scale: T, dz: &mut [T]) -> f64 {
    const NAME: &str = "sigmoid cross-entropy backward";
    assert_len(NAME, "t", t, z.len());
    assert_len(NAME, "dz", dz, z.len());
    simd::run(SigmoidCrossEntropy::<'_, _, true> { z, t, scale, dz })
}

/// The loss, and with `GRADIENT` its gradient.
struct SigmoidCrossEntropy<'a, T, const GRADIENT: bool> {
    z: &'a [T],
    t: &'a [T],
    scale: T,
    dz: &'a mut [T],
}

/// Losses that are computed before they are summed: loops that do one thing become vectors.
const BLOCK: usize = 64;

/// Sums of losses side by side.
const SUMS: usize = 8;

impl<T: Real, const GRADIENT: bool> Kernel for SigmoidCrossEntropy<'_, T, GRADIENT> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        let (mut exponentials, mut losses) = ([0.0; BLOCK], [0.0; BLOCK]);
        let mut sums = [0.0; SUMS];
        let mut gradients = self.dz.chunks_mut(BLOCK);
        for (z, t) in self.z.chunks(BLOCK).zip(self.t.chunks(BLOCK)) {
            for (e, &z) in exponentials.iter_mut().zip(z) {
                *e = elementary::exp(isa, -z.as_f64().abs());
            }
            for (loss, (&e, (&z, &t))) in losses
                .iter_mut()
                .zip(exponentials.iter().zip(z.iter().zip(t)))
            {
                *loss = cross_entropy(isa, z.as_f64(), t.as_f64(), e);
            }
            losses[z.len()..].fill(0.0);
            for losses in losses.chunks_exact(SUMS) {
                for (sum, loss) in sums.iter_mut().zip(losses) {
                    *sum += loss;
                }
            }
            if GRADIENT && let Some(dz) = gradients.next() {
                for (dz, (&e, (&z, &t))) in
                    dz.iter_mut().zip(exponentials.iter().zip(z.iter().zip(t)))
                {
                    let sigmoid = elementary::sigmoid_from(isa, z.as_f64(), e);
                    *dz = self.scale * (T::from_f64(sigmoid) - t);
                }
            }
        }
        sums.iter().sum()
    }
}

/// The loss of a logit, from `e = exp(-|z|)`.
#[inline(always)]
fn cross_entropy<I: Isa>(isa: I, z: f64, t: f64, e: f64) -> f64 {
    // Each sign of z has a form without a difference of large numbers; NaN takes the second.
    let linear = if z > 0.0 { z * (1.0 - t) } else { -z * t };
    linear + elementary::ln_1p_unit(isa, e)
}

/// Cross-entropy of `a = softmax(z)`, summed over the batch.
///
/// `-sum over k of t_k ln a_k = sum over k of t_k (ln(sum over j of exp(z_j)) - z_k)`, finite for
/// logits whose differences are finite. A class with target 0 adds nothing, whatever its logit.
///
/// # Shapes
///
/// `z` and the targets `t`, one-hot or any distribution, (batch, classes).
///
/// # Panics
///
/// If the lengths differ or are not rows of `classes`.
pub fn softmax_cross_entropy<T: Real>(classes: usize, z: &[T], t: &[T]) -> f64 {
    assert_rows("softmax cross-entropy", "z", z, classes);
    assert_len("softmax cross-entropy", "t", t, z.len());
    simd::run(SoftmaxCrossEntropy::<'_, _, false> {
        classes,
        z,
        t,
        scale: T::one(),
        dz: &mut [],
    })
}

/// `dz_k = scale (softmax(z)_k sum over j of t_j - t_k)`, where the sum is 1 for a distribution, and
/// the value of [`softmax_cross_entropy`]: both from the same exponentials.
///
/// # Shapes
///
/// `z`, `t` and `dz` (batch, classes); `dz` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `classes`.
pub fn softmax_cross_entropy_backward<T: Real>(
    classes: usize,
    z: &[T],
    t: &[T],
    scale: T,
    dz: &mut [T],
) -> f64 {
    const NAME: &str = "softmax cross-entropy backward";
    assert_rows(NAME, "z", z, classes);
    assert_len(NAME, "t", t, z.len());
    assert_len(NAME, "dz", dz, z.len());
    simd::run(SoftmaxCrossEntropy::<'_, _, true> {
        classes,
        z,
        t,
        scale,
        dz,
    })
}

/// The loss, and with `GRADIENT` its gradient.
struct SoftmaxCrossEntropy<'a, T, const GRADIENT: bool> {
    classes: usize,
    z: &'a [T],
    t: &'a [T],
    scale: T,
    dz: &'a mut [T],
}

impl<T: Real, const GRADIENT: bool> Kernel for SoftmaxCrossEntropy<'_, T, GRADIENT> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        let classes = self.classes;
        let rows = (BLOCK / classes).max(1) * classes;
        let mut loss = 0.0;
        let mut gradients = self.dz.chunks_mut(rows);
        for (z, t) in self.z.chunks(rows).zip(self.t.chunks(rows)) {
            let dz = gradients.next().unwrap_or_default();
            let (mut largests, mut sums) = ([0.0; BLOCK], [0.0; BLOCK]);
            for (largest_of, z) in largests.iter_mut().zip(z.chunks_exact(classes)) {
                *largest_of = largest(z).as_f64();
            }
            exponentials::<I, T, GRADIENT>(isa, classes, z, &largests, &mut sums, dz);
            let mut gradients = dz.chunks_exact_mut(classes);
            let rows = z.chunks_exact(classes).zip(t.chunks_exact(classes));
            for ((z, t), (&largest, &exponentials)) in rows.zip(largests.iter().zip(&sums)) {
                loss += row_loss(z, t, largest, exponentials.ln());
                if GRADIENT && let Some(dz) = gradients.next() {
                    let (total, exponentials) = (sum(t), T::from_f64(exponentials));
                    for (dz, &t) in dz.iter_mut().zip(t) {
                        *dz = self.scale * (*dz / exponentials * total - t);
                    }
                }
            }
        }
        loss
    }
}

/// `exp(z - largest)` of several short rows or of a long one: the sum of each row, and with `KEEP`
/// the exponentials into `e`.
#[inline(always)]
fn exponentials<I: Isa, T: Real, const KEEP: bool>(
    isa: I,
    classes: usize,
    z: &[T],
    largests: &[f64; BLOCK],
    sums: &mut [f64; BLOCK],
    e: &mut [T],
) {
    let mut kept = e.chunks_mut(BLOCK);
    for z in z.chunks(BLOCK) {
        let mut block = [0.0; BLOCK];
        let block = &mut block[..z.len()];
        // Of a long row each block is one piece.
        let rows = z.chunks(classes).zip(block.chunks_mut(classes));
        for ((z, block), &largest) in rows.zip(largests) {
            for (e, &z) in block.iter_mut().zip(z) {
                *e = z.as_f64() - largest;
            }
        }
        for e in &mut *block {
            *e = elementary::exp(isa, *e);
        }
        for (row_sum, row) in sums.iter_mut().zip(block.chunks(classes)) {
            *row_sum += sum(row);
        }
        if KEEP && let Some(kept) = kept.next() {
            for (kept, &e) in kept.iter_mut().zip(&*block) {
                *kept = T::from_f64(e);
            }
        }
    }
}

/// The loss of one example, from its largest logit and the logarithm of its sum of exponentials.
#[inline(always)]
fn row_loss<T: Real>(z: &[T], t: &[T], largest: f64, log_sum: f64) -> f64 {
    let mut sum = 0.0;
    for (&z, &t) in z.iter().zip(t) {
        // A NaN logit is in `log_sum`, so that it shows even where its own target is 0.
        if !t.is_zero() {
            sum += t.as_f64() * (log_sum + (largest - z.as_f64()));
        }
    }
    sum
}

/// Mean squared error: `sum over the units of (y - t)^2 / units`, summed over the batch.
///
/// # Shapes
///
/// `y` and the targets `t` (batch, units).
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_squared_error<T: Real>(units: usize, y: &[T], t: &[T]) -> f64 {
    assert_rows("mean squared error", "y", y, units);
    assert_len("mean squared error", "t", t, y.len());
    simd::run(MeanSquaredError::<'_, _, false> {
        y,
        t,
        factor: T::one(),
        dy: &mut [],
    }) / units as f64
}

/// `dy = scale 2 (y - t) / units`, and the value of [`mean_squared_error`].
///
/// # Shapes
///
/// `y`, `t` and `dy` (batch, units); `dy` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_squared_error_backward<T: Real>(
    units: usize,
    y: &[T],
    t: &[T],
    scale: T,
    dy: &mut [T],
) -> f64 {
    const NAME: &str = "mean squared error backward";
    assert_rows(NAME, "y", y, units);
    assert_len(NAME, "t", t, y.len());
    assert_len(NAME, "dy", dy, y.len());
    let factor = scale * T::from_f64(2.0 / units as f64);
    simd::run(MeanSquaredError::<'_, _, true> { y, t, factor, dy }) / units as f64
}

/// The sum of squares, and with `GRADIENT` `dy = factor (y - t)`.
struct MeanSquaredError<'a, T, const GRADIENT: bool> {
    y: &'a [T],
    t: &'a [T],
    factor: T,
    dy: &'a mut [T],
}

impl<T: Real, const GRADIENT: bool> Kernel for MeanSquaredError<'_, T, GRADIENT> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) -> f64 {
        let mut total = 0.0;
        let mut gradients = self.dy.chunks_mut(BLOCK);
        for (y, t) in self.y.chunks(BLOCK).zip(self.t.chunks(BLOCK)) {
            let mut squares = [0.0; BLOCK];
            for (square, (&y, &t)) in squares.iter_mut().zip(y.iter().zip(t)) {
                let difference = y.as_f64() - t.as_f64();
                *square = difference * difference;
            }
            total += sum(&squares[..y.len()]);
            if GRADIENT && let Some(dy) = gradients.next() {
                for (dy, (&y, &t)) in dy.iter_mut().zip(y.iter().zip(t)) {
                    *dy = self.factor * (y - t);
                }
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::InstructionSet;
    use crate::testing::{assert_gradient, normal};

    fn close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= 1e-14 * (1.0 + expected.abs()),
            "{found} {expected}"
        );
    }

    #[test]
    fn sigmoid_cross_entropy_is_the_textbook_formula() {
        for (z, t) in normal::<f64>(1, 50)
            .into_iter()
            .zip((0..50).map(|i| f64::from(i % 5) / 4.0))
        {
            let a = 1.0 / (1.0 + (-z).exp());
            close(
                sigmoid_cross_entropy(&[z], &[t]),
                -(t * a.ln() + (1.0 - t) * (1.0 - a).ln()),
            );
        }
        close(
            sigmoid_cross_entropy(&[0.0f32, 0.0, 0.0], &[0.0, 1.0, 0.5]),
            3.0 * 2.0f64.ln(),
        );
    }

    #[test]
    fn sums_of_every_length_are_the_sums_of_their_losses() {
        for len in (0..20).chain([63, 64, 65, 71, 128, 129, 200]) {
            let z = normal::<f64>(5, len);
            let t: Vec<f64> = (0..len).map(|i| f64::from(i as u32 % 3) / 2.0).collect();
            let pairs = z.iter().zip(&t);
            let sum: f64 = pairs
                .map(|(&z, &t)| sigmoid_cross_entropy(&[z], &[t]))
                .sum();
            close(sigmoid_cross_entropy(&z, &t), sum);
            let mut dz = vec![f64::NAN; len];
            close(sigmoid_cross_entropy_backward(&z, &t, 0.5, &mut dz), sum);
            for (dz, (z, t)) in dz.into_iter().zip(z.iter().zip(&t)) {
                close(dz, 0.5 * (1.0 / (1.0 + (-z).exp()) - t));
            }
        }
    }

    #[test]
    fn sigmoid_cross_entropy_is_finite_at_saturation() {
        close(
            sigmoid_cross_entropy(&[1000.0f32, -1000.0], &[0.0, 1.0]),
            2000.0,
        );
        close(
            sigmoid_cross_entropy(&[1000.0f32, -1000.0], &[1.0, 0.0]),
            0.0,
        );
        for z in [f64::MAX, f64::MIN] {
            for t in [0.0, 0.5, 1.0] {
                assert!(sigmoid_cross_entropy(&[z], &[t]).is_finite());
            }
        }
        // Far from the mistake the loss is exp(-z), not 0.
        assert!(sigmoid_cross_entropy(&[50.0], &[1.0]) / (-50.0f64).exp() > 0.999);
        assert!(sigmoid_cross_entropy(&[f64::NAN], &[1.0]).is_nan());
        let mut dz = [9.0f32; 4];
        sigmoid_cross_entropy_backward(
            &[500.0, -500.0, 500.0, 0.0],
            &[1.0, 1.0, 0.0, 1.0],
            2.0,
            &mut dz,
        );
        assert_eq!(dz, [0.0, -2.0, 2.0, -1.0]);
    }

    #[test]
    fn softmax_cross_entropy_is_the_textbook_formula() {
        let z = normal::<f64>(2, 12);
        let t = [0.0, 1.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0];
        let mut a = [0.0; 12];
        crate::softmax::forward(4, &z, &mut a);
        let expected: f64 = t.iter().zip(&a).map(|(t, a)| -t * a.ln()).sum();
        close(softmax_cross_entropy(4, &z, &t), expected);
        close(
            softmax_cross_entropy(10, &[0.0f32; 10], &[0.1; 10]),
            10.0f64.ln() * 10.0 * f64::from(0.1f32),
        );
    }

    #[test]
    fn softmax_cross_entropy_is_finite_at_saturation() {
        close(
            softmax_cross_entropy(2, &[2000.0f32, 0.0], &[0.0, 1.0]),
            2000.0,
        );
        close(
            softmax_cross_entropy(2, &[2000.0f32, 0.0], &[1.0, 0.0]),
            0.0,
        );
        assert!(softmax_cross_entropy(2, &[f32::MAX, f32::MIN], &[0.0, 1.0]).is_finite());
        // A class that is ruled out costs nothing, however far away its logit.
        close(
            softmax_cross_entropy(2, &[1.0, f64::NEG_INFINITY], &[1.0, 0.0]),
            0.0,
        );
        assert!(softmax_cross_entropy(2, &[1.0, f64::NAN], &[1.0, 0.0]).is_nan());
        let mut dz = [9.0f32; 2];
        softmax_cross_entropy_backward(2, &[2000.0, 0.0], &[0.0, 1.0], 0.5, &mut dz);
        assert_eq!(dz, [0.5, -0.5]);
    }

    #[test]
    fn mean_squared_error_by_hand() {
        let (y, t) = ([1.0f32, 2.0, 3.0, 4.0], [0.0, 2.0, 5.0, 4.0]);
        close(mean_squared_error(2, &y, &t), 0.5 + 2.0);
        let mut dy = [9.0; 4];
        mean_squared_error_backward(2, &y, &t, 0.5, &mut dy);
        assert_eq!(dy, [0.5, 0.0, -1.0, 0.0]);
    }

    #[test]
    fn gradients_by_differences() {
        let z = normal::<f64>(3, 12);
        let t: Vec<f64> = normal::<f64>(4, 12)
            .iter()
            .map(|v| 1.0 / (1.0 + v.exp()))
            .collect();
        let mut dz = vec![9.0; 12];
        sigmoid_cross_entropy_backward(&z, &t, 0.5, &mut dz);
        assert_gradient(&z, &dz, |z| 0.5 * sigmoid_cross_entropy(z, &t));
        // Targets that do not add up to 1 have their gradient too.
        softmax_cross_entropy_backward(4, &z, &t, 0.25, &mut dz);
        assert_gradient(&z, &dz, |z| 0.25 * softmax_cross_entropy(4, z, &t));
        mean_squared_error_backward(3, &z, &t, 2.0, &mut dz);
        assert_gradient(&z, &dz, |z| 2.0 * mean_squared_error(3, z, &t));
    }

    fn losses_of<T: Real>(set: InstructionSet, classes: usize, z: &[T], t: &[T]) {
        let mut dz = vec![T::nan(); z.len()];
        let scale = T::from_f64(0.5);
        let alone = set.run(SoftmaxCrossEntropy::<'_, _, false> {
            classes,
            z,
            t,
            scale,
            dz: &mut [],
        });
        let value = set.run(SoftmaxCrossEntropy::<'_, _, true> {
            classes,
            z,
            t,
            scale,
            dz: &mut dz,
        });
        assert_eq!(value.to_bits(), alone.to_bits(), "{classes} {}", set.name());
        let mut expected = 0.0;
        let rows = z.chunks(classes).zip(t.chunks(classes));
        for ((z, t), dz) in rows.zip(dz.chunks(classes)) {
            let sum: f64 = z.iter().map(|z| z.as_f64().exp()).sum();
            let total: f64 = t.iter().map(|t| t.as_f64()).sum();
            for ((z, t), dz) in z.iter().zip(t).zip(dz) {
                expected += t.as_f64() * (sum.ln() - z.as_f64());
                let exact = 0.5 * (z.as_f64().exp() / sum * total - t.as_f64());
                let bound = 8.0 * T::epsilon().as_f64() * (1.0 + total);
                assert!(
                    (dz.as_f64() - exact).abs() <= bound,
                    "{classes}: {dz} {exact}"
                );
            }
        }
        close(value, expected);
    }

    #[test]
    fn softmax_cross_entropy_of_every_length_on_every_instruction_set() {
        for classes in (1..40).chain([63, 64, 65, 129, 511, 512, 513, 1100]) {
            for set in InstructionSet::all() {
                let z = normal::<f64>(classes as u64, 3 * classes);
                let hot = |k: usize| f64::from(u8::from(k % classes == k / classes % classes));
                let one_hot: Vec<f64> = (0..3 * classes).map(hot).collect();
                losses_of(set, classes, &z, &one_hot);
                let any: Vec<f64> = one_hot.iter().map(|t| 0.5 * t + 0.25).collect();
                losses_of(set, classes, &z, &any);
                let f32s = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<_>>();
                losses_of(set, classes, &f32s(&z), &f32s(&one_hot));
            }
        }
    }

    #[test]
    fn squares_of_every_length_on_every_instruction_set() {
        for len in (1..40).chain([63, 64, 65, 129, 300]) {
            let (y, t) = (normal::<f64>(1, len), normal::<f64>(2, len));
            let exact: f64 = y.iter().zip(&t).map(|(y, t)| (y - t).powi(2)).sum();
            for set in InstructionSet::all() {
                let mut dy = vec![f64::NAN; len];
                let value = set.run(MeanSquaredError::<'_, _, true> {
                    y: &y,
                    t: &t,
                    factor: 0.5,
                    dy: &mut dy,
                });
                close(value, exact);
                let pairs = y.iter().zip(&t);
                assert!(pairs.zip(&dy).all(|((y, t), dy)| *dy == 0.5 * (y - t)));
            }
        }
    }

    #[test]
    #[should_panic(expected = "sigmoid cross-entropy: t holds 1 values, expected 2")]
    fn lengths_must_agree() {
        sigmoid_cross_entropy(&[0.0, 0.0], &[1.0]);
    }
}
