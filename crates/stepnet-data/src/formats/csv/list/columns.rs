//! Which columns of a list hold the names of files, the targets and the parts.

use std::path::Path;

use super::super::columns::{named_label, target_positions};
use super::places::Places;
use crate::images::codecs::is_named_as_image;
use crate::{Error, Result, TargetKind};

/// Names of a column with the part that an image is of; case does not matter.
const SPLIT_NAMES: [&str; 6] = ["split", "set", "subset", "part", "partition", "usage"];

/// Names of a column of images whose files may have an ending that the table leaves out.
const FILE_NAMES: [&str; 8] = [
    "id",
    "image",
    "image_id",
    "img",
    "file",
    "filename",
    "file_name",
    "name",
];

/// The column of the file names, and whether the first line names the columns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct FileColumn {
    pub(super) at: usize,
    pub(super) header: bool,
}

impl FileColumn {
    /// Looks at the first lines: names that end as images do, or that are there with such an ending.
    pub(super) fn find(first: &[Vec<String>], places: &mut Places) -> Option<Self> {
        let (head, row) = (first.first()?, first.get(1).or(first.first())?);
        let is_name = |field: &String| is_named_as_image(Path::new(field));
        if let Some(at) = row.iter().position(is_name) {
            let header = first.len() > 1 && !head.get(at).is_some_and(is_name);
            return (row.len() > 1).then_some(Self { at, header });
        }
        let known = |name: &String| {
            FILE_NAMES
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        };
        let at = head.iter().position(known).filter(|_| first.len() > 1)?;
        let there = places.find(row.get(at)?).ok().flatten().is_some();
        (there && row.len() > 1).then_some(Self { at, header: true })
    }
}

/// Which column holds what.
pub(super) struct Columns {
    pub(super) file: usize,
    /// The label, or several numbers or labels.
    pub(super) targets: Vec<usize>,
    pub(super) split: Option<usize>,
    pub(super) count: usize,
}

impl Columns {
    pub(super) fn new(
        path: &Path,
        found: FileColumn,
        first: &[String],
        (kind, label): (TargetKind, Option<&str>),
    ) -> Result<Self> {
        let file = found.at;
        let count = first.len();
        if !found.header {
            let by_number = |text: &str| text.parse().ok().filter(|n| (1..=count).contains(n));
            let targets = match (label, kind) {
                (Some(text), TargetKind::Classes) => by_number(text).map(|number| vec![number - 1]),
                (Some(_), _) => Some(target_positions(path, &[], count, label, kind)?),
                (None, TargetKind::Classes) => (count == 2).then(|| vec![1 - file.min(1)]),
                (None, _) => Some((0..count).filter(|&at| at != file).collect()),
            };
            let Some(targets) = targets else {
                let problem = format!(
                    "no line names its {count} columns: give the number of the label column with `label_column`"
                );
                return Err(Error::file(path, problem));
            };
            return Ok(Self {
                file,
                targets,
                split: None,
                count,
            });
        }
        let is_split = |name: &String| {
            SPLIT_NAMES
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        };
        let split = first.iter().position(is_split);
        let others = |at: usize| at != file && Some(at) != split;
        let targets = match (label, kind) {
            (_, TargetKind::Classes) => vec![named_label(path, first, label, others)?],
            (Some(_), _) => target_positions(path, first, count, label, kind)?,
            (None, _) => (0..count).filter(|&at| others(at)).collect(),
        };
        Ok(Self {
            file,
            targets,
            split,
            count,
        })
    }
}
