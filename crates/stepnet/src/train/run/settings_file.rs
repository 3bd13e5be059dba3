//! `settings.toml`: the settings of a run, for people to read and for the command to repeat it.

use std::path::Path;

use stepnet_files as files;

use super::description::RunDescription;
use super::files::SETTINGS;
use crate::error::Result;
use crate::train::settings::SettingsFile;

/// The heading of the settings file of a run that the command started.
const HEADING: &str = "The settings of this run that are not at their defaults. To repeat it:
    stepnet train --settings settings.toml
Options on the command line take precedence over these lines. Relative paths start from the folder of this file.";

/// The heading of that of a run that a program started.
const HEADING_OF_PROGRAM: &str =
    "The settings of this run that are not at their defaults. Its examples came from a program.";

impl RunDescription {
    /// The contents of the file of its settings.
    ///
    /// # Errors
    /// As [`settings`](Self::settings).
    pub fn settings_file(&self) -> Result<Option<SettingsFile>> {
        let folder = self.started_in();
        let settings = self.settings()?;
        let heading = match self.is_of_program() {
            true => HEADING_OF_PROGRAM,
            false => HEADING,
        };
        Ok(settings.map(|settings| settings.to_file(heading, &folder)))
    }

    pub(super) fn write_settings(&self, folder: &Path) -> Result<()> {
        match self.settings_file()? {
            Some(settings) => files::write_atomic(&folder.join(SETTINGS), settings.text.as_bytes()),
            None => Ok(()),
        }
    }
}
