//! The user's own files: a model, and the file or the files of a folder with data.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use stepnet::data::{Files, VisitedPaths};
use stepnet::nn::ModelFile;
use stepnet_base::text::thousands;

use super::page::name_below;
use crate::failure::{Failure, Outcome};

/// The bounds of the page, whose memory holds all files at once: `web/src/lab/files.ts`.
const MOST_BYTES: u64 = 600_000_000;
const MOST_FILES: usize = 100_000;

/// A file that the page may ask for.
#[derive(Debug, Clone)]
pub(super) struct OwnFile {
    /// What the page calls it.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// The user's files. Nothing else of the disk is served.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) model: Option<OwnFile>,
    data: Option<Data>,
}

#[derive(Debug)]
struct Data {
    name: String,
    files: Vec<OwnFile>,
}

/// A file of the data and its length, as the page is told them.
#[derive(Debug, Serialize)]
pub(super) struct Part<'a> {
    path: &'a str,
    pub(super) bytes: u64,
    #[serde(skip)]
    pub(super) place: &'a Path,
}

impl Own {
    /// The files by their names on the command line, checked before anything is served.
    pub(super) fn check(model: Option<&Path>, data: Option<&Path>) -> Outcome<Self> {
        let (model, data) = match (model, data) {
            (Some(first), None) if !is_model(first) => (None, Some(first)),
            both => both,
        };
        Ok(Self {
            model: model.map(check_model).transpose()?,
            data: data.map(Data::check).transpose()?,
        })
    }

    pub(super) fn model_name(&self) -> Option<&str> {
        self.model.as_ref().map(|model| model.name.as_str())
    }

    pub(super) fn data_name(&self) -> Option<&str> {
        self.data.as_ref().map(|data| data.name.as_str())
    }

    /// The files of the data with their present lengths; `None` if there are no data.
    pub(super) fn parts(&self) -> Option<stepnet::Result<Vec<Part<'_>>>> {
        Some(self.data.as_ref()?.parts())
    }
}

/// By the name, as the page distinguishes files that are dropped on it.
fn is_model(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ending.eq_ignore_ascii_case("safetensors") && !path.is_dir()
}

fn check_model(path: &Path) -> Outcome<OwnFile> {
    if path.is_dir() {
        return Err(Failure::usage(format!(
            "lab: {} is a folder, expected a model file; data alone go without a model: stepnet lab DATA",
            path.display()
        )));
    }
    check_size(path, length(path)?)?;
    ModelFile::open(path)?;
    Ok(OwnFile {
        name: called(path),
        path: path.to_owned(),
    })
}

/// The last part of a path, as it was given or as it is.
fn called(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_default();
    let name = path.file_name().or_else(|| whole.file_name());
    name.unwrap_or(path.as_os_str()).to_string_lossy().into()
}

/// The length of a file. Pipes and devices have none, and reading them might never end.
fn length(path: &Path) -> stepnet::Result<u64> {
    let meta = fs::metadata(path).map_err(|error| stepnet::Error::io(path, "open", error))?;
    match meta.is_file() {
        true => Ok(meta.len()),
        false => Err(stepnet::Error::file(
            path,
            "is no file, expected one on a disk",
        )),
    }
}

fn check_size(path: &Path, bytes: u64) -> Outcome {
    match bytes {
        ..=MOST_BYTES => Ok(()),
        _ => Err(Failure::usage(format!(
            "lab: {} has {} bytes, but the page takes at most {}",
            path.display(),
            thousands(bytes),
            thousands(MOST_BYTES)
        ))),
    }
}

impl Data {
    fn check(path: &Path) -> Outcome<Self> {
        let name = called(path);
        let mut files = Vec::new();
        if path.is_dir() {
            for file in Files::below(path, VisitedPaths::default()) {
                let file = file?;
                if files.len() == MOST_FILES {
                    return Err(Failure::usage(format!(
                        "lab: {} has more than {} files, the most that the page takes; pack them into a zip file",
                        path.display(),
                        thousands(MOST_FILES as u64)
                    )));
                }
                // Names that are not text are those of files that a page cannot name.
                if let Some(below) = name_below(path, &file) {
                    files.push(OwnFile {
                        name: format!("{name}/{below}"),
                        path: file,
                    });
                }
            }
        } else {
            files.push(OwnFile {
                name: name.clone(),
                path: path.to_owned(),
            });
        }
        if files.is_empty() {
            return Err(Failure::usage(format!(
                "lab: there are no files in {}",
                path.display()
            )));
        }
        let data = Self { name, files };
        let bytes = data.parts()?.iter().map(|part| part.bytes).sum();
        check_size(path, bytes)?;
        Ok(data)
    }

    fn parts(&self) -> stepnet::Result<Vec<Part<'_>>> {
        let part = |file: &'_ OwnFile| length(&file.path);
        let lengths = self.files.iter().map(part);
        let lengths: Vec<u64> = lengths.collect::<stepnet::Result<_>>()?;
        let parts = self.files.iter().zip(lengths);
        let parts = parts.map(|(file, bytes)| Part {
            path: &file.name,
            bytes,
            place: &file.path,
        });
        Ok(parts.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(model: Option<&Path>, data: Option<&Path>) -> String {
        Own::check(model, data).unwrap_err().line()
    }

    #[test]
    fn a_folder_is_its_files_with_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir_all(data.join("cat")).unwrap();
        fs::write(data.join("cat/a.png"), "123").unwrap();
        fs::write(data.join("labels.csv"), "12345").unwrap();
        let own = Own::check(Some(&data), None).unwrap();
        assert_eq!((own.model_name(), own.data_name()), (None, Some("data")));
        let parts = own.parts().unwrap().unwrap();
        let said = serde_json::to_string(&parts).unwrap();
        assert_eq!(
            said,
            r#"[{"path":"data/cat/a.png","bytes":3},{"path":"data/labels.csv","bytes":5}]"#
        );
    }

    #[test]
    fn what_is_no_model_and_no_data_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none.safetensors");
        assert!(refused(Some(&none), None).contains("none.safetensors: cannot open"));
        assert!(
            refused(Some(folder.path()), Some(&none)).contains("is a folder, expected a model")
        );
        fs::write(&none, "no model").unwrap();
        assert!(refused(Some(&none), None).contains("none.safetensors"));
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).unwrap();
        assert!(refused(Some(&empty), None).contains("there are no files in"));
        let large = folder.path().join("large.bin");
        let file = fs::File::create(&large).unwrap();
        file.set_len(MOST_BYTES + 1).unwrap();
        assert!(refused(Some(&large), None).contains("has 600,000,001 bytes, but the page takes"));
        file.set_len(MOST_BYTES).unwrap();
        Own::check(Some(&large), None).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.csv");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert!(refused(Some(&pipe), None).contains("is no file, expected one on a disk"));
    }
}
