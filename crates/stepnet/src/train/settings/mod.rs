//! The settings of a training, each described once: its name, its default, its values, its effect.
//!
//! The tables are in the files next to this one, a struct for each [`Group`]. From a row come the field of the struct, the
//! option of the command with its help, the keyword argument in Python with its documentation, the line of a settings
//! file, what a run keeps of itself, and what is compared when it goes on. So a new setting is a row, and the place
//! that uses it.
//!
//! ```
//! use stepnet::train::settings::{Settings, Value};
//!
//! let mut settings = Settings::default();
//! settings.set("label-smoothing", &Value::Number(0.1))?;
//! assert_eq!(settings.training.label_smoothing, 0.1);
//!
//! let error = settings.set("label_smoothing", &Value::Number(2.0)).unwrap_err();
//! assert_eq!(error.to_string(), "label-smoothing is 2, expected a share from 0 to less than 1");
//! # Ok::<(), stepnet::Error>(())
//! ```

mod checks;
mod choices;
mod error;
mod field;
#[cfg(feature = "files")]
mod file;
mod keeping;
mod kind;
mod network;
mod row;
mod size;
mod source;
mod table;
#[cfg(test)]
mod tests;
mod training;
mod value;

pub use choices::{Balancing, Dtype};
pub use error::SettingError;
#[cfg(feature = "files")]
pub use file::SettingsFile;
pub use keeping::KeepingSettings;
pub use kind::{Choice, Form, Group, Keyword, Kind};
pub use network::NetworkSettings;
pub use row::Row;
pub use size::Size;
pub use source::{ReadingSettings, SourceSettings};
pub use table::{Setting, Settings};
pub use training::TrainingSettings;
pub use value::Value;
