//! New networks.

use std::collections::BTreeMap;

use stepnet::data::TargetKind;
use stepnet::nn::notation::presets;
use stepnet::nn::{Init, Loss, Model, Network as Layers, Preprocessing, Shape, TargetScale, Task};
use stepnet::rng::RandomState;
use stepnet::train::check_task;
use stepnet::{Error, Number};

use crate::kept::{EPOCHS, Kept};

/// Pictures' bytes at prediction from files: what 8-bit values are divided by.
const PICTURE_DIVISOR: f64 = 255.0;

/// The arguments that a network is built from.
pub(crate) struct Wanted<'a> {
    pub(crate) text: &'a str,
    pub(crate) input: Option<Shape>,
    pub(crate) classes: Option<Vec<String>>,
    /// What the outputs stand for, and the names of those that are not classes.
    pub(crate) targets: Option<TargetKind>,
    pub(crate) outputs: Option<Vec<String>>,
    pub(crate) loss: Option<Loss>,
    pub(crate) seed: u32,
    pub(crate) init: Init,
    pub(crate) exact: bool,
}

/// A network of drawn weights, with the preset's input and classes where none are given.
pub(crate) fn build<T: Number>(wanted: Wanted<'_>) -> stepnet::Result<Kept<T>> {
    let preset = presets::find(wanted.text.trim());
    let own = preset.and_then(|preset| preset.input).map(Shape::from);
    let input = wanted.input.or(own).ok_or_else(|| {
        Error::value(
            "Network",
            "input_shape",
            "None",
            "(height, width, channels) or (features,)",
        )
    })?;
    let mut builder = Layers::builder();
    if let Some(loss) = wanted.loss {
        builder = builder.loss(loss);
    }
    if let Some(names) = &wanted.outputs {
        builder = builder.output_names(names);
    } else if let Some(names) = &wanted.classes {
        builder = builder.class_names(names);
    } else if let Some(preset) = preset {
        builder = builder.classes(preset.classes);
    }
    let mut network = builder.build(wanted.text, input)?;
    network.set_exact(wanted.exact);
    network.initialize(wanted.init, &mut RandomState::new(wanted.seed));
    let [height, width, channels] = input.as_image();
    let task = match wanted.targets {
        None | Some(TargetKind::Classes) => Task::Classes,
        Some(TargetKind::Labels) => Task::Labels,
        Some(TargetKind::Numbers) => Task::Numbers(TargetScale::default()),
    };
    check_task(&network, &task)?;
    let model = Model::new(
        network,
        wanted.outputs.or(wanted.classes).unwrap_or_default(),
        Preprocessing::scaled(height, width, channels, PICTURE_DIVISOR).task(task),
    )
    .training(BTreeMap::from([(EPOCHS.to_owned(), 0.into())]));
    Ok(Kept::new(model, None, false))
}
