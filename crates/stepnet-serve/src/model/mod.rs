//! Models: loaded from files, replaced when these change, asked for outputs by batches.

mod batch;
mod loaded;
mod slot;
mod watch;

pub(crate) use batch::Input;
pub(crate) use loaded::Loaded;
pub(crate) use slot::Slot;
pub(crate) use watch::watch;
