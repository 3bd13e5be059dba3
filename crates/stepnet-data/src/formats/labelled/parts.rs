//! Whether folders are classes of images or parts of a data set, judged by their names.

use crate::{Error, Result};

use stepnet_base::text::listed;

/// Names of the training part, in the order in which they are looked for.
const TRAIN: [&str; 3] = ["train", "training", "trn"];

/// Names of the test part, in that order.
const TEST: [&str; 10] = [
    "test",
    "testing",
    "tst",
    "validation",
    "valid",
    "val",
    "evaluation",
    "eval",
    "dev",
    "holdout",
];

/// Words that such names end in: `train_set`, `Test Images`.
const ENDINGS: [&str; 9] = [
    "set", "data", "dataset", "images", "image", "imgs", "split", "part", "folder",
];

/// Which folders are which parts, by their places in the list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The training part.
    pub(crate) train: Option<usize>,
    /// The test part.
    pub(crate) test: Option<usize>,
}

impl Parts {
    /// The parts among folders, or `None` where the folders are classes: unless one of them is named as
    /// a training part is, or all of them are named as parts.
    ///
    /// `has_folders` says whether there are folders in a folder, as there must be in a training part
    /// among others: a folder `train` may be a class of vehicles.
    pub(crate) fn among(names: &[String], has_folders: impl Fn(usize) -> bool) -> Option<Self> {
        let first = |known: &[&str]| {
            let rank = |name: &String| place(name, known);
            let ranked = names.iter().enumerate();
            let ranked = ranked.filter_map(|(at, name)| Some((rank(name)?, at)));
            ranked.min().map(|(_, at)| at)
        };
        let (train, test) = (first(&TRAIN), first(&TEST));
        let all = names.iter().all(|name| is_part(name));
        match train {
            Some(at) if all || has_folders(at) => {}
            None if all && test.is_some() => {}
            _ => return None,
        }
        Some(Self { train, test })
    }

    /// The folders that are neither.
    pub(crate) fn others<'a>(&self, names: &'a [String]) -> Vec<&'a String> {
        let used = |at| Some(at) == self.train || Some(at) == self.test;
        let others = names.iter().enumerate().filter(|(at, _)| !used(*at));
        others.map(|(_, name)| name).collect()
    }
}

/// Whether a folder's name is that of a part.
pub(crate) fn is_part(name: &str) -> bool {
    place(name, &TRAIN).or(place(name, &TEST)).is_some()
}

/// The place of a name among those known, whatever its case, with or without `set` and the like.
fn place(name: &str, known: &[&str]) -> Option<usize> {
    let letters = |letter: &char| !matches!(letter, '-' | '_' | '.') && !letter.is_whitespace();
    let name: String = name.to_lowercase().chars().filter(letters).collect();
    let is = |known: &&str| {
        let rest = name.strip_prefix(*known);
        rest.is_some_and(|rest| rest.is_empty() || ENDINGS.contains(&rest))
    };
    known.iter().position(is)
}

/// Fails if each of several folders has the same folders in it, two at least: those are the classes
/// then, or both are parts.
pub(crate) fn check_unlike<'a>(
    names: &[String],
    inside: impl Fn(usize) -> Result<Vec<String>>,
    place: impl Fn() -> &'a std::path::Path,
) -> Result<()> {
    if names.len() < 2 {
        return Ok(());
    }
    let first = inside(0)?;
    if first.len() < 2 {
        return Ok(());
    }
    for at in 1..names.len() {
        if inside(at)? != first {
            return Ok(());
        }
    }
    let (classes, inner) = (listed(names), listed(&first));
    let problem = if first.iter().all(|name| is_part(name)) {
        format!(
            "each class ({classes}) has the parts {inner} in it; expected the parts outermost, with a folder for each class in each of them"
        )
    } else {
        format!(
            "the folders {classes} all have the same folders in them ({inner}), so that they look like parts of a data set and not like classes; expected the names train and test, or one of them alone (if they are classes, their images belong directly into them)"
        )
    };
    Err(Error::file(place(), problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(names: &[&str]) -> Option<Parts> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        Parts::among(&names, |_| true)
    }

    #[test]
    fn common_names_of_parts_are_known() {
        for train in [
            "train",
            "Training",
            "training_set",
            "train-set",
            "TRAIN SET",
            "trainset",
            "train_data",
            "Training Images",
            "train.images",
        ] {
            for test in [
                "test",
                "TESTING",
                "test_set",
                "Test-Set",
                "validation",
                "valid_set",
                "val",
                "Val Data",
                "validation_set",
                "testset",
                "dev",
                "eval_set",
            ] {
                let expected = Parts {
                    train: Some(1),
                    test: Some(0),
                };
                assert_eq!(parts(&[test, train]), Some(expected), "{train}, {test}");
            }
        }
        for name in [
            "trained",
            "trains",
            "contest",
            "valley",
            "value",
            "testimony",
            "device",
            "",
        ] {
            assert!(!is_part(name), "{name}");
        }
    }

    #[test]
    fn the_first_known_name_is_the_part() {
        let parts = parts(&["val", "train_2", "train", "test", "extra"]);
        let expected = Parts {
            train: Some(2),
            test: Some(3),
        };
        assert_eq!(parts, Some(expected));
        let names: Vec<String> = ["val", "train", "test"].map(str::to_owned).to_vec();
        let parts = Parts::among(&names, |_| true).unwrap();
        assert_eq!(parts.others(&names), ["val"]);
    }

    #[test]
    fn classes_named_as_parts_are_classes() {
        assert_eq!(parts(&["exam", "test"]), None);
        let vehicles = ["bus", "train"].map(str::to_owned);
        assert_eq!(Parts::among(&vehicles, |_| false), None);
        assert_eq!(parts(&["cat", "dog"]), None);
    }
}
