//! The examples that a network got most wrong.

mod values;

use super::evaluate::{Answer, JudgedExample};
use crate::nn::Loss;
use crate::nn::Number;

pub use values::{ValueMistake, ValueMistakes};

/// How many mistakes people look at.
#[doc(hidden)]
pub const MOST_SHOWN: usize = 24;

/// An example that was predicted as another class.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Mistake {
    /// Its number in the data set.
    pub example: usize,
    /// Its class.
    pub actual: usize,
    /// The predicted class.
    pub predicted: usize,
    /// The probabilities of these two; `None` where the outputs are not probabilities.
    pub probabilities: Option<[f64; 2]>,
    /// Its loss.
    pub loss: f64,
}

/// The mistakes with the highest losses, as many as there is room for.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistakes {
    most: usize,
    /// Highest loss first; of equal ones the earlier example.
    worst: Vec<Mistake>,
}

impl Mistakes {
    /// Room for `most` mistakes.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            worst: Vec::new(),
        }
    }

    /// The mistakes, highest loss first.
    pub fn worst(&self) -> &[Mistake] {
        &self.worst
    }

    /// Looks at an example of an evaluation of a network that is trained with `loss`.
    pub fn observe<T: Number>(&mut self, loss: Loss, judged: &JudgedExample<'_, T>) {
        let Answer::Class { actual, predicted } = judged.answer else {
            return;
        };
        if actual == predicted {
            return;
        }
        let (value, probability) = loss_and_probability(loss, judged.outputs, actual);
        let mistake = Mistake {
            example: judged.example,
            actual,
            predicted,
            probabilities: probability.map(|probability| [actual, predicted].map(probability)),
            loss: value,
        };
        // A loss that is not a number counts as the worst.
        let key = |mistake: &Mistake| match mistake.loss.is_nan() {
            true => f64::INFINITY,
            false => mistake.loss,
        };
        let place = self
            .worst
            .partition_point(|other| key(other) >= key(&mistake));
        if place < self.most {
            self.worst.insert(place, mistake);
            self.worst.truncate(self.most);
        }
    }
}

/// The loss of an example of class `actual` with the outputs `z`, and the probability of each class.
fn loss_and_probability<T: Number>(
    loss: Loss,
    z: &[T],
    actual: usize,
) -> (f64, Option<impl Fn(usize) -> f64 + use<T>>) {
    let z: Vec<f64> = z.iter().map(|z| z.as_f64()).collect();
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // ln of the sum of exp(z), and ln(1 + exp(z)), without overflow.
    let softmax = largest + z.iter().map(|z| (z - largest).exp()).sum::<f64>().ln();
    let softplus = |z: f64| z.max(0.0) + (-z.abs()).exp().ln_1p();
    let target = |class: usize| match z.len() {
        1 => actual as f64,
        _ => f64::from(u8::from(class == actual)),
    };
    let numbered = || z.iter().copied().enumerate();
    let value = match loss {
        Loss::SoftmaxCrossEntropy => softmax - z.get(actual).copied().unwrap_or(f64::NAN),
        Loss::BinaryCrossEntropy => numbered().map(|(c, z)| softplus(z) - target(c) * z).sum(),
        Loss::MeanSquaredError => {
            let squares = numbered().map(|(class, z)| (z - target(class)).powi(2));
            squares.sum::<f64>() / z.len() as f64
        }
        Loss::MeanAbsoluteError => {
            let sizes = numbered().map(|(class, z)| (z - target(class)).abs());
            sizes.sum::<f64>() / z.len() as f64
        }
        Loss::Huber => {
            let each = numbered().map(|(class, z)| match (z - target(class)).abs() {
                size if size > 1.0 => size - 0.5,
                size => 0.5 * size * size,
            });
            each.sum::<f64>() / z.len() as f64
        }
    };
    let probability = move |class: usize| match (loss, &z[..]) {
        // A class that the network has no output for is one that it cannot answer.
        (Loss::SoftmaxCrossEntropy, z) => z.get(class).map_or(0.0, |z| (z - softmax).exp()),
        (_, &[one]) if class == 0 => (-softplus(one)).exp(),
        (_, &[one]) => (-softplus(-one)).exp(),
        (_, z) => z.get(class).map_or(0.0, |z| (-softplus(-z)).exp()),
    };
    let probability = (!loss.is_of_numbers()).then_some(probability);
    (value, probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(
        example: usize,
        actual: usize,
        predicted: usize,
        outputs: &[f32],
    ) -> JudgedExample<'_, f32> {
        JudgedExample {
            example,
            answer: Answer::Class { actual, predicted },
            outputs,
        }
    }

    #[test]
    fn the_worst_stay_in_the_order_of_their_losses() {
        let mut mistakes = Mistakes::new(2);
        let loss = Loss::SoftmaxCrossEntropy;
        let outputs = [[1.0_f32, 0.0], [5.0, 0.0], [1.0, 0.0], [9.0, 0.0]];
        for (example, outputs) in outputs.iter().enumerate() {
            mistakes.observe(loss, &judged(example, 1, 0, outputs));
            mistakes.observe(loss, &judged(10 + example, 0, 0, outputs));
        }
        let found: Vec<usize> = mistakes.worst().iter().map(|m| m.example).collect();
        assert_eq!(found, [3, 1]);
        // ln(1 + exp(5)).
        assert!((mistakes.worst()[1].loss - 5.006_715_348_489_118).abs() < 1e-12);
        let [actual, predicted] = mistakes.worst()[1].probabilities.unwrap();
        assert!(
            (actual - 0.006_692_850_924_284_856).abs() < 1e-12,
            "{actual}"
        );
        assert!((actual + predicted - 1.0).abs() < 1e-12);
    }

    /// One softmax output says nothing of any other class.
    #[test]
    fn a_class_without_an_output_has_no_probability() {
        for loss in [
            Loss::SoftmaxCrossEntropy,
            Loss::BinaryCrossEntropy,
            Loss::MeanSquaredError,
        ] {
            let mut mistakes = Mistakes::new(1);
            mistakes.observe(loss, &judged(0, 0, 1, &[3.0]));
            mistakes.observe(loss, &judged(1, 1, 0, &[-3.0]));
            mistakes.observe(loss, &judged(2, 5, 0, &[1.0, 2.0]));
            assert_eq!(mistakes.worst().len(), 1, "{loss}");
        }
        let mut mistakes = Mistakes::new(1);
        mistakes.observe(Loss::SoftmaxCrossEntropy, &judged(0, 0, 1, &[3.0]));
        assert_eq!(mistakes.worst()[0].probabilities, Some([1.0, 0.0]));
    }

    #[test]
    fn every_loss_has_its_own() {
        let case = |loss, actual, predicted, outputs: &[f32]| {
            let mut mistakes = Mistakes::new(1);
            mistakes.observe(loss, &judged(0, actual, predicted, outputs));
            mistakes.worst()[0]
        };
        // One sigmoid: class 0 with z = 2 costs ln(1 + exp(2)).
        let one = case(Loss::BinaryCrossEntropy, 0, 1, &[2.0]);
        assert!(
            (one.loss - 2.126_928_011_042_972_5).abs() < 1e-12,
            "{}",
            one.loss
        );
        let [actual, predicted] = one.probabilities.unwrap();
        assert!(
            (predicted - 0.880_797_077_977_882_4).abs() < 1e-12,
            "{predicted}"
        );
        assert!((actual + predicted - 1.0).abs() < 1e-12);
        let squares = case(Loss::MeanSquaredError, 1, 0, &[1.0, 0.5]);
        assert_eq!((squares.loss, squares.probabilities), (0.625, None));
    }
}
