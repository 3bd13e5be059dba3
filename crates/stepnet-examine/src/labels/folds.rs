//! The folds of a data set: as many examples of each class in each as can be.

use stepnet::rng::RandomState;

/// The fewest examples for which networks are trained.
const FEWEST: usize = 40;

/// The fold of each example, or in words why there are none. A class with fewer examples than folds is in some of them
/// only.
pub(super) fn folds(labels: &[u32], folds: usize, seed: u32) -> Result<Vec<usize>, String> {
    if labels.len() < FEWEST {
        return Err(format!("there are fewer than {FEWEST} training examples"));
    }
    if labels.iter().all(|&label| label == labels[0]) {
        return Err("there is one class".to_owned());
    }
    let folds = folds.clamp(2, labels.len());
    let mut fold = vec![0; labels.len()];
    let mut order = RandomState::new(seed).permutation(labels.len());
    // A stable sort: the order within a class stays random.
    order.sort_by_key(|&example| labels[example]);
    for (at, example) in order.into_iter().enumerate() {
        fold[example] = at % folds;
    }
    Ok(fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_spread_over_the_folds() {
        let labels: Vec<u32> = (0..90).map(|at| u32::from(at % 3 == 0)).collect();
        let fold = folds(&labels, 4, 1).unwrap();
        for class in 0..2 {
            let of = |wanted: usize| {
                let pairs = fold.iter().zip(&labels);
                pairs
                    .filter(|&(&fold, &label)| fold == wanted && label == class)
                    .count()
            };
            let sizes: Vec<usize> = (0..4).map(of).collect();
            let (most, least) = (sizes.iter().max(), sizes.iter().min());
            assert!(most.unwrap() - least.unwrap() <= 1, "{sizes:?}");
        }
        assert_ne!(fold, folds(&labels, 4, 2).unwrap());
        assert!(folds(&labels[..39], 4, 1).is_err());
        assert!(folds(&[7; 60], 4, 1).is_err());
    }
}
