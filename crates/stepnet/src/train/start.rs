//! The network that a training begins with, where it starts from a model: with outputs for the data.

use super::transfer::{transfer, transfer_outputs};
use super::transfer_options::Transfer;
use crate::data::{Dataset, TargetKind, match_classes};
use crate::error::Result;
use crate::nn::{Init, Model, Network, Number, Registry};
use crate::rng::RandomState;

/// Whether the outputs that `data` asks for differ from those of a model: other classes, labels or numbers. The same
/// classes in another order do not differ.
pub fn has_other_outputs<T: Number>(model: &Model<T>, data: &Dataset) -> bool {
    let (kind, classes) = (data.targets().kind(), data.classes());
    match kind == TargetKind::of(&model.preprocessing.task) {
        false => true,
        true if kind != TargetKind::Classes => model.classes != classes,
        true => {
            let rows = classes_of_model(model, classes);
            let apart = model.network.output().len().max(2);
            rows.len() != apart || rows.iter().any(Option::is_none)
        }
    }
}

/// The network of a model with outputs for `data`: a new last layer, drawn by `init`, where
/// [they differ](has_other_outputs). `how` says which layers will be trained.
///
/// # Errors
/// As [`transfer`].
pub fn start_from<T: Number>(
    model: &Model<T>,
    data: &Dataset,
    how: Transfer,
    (init, random): (Init, &mut RandomState),
) -> Result<Network<T>> {
    let (kind, classes) = (data.targets().kind(), data.classes());
    let others = has_other_outputs(model, data);
    // The last layer of a regression does not suit classes, if it is to be fitted again.
    let other_kind = kind != TargetKind::of(&model.preprocessing.task)
        || (how != Transfer::All && others && model.network.loss().is_of_numbers());
    match kind {
        TargetKind::Classes if !other_kind => {
            let rows = classes_of_model(model, classes);
            transfer(&model.network, Registry::builtin(), &rows, (init, random))
        }
        _ if others => {
            let outputs = (kind, classes.len());
            transfer_outputs(&model.network, Registry::builtin(), outputs, (init, random))
        }
        _ => Ok(model.network.clone()),
    }
}

/// Which of a model's classes each of `classes` is.
pub fn classes_of_model<T: Number>(model: &Model<T>, classes: &[String]) -> Vec<Option<usize>> {
    let apart = match model.network.output().len() {
        1 => 2,
        several => several,
    };
    match model.classes.len() == apart {
        true => match_classes(classes, &model.classes),
        // It has no names for them.
        false => {
            let numbered: Vec<String> = (0..apart).map(|class| class.to_string()).collect();
            match_classes(classes, &numbered)
        }
    }
}
