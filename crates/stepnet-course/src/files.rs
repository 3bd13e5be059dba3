//! The course's data sets that may not be shipped, read from a folder of the user's.

use std::path::{Path, PathBuf};

use super::points::Examples;
use stepnet::data::{self, OpenOptions, npz};
use stepnet::nn::Preprocessing;
use stepnet::{Error, Result};

/// How deep folders are searched.
const DEPTH: usize = 4;

/// The most folders that a search looks into.
const MOST_FOLDERS: usize = 10_000;

/// The file called `name` in one of `folders` or in the folders within, if there is one.
pub(crate) fn find(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    let mut level: Vec<PathBuf> = folders.to_vec();
    let mut seen = 0;
    for _ in 0..=DEPTH {
        let mut next = Vec::new();
        for folder in level {
            seen += 1;
            if seen > MOST_FOLDERS {
                return None;
            }
            let file = folder.join(name);
            if file.is_file() {
                return Some(file);
            }
            let Ok(entries) = std::fs::read_dir(&folder) else {
                continue;
            };
            let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
            next.extend(paths.filter(|path| path.is_dir()));
        }
        next.sort();
        level = next;
    }
    None
}

/// The cat pictures of one of the course's HDF5 files, each a row of values over 255.
pub(crate) fn cats(path: &Path) -> Result<Examples> {
    let opened = data::open(path, &OpenOptions::default())?;
    let cats = opened.data;
    let [height, width, channels] = cats.images().shape();
    let preprocessing = Preprocessing::scaled(height, width, channels, 255.0);
    let features = cats.images().per_image();
    let order: Vec<usize> = (0..cats.len()).collect();
    let mut x =
        stepnet_base::memory::zeros("the cat pictures", cats.len().saturating_mul(features))?;
    cats.fill_batch(&order, &preprocessing, &mut x)?;
    Ok(Examples {
        features,
        x,
        labels: cats.labels().to_vec(),
    })
}

/// Examples in the notebooks' layout from an npz file: `PART_x` of shape (features, m), a column an
/// example, and `PART_y` of shape (1, m) with classes 0 and 1.
///
/// # Errors
/// When the file cannot be read, or its arrays are others.
pub fn read_points(path: &Path, part: &str) -> Result<Examples> {
    let x = npz::array(path, &format!("{part}_x"))?;
    let y = npz::array(path, &format!("{part}_y"))?;
    let wrong = |problem: String| Error::file(path, problem);
    let (&[rows, columns], &[1, labels]) = (x.shape.as_slice(), y.shape.as_slice()) else {
        return Err(wrong(format!(
            "{part}_x and {part}_y have shapes {:?} and {:?}, expected (features, examples) and (1, examples)",
            x.shape, y.shape
        )));
    };
    if labels != columns {
        return Err(wrong(format!(
            "{columns} examples in {part}_x, but {labels} labels in {part}_y"
        )));
    }
    let (Some(values), Some(classes)) = (x.values.to_f64(), y.values.to_f64()) else {
        return Err(wrong(format!(
            "{part}_x and {part}_y hold texts, expected numbers"
        )));
    };
    if let Some(class) = classes.iter().find(|&&class| class != 0.0 && class != 1.0) {
        return Err(wrong(format!("a label of {class}, expected 0 or 1")));
    }
    let example = |column: usize| (0..rows).map(move |row| row * columns + column);
    Ok(Examples {
        features: rows,
        x: (0..columns)
            .flat_map(example)
            .map(|place| values[place])
            .collect(),
        labels: classes.iter().map(|&class| class as u32).collect(),
    })
}
