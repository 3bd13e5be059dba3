//! What the measures of an evaluation are computed from, example by example.

use super::{Answer, JudgedExample, Measures};
use crate::data::{Dataset, TargetKind};
use crate::error::Result;
use crate::nn::{Loss, Network, Number, Task};
use crate::train::metrics::{LabelTally, NumberTally, Ranking, Tally};

/// Collects what the measures are computed from.
pub(super) struct Judge {
    loss: Loss,
    measures: Measures,
    /// With two classes, how much each example looks like the second, and whether it is.
    preferences: Option<Vec<(f64, bool)>>,
}

impl Judge {
    pub(super) fn new<T: Number>(network: &Network<T>, data: &Dataset) -> Result<Self> {
        let outputs = network.output().len();
        let mut preferences = None;
        let measures = match data.targets().kind() {
            TargetKind::Classes => {
                let told_apart = if outputs == 1 { 2 } else { outputs };
                let classes = data.classes().len().max(told_apart);
                preferences = (classes == 2).then(|| Vec::with_capacity(data.len()));
                Measures::Classes {
                    tally: Tally::new(classes)?,
                    ranking: None,
                }
            }
            TargetKind::Labels => Measures::Labels(LabelTally::new(data.len(), outputs)?),
            TargetKind::Numbers => Measures::Numbers(NumberTally::new(data.len(), outputs)?),
        };
        Ok(Self {
            loss: network.loss(),
            measures,
            preferences,
        })
    }

    /// Judges the outputs `z` of a chunk, and shows each to an observer.
    pub(super) fn judge_all<T: Number>(
        &mut self,
        task: &Task,
        (classes, values): (&[u32], &[T]),
        (chunk, z): (&[usize], &[T]),
        observe: &mut impl FnMut(JudgedExample<'_, T>),
    ) {
        let outputs = z.len() / chunk.len().max(1);
        for (place, (row, &example)) in z.chunks_exact(outputs).zip(chunk).enumerate() {
            let wanted = values.chunks_exact(outputs).nth(place).unwrap_or_default();
            let label = classes.get(place).copied().unwrap_or_default();
            let answer = self.judge(row, (label, wanted), task);
            observe(JudgedExample {
                example,
                answer,
                outputs: row,
            });
        }
    }

    fn judge<'a, T: Number>(
        &mut self,
        row: &[T],
        (label, wanted): (u32, &'a [T]),
        task: &Task,
    ) -> Answer<'a, T> {
        match &mut self.measures {
            Measures::Classes { tally, .. } => {
                let (actual, predicted) = (label as usize, self.loss.predicted_class(row));
                let (rank, preference) = match row {
                    [one] => (usize::from(predicted != actual), one.as_f64()),
                    [first, second] => (rank(row, actual), second.as_f64() - first.as_f64()),
                    _ => (rank(row, actual), f64::NAN),
                };
                tally.add(label, predicted as u32, rank);
                if let Some(preferences) = &mut self.preferences {
                    preferences.push((preference, label == 1));
                }
                return Answer::Class { actual, predicted };
            }
            Measures::Labels(tally) => {
                let pairs = row.iter().zip(wanted);
                tally.add(pairs.map(|(z, &mark)| (z.as_f64(), mark > T::zero())));
            }
            Measures::Numbers(tally) => {
                let restored = |value: T, output| match task.scale() {
                    Some(scale) => scale.restored(value.as_f64(), output),
                    None => value.as_f64(),
                };
                let pairs = wanted.iter().zip(row).enumerate();
                tally.add(pairs.map(|(at, (&t, &y))| (restored(t, at), restored(y, at))));
            }
        }
        Answer::Values(wanted)
    }

    pub(super) fn finish(mut self) -> Measures {
        if let Measures::Classes { ranking, .. } = &mut self.measures {
            *ranking = self.preferences.map(Ranking::new);
        }
        self.measures
    }
}

/// How many classes come before `class`: larger values, and equal ones of lower classes. NaN comes
/// last.
fn rank<T: Number>(row: &[T], class: usize) -> usize {
    let own = row.get(class).copied().filter(|own| !own.is_nan());
    let Some(own) = own else {
        return row.len().saturating_sub(1);
    };
    let before = |(other, &value): (usize, &T)| value > own || (value == own && other < class);
    row.iter().enumerate().filter(|&pair| before(pair)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::largest;

    #[test]
    fn the_first_rank_is_the_largest_value() {
        let rows = [
            [0.5, 2.0, 2.0, -1.0],
            [f32::NAN, 1.0, 0.0, f32::NAN],
            [0.0; 4],
        ];
        let expected = [[2, 0, 1, 3], [3, 0, 1, 3], [0, 1, 2, 3]];
        for (row, expected) in rows.iter().zip(expected) {
            let ranks: Vec<usize> = (0..4).map(|class| rank(row, class)).collect();
            assert_eq!(ranks, expected, "{row:?}");
        }
        let firsts = rows.map(|row| largest(&row));
        assert_eq!(firsts, [1, 1, 0]);
    }
}
