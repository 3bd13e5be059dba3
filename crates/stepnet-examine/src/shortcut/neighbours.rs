//! Prediction by the nearest of the other examples.

use rayon::prelude::*;

/// How many neighbours decide.
const NEIGHBOURS: usize = 15;

/// The nearest of the other examples of each: by the distance of their values, each brought to deviation 1. Among equals
/// the earlier example counts as nearer.
pub(super) struct Neighbours(Vec<Vec<usize>>);

impl Neighbours {
    pub(super) fn of(values: &[Vec<f64>]) -> Self {
        let values = standardized(values);
        let nearest = |at: usize| {
            let mut others: Vec<(f64, usize)> = (0..values.len())
                .filter(|&other| other != at)
                .map(|other| (distance(&values[at], &values[other]), other))
                .collect();
            let many = NEIGHBOURS.min(others.len());
            if many < others.len() {
                others.select_nth_unstable_by(many, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            }
            others[..many].iter().map(|&(_, other)| other).collect()
        };
        Self((0..values.len()).into_par_iter().map(nearest).collect())
    }

    /// The class of each example as the majority of its neighbours has it.
    pub(super) fn predict(&self, labels: &[u32]) -> Vec<u32> {
        let of = |nearest: &Vec<usize>| majority(nearest.iter().map(|&other| labels[other]));
        self.0.iter().map(of).collect()
    }
}

/// The most frequent label; among equals the lowest.
fn majority(labels: impl Iterator<Item = u32>) -> u32 {
    let mut labels: Vec<u32> = labels.collect();
    labels.sort_unstable();
    let runs = labels.chunk_by(|a, b| a == b);
    let most = runs.max_by_key(|run| (run.len(), std::cmp::Reverse(run[0])));
    most.map_or(0, |run| run[0])
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn standardized(values: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = values.len().max(1) as f64;
    let features = values.first().map_or(0, Vec::len);
    let scale = |feature: usize| {
        let column = || values.iter().map(|row| row[feature]);
        let mean = column().sum::<f64>() / count;
        let variance = column().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
        if variance > 0.0 {
            variance.sqrt().recip()
        } else {
            0.0
        }
    };
    let scales: Vec<f64> = (0..features).map(scale).collect();
    let row = |row: &Vec<f64>| row.iter().zip(&scales).map(|(v, s)| v * s).collect();
    values.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet::rng::RandomState;

    #[test]
    fn values_that_tell_classes_apart_predict_them_and_others_do_not() {
        let mut random = RandomState::new(3);
        let labels: Vec<u32> = (0..400).map(|_| (random.next_u32() >> 8) % 4).collect();
        let mut values = |share: f64| -> Vec<Vec<f64>> {
            let value = |&label: &u32| vec![share * f64::from(label) + random.normal(), 7.0];
            labels.iter().map(value).collect()
        };
        let accuracy = |values: Vec<Vec<f64>>| {
            let predicted = Neighbours::of(&values).predict(&labels);
            predicted
                .iter()
                .zip(&labels)
                .filter(|(a, b)| a == b)
                .count() as f64
                / 400.0
        };
        let (apart, alike) = (values(10.0), values(0.0));
        assert!(accuracy(apart) > 0.98);
        assert!(accuracy(alike) < 0.4);
        // All the same: what comes first decides, which says nothing.
        assert!(accuracy(vec![vec![1.0]; 400]) < 0.4);
    }
}
