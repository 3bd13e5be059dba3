//! What a run keeps, and how it was started.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::Hash;

/// What a run keeps while it trains, and what it notes of how it was started. None of it changes what is computed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// Whether a run that the folder holds already may be replaced. It stays until there is something in its place.
    pub overwrite: bool,
    /// Which arrays are hashed after every step, in a file of the run's folder.
    pub trace: Option<Traced>,
    /// Whether event files for TensorBoard are written, and how. Needs the feature `tensorboard`.
    pub tensorboard: Option<BoardOptions>,
    /// The words of the command line that started the run; none where a program did.
    pub arguments: Vec<OsString>,
    /// The weights that the run starts from, where they are those of another model.
    pub from: Option<Hash>,
    /// Notes on the data and the settings, for the run's description and its report.
    pub notes: Vec<String>,
}

/// Where and how often event files are written.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct BoardOptions {
    /// Their folder; the folder `tensorboard` of the run unless given.
    pub folder: Option<PathBuf>,
    /// Also every this many steps, not only every epoch.
    pub every: Option<usize>,
}

stepnet_base::setters! { RunOptions {
    overwrite: bool,
    trace: Option<Traced>,
    tensorboard: Option<BoardOptions>,
    arguments: Vec<OsString>,
    from: Option<Hash>,
    notes: Vec<String>,
} }

stepnet_base::setters! { BoardOptions {
    folder: Option<PathBuf>,
    every: Option<usize>,
} }

/// The arrays that are hashed after every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Traced {
    /// The weights after each step.
    Weights,
    /// The gradients of each step, too.
    Gradients,
}
