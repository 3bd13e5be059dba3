//! Where an experiment's data comes from: drawn, or read from the user's folders and recognised.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::points::{self, Examples};
use super::published::DataFacts;
use stepnet::Result;

/// The two parts of a data set.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) train: Examples,
    pub(crate) test: Option<Examples>,
}

/// Data sets by name, each made once.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    folders: &'a [PathBuf],
    facts: &'a BTreeMap<String, DataFacts>,
    made: BTreeMap<String, std::result::Result<Parts, String>>,
}

impl<'a> Sources<'a> {
    pub(crate) fn new(folders: &'a [PathBuf], facts: &'a BTreeMap<String, DataFacts>) -> Self {
        Self {
            folders,
            facts,
            made: BTreeMap::new(),
        }
    }

    /// The data set called `name`, or why it is not here.
    ///
    /// # Errors
    /// When a file that is there cannot be read, or holds something else.
    pub(crate) fn get(&mut self, name: &str) -> Result<std::result::Result<&Parts, &str>> {
        if !self.made.contains_key(name) {
            let parts = self.make(name)?;
            self.made.insert(name.to_owned(), parts);
        }
        Ok(match &self.made[name] {
            Ok(parts) => Ok(parts),
            Err(why) => Err(why),
        })
    }

    fn make(&self, name: &str) -> Result<std::result::Result<Parts, String>> {
        let parts = match name {
            "flower" => Parts {
                train: points::flower(),
                test: None,
            },
            "circles" => Parts {
                train: points::circles(300, 1),
                test: Some(points::circles(100, 2)),
            },
            "moons" => Parts {
                train: points::moons(),
                test: None,
            },
            _ => match self.read(name)? {
                Ok(parts) => parts,
                Err(why) => return Ok(Err(why)),
            },
        };
        if let Some(problem) = self
            .facts
            .get(name)
            .and_then(|facts| misfit(&parts.train, facts))
        {
            return Ok(Err(problem));
        }
        Ok(Ok(parts))
    }

    #[cfg(feature = "files")]
    fn read(&self, name: &str) -> Result<std::result::Result<Parts, String>> {
        use super::files::{cats, find, read_points};
        let missing = |file: &str| Ok(Err(format!("needs {file}; give its folder with `data`")));
        if name == "cats" {
            const FILE: &str = "train_catvnoncat.h5";
            let Some(train) = find(self.folders, FILE) else {
                return missing(FILE);
            };
            let test = find(self.folders, "test_catvnoncat.h5");
            return Ok(Ok(Parts {
                train: cats(&train)?,
                test: test.map(|path| cats(&path)).transpose()?,
            }));
        }
        const FILE: &str = "regularization.npz";
        let Some(path) = find(self.folders, FILE) else {
            return missing(FILE);
        };
        Ok(Ok(Parts {
            train: read_points(&path, "train")?,
            test: Some(read_points(&path, "test")?),
        }))
    }

    #[cfg(not(feature = "files"))]
    fn read(&self, _: &str) -> Result<std::result::Result<Parts, String>> {
        debug_assert!(self.folders.is_empty());
        Ok(Err("needs the feature `files`".into()))
    }
}

/// The reason why `examples` are not the published data set, if there is one; sums are compared up to rounding.
fn misfit(examples: &Examples, facts: &DataFacts) -> Option<String> {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * (1.0 + b.abs()) * facts.columns as f64;
    let sum: f64 = examples.x.iter().sum();
    let labels: f64 = examples.labels.iter().map(|&label| f64::from(label)).sum();
    let found = [
        (
            "examples",
            examples.labels.len() as f64,
            facts.columns as f64,
        ),
        ("sum", sum, facts.sum),
        ("sum of the labels", labels, facts.labels),
        (
            "first value",
            examples.x.first().copied().unwrap_or(f64::NAN),
            facts.first[0],
        ),
    ];
    let wrong = found
        .iter()
        .find(|(_, found, expected)| !near(*found, *expected))?;
    let (what, found, expected) = wrong;
    Some(format!(
        "another data set: its {what} is {found}, expected {expected}"
    ))
}
