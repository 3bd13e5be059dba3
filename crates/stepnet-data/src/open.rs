//! Opening a data set of any kind by its content.

use std::path::Path;

use crate::formats::{self, Choice, Format, Source, recognised, refused, that_take};
use crate::opened::Opened;
use crate::options::OpenOptions;
use crate::set::targets::TargetKind;
use crate::{Error, Result};
use stepnet_files::disk;

/// Opens a data set: a file or a folder, recognised by its content.
///
#[doc = include_str!("formats/table.md")]
///
/// # Errors
/// Content of another kind, or damaged: one line with the file, the place and what was expected.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Opened> {
    check_options(options)?;
    let source = Source::look(path.as_ref(), options)?;
    let Some(format) = recognised(&source)? else {
        return Err(refused(&source));
    };
    check_choices(&source, format, options)?;
    let mut opened = (format.open)(&source, options)?;
    if let Some(divisor) = options.divisor {
        opened.divisor = divisor;
        opened.divisor_is_stated = true;
    }
    let counts = opened.data.class_counts();
    let empty = counts
        .iter()
        .zip(opened.data.classes())
        .filter(|(count, _)| **count == 0);
    let empty: Vec<&String> = empty.map(|(_, name)| name).collect();
    if !empty.is_empty() {
        let kind = match opened.data.targets().kind() {
            TargetKind::Labels => "with the label",
            TargetKind::Classes | TargetKind::Numbers => "of class",
        };
        opened.notes.push(format!(
            "no example {kind} {}",
            stepnet_base::text::listed(&empty)
        ));
    }
    Ok(opened)
}

fn check_options(options: &OpenOptions) -> Result<()> {
    if options
        .divisor
        .is_some_and(|divisor| !(divisor > 0.0 && divisor.is_finite()))
    {
        let found = options.divisor.unwrap_or_default();
        return Err(Error::value(
            "data::open",
            "divisor",
            found,
            "a positive finite number",
        ));
    }
    #[cfg(feature = "files")]
    if let Some(name) = &options.encoding {
        crate::formats::csv::text::check_encoding(name)?;
    }
    let elements = options.input.map(crate::limits::elements);
    if let (Some(shape), Some(None | Some(0))) = (options.input, elements) {
        let expected = "height, width and channels, each at least 1";
        return Err(Error::value(
            "data::open",
            "input",
            format!("{shape:?}"),
            expected,
        ));
    }
    Ok(())
}

/// Fails if an option is given that content of this format cannot obey.
fn check_choices(source: &Source<'_>, format: &Format, options: &OpenOptions) -> Result<()> {
    let labels = options.labels.as_ref();
    let others = options.targets != TargetKind::Classes;
    let given = [
        (
            Choice::Targets,
            others.then(|| format!("targets that are {}", options.targets)),
        ),
        (
            Choice::Labels,
            labels.map(|labels| format!("labels from {}", labels.display())),
        ),
        (
            Choice::Encoding,
            options
                .encoding
                .as_ref()
                .map(|name| format!("the encoding {name:?}")),
        ),
        (
            Choice::LabelColumn,
            options
                .label_column
                .as_ref()
                .map(|name| format!("a label column {name:?}")),
        ),
    ];
    for (choice, what) in given {
        if let Some(what) = what.filter(|_| !format.takes.contains(&choice)) {
            let problem = format!(
                "is {}: {what} can only be used with {}",
                format.content,
                that_take(choice)
            );
            return Err(Error::file(source.path, problem));
        }
    }
    Ok(())
}

/// Whether the folders in a folder are read as classes of images: not where it has the files of MNIST or CIFAR.
pub fn has_class_folders(path: &Path) -> bool {
    format_of(path).is_some_and(formats::has_class_folders)
}

/// Whether what is at `path` holds 8-bit images: a folder, an archive, or CIFAR's binary form.
pub fn holds_images(path: &Path) -> bool {
    disk::is_dir(path) || format_of(path).is_some_and(|format| format.images)
}

fn format_of(path: &Path) -> Option<&'static Format> {
    let options = OpenOptions::default();
    let source = Source::look(path, &options).ok()?;
    recognised(&source).ok().flatten()
}
