//! Whether a map depends on what the model learned.

use stepnet_base::rng::RandomState;
use stepnet_nn::{Init, Model, Number};

/// The same network with random weights, drawn by He's rule from `seed`.
///
/// A map that looks the same for it does not show what the model learned (Adebayo et al., "Sanity Checks for Saliency
/// Maps", 2018).
pub fn random_twin<T: Number>(model: &Model<T>, seed: u32) -> Model<T> {
    let mut network = model.network.clone();
    network.initialize(Init::He, &mut RandomState::new(seed));
    let classes = model.classes.clone();
    Model::new(network, classes, model.preprocessing.clone())
}

/// Spearman's rank correlation of the magnitudes of two maps of the same size, from -1 to 1: Adebayo et al. measure by it
/// how alike the maps of a model and of its twin with random weights are. `None` where one of them is the same everywhere.
pub fn rank_correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.len() != b.len() {
        return None;
    }
    let (a, b) = (ranks(a), ranks(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(a, b)| (a - mean) * (b - mean)).sum()
    };
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    (spread > 0.0).then(|| product(&a, &b) / spread)
}

/// The rank of each value's magnitude, from 0; equal ones share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].abs().total_cmp(&values[b].abs()));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let same = |&&at: &&usize| values[at].abs() == values[order[first]].abs();
        let equal = order[first..].iter().take_while(same).count().max(1);
        for &at in &order[first..first + equal] {
            ranks[at] = first as f64 + (equal as f64 - 1.0) / 2.0;
        }
        first += equal;
    }
    ranks
}
