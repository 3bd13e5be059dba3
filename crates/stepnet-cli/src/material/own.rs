//! Finds the data that a model was tested on during training: in the same place, and only if it has not changed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stepnet::data::{Dataset, Fingerprint, ListedPart, OpenOptions, Role};
use stepnet::train::run::RunDescription;

use super::leaving_out::List;
use super::{Material, OWN_TEST, Source, with_classes};
use crate::failure::{Failure, Outcome};
use crate::known::DIGITS;
use crate::note::note;

/// Examples to measure a model on.
pub(crate) struct Tested {
    pub(crate) data: Dataset,
    /// Their name.
    pub(crate) name: String,
    /// Lines that tell the user what was read and how.
    pub(crate) facts: Vec<String>,
}

/// A model's facts about the data it was tested on.
pub(super) struct Own<'a> {
    origin: &'a Value,
    /// The folder that relative paths start from, where a run's description has it.
    started_in: Option<PathBuf>,
    /// The number of the examples and their hash, where they are known.
    tested: Option<(usize, stepnet::Hash)>,
}

/// Adds to the origin of data by what its test part will be known again.
pub(crate) fn describe_tested(material: &mut Material) -> Outcome {
    if let Some(test) = &material.test {
        let tested = test.fingerprint()?;
        material.origin["test_examples"] = json!(tested.examples);
        material.origin["test_hash"] = json!(tested.hash);
    }
    Ok(())
}

fn unknown() -> Failure {
    Failure::usage("the model does not say what it was tested on; name the data to evaluate on")
}

impl<'a> Own<'a> {
    /// What is known of the model in the file `model`, by itself and by the run that it lies in.
    pub(super) fn of(model: &Path, origin: Option<&'a Value>) -> Outcome<Self> {
        let origin = origin.ok_or_else(unknown)?;
        let examples = origin.get("test_examples").and_then(Value::as_u64);
        let hash = origin.get("test_hash").and_then(Value::as_str);
        let told = examples
            .and_then(|examples| usize::try_from(examples).ok())
            .zip(hash.and_then(|hash| hash.parse().ok()));
        let file = model.canonicalize().unwrap_or_else(|_| model.to_owned());
        let run = file
            .parent()
            .and_then(|folder| RunDescription::read(folder).ok().flatten());
        let of_run =
            |run: &RunDescription| run.test.as_ref().map(|test| (test.examples, test.hash));
        // A model that was copied into the folder of another run is none of that run's.
        let run = run.filter(|run| told.is_none() || of_run(run) == told);
        Ok(Self {
            origin,
            tested: told.or_else(|| run.as_ref().and_then(of_run)),
            started_in: run.map(|run| run.started_in()),
        })
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.origin.get(name).and_then(Value::as_str)
    }

    /// Where the data lies that was called `name` when the run was started.
    fn place(&self, name: &str) -> Outcome<PathBuf> {
        let here = PathBuf::from(name);
        let elsewhere = |folder: &&PathBuf| std::env::current_dir().ok().as_ref() != Some(*folder);
        let there = self.started_in.as_ref().filter(elsewhere);
        let there = there.map(|folder| folder.join(name));
        match there {
            Some(there) if there.exists() => Ok(there),
            // Moved together with the run, perhaps: what it holds is checked.
            _ if here.exists() && (here.is_absolute() || self.tested.is_some()) => Ok(here),
            None if here.exists() => Ok(here),
            there => Err(Failure::usage(format!(
                "{}: no longer exists, but the model was tested on it, or on a part of it, during training; name the data to evaluate on",
                there.unwrap_or(here).display()
            ))),
        }
    }

    /// The examples.
    pub(super) fn examples(&self, mut options: OpenOptions, classes: &[String]) -> Outcome<Tested> {
        let name = self.text("data").ok_or_else(unknown)?;
        let skips = self.origin.get("skip_bad").and_then(Value::as_bool);
        options.skip_bad |= skips.unwrap_or_default();
        options.label_column = self.text("label_column").map(str::to_owned);
        options.encoding = self.text("encoding").map(str::to_owned);
        let list = self.text("leave_out").map(|list| self.place(list));
        let list = List::read(list.transpose()?.as_deref())?;
        if let Some(test) = self.text("test") {
            options.role = Role::Test;
            let path = self.place(if test == OWN_TEST { name } else { test })?;
            let mut tested = test_part(&path, &options, classes, &list)
                .map_err(|failure| failure.context("the model's own test data"))?;
            tested.data = list.apply(tested.data, ListedPart::Test, &mut tested.facts)?;
            let problem = "is not the test data of the model's training";
            self.check(&tested.data, &tested.name, problem)?;
            return Ok(tested);
        }
        self.held_out(name, options, classes, &list)
    }

    /// The part that was held out of the data called `name`.
    fn held_out(
        &self,
        name: &str,
        mut options: OpenOptions,
        classes: &[String],
        list: &List,
    ) -> Outcome<Tested> {
        let share = self.origin.get("held_out").and_then(Value::as_f64);
        let share = share.filter(|share| *share > 0.0 && *share < 1.0);
        let seed = self.origin.get("seed").and_then(Value::as_u64);
        let seed = seed.and_then(|seed| u32::try_from(seed).ok());
        let (share, seed) = share.zip(seed).ok_or_else(unknown)?;
        let path = (name != DIGITS).then(|| self.place(name)).transpose()?;
        options.labels = self
            .text("labels")
            .map(|labels| self.place(labels))
            .transpose()?;
        let source = Source::open(path.as_deref(), &options, list)
            .map_err(|failure| failure.context("the model's own data"))?;
        let shown = path.map_or_else(|| name.to_owned(), |path| path.display().to_string());
        let problem = "is not the data of the model's training, so the part held out then cannot be reproduced and may hold examples that it was trained on";
        let found = source.data.len();
        let then = self.origin.get("examples").and_then(Value::as_u64);
        if let Some(then) = then.filter(|&then| then != found as u64) {
            let difference = format!("{found} examples instead of {then}");
            return Err(changed(&shown, problem, &difference));
        }
        let (_, held_out) = source.data.split(share, seed)?;
        let held_out = with_classes(held_out, classes, &shown)?;
        self.check(&held_out, &shown, problem)?;
        Ok(Tested {
            data: held_out,
            name: format!("the part held out of {shown}"),
            facts: source.facts,
        })
    }

    /// Fails if the examples are not those that the model was tested on.
    fn check(&self, data: &Dataset, name: &str, problem: &str) -> Outcome {
        let Some((examples, hash)) = self.tested else {
            note(&format!(
                "{name}: whether this is what the model was tested on cannot be checked, since an older version made the model"
            ));
            return Ok(());
        };
        let found = data.fingerprint()?;
        let then = Fingerprint {
            examples,
            hash,
            ..found.clone()
        };
        match then.difference(&found) {
            Some(difference) => Err(changed(name, problem, &difference)),
            None => Ok(()),
        }
    }
}

/// The test part of the data at `path`, or all of it where it has none.
pub(super) fn test_part(
    path: &Path,
    options: &OpenOptions,
    classes: &[String],
    list: &List,
) -> Outcome<Tested> {
    let name = path.display().to_string();
    let opened = list.open(path, options)?;
    Ok(Tested {
        data: with_classes(opened.data, classes, &name)?,
        name,
        facts: opened.facts,
    })
}

/// The refusal of data that is not what it was.
fn changed(name: &str, problem: &str, difference: &str) -> Failure {
    Failure::usage(format!(
        "{name}: {problem} ({difference}): files may have been changed, added, removed or renamed; bring them back, or name the data to evaluate on"
    ))
}
