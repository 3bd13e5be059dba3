//! Which labels may be wrong, from the probabilities of all classes.

/// An example whose label may be wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Suspect {
    /// Its number.
    pub example: usize,
    /// The class that it is more likely of.
    pub suggested: usize,
    /// The probability of that class.
    pub probability: f64,
    /// The probability of the class that it is labelled as.
    pub given: f64,
    /// How suspicious its label is: `1 - given`.
    pub score: f64,
}

/// From this probability on an example counts as one of a class, even where those of the class have more on average: where
/// nearly all predictions are certain, half of them are below the mean.
const CERTAIN: f64 = 0.9;

/// The examples whose label may be wrong, the most suspicious first (confident learning with "prune by class": Northcutt
/// et al., 2021, sections 3.1 and 3.2).
///
/// The threshold of a class is the mean probability of that class over the examples that are labelled as it. An example
/// counts as one of a class if the probability of the class is at least its threshold; of several, as one of the likeliest.
/// Of the examples that are labelled as a class and count as one of any, some count as one of another: that share of all
/// that are labelled as it is listed, those with the lowest probability of their label, where another class is likelier.
///
/// The order is by the probability `p` of the label: if a share `e` of the labels is wrong, and each of the other `k - 1`
/// classes equally likely in place of the right one, the odds that a label is wrong are `e (1 - p) / ((k - 1) (1 - e) p)`.
///
/// # Shapes
/// `probabilities`: `(labels.len(), classes)`, row-major.
pub fn suspects(probabilities: &[f32], labels: &[u32], classes: usize) -> Vec<Suspect> {
    let rows: Vec<&[f32]> = probabilities.chunks_exact(classes).collect();
    let thresholds = thresholds(&rows, labels, classes);
    let mut of_class = vec![OfClass::default(); classes];
    for (example, (row, &label)) in rows.iter().zip(labels).enumerate() {
        let label = label as usize;
        let of_label = &mut of_class[label];
        of_label.examples.push(example);
        if let Some(class) = counted(row, label, &thresholds) {
            of_label.counted += 1;
            of_label.others += usize::from(class != label);
        }
    }
    let mut found = Vec::new();
    for (label, mut of_label) in of_class.into_iter().enumerate() {
        let given = |example: usize| rows[example][label];
        (of_label.examples).sort_by(|&a, &b| given(a).total_cmp(&given(b)).then(a.cmp(&b)));
        for &example in of_label.examples.iter().take(of_label.wrong()) {
            let suggested = best(rows[example]);
            if rows[example][suggested] > given(example) {
                let (probability, given) = (rows[example][suggested], f64::from(given(example)));
                found.push(Suspect {
                    example,
                    suggested,
                    probability: f64::from(probability),
                    given,
                    score: 1.0 - given,
                });
            }
        }
    }
    found.sort_by(|a, b| a.given.total_cmp(&b.given).then(a.example.cmp(&b.example)));
    found
}

/// The examples that are labelled as a class.
#[derive(Default, Clone)]
struct OfClass {
    examples: Vec<usize>,
    /// How many count as one of a class.
    counted: usize,
    /// How many of these count as one of another.
    others: usize,
}

impl OfClass {
    /// How many of the labels are probably wrong.
    fn wrong(&self) -> usize {
        let share = self.others as f64 / self.counted.max(1) as f64;
        (share * self.examples.len() as f64).round() as usize
    }
}

/// The class that an example counts as one of, if any: among equals its label, then the first.
fn counted(row: &[f32], label: usize, thresholds: &[f64]) -> Option<usize> {
    let confident = (0..row.len()).filter(|&class| f64::from(row[class]) >= thresholds[class]);
    confident.max_by(|&a, &b| {
        let by_label = (a == label).cmp(&(b == label));
        (row[a].total_cmp(&row[b])).then(by_label).then(b.cmp(&a))
    })
}

/// The mean probability of each class over the examples that are labelled as it; infinite where there are none.
fn thresholds(rows: &[&[f32]], labels: &[u32], classes: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0_usize); classes];
    for (row, &label) in rows.iter().zip(labels) {
        let (sum, count) = &mut sums[label as usize];
        *sum += f64::from(row[label as usize]);
        *count += 1;
    }
    let mean = |(sum, count): (f64, usize)| match count {
        0 => f64::INFINITY,
        count => (sum / count as f64).min(CERTAIN),
    };
    sums.into_iter().map(mean).collect()
}

/// The likeliest class.
pub(super) fn best(row: &[f32]) -> usize {
    let classes = 0..row.len();
    let order = |&a: &usize, &b: &usize| row[a].total_cmp(&row[b]).then(b.cmp(&a));
    classes.max_by(order).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: the thresholds are (0.9 + 0.6 + 0.2) / 3 = 0.567 and (0.7 + 0.7) / 2 = 0.7. All five examples are counted,
    /// one of the three that are labelled as the first class as one of the second.
    #[test]
    fn the_confident_joint_is_that_of_the_paper() {
        let rows = [[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7], [0.3, 0.7]];
        let labels = [0, 0, 0, 1, 1];
        let found = suspects(rows.as_flattened(), &labels, 2);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].example, found[0].suggested), (2, 1));
        assert!((found[0].score - 0.8).abs() < 1e-6);
        // Likelier than the label, but below the threshold of the class.
        let rows = [[0.9, 0.1], [0.35, 0.65], [0.3, 0.7], [0.2, 0.8]];
        assert!(suspects(rows.as_flattened(), &[0, 0, 1, 1], 2).is_empty());
    }

    /// By hand: the thresholds are (0.8 + 0.8 + 0.3 + 0.1) / 4 = 0.5 and 0.85. Of the first class three examples are
    /// counted, one of them as one of the second: a third of four is rounded to one, the least likely.
    #[test]
    fn examples_that_are_not_counted_have_the_share_of_those_that_are() {
        let mut rows = vec![[0.8, 0.2], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]];
        let mut labels = vec![0; 4];
        rows.extend([[0.15, 0.85]; 3]);
        labels.extend([1; 3]);
        let of = |rows: &[[f32; 2]], labels: &[u32]| -> Vec<usize> {
            let found = suspects(rows.as_flattened(), labels, 2);
            found.iter().map(|suspect| suspect.example).collect()
        };
        assert_eq!(of(&rows, &labels), [3]);
        // With two more that are not counted (the mean is 0.43) a third of six is two.
        rows.extend([[0.3, 0.7]; 2]);
        labels.extend([0; 2]);
        assert_eq!(of(&rows, &labels), [3, 2]);
        // All are certain, and none reaches the mean of the other class.
        let mut rows = vec![[0.98, 0.02]; 9];
        rows.push([0.03, 0.97]);
        rows.extend([[0.01, 0.99]; 9]);
        let labels = [[0; 10].as_slice(), &[1; 9]].concat();
        assert_eq!(of(&rows, &labels), [9]);
    }

    #[test]
    fn the_least_likely_labels_come_first_and_empty_classes_are_none() {
        let rows = [
            [0.8, 0.1, 0.1],
            [0.1, 0.8, 0.1],
            [0.05, 0.9, 0.05],
            [0.8, 0.2, 0.0],
        ];
        let labels = [0, 1, 0, 1];
        let found = suspects(rows.as_flattened(), &labels, 3);
        let examples: Vec<usize> = found.iter().map(|suspect| suspect.example).collect();
        assert_eq!(examples, [2, 3]);
        // The probability of the label decides, and not that of the other class.
        let rows = [
            [0.8, 0.1, 0.1],
            [0.02, 0.5, 0.48],
            [0.1, 0.8, 0.1],
            [0.1, 0.8, 0.1],
            [0.1, 0.1, 0.8],
        ];
        let found = suspects(rows.as_flattened(), &[0, 0, 0, 1, 2], 3);
        let examples: Vec<usize> = found.iter().map(|suspect| suspect.example).collect();
        assert_eq!(examples[0], 1);
    }
}
