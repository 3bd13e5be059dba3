//! The examples whose labels or numbers a network got most wrong.

use super::super::evaluate::{Answer, JudgedExample};
use crate::nn::{Loss, Number};

/// An example whose labels or numbers are not those that were predicted.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ValueMistake {
    /// Its number in the data set.
    pub example: usize,
    /// The value that each output should have, scaled as the network learns it.
    pub actual: Vec<f64>,
    /// The outputs, before the activation that the loss is fused with.
    pub outputs: Vec<f64>,
    /// Its loss.
    pub loss: f64,
}

/// The mistakes with the highest losses, as many as there is room for.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMistakes {
    most: usize,
    /// Highest loss first; of equal ones the earlier example.
    worst: Vec<ValueMistake>,
    /// How many examples have a mistake.
    count: usize,
}

impl ValueMistakes {
    /// Room for `most` mistakes.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            worst: Vec::new(),
            count: 0,
        }
    }

    /// The mistakes, highest loss first.
    pub fn worst(&self) -> &[ValueMistake] {
        &self.worst
    }

    /// How many examples have a mistake: labels that are not all right, numbers that are not equal.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Looks at an example of an evaluation of a network that is trained with `loss`.
    pub fn observe<T: Number>(&mut self, loss: Loss, judged: &JudgedExample<'_, T>) {
        let Answer::Values(actual) = judged.answer else {
            return;
        };
        let wrong = |(output, wanted): (&T, &T)| match loss.is_of_numbers() {
            true => output != wanted,
            // A probability over one half.
            false => (*output > T::zero()) != (*wanted > T::zero()),
        };
        if !judged.outputs.iter().zip(actual).any(wrong) {
            return;
        }
        self.count += 1;
        let value = loss.of_example(judged.outputs, actual);
        // A loss that is not a number counts as the worst.
        let key = |loss: f64| if loss.is_nan() { f64::INFINITY } else { loss };
        let before = |other: &ValueMistake| key(other.loss) >= key(value);
        let place = self.worst.partition_point(before);
        if place < self.most {
            let numbers = |values: &[T]| values.iter().map(|value| value.as_f64()).collect();
            let mistake = ValueMistake {
                example: judged.example,
                actual: numbers(actual),
                outputs: numbers(judged.outputs),
                loss: value,
            };
            self.worst.insert(place, mistake);
            self.worst.truncate(self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observe(loss: Loss, examples: &[([f32; 2], [f32; 2])]) -> ValueMistakes {
        let mut mistakes = ValueMistakes::new(2);
        for (example, (outputs, actual)) in examples.iter().enumerate() {
            let answer = Answer::Values(&actual[..]);
            mistakes.observe(
                loss,
                &JudgedExample {
                    example,
                    answer,
                    outputs,
                },
            );
        }
        mistakes
    }

    #[test]
    fn the_largest_errors_come_first_and_right_answers_not_at_all() {
        let examples = [
            ([1.0, 2.0], [1.0, 2.0]),
            ([1.0, 2.0], [1.5, 2.0]),
            ([0.0, 0.0], [0.0, -3.0]),
            ([f32::NAN, 0.0], [0.0, 0.0]),
            ([1.0, 0.0], [0.0, 0.0]),
        ];
        let found = observe(Loss::MeanSquaredError, &examples);
        let worst: Vec<usize> = found.worst().iter().map(|m| m.example).collect();
        assert_eq!((&worst[..], found.count()), (&[3, 2][..], 4));
        assert_eq!(found.worst()[1].loss, 4.5);
        assert_eq!(found.worst()[1].actual, [0.0, -3.0]);
    }

    #[test]
    fn labels_are_wrong_on_the_other_side_of_one_half() {
        let examples = [
            ([3.0, -1.0], [1.0, 0.0]),
            ([3.0, 1.0], [1.0, 0.0]),
            ([-5.0, -1.0], [1.0, 0.0]),
        ];
        let found = observe(Loss::BinaryCrossEntropy, &examples);
        let worst: Vec<usize> = found.worst().iter().map(|m| m.example).collect();
        assert_eq!((&worst[..], found.count()), (&[2, 1][..], 2));
    }
}
