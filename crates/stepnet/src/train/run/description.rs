//! `run.json`: what a run was started with, and how it ended.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet_files as files;

use super::data::RunData;
use super::files::DESCRIPTION;
use super::options::RunOptions;
use crate::data::{Dataset, Fingerprint};
use crate::error::{Error, Result};
use crate::train::HeadReport;
use crate::train::settings::{Settings, Value};
use crate::{Hash, kernels};

/// The version of the file's form.
const FORMAT: u32 = 1;

/// A word of a command line, as text where it is text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    #[cfg(any(unix, windows))]
    Raw(OsString),
}

impl From<OsString> for Word {
    fn from(word: OsString) -> Self {
        match word.into_string() {
            Ok(text) => Self::Text(text),
            #[cfg(any(unix, windows))]
            Err(raw) => Self::Raw(raw),
            // Elsewhere every word is a text.
            #[cfg(not(any(unix, windows)))]
            Err(raw) => Self::Text(raw.to_string_lossy().into_owned()),
        }
    }
}

impl Word {
    fn plain(&self) -> OsString {
        match self {
            Self::Text(text) => OsString::from(text),
            #[cfg(any(unix, windows))]
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
#[non_exhaustive]
pub struct RunDescription {
    format: u32,
    /// The version of the program.
    pub stepnet: String,
    /// The instruction set it computes with.
    pub instruction_set: String,
    folder: Word,
    /// The arguments of `stepnet` on the command line; none where a program started the run.
    arguments: Vec<Word>,
    /// The settings that are not at their defaults. Runs of older versions have them on the command line alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<BTreeMap<String, Value>>,
    /// The number of epochs, if a later `--resume` has changed it.
    pub epochs: Option<u32>,
    /// The data.
    pub train: Fingerprint,
    /// The data that is tested on.
    pub test: Option<Fingerprint>,
    /// The weights of the model that it started from.
    pub from: Option<Hash>,
    /// The notes that were printed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How the last layer was fitted, where the run starts from a pretrained network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadReport>,
    /// How it ended; nothing while it runs.
    pub end: Option<DescribedEnd>,
    /// Whether the folder may still have files of the run that this one replaces.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replacing: bool,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DescribedEnd {
    /// Whether there is nothing left to do.
    pub finished: bool,
    /// Epochs done.
    pub epochs: usize,
    /// The hash of the model's weights.
    pub weights: Hash,
    /// The mean loss on the test examples.
    pub test_loss: Option<f64>,
    /// The share of them that were right.
    pub test_accuracy: Option<f64>,
    /// Seconds that training took, over all its parts.
    pub seconds: f64,
}

impl RunDescription {
    /// A run that starts now.
    pub(super) fn new(settings: &Settings, data: &RunData, options: &RunOptions) -> Result<Self> {
        let words = options.arguments.iter().cloned();
        let test = data.test.as_ref().map(Dataset::fingerprint);
        Ok(Self {
            format: FORMAT,
            stepnet: env!("CARGO_PKG_VERSION").to_owned(),
            instruction_set: kernels::instruction_set().to_owned(),
            folder: std::env::current_dir()
                .unwrap_or_default()
                .into_os_string()
                .into(),
            arguments: words.map(Word::from).collect(),
            settings: Some(given(settings)),
            epochs: None,
            train: data.train.fingerprint()?,
            test: test.transpose()?,
            from: options.from,
            notes: options.notes.clone(),
            head: None,
            end: None,
            replacing: false,
        })
    }

    /// The command line, the program's name included.
    pub fn command_line(&self) -> Vec<OsString> {
        let words = self.arguments.iter().map(Word::plain);
        std::iter::once(OsString::from("stepnet"))
            .chain(words)
            .collect()
    }

    /// Where the run was started, which the paths of its options start from.
    pub fn started_in(&self) -> PathBuf {
        self.folder.plain().into()
    }

    /// Whether a program started the run, with examples that only it has.
    pub fn is_of_program(&self) -> bool {
        self.arguments.is_empty()
    }

    /// The settings it was started with, with the number of epochs that it has now; nothing where only the command
    /// line says them.
    ///
    /// # Errors
    /// Settings that this version does not know.
    pub fn settings(&self) -> Result<Option<Settings>> {
        let Some(kept) = &self.settings else {
            return Ok(None);
        };
        let mut settings = Settings::default();
        for (name, value) in kept {
            let set = settings.set(name, value);
            set.map_err(|error| Error::file(DESCRIPTION, format!("its settings: {error}")))?;
        }
        if self.epochs.is_some() {
            settings.training.epochs = self.epochs;
        }
        Ok(Some(settings))
    }

    /// Settings files are TOML, which needs the feature.
    #[cfg(not(feature = "files"))]
    fn write_settings(&self, _: &Path) -> Result<()> {
        Ok(())
    }

    /// Whether both are of one run.
    pub(super) fn same_run(&self, other: &Self) -> bool {
        (&self.arguments, &self.folder, &self.settings)
            == (&other.arguments, &other.folder, &other.settings)
            && (&self.train, &self.test) == (&other.train, &other.test)
    }

    /// The run's description in its folder; `None` if there is none.
    ///
    /// # Errors
    /// A file that is none, or that a newer version made.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(DESCRIPTION);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path)?;
        let run = serde_json::from_slice::<Self>(&bytes)
            .map_err(|error| Error::file(&path, format!("not a description of a run: {error}")))?;
        if run.format > FORMAT {
            return Err(Error::file(
                &path,
                format!(
                    "is version {}, made by a newer Stepnet; this one reads up to {FORMAT}",
                    run.format
                ),
            ));
        }
        Ok(Some(run))
    }

    /// Writes it into a folder where files of another run are still to go.
    pub(super) fn write_replacing(&self, folder: &Path) -> Result<()> {
        let run = Self {
            replacing: true,
            ..self.clone()
        };
        run.write(folder)
    }

    /// Writes it into the run's folder.
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(DESCRIPTION);
        let mut json = serde_json::to_string_pretty(self)
            .map_err(|error| Error::Training(format!("{}: {error}", path.display())))?;
        json.push('\n');
        // The first that a run writes, so that it can be resumed; the last when it has finished, because a finished run
        // is not gone on with, and what it left unfinished would stay.
        let finished = self.end.as_ref().is_some_and(|end| end.finished);
        if finished {
            self.write_settings(folder)?;
        }
        files::write_atomic(&path, json.as_bytes())?;
        match finished {
            true => Ok(()),
            false => self.write_settings(folder),
        }
    }

    /// Fails if the data is not that of the run in `folder`.
    ///
    /// # Errors
    /// With what differs.
    pub fn check_data(&self, folder: &Path, train: &Dataset, test: Option<&Dataset>) -> Result<()> {
        let differs = |what: &str, difference: String| {
            Error::file(
                folder,
                format!(
                    "{what} is not what the run was started with: {difference}; a resumed run needs the same, so start a new one"
                ),
            )
        };
        let found = train.fingerprint()?;
        if let Some(difference) = self.train.difference(&found) {
            return Err(differs("the training data", difference));
        }
        let found = test.map(Dataset::fingerprint);
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
    pub fn other_machine(&self) -> Option<String> {
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
