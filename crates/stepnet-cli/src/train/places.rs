//! Refuses at once, before data is read, folders that cannot be written to or should not be.

use std::path::{Path, PathBuf};

use stepnet::data::has_class_folders;
use stepnet::train::run::{self, EventFiles, files};

use super::TrainArgs;
use crate::failure::{Failure, Outcome};
use crate::output;

/// Fails if a run of `args` cannot or should not write where it would.
pub(super) fn check(args: &TrainArgs, resumes: bool) -> Outcome {
    let settings = args.settings();
    let source = &settings.source;
    let data = [source.data.as_deref(), source.test.as_deref()];
    if let EventFiles::Folder(folder) = &settings.keeping.tensorboard {
        check_apart("--tensorboard", folder, data)?;
        run::check_place(folder)?;
    }
    if args.out.is_none() && !resumes {
        let runs = Path::new(run::RUNS);
        check_apart("without --out", runs, data)?;
        run::check_place(runs)?;
    }
    if let Some(out) = &args.out {
        check_apart("--out", out, data)?;
        run::check_free(out, args.overwrite)?;
        let inputs = output::inputs([
            args.settings_file.as_deref(),
            source.data.as_deref(),
            source.test.as_deref(),
            settings.network.from.as_deref(),
            settings.reading.labels.as_deref(),
            source.leave_out.as_deref(),
        ]);
        check_inputs(out, inputs)?;
    }
    Ok(())
}

/// Fails if the folder that `option` names is the folder of the data, or inside one whose folders are classes: what
/// is written there would be read as data by the next command.
fn check_apart(option: &str, path: &Path, data: [Option<&Path>; 2]) -> Outcome {
    let data = data.into_iter().flatten().filter(|data| data.is_dir());
    for data in data {
        if output::is_same_file(path, data) {
            return Err(Failure::usage(format!(
                "{option}: {} is the folder of the data; choose another folder",
                path.display()
            )));
        }
        if has_class_folders(data) && is_inside(path, data) {
            return Err(Failure::usage(format!(
                "{option}: {} is inside the folder of the data, {}, and would be read as data by the next command; choose a folder outside of it",
                path.display(),
                data.display()
            )));
        }
    }
    Ok(())
}

/// Fails if one of the files that a run in `path` writes is one of the `inputs` of the command.
fn check_inputs(path: &Path, inputs: impl Iterator<Item = PathBuf>) -> Outcome {
    let own: Vec<PathBuf> = files::ALL.map(|name| path.join(name)).to_vec();
    let own: Vec<PathBuf> = own.into_iter().filter(|file| file.exists()).collect();
    if own.is_empty() {
        return Ok(());
    }
    for input in inputs {
        if let Some(file) = own.iter().find(|file| output::is_same_file(file, &input)) {
            return Err(Failure::usage(format!(
                "--out: {} is one of this command's inputs, which are never written to; choose another folder",
                file.display()
            )));
        }
    }
    Ok(())
}

/// Whether what is there of `path` lies below `folder`, whatever links the names go by.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    let there = path.ancestors().find_map(|path| path.canonicalize().ok());
    there.is_some_and(|there| {
        there
            .ancestors()
            .any(|above| output::is_same_file(above, folder))
    })
}
