//! The threshold between two classes by what mistakes cost.

/// A threshold for the probability of the second of two classes, from which on it is predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Threshold {
    /// The probability.
    pub probability: f64,
    /// Examples of the first class that are predicted as the second.
    pub false_positives: usize,
    /// Examples of the second class that are predicted as the first.
    pub false_negatives: usize,
    /// What these mistakes cost, per example.
    pub cost: f64,
}

/// The threshold whose mistakes cost least, where a false positive (an example of the first class that is predicted as the
/// second) costs `positive` and a false negative costs `negative`. It lies in the middle between two probabilities that
/// occur; of equally cheap ones the nearest to `positive / (positive + negative)` is taken, the best one for probabilities
/// that are right. `of_second` has the probability of the second class of each example, and whether it is its class.
pub fn threshold_by_cost(of_second: &[(f64, bool)], positive: f64, negative: f64) -> Threshold {
    let mut ranked = of_second.to_vec();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ideal = positive / (positive + negative);
    let count = ranked.len().max(1) as f64;
    // Below all probabilities everything is predicted as the second class.
    let mut false_positives = ranked.iter().filter(|(_, second)| !second).count();
    let mut false_negatives = 0;
    let mut best: Option<Threshold> = None;
    for at in 0..=ranked.len() {
        let before = at.checked_sub(1).map_or(0.0, |before| ranked[before].0);
        let after = ranked.get(at).map_or(1.0, |next| next.0);
        // Equal probabilities are on one side together.
        if at == 0 || at == ranked.len() || before < after {
            let cost = positive * false_positives as f64 + negative * false_negatives as f64;
            let found = Threshold {
                probability: between(before, after, ideal),
                false_positives,
                false_negatives,
                cost: cost / count,
            };
            let far = |threshold: &Threshold| (threshold.probability - ideal).abs();
            let better = best.is_none_or(|best| {
                found.cost < best.cost || found.cost == best.cost && far(&found) < far(&best)
            });
            if better {
                best = Some(found);
            }
        }
        if let Some(&(_, second)) = ranked.get(at) {
            match second {
                true => false_negatives += 1,
                false => false_positives -= 1,
            }
        }
    }
    best.unwrap_or(Threshold {
        probability: ideal,
        false_positives: 0,
        false_negatives: 0,
        cost: 0.0,
    })
}

/// The middle of a range, or the ideal where it is inside.
fn between(before: f64, after: f64, ideal: f64) -> f64 {
    match before < ideal && ideal < after {
        true => ideal,
        false => 0.5 * (before + after),
    }
}
