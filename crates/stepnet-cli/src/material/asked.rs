//! What the settings ask of the data: its shape, its kind of targets, how it is opened.

use stepnet::data::{OpenOptions, Role, TargetKind};
use stepnet::nn::Preprocessing;
use stepnet::train::settings::Settings;

use super::MOST_PIXELS;
use crate::failure::{Failure, Outcome};
use crate::table_args::open_options;

/// The input that the user asked for.
pub(super) fn asked(settings: &Settings) -> Outcome<Option<[usize; 3]>> {
    let Some(shape) = settings.network.input else {
        return Ok(None);
    };
    match shape.extents()[..] {
        [height, width, channels] => Ok(Some([height, width, channels])),
        _ => Err(Failure::usage(format!(
            "--input is {shape}, expected HEIGHTxWIDTHxCHANNELS such as 28x28x1"
        ))),
    }
}

pub(super) fn train_options(
    settings: &Settings,
    from: Option<&Preprocessing>,
    preset_input: Option<[usize; 3]>,
) -> Outcome<OpenOptions> {
    // Other targets than a model's own get a new last layer.
    let known = from.map(|preprocessing| TargetKind::of(&preprocessing.task));
    let targets = settings.source.targets.or(known).unwrap_or_default();
    // A network that the user has chosen takes images as they are.
    let most_pixels = settings.network.model.is_none().then_some(MOST_PIXELS);
    // Without a flag that stops it: a signal ends the process, since nothing is written yet.
    Ok(open_options(settings)
        .targets(targets)
        .role(Role::Train)
        .input(
            from.map(Preprocessing::shape)
                .or(asked(settings)?)
                .or(preset_input),
        )
        .resize(from.map_or(settings.network.resize, |preprocessing| {
            preprocessing.resize
        }))
        .most_pixels(most_pixels)
        .divisor(settings.network.divisor))
}
