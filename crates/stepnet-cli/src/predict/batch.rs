//! A batch of images: found, read, predicted.

use std::path::PathBuf;

use rayon::prelude::*;
use stepnet::data::image_files;
use stepnet::nn::{Model, PlanOptions, Workspace};
use stepnet::{Number, Predictor};
use stepnet_base::memory;

use super::answer::{Answer, Prediction};
use super::sources::{Found, Sources};
use crate::failure::{Failure, Outcome};

/// Images that were found, and the values of those that could be read.
pub(super) struct Loaded<T> {
    /// The failure of an image that could not be read, or its place among those that could.
    pub(super) pictures: Vec<(PathBuf, Outcome<usize>)>,
    /// The inputs of the readable ones, one after the other.
    x: Vec<T>,
}

/// The next images, up to a batch of them.
pub(super) fn next(sources: &mut Sources<'_>, batch: usize) -> Vec<Found> {
    sources.take(batch).collect()
}

/// Reads and decodes a batch.
pub(super) fn load<T: Number>(found: Vec<Found>, model: &Model<T>) -> Outcome<Loaded<T>> {
    let read = |found: Found| match found {
        Found::Picture(path) => {
            let values = image_files::load_input::<T>(&path, &model.preprocessing);
            (path, values.map_err(Failure::from))
        }
        Found::Problem(path, failure) => (path, Err(failure)),
    };
    let read: Vec<(PathBuf, Outcome<Vec<T>>)> = found.into_par_iter().map(read).collect();
    let mut x = Vec::new();
    let len = model.network.input().len();
    let readable = read.iter().filter(|(_, values)| values.is_ok()).count();
    x.try_reserve_exact(readable.saturating_mul(len))
        .map_err(|_| Failure::running("a batch of images does not fit into memory"))?;
    let mut place = 0..;
    let pictures = read
        .into_iter()
        .map(|(path, values)| {
            let placed = values.map(|values| {
                x.extend(values);
                place.next().unwrap_or_default()
            });
            (path, placed)
        })
        .collect();
    Ok(Loaded { pictures, x })
}

/// The predictions for a batch, in the order in which its images were found. Without a
/// predictor (for one image, or where there is no memory for it) the network itself predicts.
pub(super) fn answers<T: Number>(
    loaded: Loaded<T>,
    model: &Model<T>,
    predictor: Option<&Predictor<T>>,
) -> Outcome<Vec<(PathBuf, Answer)>> {
    let len = model.network.output().len();
    let readable = loaded.x.len() / model.network.input().len();
    let mut outputs = memory::zeros("the outputs", readable.saturating_mul(len))?;
    match predictor {
        Some(predictor) => predictor.predict_into(&loaded.x, &mut outputs)?,
        None => {
            let mut workspace = Workspace::new(&model.network, readable, PlanOptions::INFERENCE)?;
            outputs.copy_from_slice(workspace.predict(&model.network, &loaded.x)?);
        }
    }
    model.restore(&mut outputs);
    let task = &model.preprocessing.task;
    let answer = |(path, placed): (PathBuf, Outcome<usize>)| {
        let of = |place: usize| Prediction::of(&outputs[place * len..][..len], task, &path);
        let answer = placed.and_then(of);
        (path, answer)
    };
    Ok(loaded.pictures.into_iter().map(answer).collect())
}
