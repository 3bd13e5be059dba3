//! Folds of a cross-validation: each image is in one of them.

use super::problem::HeadTargets;
use crate::rng::RandomState;

/// Folds of images that have enough of each class.
pub(super) const FOLDS: usize = 5;

/// Parts the images into folds of equal sizes, where the targets are classes with as many of each class in each as can be,
/// and gives the images of each fold. `count` are the images; `most` of them take part, drawn alike. Fewer than
/// [`FOLDS`] where some class has fewer images; none where one of the classes that are there has a single image, or there
/// are fewer than two.
pub(super) fn folds(
    targets: &HeadTargets,
    count: usize,
    most: usize,
    seed: u32,
) -> Vec<Vec<usize>> {
    let order = RandomState::new(seed).permutation(count);
    let groups: Vec<Vec<usize>> = match targets {
        HeadTargets::Classes(classes) => {
            let last = classes.iter().max().map_or(0, |&class| class as usize);
            let mut groups = vec![Vec::new(); last + 1];
            for image in order {
                groups[classes[image] as usize].push(image);
            }
            groups.retain(|group| !group.is_empty());
            groups
        }
        HeadTargets::Values(_) => vec![order],
    };
    let fewest = groups.iter().map(Vec::len).min().unwrap_or(0);
    let number = FOLDS.min(fewest);
    if number < 2 {
        return Vec::new();
    }
    let mut folds = vec![Vec::new(); number];
    // Dealt out one after the other, so that folds differ by one image at most.
    let mut next = 0;
    for group in groups {
        let share = match count > most {
            true => (group.len() * most / count).max(number),
            false => group.len(),
        };
        for image in group.into_iter().take(share) {
            folds[next % number].push(image);
            next += 1;
        }
    }
    folds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_is_in_one_fold_and_each_class_in_all() {
        let classes: Vec<u32> = (0..47)
            .map(|i| u32::from(i % 4 == 0) + u32::from(i % 9 == 0))
            .collect();
        let targets = HeadTargets::Classes(classes.clone());
        let found = folds(&targets, 47, 1000, 1);
        assert_eq!(found.len(), 2, "two images are of class 2");
        let mut all = found.concat();
        all.sort_unstable();
        assert_eq!(all, (0..47).collect::<Vec<_>>());
        for class in 0..3 {
            let sizes = found
                .iter()
                .map(|fold| fold.iter().filter(|&&i| classes[i] == class).count());
            let sizes: Vec<usize> = sizes.collect();
            assert!(sizes[0].abs_diff(sizes[1]) <= 1, "{sizes:?}");
        }
        assert_eq!(found, folds(&targets, 47, 1000, 1));
        assert_ne!(found, folds(&targets, 47, 1000, 2));
    }

    #[test]
    fn few_images_make_few_folds_and_many_are_drawn_from() {
        let single = HeadTargets::Classes(vec![0, 0, 0, 1]);
        assert!(folds(&single, 4, 100, 1).is_empty());
        let numbers = HeadTargets::Values(vec![0.5; 3]);
        assert_eq!(folds(&numbers, 3, 100, 1).len(), 3);
        let many = HeadTargets::Classes((0..1000).map(|i| i % 2).collect());
        let some = folds(&many, 1000, 100, 1);
        assert_eq!(some.iter().map(Vec::len).sum::<usize>(), 100);
    }
}
