//! New networks.

use std::collections::BTreeMap;

use stepnet::nn::notation::presets;
use stepnet::nn::{Init, Model, Network as Layers, Preprocessing, Shape};
use stepnet::rng::RandomState;
use stepnet::{Error, Number};

use crate::kept::{EPOCHS, Kept};

/// Pictures' bytes at prediction from files: what 8-bit values are divided by.
const PICTURE_DIVISOR: f64 = 255.0;

/// The arguments that a network is built from.
pub(crate) struct Wanted<'a> {
    pub(crate) text: &'a str,
    pub(crate) input: Option<Shape>,
    pub(crate) classes: Option<Vec<String>>,
    pub(crate) seed: u32,
    pub(crate) init: Init,
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
    if let Some(names) = &wanted.classes {
        builder = builder.class_names(names);
    } else if let Some(preset) = preset {
        builder = builder.classes(preset.classes);
    }
    let mut network = builder.build(wanted.text, input)?;
    network.initialize(wanted.init, &mut RandomState::new(wanted.seed));
    let [height, width, channels] = input.as_image();
    let model = Model::new(
        network,
        wanted.classes.unwrap_or_default(),
        Preprocessing::scaled(height, width, channels, PICTURE_DIVISOR),
    )
    .training(BTreeMap::from([(EPOCHS.to_owned(), 0.into())]));
    Ok(Kept::new(model, None, false))
}
