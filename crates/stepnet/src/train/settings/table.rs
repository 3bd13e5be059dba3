//! All settings in one struct, and the rows of all tables in one list.

use std::ops::Deref;

use super::row::{Entry, Row};
use super::{
    KeepingSettings, NetworkSettings, ReadingSettings, SettingError, SourceSettings,
    TrainingSettings, Value, keeping, network, source, training,
};

/// All settings of a training run.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The examples.
    pub source: SourceSettings,
    /// How their files are read.
    pub reading: ReadingSettings,
    /// The network.
    pub network: NetworkSettings,
    /// How it is trained.
    pub training: TrainingSettings,
    /// What it keeps.
    pub keeping: KeepingSettings,
}

/// A setting: its row, and the field of [`Settings`] that it is about.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    row: &'static Row,
    field: Field,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Source(&'static Entry<SourceSettings>),
    Reading(&'static Entry<ReadingSettings>),
    Network(&'static Entry<NetworkSettings>),
    Training(&'static Entry<TrainingSettings>),
    Keeping(&'static Entry<KeepingSettings>),
}

impl Settings {
    /// All settings, in the order of the command's help.
    pub fn table() -> impl Iterator<Item = Setting> {
        let source = source::SOURCE
            .iter()
            .map(|entry| (&entry.row, Field::Source(entry)));
        let reading = source::READING
            .iter()
            .map(|entry| (&entry.row, Field::Reading(entry)));
        let network = network::NETWORK
            .iter()
            .map(|entry| (&entry.row, Field::Network(entry)));
        let training = training::TRAINING
            .iter()
            .map(|entry| (&entry.row, Field::Training(entry)));
        let keeping = keeping::KEEPING
            .iter()
            .map(|entry| (&entry.row, Field::Keeping(entry)));
        let all = source.chain(reading).chain(network).chain(training);
        let all = all.chain(keeping);
        all.map(|(row, field)| Setting { row, field })
    }

    /// The setting with this name, written with `-` or with `_`.
    ///
    /// # Errors
    /// When there is none, with the nearest name.
    pub fn named(name: &str) -> Result<Setting, SettingError> {
        let found = Self::table().find(|setting| setting.is_named(name));
        found.ok_or_else(|| {
            SettingError::unknown(name, Self::table().map(|setting| setting.row.name))
        })
    }

    /// Sets one by its name.
    ///
    /// # Errors
    /// When there is none with this name, or the value is not what it may be.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), SettingError> {
        Self::named(name)?.set(self, value)
    }

    /// The settings that are not at their defaults, with their values.
    pub fn given(&self) -> impl Iterator<Item = (Setting, Value)> {
        Self::table().filter_map(|setting| {
            let value = setting.get(self).filter(|_| setting.is_given(self));
            value.map(|value| (setting, value))
        })
    }
}

impl Setting {
    /// Its description.
    pub fn row(&self) -> &'static Row {
        self.row
    }

    /// Sets it.
    ///
    /// # Errors
    /// When the value is not what it may be.
    pub fn set(&self, settings: &mut Settings, value: &Value) -> Result<(), SettingError> {
        let (setting, kind) = (self.row, &self.row.kind);
        if !kind.admits(value) {
            return Err(SettingError::Kind {
                setting,
                found: value.shown(),
                expected: kind.expected(),
            });
        }
        let set = match self.field {
            Field::Source(entry) => (entry.write)(&mut settings.source, value, kind),
            Field::Reading(entry) => (entry.write)(&mut settings.reading, value, kind),
            Field::Network(entry) => (entry.write)(&mut settings.network, value, kind),
            Field::Training(entry) => (entry.write)(&mut settings.training, value, kind),
            Field::Keeping(entry) => (entry.write)(&mut settings.keeping, value, kind),
        };
        set.map_err(|refusal| SettingError::Value {
            setting,
            found: refusal.found.unwrap_or_else(|| value.shown()),
            expected: refusal.expected,
        })
    }

    /// Its value; `None` where it has none.
    pub fn get(&self, settings: &Settings) -> Option<Value> {
        match self.field {
            Field::Source(entry) => (entry.read)(&settings.source),
            Field::Reading(entry) => (entry.read)(&settings.reading),
            Field::Network(entry) => (entry.read)(&settings.network),
            Field::Training(entry) => (entry.read)(&settings.training),
            Field::Keeping(entry) => (entry.read)(&settings.keeping),
        }
    }

    /// The value where it is not given.
    pub fn default(&self) -> Option<Value> {
        self.get(&Settings::default())
    }

    /// Whether it has another value than its default.
    pub fn is_given(&self, settings: &Settings) -> bool {
        self.get(settings) != self.default()
    }
}

impl Deref for Setting {
    type Target = Row;

    fn deref(&self) -> &Row {
        self.row
    }
}
