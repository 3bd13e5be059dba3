//! Labels that may be wrong.

use std::io::{IsTerminal, stderr};
use std::path::Path;

use stepnet::data::Dataset;
use stepnet::nn::Model;
use stepnet::train::features::FeatureExtractor;
use stepnet_base::text::count;
use stepnet_examine::{
    Examination, Features, LabelCheck, LabelOptions, Source, Survey, check_labels,
};

use super::ExamineArgs;
use crate::failure::{Failure, Outcome, say};
use crate::material;
use crate::progress::print_sentence;

/// The model whose features are used in place of the images.
pub(super) fn model(path: &Path) -> Outcome<Model<f32>> {
    let model = Model::load(path).map_err(|error| Failure::from(error).context("--model"))?;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&format!("--model: {}", path.display())))?;
    Ok(model)
}

/// The features that a model makes of the examples of both parts.
pub(super) fn features(
    args: &ExamineArgs,
    model: &Model<f32>,
    (train, test): (&Dataset, Option<&Dataset>),
) -> Outcome<Features> {
    let extractor = FeatureExtractor::new(&model.network)
        .map_err(|error| Failure::from(error).context("--model"))?;
    let preprocessing = material::suited(Some(&args.data), &model.preprocessing);
    let mut values = extractor.of_dataset(train, &preprocessing)?;
    if let Some(test) = test {
        values.extend(extractor.of_dataset(test, &preprocessing)?);
    }
    Ok(Features {
        values,
        each: extractor.features(),
    })
}

/// Checks the labels, and adds the wrong ones to what was found.
pub(super) fn check(
    (source, survey): (&Source<'_>, &Survey),
    features: Option<Features>,
    found: &mut Examination,
    quiet: bool,
) -> Outcome<Option<LabelCheck>> {
    let options = LabelOptions::default().features(features);
    let checked = check_labels(source, survey, &options, |progress| {
        if progress.epoch == progress.epochs && stderr().is_terminal() {
            say(&format!(
                "labels: network {} of {} trained for {}",
                progress.fold + 1,
                progress.folds,
                count(progress.epochs, "epoch")
            ));
        }
    })?;
    match checked {
        Ok(check) => {
            found.add_labels(source, &check);
            return Ok(Some(check));
        }
        Err(reason) if !quiet => print_sentence(&format!("labels are not checked: {reason}")),
        Err(_) => {}
    }
    Ok(None)
}
