//! The forms that features are written in.

use std::path::{Path, PathBuf};

use stepnet::Number;
use stepnet_files::npy::{Array, npz};

use super::Embedded;
use crate::failure::{Failure, Outcome};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Npz,
    Npy,
    Csv,
}

/// The names of the classes, and the class of each image.
type Classes = (Vec<String>, Vec<i64>);

impl Form {
    /// That of a file's name.
    pub(super) fn of(path: &Path) -> Outcome<Self> {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("npz") => Ok(Self::Npz),
            Some("npy") => Ok(Self::Npy),
            Some("csv") => Ok(Self::Csv),
            _ => Err(Failure::usage(format!(
                "--out is {}, expected a name that ends in .npz, .npy or .csv",
                path.display()
            ))),
        }
    }

    /// The content of the file.
    pub(super) fn bytes<T: Number>(
        self,
        found: &Embedded<T>,
        classes: Option<&Classes>,
    ) -> Outcome<Vec<u8>> {
        // Exact for networks in f32.
        #[allow(clippy::cast_possible_truncation)]
        let rows = || found.rows.iter().map(|value| value.as_f64() as f32);
        let shape = [found.paths.len(), found.features];
        Ok(match self {
            Self::Npy => Array::f32(&shape, rows()).bytes(),
            Self::Npz => {
                let names: Vec<String> = found.paths.iter().map(|path| name(path)).collect();
                let mut arrays = vec![
                    ("features", Array::f32(&shape, rows())),
                    ("names", Array::texts(&names)),
                ];
                if let Some((names, labels)) = classes {
                    arrays.push(("labels", Array::i64(labels)));
                    arrays.push(("classes", Array::texts(names)));
                }
                npz(&arrays)?
            }
            Self::Csv => {
                table(found, classes).map_err(|error| Failure::running(error.to_string()))?
            }
        })
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// A row for each image.
fn table<T: Number>(found: &Embedded<T>, classes: Option<&Classes>) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut head = vec!["name".to_owned()];
    head.extend(classes.map(|_| "label".to_owned()));
    head.extend((0..found.features).map(|feature| format!("feature_{feature}")));
    writer.write_record(&head)?;
    let rows = found.rows.chunks_exact(found.features.max(1));
    for (image, (path, row)) in found.paths.iter().zip(rows).enumerate() {
        let path: &PathBuf = path;
        let mut cells = vec![name(path)];
        cells.extend(classes.map(|(names, labels)| {
            let class = usize::try_from(labels[image]).unwrap_or_default();
            names[class].clone()
        }));
        cells.extend(row.iter().map(ToString::to_string));
        writer.write_record(&cells)?;
    }
    writer
        .into_inner()
        .map_err(|error| error.into_error().into())
}
