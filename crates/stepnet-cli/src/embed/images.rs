//! The features of the images that arguments name, batch by batch: while one is computed, the next is read.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use stepnet::Number;
use stepnet::data::image_files;
use stepnet::nn::{Model, Preprocessing};
use stepnet::train::features::FeatureExtractor;

use super::no_features;
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::note;
use crate::predict::sources::{Found, Sources};

/// Images with their features.
#[derive(Debug)]
pub(crate) struct Embedded<T> {
    pub(crate) paths: Vec<PathBuf>,
    /// How many features an image has.
    pub(crate) features: usize,
    /// The features, row after row.
    pub(crate) rows: Vec<T>,
    /// Images that could not be read.
    pub(crate) failed: usize,
    /// The exit code for those.
    code: u8,
}

impl<T> Embedded<T> {
    /// A failure if an image could not be read, which was said.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.code {
            0 => Ok(()),
            code => Err(Failure::said(code)),
        }
    }
}

/// The images that arguments name.
pub(crate) fn images_of(arguments: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    Sources::new(arguments).filter_map(|found| match found {
        Found::Picture(path) => Some(path),
        Found::Problem(..) => None,
    })
}

/// The features that a model makes of images.
pub(crate) fn embedded<T: Number>(
    model: &Model<T>,
    place: &Path,
    arguments: &[PathBuf],
) -> Outcome<Embedded<T>> {
    model
        .check_finite()
        .map_err(|error| no_features(place, error))?;
    let extractor = FeatureExtractor::new(model).map_err(|error| no_features(place, error))?;
    Known::of(model).check_images(place)?;
    note::check(Failure::usage)?;
    let mut found = Embedded {
        paths: Vec::new(),
        features: extractor.features(),
        rows: Vec::new(),
        failed: 0,
        code: 0,
    };
    let mut sources = Sources::new(arguments);
    let batch = extractor.batch();
    let mut loaded = load::<T>(sources.by_ref().take(batch).collect(), &model.preprocessing);
    if loaded.is_empty() {
        let places = arguments.iter().map(|path| path.display().to_string());
        let places = places.collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("no images found in {places}")));
    }
    while !loaded.is_empty() {
        let following: Vec<Found> = sources.by_ref().take(batch).collect();
        let mut x = Vec::new();
        for (path, values) in loaded {
            match values {
                Ok(values) => {
                    x.extend(values);
                    found.paths.push(path);
                }
                Err(failure) => {
                    failure.report(false);
                    found.failed += 1;
                    found.code = found.code.max(failure.code());
                }
            }
        }
        let (rows, after) = rayon::join(
            || extractor.extract(&x),
            || load::<T>(following, &model.preprocessing),
        );
        found.rows.extend(rows?);
        loaded = after;
    }
    Ok(found)
}

/// Reads and decodes images.
fn load<T: Number>(
    found: Vec<Found>,
    preprocessing: &Preprocessing,
) -> Vec<(PathBuf, Outcome<Vec<T>>)> {
    let read = |found: Found| match found {
        Found::Picture(path) => {
            let values = image_files::load_input::<T>(&path, preprocessing);
            (path, values.map_err(Failure::from))
        }
        Found::Problem(path, failure) => (path, Err(failure)),
    };
    found.into_par_iter().map(read).collect()
}
