//! Training by several processes: what the first tells the others, and what those do.

use std::path::{Path, PathBuf};

use stepnet::Number;
use stepnet::group::{Group, broadcast_all};
use stepnet::train::run::{Assistant, RunObserver, files};

use super::Prepared;
use crate::failure::{Failure, Outcome};
use crate::group;
use crate::interrupt::{self, Interrupt};

/// The most bytes of a folder's name.
const LONGEST: usize = 1 << 16;

/// Tells all members where the first one keeps the run, for the last words of those that outlive it.
pub(super) fn tell_folder(group: Option<&dyn Group>, folder: &Path) -> Outcome {
    let Some(group) = group else {
        return Ok(());
    };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let name = folder.to_string_lossy().into_owned().into_bytes();
    let name = broadcast_all(group, 0, name, LONGEST)?;
    group::keep_safe(
        &PathBuf::from(String::from_utf8_lossy(&name).into_owned()),
        resumes,
    );
    Ok(())
}

/// What there is to resume in a run's folder.
fn resumes(folder: &Path) -> String {
    let checkpoint = folder.join(files::CHECKPOINT);
    let folder = folder.display();
    match checkpoint.exists() {
        true => format!(
            "the last checkpoint is {}; stepnet train --resume {folder} continues from it",
            checkpoint.display()
        ),
        false => format!("there is no checkpoint yet in {folder}"),
    }
}

/// Says when a signal has asked this process to end.
struct Watcher(Interrupt);

impl<T: Number> RunObserver<T> for Watcher {
    fn stopped_by(&self) -> Option<&str> {
        self.0.by()
    }
}

/// Trains as another process than the first.
pub(super) fn assist<T: Number>(prepared: Prepared<T>, group: &dyn Group) -> Outcome {
    let Prepared {
        settings,
        left,
        network,
        data,
        keep,
        ..
    } = prepared;
    let mut watcher = Watcher(Interrupt::hold());
    let assistant = match &left {
        Some(left) => Assistant::resume_with(left, network, data, &settings, &keep),
        None => Assistant::create(network, data, &settings, &keep),
    };
    let mut assistant = assistant.map_err(|error| match error {
        stepnet::Error::Group(_) => Failure::from(error),
        // The first has it, too, and tells it.
        error => Failure::said(Failure::from(error).code()),
    })?;
    tell_folder(Some(group), Path::new(""))?;
    assistant.serve(&mut watcher)?;
    group::settle();
    interrupt::outcome()
}
