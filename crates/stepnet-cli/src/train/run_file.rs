//! `run.json`: what a run was started with, and how it ended.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet::data::Fingerprint;
use stepnet::train::settings::{Settings, SettingsFile, Value};
use stepnet::{Error, Hash, kernels};
use stepnet_files as files;

use crate::command_line;
use crate::failure::{Failure, Outcome};
use crate::material::Material;

/// The file's name.
pub(crate) const RUN_FILE: &str = "run.json";

/// The settings of a run, in the form that `--settings` takes.
pub(crate) const SETTINGS_FILE: &str = "settings.toml";

/// The heading of that file.
const HEADING: &str = "The settings of this run that are not at their defaults. To repeat it:
    stepnet train --settings settings.toml
Options on the command line take precedence over these lines. Relative paths start from the folder of this file.";

/// The version of the file's form.
const FORMAT: u32 = 1;

/// A word of a command line, as text where it is text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Raw(OsString),
}

impl From<OsString> for Word {
    fn from(word: OsString) -> Self {
        word.into_string().map_or_else(Self::Raw, Self::Text)
    }
}

impl Word {
    fn plain(&self) -> OsString {
        match self {
            Self::Text(text) => OsString::from(text),
            Self::Raw(raw) => raw.clone(),
        }
    }
}

/// The settings that are not at their defaults, by their names.
fn given(settings: &Settings) -> BTreeMap<String, Value> {
    let given = settings
        .given()
        .map(|(setting, value)| (setting.spelled(), value));
    given.collect()
}

/// The description of a run: everything that it depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunFile {
    format: u32,
    /// The version of the program.
    pub(crate) stepnet: String,
    /// The instruction set it computes with.
    pub(crate) instruction_set: String,
    folder: Word,
    /// The arguments of `stepnet` on the command line.
    arguments: Vec<Word>,
    /// The settings that are not at their defaults. Runs of older versions have them on the command line alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<BTreeMap<String, Value>>,
    /// The number of epochs, if a later `--resume` has changed it.
    pub(crate) epochs: Option<u32>,
    /// The data.
    pub(crate) train: Fingerprint,
    /// The data that is tested on.
    pub(crate) test: Option<Fingerprint>,
    /// The weights of the model that it started from.
    pub(crate) from: Option<Hash>,
    /// The notes that were printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// How it ended; nothing while it runs.
    pub(crate) end: Option<End>,
    /// Whether the folder may still have files of the run that this one replaces.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) replacing: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct End {
    /// Whether there is nothing left to do.
    pub(crate) finished: bool,
    /// Epochs done.
    pub(crate) epochs: usize,
    /// The hash of the model's weights.
    pub(crate) weights: Hash,
    pub(crate) test_loss: Option<f64>,
    pub(crate) test_accuracy: Option<f64>,
    /// Seconds that training took, over all its parts.
    pub(crate) seconds: f64,
}

impl RunFile {
    /// A run that starts now, by the command line that was given.
    pub(crate) fn new(
        settings: &Settings,
        material: &Material,
        from: Option<Hash>,
    ) -> Outcome<Self> {
        let test = material
            .test
            .as_ref()
            .map(stepnet::data::Dataset::fingerprint);
        Ok(Self {
            format: FORMAT,
            stepnet: env!("CARGO_PKG_VERSION").to_owned(),
            instruction_set: kernels::instruction_set().to_owned(),
            folder: std::env::current_dir()
                .unwrap_or_default()
                .into_os_string()
                .into(),
            arguments: command_line::arguments()
                .iter()
                .cloned()
                .map(Word::from)
                .collect(),
            settings: Some(given(settings)),
            epochs: None,
            train: material.train.fingerprint()?,
            test: test.transpose()?,
            from,
            notes: Vec::new(),
            end: None,
            replacing: false,
        })
    }

    /// The command line, the program's name included.
    pub(crate) fn command_line(&self) -> Vec<OsString> {
        let words = self.arguments.iter().map(Word::plain);
        std::iter::once(OsString::from("stepnet"))
            .chain(words)
            .collect()
    }

    /// Where the run was started, which the paths of its options start from.
    pub(crate) fn started_in(&self) -> PathBuf {
        self.folder.plain().into()
    }

    /// The settings it was started with, with the number of epochs that it has now; nothing where only the command
    /// line says them.
    pub(crate) fn settings(&self) -> Outcome<Option<Settings>> {
        let Some(kept) = &self.settings else {
            return Ok(None);
        };
        let mut settings = Settings::default();
        for (name, value) in kept {
            let set = settings.set(name, value);
            set.map_err(|error| Failure::usage(format!("{RUN_FILE}: its settings: {error}")))?;
        }
        if self.epochs.is_some() {
            settings.training.epochs = self.epochs;
        }
        Ok(Some(settings))
    }

    /// The contents of the file of its settings.
    pub(crate) fn settings_file(&self) -> Outcome<Option<SettingsFile>> {
        let folder = self.started_in();
        let settings = self.settings()?;
        Ok(settings.map(|settings| settings.to_file(HEADING, &folder)))
    }

    /// Whether both are of one run.
    pub(crate) fn same_run(&self, other: &Self) -> bool {
        (&self.arguments, &self.folder, &self.settings)
            == (&other.arguments, &other.folder, &other.settings)
            && (&self.train, &self.test) == (&other.train, &other.test)
    }

    /// The run's description in its folder; `None` if there is none.
    pub(crate) fn read(folder: &Path) -> Outcome<Option<Self>> {
        let path = folder.join(RUN_FILE);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path)?;
        let run = serde_json::from_slice::<Self>(&bytes).map_err(|error| {
            Failure::from(Error::file(
                &path,
                format!("not a description of a run: {error}"),
            ))
        })?;
        if run.format > FORMAT {
            return Err(Failure::from(Error::file(
                &path,
                format!(
                    "is version {}, made by a newer Stepnet; this one reads up to {FORMAT}",
                    run.format
                ),
            )));
        }
        Ok(Some(run))
    }

    /// Writes it into a folder where files of another run are still to go.
    pub(crate) fn write_replacing(&self, folder: &Path) -> Outcome {
        let run = Self {
            replacing: true,
            ..self.clone()
        };
        run.write(folder)
    }

    /// Writes it into the run's folder.
    pub(crate) fn write(&self, folder: &Path) -> Outcome {
        let path = folder.join(RUN_FILE);
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::running(format!("{}: {error}", path.display())))?;
        json.push('\n');
        files::write_atomic(&path, json.as_bytes())?;
        if let Some(settings) = self.settings_file()? {
            files::write_atomic(&folder.join(SETTINGS_FILE), settings.text.as_bytes())?;
        }
        Ok(())
    }

    /// Fails if the data is not that of the run, with what differs.
    pub(crate) fn check_data(&self, material: &Material) -> Outcome {
        let differs = |what: &str, difference: String| {
            Failure::usage(format!(
                "{what} is not what the run was started with: {difference}; a resumed run needs the same, so start a new one"
            ))
        };
        let found = material.train.fingerprint()?;
        if let Some(difference) = self.train.difference(&found) {
            return Err(differs("the training data", difference));
        }
        let found = material
            .test
            .as_ref()
            .map(stepnet::data::Dataset::fingerprint);
        let found = found.transpose()?;
        match (&self.test, &found) {
            (Some(was), Some(is)) => match was.difference(is) {
                Some(difference) => Err(differs("the test data", difference)),
                None => Ok(()),
            },
            (None, None) => Ok(()),
            (Some(was), None) => Err(differs(
                "the test data",
                format!("none instead of {} examples", was.examples),
            )),
            (None, Some(is)) => Err(differs(
                "the test data",
                format!("{} examples instead of none", is.examples),
            )),
        }
    }

    /// The note for a resumed run on another machine or by another version of the program.
    pub(crate) fn other_machine(&self) -> Option<String> {
        let now = (env!("CARGO_PKG_VERSION"), kernels::instruction_set());
        let was = (self.stepnet.as_str(), self.instruction_set.as_str());
        (now != was).then(|| {
            format!(
                "note: the run was started by version {} on {}; this is {} on {}, so its weights may differ in their last bits from those of a run that was never stopped",
                was.0, was.1, now.0, now.1
            )
        })
    }
}
