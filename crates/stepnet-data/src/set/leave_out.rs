//! A list of examples that a training is to leave out.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use super::dataset::Dataset;
use crate::{Error, Result};
use stepnet_base::text::{count, quoted};
use stepnet_files as files;

/// Which part of the data an entry of a [`LeaveOut`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListedPart {
    /// The examples to train on, before a part of them is held out.
    Training,
    /// The source's own test part, or that of a source of its own.
    Test,
}

impl ListedPart {
    /// The word for it in a list.
    pub fn word(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Test => "test",
        }
    }
}

/// Examples to leave out of a training, from a CSV table with a header.
///
/// An example is named by its `file`, as [`Dataset::name`] has it or by another path to the same file; where the data
/// has no files, by its number in its part, `example`, counted from 0. The other columns are optional: `part` (`training`,
/// which also stands for an empty field, or `test`), `class`, which is compared with that of the example, so that a list
/// of other data is refused, and `leave_out`: rows with `no` are only there to be read. Further columns are ignored.
#[derive(Debug, Clone)]
pub struct LeaveOut {
    path: PathBuf,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    line: u64,
    part: ListedPart,
    example: Option<usize>,
    file: Option<PathBuf>,
    class: Option<String>,
}

/// What a list did to a part of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LeftOut {
    /// How many examples are left out.
    pub examples: usize,
    /// How many files of the list are not in this part.
    pub missing: usize,
}

/// The columns of a table that matter here, by their places.
struct Columns {
    part: Option<usize>,
    example: Option<usize>,
    file: Option<usize>,
    class: Option<usize>,
    leave_out: Option<usize>,
}

impl Columns {
    fn of(path: &Path, head: &StringRecord) -> Result<Self> {
        let place = |name: &str| head.iter().position(|field| field.trim() == name);
        let found = Self {
            part: place("part"),
            example: place("example"),
            file: place("file"),
            class: place("class"),
            leave_out: place("leave_out"),
        };
        match (found.example, found.file) {
            (None, None) => Err(Error::file(
                path,
                "line 1: expected a header with a column `file` or `example`, as stepnet examine --csv writes it",
            )),
            _ => Ok(found),
        }
    }
}

impl LeaveOut {
    /// Reads a list.
    ///
    /// # Errors
    /// A file that cannot be read or is not such a table, by its line.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = files::read(path)?;
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let mut columns = None;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record =
                record.map_err(|error| Error::file(path, format!("not a CSV table: {error}")))?;
            let Some(columns) = &columns else {
                columns = Some(Columns::of(path, &record)?);
                continue;
            };
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |problem: String| Error::file(path, format!("line {line}: {problem}"));
            rows.extend(row(&record, line, columns).map_err(wrong)?);
        }
        match columns {
            Some(_) => Ok(Self {
                path: path.to_owned(),
                rows,
            }),
            None => Err(Error::file(path, "the file is empty, expected a CSV table")),
        }
    }

    /// Whether a file is in the list, in whatever part.
    pub fn lists(&self, file: &Path) -> bool {
        let mut names = self.rows.iter().filter_map(|row| row.file.as_deref());
        names.any(|name| is_file(name, file))
    }

    /// The list without some files: those that cannot be read are in no part of the data, so that a part without them is
    /// not one of other data.
    #[must_use]
    pub fn without(&self, files: &[PathBuf]) -> Self {
        let is_out = |row: &&Row| {
            let name = row.file.as_deref();
            name.is_some_and(|name| files.iter().any(|file| is_file(name, file)))
        };
        Self {
            path: self.path.clone(),
            rows: (self.rows.iter().filter(|row| !is_out(row)).cloned()).collect(),
        }
    }

    /// The examples of a part that the list leaves in it.
    ///
    /// # Errors
    /// A list of other data: an example that is not there, or is of another class, or no file of several in the data; or
    /// nothing that is left.
    pub fn apply(&self, data: Dataset, part: ListedPart) -> Result<(Dataset, LeftOut)> {
        let rows: Vec<&Row> = self.rows.iter().filter(|row| row.part == part).collect();
        if rows.is_empty() {
            return Ok((data, LeftOut::default()));
        }
        let mut names = Names::of(&data);
        let mut out = HashSet::new();
        let mut missing = 0;
        for &row in &rows {
            let named = row.file.as_deref().filter(|_| data.name(0).is_some());
            let found = match (named, row.example) {
                (Some(file), _) => names.find(file),
                (None, Some(example)) => {
                    self.check(&data, part, (row, example))?;
                    vec![example]
                }
                (None, None) => Vec::new(),
            };
            missing += usize::from(found.is_empty());
            out.extend(found);
        }
        if out.is_empty() {
            let problem = format!(
                "none of the {} that it leaves out is in the {} part: the list is of other data",
                count(rows.len(), "example"),
                part.word()
            );
            return Err(Error::file(&self.path, problem));
        }
        let rest: Vec<usize> = (0..data.len()).filter(|at| !out.contains(at)).collect();
        if rest.is_empty() {
            let problem = format!(
                "leaves out all {} examples of the {} part",
                data.len(),
                part.word()
            );
            return Err(Error::file(&self.path, problem));
        }
        let examples = out.len();
        Ok((data.subset(&rest)?, LeftOut { examples, missing }))
    }

    /// Fails where the example that a row means is not there, or is of another class.
    fn check(&self, data: &Dataset, part: ListedPart, (row, example): (&Row, usize)) -> Result<()> {
        let wrong = |problem: String| {
            let line = row.line;
            let problem = format!("line {line}: {problem}: the list is of other data");
            Err(Error::file(&self.path, problem))
        };
        if example >= data.len() {
            return wrong(format!(
                "there is no example {example}: the {} part has {}",
                part.word(),
                data.len()
            ));
        }
        let label = data.labels().get(example).map(|&label| label as usize);
        let class = label.and_then(|label| data.classes().get(label));
        match (class, &row.class) {
            (Some(class), Some(listed)) if class != listed => wrong(format!(
                "example {example} is of class {}, not {}",
                quoted(class),
                quoted(listed)
            )),
            _ => Ok(()),
        }
    }
}

/// A row as it is used, or none if it is only to be read.
fn row(record: &StringRecord, line: u64, columns: &Columns) -> Result<Option<Row>, String> {
    let field = |place: Option<usize>| {
        let text = place.and_then(|place| record.get(place));
        text.filter(|text| !text.is_empty())
    };
    match field(columns.leave_out).map(str::trim) {
        Some("no") => return Ok(None),
        None | Some("yes") => {}
        Some(other) => {
            let found = quoted(other);
            return Err(format!("leave_out is {found}, expected yes or no"));
        }
    }
    let part = match field(columns.part).map(str::trim) {
        None | Some("training") => ListedPart::Training,
        Some("test") => ListedPart::Test,
        Some(other) => {
            let found = quoted(other);
            return Err(format!("part is {found}, expected training or test"));
        }
    };
    let example = match field(columns.example).map(str::trim) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            let found = quoted(text);
            format!("example is {found}, expected a whole number, counted from 0")
        })?),
    };
    let file = field(columns.file).map(PathBuf::from);
    if example.is_none() && file.is_none() {
        return Err("neither file nor example says which example is meant".to_owned());
    }
    Ok(Some(Row {
        line,
        part,
        example,
        file,
        class: field(columns.class).map(str::to_owned),
    }))
}

/// The examples of a data set by the names of their files.
struct Names<'a> {
    data: &'a Dataset,
    exact: HashMap<PathBuf, Vec<usize>>,
    /// Where links and relative paths lead, found once a name does not stand there as it is.
    resolved: Option<HashMap<PathBuf, Vec<usize>>>,
}

impl<'a> Names<'a> {
    fn of(data: &'a Dataset) -> Self {
        let mut exact: HashMap<PathBuf, Vec<usize>> = HashMap::new();
        for at in 0..data.len() {
            if let Some(name) = data.name(at) {
                // As a list has it, where it is not UTF-8.
                let text = name.to_string_lossy();
                exact.entry(text.as_ref().into()).or_default().push(at);
            }
        }
        let resolved = None;
        Self {
            data,
            exact,
            resolved,
        }
    }

    fn find(&mut self, file: &Path) -> Vec<usize> {
        if let Some(found) = self.exact.get(file) {
            return found.clone();
        }
        let Ok(file) = file.canonicalize() else {
            return Vec::new();
        };
        let data = self.data;
        let resolved = self.resolved.get_or_insert_with(|| {
            let mut all: HashMap<PathBuf, Vec<usize>> = HashMap::new();
            for at in 0..data.len() {
                if let Some(Ok(name)) = data.name(at).map(Path::canonicalize) {
                    all.entry(name).or_default().push(at);
                }
            }
            all
        });
        resolved.get(&file).cloned().unwrap_or_default()
    }
}

/// Whether a name in a list is that of a file.
fn is_file(name: &Path, file: &Path) -> bool {
    let is_same = || matches!((name.canonicalize(), file.canonicalize()), (Ok(a), Ok(b)) if a == b);
    name.file_name() == file.file_name() && (name == file || is_same())
}

#[cfg(test)]
mod tests;
