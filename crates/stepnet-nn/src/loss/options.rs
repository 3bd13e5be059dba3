//! Options of the training loss: smoothed targets and class weights.

use super::{Loss, Targets};
use crate::Number;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// Changes to the training loss. Evaluation ignores them: it measures the plain loss.
///
/// With class weights the cost of a batch is the **weighted mean**, the sum of the weighted losses over
/// the sum of the examples' weights, as PyTorch's `CrossEntropyLoss(weight, label_smoothing)` has it
/// (Keras divides by the number of examples, which makes the step's length depend on which classes are
/// in the batch). A batch whose weights add up to 0 costs nothing and teaches nothing.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LossOptions {
    /// The share `s`, from 0 to less than 1, of a target that is spread over all answers (Szegedy et al.,
    /// 2016): softmax learns `(1 - s) t + s / classes`, each sigmoid `(1 - s) t + s / 2`.
    pub label_smoothing: f64,
    /// A weight for each class. In the cross-entropies of softmax and of one sigmoid it is that of the
    /// class's own term `-t log p`; elsewhere an example counts by the weight of its class.
    pub class_weights: Option<Vec<f64>>,
}

stepnet_base::setters! { LossOptions {
    label_smoothing: f64,
    class_weights: Option<Vec<f64>>,
} }

impl LossOptions {
    /// Whether training has the plain loss.
    pub fn is_plain(&self) -> bool {
        self.label_smoothing == 0.0 && self.class_weights.is_none()
    }

    /// Refuses what no loss can be changed by.
    ///
    /// # Errors
    /// When a number is out of its range.
    pub fn check(&self) -> Result<()> {
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return Err(Error::value(
                "loss",
                "the label smoothing",
                self.label_smoothing,
                "a share from 0 to less than 1",
            ));
        }
        let Some(weights) = &self.class_weights else {
            return Ok(());
        };
        let sound = |weight: &f64| weight.is_finite() && *weight >= 0.0;
        if let Some(class) = weights.iter().position(|weight| !sound(weight)) {
            return Err(Error::value(
                "loss",
                format!("the weight of class {class}"),
                weights[class],
                "a number of at least 0",
            ));
        }
        if !weights.iter().any(|&weight| weight > 0.0) {
            return Err(Error::value(
                "loss",
                "the class weights",
                format!("{weights:?}"),
                "at least one above 0, or nothing trains",
            ));
        }
        Ok(())
    }

    /// Refuses what does not go with a network that is trained with `loss` and has `output` for an output.
    pub(crate) fn check_for(&self, loss: Loss, output: Shape) -> Result<()> {
        self.check()?;
        if self.label_smoothing != 0.0 && loss.is_of_numbers() {
            return Err(Error::value(
                "loss",
                "the label smoothing",
                self.label_smoothing,
                "0 for a network that does not end in softmax or sigmoid: its targets are values, not shares",
            ));
        }
        let classes = loss.classes(output.len());
        match &self.class_weights {
            Some(weights) if weights.len() != classes => Err(Error::value(
                "loss",
                "the number of class weights",
                weights.len(),
                format!("{classes}, one for each class"),
            )),
            _ => Ok(()),
        }
    }

    /// Spreads a share of each target over all answers.
    pub(super) fn smooth<T: Number>(&self, loss: Loss, outputs: usize, t: &mut [T]) {
        if self.label_smoothing == 0.0 {
            return;
        }
        let answers = match loss {
            Loss::BinaryCrossEntropy => 2,
            _ => outputs,
        };
        let keep = T::from_f64(1.0 - self.label_smoothing);
        let spread = T::from_f64(self.label_smoothing / answers as f64);
        for t in t {
            *t = keep * *t + spread;
        }
    }
}

/// The batch that the examples of a pass belong to, where they are a part of it. Losses are summed over the part,
/// gradients are those of the mean over the whole: those of all parts add up to it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct WholeBatch {
    /// How many examples it has.
    pub examples: usize,
    /// The sum of their weights, where classes have some.
    weight: f64,
}

impl WholeBatch {
    /// The batch of all examples of `targets`, for a loss changed by `options`.
    pub fn new<T: Number>(
        targets: &Targets<'_, T>,
        examples: usize,
        options: &LossOptions,
    ) -> Self {
        let weights = options.class_weights.as_ref();
        let weight = weights.map_or(0.0, |weights| {
            let each = (0..examples).map(|example| targets.weight(example, weights));
            each.sum()
        });
        Self { examples, weight }
    }
}

impl Loss {
    /// How many classes `outputs` outputs distinguish: one sigmoid, or one value, knows two.
    pub(crate) fn classes(self, outputs: usize) -> usize {
        if outputs == 1 && self != Self::SoftmaxCrossEntropy {
            2
        } else {
            outputs
        }
    }

    /// The loss that training minimizes: [`Loss::evaluate`] with the targets that follow from `options`, which
    /// are written to `t`, and into `dz` the gradient of the mean over the `whole` batch. With class weights it is the
    /// weighted mean times the number of examples, so that sums over batches stay what
    /// [`Scores`](super::Scores) says.
    pub(crate) fn train<T: Number>(
        self,
        (z, outputs): (&[T], usize),
        targets: &Targets<'_, T>,
        (options, whole): (&LossOptions, WholeBatch),
        t: &mut [T],
        dz: &mut [T],
    ) -> f64 {
        targets.write(outputs, t);
        options.smooth(self, outputs, t);
        match &options.class_weights {
            _ if z.is_empty() => 0.0,
            Some(weights) => self.weighted((z, t, outputs), targets, (weights, whole), dz),
            None => {
                let scale = T::one() / T::from_f64(whole.examples as f64);
                self.with_gradient(outputs, (z, t), scale, dz)
            }
        }
    }

    /// The weighted mean times the number of examples, with its gradient. Changes the targets `t`.
    fn weighted<T: Number>(
        self,
        (z, t, outputs): (&[T], &mut [T], usize),
        targets: &Targets<'_, T>,
        (weights, whole): (&[f64], WholeBatch),
        dz: &mut [T],
    ) -> f64 {
        let total = whole.weight;
        if total == 0.0 {
            dz.fill(T::zero());
            return 0.0;
        }
        let rows = z.chunks_exact(outputs).zip(t.chunks_exact_mut(outputs));
        let mut sum = 0.0;
        for (example, ((z, t), dz)) in rows.zip(dz.chunks_exact_mut(outputs)).enumerate() {
            let weight = match (self, &mut *t) {
                (Self::SoftmaxCrossEntropy, t) => {
                    // The terms carry their own weights: the kernel takes targets of any sum.
                    for (t, &weight) in t.iter_mut().zip(weights) {
                        *t *= T::from_f64(weight);
                    }
                    1.0
                }
                (Self::BinaryCrossEntropy, [t]) => {
                    // -(w1 t log p + w0 (1 - t) log(1 - p)) is a weight times the loss by another target.
                    let yes = weights[1] * t.as_f64();
                    let both = yes + weights[0] * (1.0 - t.as_f64());
                    if both > 0.0 {
                        *t = T::from_f64(yes / both);
                    }
                    both
                }
                _ => targets.weight(example, weights),
            };
            if weight == 0.0 {
                // Not even a loss that is infinite counts.
                dz.fill(T::zero());
                continue;
            }
            let scale = T::from_f64(weight / total);
            sum += weight * self.with_gradient(outputs, (z, t), scale, dz);
        }
        sum / total * whole.examples as f64
    }
}

#[cfg(test)]
mod tests;
