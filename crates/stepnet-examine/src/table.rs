//! The findings as a CSV table, which a training takes as the list of examples to leave out.

use stepnet::{Error, Result};

use crate::examination::Examination;
use crate::finding::{Finding, Place};

/// The columns of the table.
const COLUMNS: [&str; 9] = [
    "kind",
    "leave_out",
    "part",
    "example",
    "file",
    "class",
    "other",
    "score",
    "detail",
];

impl Examination {
    /// The findings as a CSV table with a header. An example may be in several rows; `leave_out` says whether a row has
    /// it left out.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn csv(&self) -> Result<String> {
        let head = COLUMNS.map(str::to_owned).to_vec();
        csv(std::iter::once(head).chain(self.findings.iter().map(row)))
    }
}

/// A finding as a row of the table.
fn row(finding: &Finding) -> Vec<String> {
    let place = finding.place;
    let other = |place: Place| format!("{} {}", place.part.word(), place.example);
    // Only where it is a file, not what stands for it.
    let file = match place {
        Some(place) if finding.name == place.to_string() => String::new(),
        _ => finding.name.clone(),
    };
    let leave_out = if finding.leave_out { "yes" } else { "no" };
    vec![
        finding.kind.word().to_owned(),
        leave_out.to_owned(),
        place.map_or(String::new(), |place| place.part.word().to_owned()),
        place.map_or(String::new(), |place| place.example.to_string()),
        file,
        finding.class.clone().unwrap_or_default(),
        finding.other.map_or(String::new(), other),
        format!("{:.4}", finding.score),
        finding.detail.clone(),
    ]
}

/// Rows as a CSV table.
pub(crate) fn csv(rows: impl Iterator<Item = Vec<String>>) -> Result<String> {
    let wrong = |error: String| Error::Training(format!("the CSV table: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let written = writer.write_record(&row);
        written.map_err(|error| wrong(error.to_string()))?;
    }
    let bytes = (writer.into_inner()).map_err(|error| wrong(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| wrong(error.to_string()))
}
