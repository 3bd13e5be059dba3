//! Losses, fused with the activation before them: values and gradients from logits.
//!
//! A value is the **sum over the batch** of the losses of its examples, taken in `f64` for both
//! element types; divide by the batch for the cost. A gradient is that of the sum times `scale`:
//! pass `1 / batch` for the gradient of the mean.

mod difference;

pub use difference::{
    huber, huber_backward, mean_absolute_error, mean_absolute_error_backward, mean_squared_error,
    mean_squared_error_backward,
};

use crate::Real;
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::softmax::{assert_rows, largest, sum};
use crate::{assert_len, elementary};

/// Values that a loss computes before it sums them: loops that do one thing become vectors.
const BLOCK: usize = 64;

/// Sums that a loss adds to in turn.
type Sums = [f64; 8];

/// A block of logits and targets, and the gradient to be written, `scale` times that of the loss.
struct Block<'a, T> {
    z: &'a [T],
    t: &'a [T],
    scale: T,
    dz: &'a mut [T],
    /// Holds anything.
    scratch: &'a mut [[f64; BLOCK]; 2],
}

/// A loss, computed block by block.
trait Loss<T: Real>: Copy {
    /// The length of a block: whole rows.
    fn block_len(self) -> usize {
        BLOCK
    }

    /// Adds the losses of a block to `sums`, and writes the gradient if there is to be one.
    fn add<I: Isa, const GRADIENT: bool>(self, isa: I, block: Block<'_, T>, sums: &mut Sums);
}

/// The value of a loss, and with `GRADIENT` its gradient.
struct Pass<'a, T, L, const GRADIENT: bool>(L, [&'a [T]; 2], T, &'a mut [T]);

impl<T: Real, L: Loss<T>, const GRADIENT: bool> Kernel for Pass<'_, T, L, GRADIENT> {
    type Output = f64;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> f64 {
        let Self(loss, [z, t], scale, dz) = self;
        let (mut sums, mut scratch) = (Sums::default(), [[0.0; BLOCK]; 2]);
        let len = loss.block_len();
        let mut gradients = dz.chunks_mut(len);
        for (z, t) in z.chunks(len).zip(t.chunks(len)) {
            let dz = gradients.next().unwrap_or_default();
            let scratch = &mut scratch;
            let block = Block {
                z,
                t,
                scale,
                dz,
                scratch,
            };
            loss.add::<I, GRADIENT>(isa, block, &mut sums);
        }
        sums.iter().sum()
    }
}

/// The value of a loss, and its gradient times a scale where one is given.
fn evaluate<T: Real>(
    set: InstructionSet,
    loss: impl Loss<T>,
    inputs: [&[T]; 2],
    gradient: Option<(T, &mut [T])>,
) -> f64 {
    match gradient {
        Some((scale, dz)) => set.run(Pass::<_, _, true>(loss, inputs, scale, dz)),
        None => set.run(Pass::<_, _, false>(loss, inputs, T::one(), &mut [])),
    }
}

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
    evaluate(InstructionSet::best(), SigmoidCrossEntropy, [z, t], None)
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
    evaluate(
        InstructionSet::best(),
        SigmoidCrossEntropy,
        [z, t],
        Some((scale, dz)),
    )
}

/// See [`sigmoid_cross_entropy`].
#[derive(Clone, Copy)]
struct SigmoidCrossEntropy;

impl<T: Real> Loss<T> for SigmoidCrossEntropy {
    #[inline(always)]
    fn add<I: Isa, const GRADIENT: bool>(self, isa: I, block: Block<'_, T>, sums: &mut Sums) {
        let Block {
            z,
            t,
            scale,
            dz,
            scratch,
        } = block;
        let [exponentials, losses] = scratch;
        for (e, &z) in exponentials.iter_mut().zip(z) {
            *e = elementary::exp(isa, -z.as_f64().abs());
        }
        let inputs = exponentials.iter().zip(z.iter().zip(t));
        for (loss, (&e, (&z, &t))) in losses.iter_mut().zip(inputs.clone()) {
            *loss = cross_entropy(isa, z.as_f64(), t.as_f64(), e);
        }
        losses[z.len()..].fill(0.0);
        for losses in losses.chunks_exact(sums.len()) {
            for (sum, loss) in sums.iter_mut().zip(losses) {
                *sum += loss;
            }
        }
        if GRADIENT {
            for (dz, (&e, (&z, &t))) in dz.iter_mut().zip(inputs) {
                let sigmoid = elementary::sigmoid_from(isa, z.as_f64(), e);
                *dz = scale * (T::from_f64(sigmoid) - t);
            }
        }
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
    evaluate(
        InstructionSet::best(),
        SoftmaxCrossEntropy { classes },
        [z, t],
        None,
    )
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
    let loss = SoftmaxCrossEntropy { classes };
    evaluate(InstructionSet::best(), loss, [z, t], Some((scale, dz)))
}

/// See [`softmax_cross_entropy`].
#[derive(Clone, Copy)]
struct SoftmaxCrossEntropy {
    classes: usize,
}

impl<T: Real> Loss<T> for SoftmaxCrossEntropy {
    fn block_len(self) -> usize {
        (BLOCK / self.classes).max(1) * self.classes
    }

    #[inline(always)]
    fn add<I: Isa, const GRADIENT: bool>(self, isa: I, block: Block<'_, T>, sums: &mut Sums) {
        let Block {
            z,
            t,
            scale,
            dz,
            scratch,
        } = block;
        let [largests, exponential_sums] = scratch;
        let classes = self.classes;
        for (largest_of, z) in largests.iter_mut().zip(z.chunks_exact(classes)) {
            *largest_of = largest(z).as_f64();
        }
        exponential_sums.fill(0.0);
        exponentials::<I, T, GRADIENT>(isa, classes, z, largests, exponential_sums, dz);
        let mut gradients = dz.chunks_exact_mut(classes);
        let rows = z.chunks_exact(classes).zip(t.chunks_exact(classes));
        for ((z, t), (&largest, &exponentials)) in rows.zip(largests.iter().zip(&*exponential_sums))
        {
            sums[0] += row_loss(z, t, largest, exponentials.ln());
            if GRADIENT && let Some(dz) = gradients.next() {
                let (total, exponentials) = (sum(t), T::from_f64(exponentials));
                for (dz, &t) in dz.iter_mut().zip(t) {
                    *dz = scale * (*dz / exponentials * total - t);
                }
            }
        }
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

#[cfg(test)]
mod tests;
