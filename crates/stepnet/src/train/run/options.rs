//! How a run was started, and what it may leave.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use crate::Hash;
use crate::group::Group;

/// Whether a run replaces another, what it notes of how it was started, and who trains. None of it changes what is
/// computed.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// Whether a run that the folder holds already may be replaced. It stays until there is something in its place.
    pub overwrite: bool,
    /// The words of the command line that started the run; none where a program did.
    pub arguments: Vec<OsString>,
    /// The weights that the run starts from, where they are those of another model.
    pub from: Option<Hash>,
    /// Notes on the data and the settings, for the run's description and its report.
    pub notes: Vec<String>,
    /// The processes that train together. The first has the [`Run`](super::Run), each other an
    /// [`Assistant`](super::Assistant).
    pub group: Option<Arc<dyn Group>>,
}

/// Where event files for TensorBoard are written. Needs the feature `tensorboard`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EventFiles {
    /// Nowhere.
    #[default]
    None,
    /// In the folder `tensorboard` of the run.
    InRun,
    /// In this folder.
    Folder(PathBuf),
}

stepnet_base::setters! { RunOptions {
    overwrite: bool,
    arguments: Vec<OsString>,
    from: Option<Hash>,
    notes: Vec<String>,
    group: Option<Arc<dyn Group>>,
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
