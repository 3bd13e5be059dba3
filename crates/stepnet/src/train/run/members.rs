//! The members of a group that train a run: whether they would compute the same, and what the first has them do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stepnet_base::{Hash, Hasher};

use super::description::RunDescription;
use super::resume::MAY_DIFFER;
use crate::data::{Dataset, Fingerprint};
use crate::error::{Error, Result};
use crate::group::{Group, broadcast_all};
use crate::kernels;
use crate::nn::Number;
use crate::train::Trainer;
use crate::train::agreement::all_have;
use crate::train::settings::{Settings, Value};

/// The most bytes of the first member's facts.
const MOST: usize = 1 << 28;

/// What the first member has the others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing more: the run has ended, or is to be resumed.
    End,
    /// Train an epoch, or what is left of it, and test it.
    Epoch,
    /// Test the last epoch.
    Test,
    /// Say what stopped the last epoch, if it was this member that was stopped.
    Reason,
}

impl Order {
    /// Gives the order to the others.
    pub(super) fn give(self, group: &dyn Group) -> Result<()> {
        group.broadcast(0, &mut [self as u8])
    }

    /// The order that the first member gives.
    pub(super) fn take(group: &dyn Group) -> Result<Self> {
        let mut order = [0];
        group.broadcast(0, &mut order)?;
        Ok(match order[0] {
            1 => Self::Epoch,
            2 => Self::Test,
            3 => Self::Reason,
            _ => Self::End,
        })
    }
}

/// What has to be the same on all members.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Facts {
    version: String,
    /// The hash of the program's file.
    build: Option<Hash>,
    instruction_set: String,
    numbers: String,
    /// The settings that results depend on and that are not at their defaults.
    settings: BTreeMap<String, Value>,
    train: Fingerprint,
    test: Option<Fingerprint>,
    /// Of the weights, of what the update rule has of them, and of the place in the run.
    start: Hash,
}

impl Facts {
    fn of<T: Number>(
        settings: &Settings,
        (train, test): (Fingerprint, Option<Fingerprint>),
        trainer: &Trainer<T>,
    ) -> Self {
        let results = settings.given().filter(|(setting, _)| {
            setting.results && (setting.name == "epochs" || !MAY_DIFFER.contains(&setting.name))
        });
        let learner = trainer.learner();
        let mut start = Hasher::new("the start of a run");
        start.number(learner.updates());
        start.text(&trainer.position().to_string());
        start.values(learner.network().parameters());
        for (name, values) in learner.arrays() {
            start.array(&name, &[values.len()], values);
        }
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: program(),
            instruction_set: kernels::instruction_set().to_owned(),
            numbers: T::NAME.to_owned(),
            settings: results
                .map(|(setting, value)| (setting.spelled(), value))
                .collect(),
            train,
            test,
            start: start.finish(),
        }
    }

    /// The first way in which a member differs from the first one, in words.
    fn difference(&self, first: &Self) -> Option<String> {
        let differs = |what: &str, own: &str, first: &str| {
            (own != first).then(|| format!("{what} is {own}, that of rank 0 is {first}"))
        };
        let advice = "; --isa or STEPNET_ISA with the lesser of the two makes them equal";
        let set = differs(
            "the instruction set",
            &self.instruction_set,
            &first.instruction_set,
        );
        let of_test = match (&first.test, &self.test) {
            (Some(first), Some(own)) => first.difference(own),
            (None, None) => None,
            (Some(_), None) => Some("none".to_owned()),
            (None, Some(_)) => Some("some, where rank 0 has none".to_owned()),
        };
        let data = |what: &str, difference: Option<String>| {
            difference.map(|difference| format!("its {what} is not that of rank 0: {difference}"))
        };
        differs("the version of Stepnet", &self.version, &first.version)
            .or_else(|| set.map(|set| set + advice))
            .or_else(|| differs("the type of the numbers", &self.numbers, &first.numbers))
            .or_else(|| self.other_setting(first))
            .or_else(|| data("training data", first.train.difference(&self.train)))
            .or_else(|| data("test data", of_test))
            .or_else(|| {
                let other = self
                    .build
                    .zip(first.build)
                    .is_some_and(|(own, first)| own != first);
                other.then(|| "the program is another build than that of rank 0".to_owned())
            })
            .or_else(|| {
                let other = self.start != first.start;
                other.then(|| "the weights to start from are not those of rank 0".to_owned())
            })
    }

    fn other_setting(&self, first: &Self) -> Option<String> {
        let mut names = self.settings.keys().chain(first.settings.keys());
        let name = names.find(|name| self.settings.get(*name) != first.settings.get(*name))?;
        let shown = |facts: &Self| match facts.settings.get(name) {
            Some(value) => value.to_string(),
            None => "not given".to_owned(),
        };
        Some(format!(
            "`{name}` is {}, on rank 0 {}",
            shown(self),
            shown(first)
        ))
    }
}

/// The hash of the program's file, where it can be read.
fn program() -> Option<Hash> {
    let path = std::env::current_exe().ok()?;
    let mut hasher = Hasher::new("program");
    hasher.bytes(&std::fs::read(path).ok()?);
    Some(hasher.finish())
}

/// What this member has made to train the run, if all have made the same.
///
/// # Errors
/// When a member has failed to, or differs from the first one: the same on all.
pub(super) fn all_start<T: Number>(
    group: Option<&dyn Group>,
    made: Result<Start<T>>,
) -> Result<Start<T>> {
    let Some(group) = group.filter(|group| group.size() > 1) else {
        return made;
    };
    let made = all_have(group, made)?;
    let run = &made.description;
    let data = (run.train.clone(), run.test.clone());
    let own = Facts::of(&made.settings, data, &made.trainer);
    compare(group, &own)?;
    Ok(made)
}

/// A trainer that is about to train on `data` with the other members of `group`, if all have made the same one of the same
/// settings and data. [`Run`](super::Run) and [`Assistant`](super::Assistant) do so themselves.
///
/// # Errors
/// When a member has failed to, or differs from the first one: the same on all.
pub fn check_members<T: Number>(
    group: &dyn Group,
    settings: &Settings,
    trainer: Result<Trainer<T>>,
    data: &Dataset,
) -> Result<Trainer<T>> {
    let made = trainer.and_then(|trainer| Ok((trainer, data.fingerprint()?)));
    let (trainer, train) = all_have(group, made)?;
    compare(group, &Facts::of(settings, (train, None), &trainer))?;
    Ok(trainer)
}

/// Fails on all members if one differs from the first.
fn compare(group: &dyn Group, own: &Facts) -> Result<()> {
    let written = serde_json::to_vec(own).map_err(|error| Error::Group(error.to_string()))?;
    let first = broadcast_all(group, 0, written, MOST)?;
    let same = match serde_json::from_slice::<Facts>(&first) {
        Ok(first) => match own.difference(&first) {
            Some(difference) => Err(Error::Training(difference)),
            None => Ok(()),
        },
        Err(_) => Err(Error::Training(
            "the version of Stepnet is not that of rank 0".to_owned(),
        )),
    };
    all_have(group, same)
}

/// What a run is trained with.
pub(super) struct Start<T> {
    pub(super) settings: Settings,
    pub(super) description: RunDescription,
    pub(super) trainer: Trainer<T>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digits;

    fn facts() -> Facts {
        let train = digits().fingerprint().unwrap();
        Facts {
            version: "1".to_owned(),
            build: None,
            instruction_set: "AVX2".to_owned(),
            numbers: "f32".to_owned(),
            settings: BTreeMap::new(),
            train,
            test: None,
            start: Hasher::new("start").finish(),
        }
    }

    #[test]
    fn what_differs_is_named() {
        assert_eq!(facts().difference(&facts()), None);
        let said = |change: fn(&mut Facts)| {
            let mut own = facts();
            change(&mut own);
            own.difference(&facts()).unwrap()
        };
        let isa = said(|own| own.instruction_set = "portable".to_owned());
        assert!(
            isa.contains("is portable, that of rank 0 is AVX2; --isa"),
            "{isa}"
        );
        let data = said(|own| own.train.examples = 5);
        assert!(
            data.contains("training data") && data.contains("5 examples instead of 1797"),
            "{data}"
        );
        let test = said(|own| own.test = Some(own.train.clone()));
        assert!(test.contains("test data"), "{test}");
        let setting = said(|own| {
            own.settings.insert("lr".to_owned(), Value::Number(0.5));
        });
        assert_eq!(setting, "`lr` is 0.5, on rank 0 not given");
        let start = said(|own| own.start = Hasher::new("other").finish());
        assert!(start.contains("weights"), "{start}");
    }
}
