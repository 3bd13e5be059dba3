//! NETWORK arguments: a model file, a preset, or a text in the arrow notation.

use std::path::Path;

use stepnet::Number;
use stepnet::nn::notation::parse_or_preset;
use stepnet::nn::notation::presets::{self, Preset};
use stepnet::nn::{Loss, Network, Registry, Shape};

use crate::failure::{Failure, Outcome};

/// The default value of `classes`.
const USUAL_CLASSES: usize = 10;

/// The meaning of an argument.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Named<'a> {
    /// A file.
    File(&'a Path),
    /// A network's text, or a preset's name and the preset.
    Network(&'a str, Option<&'static Preset>),
}

impl<'a> Named<'a> {
    /// Finds out what `argument` names; a text is known to parse from then on.
    pub(crate) fn of(argument: &'a str) -> Outcome<Self> {
        let path = Path::new(argument);
        // A pipe or a device is refused by name when it is opened.
        if path.exists() && !path.is_dir() {
            return Ok(Self::File(path));
        }
        if let Some(preset) = presets::find(argument.trim()) {
            return Ok(Self::Network(argument, Some(preset)));
        }
        let names_a_file = path
            .extension()
            .is_some_and(|extension| extension == "safetensors");
        if path.is_dir() || names_a_file {
            let problem = if path.is_dir() {
                "is a folder, expected a model file"
            } else {
                "no such file"
            };
            return Err(Failure::usage(format!("{}: {problem}", path.display())));
        }
        // Before the input is asked for: a mistyped name or text has none.
        parse_or_preset(argument, Registry::<f32>::builtin().kinds()).map_err(|error| {
            Failure::from(stepnet::Error::from(error))
                .context(&format!("neither a file nor a network: \"{argument}\""))
        })?;
        Ok(Self::Network(argument, None))
    }
}

/// Fails if an option that is about a network's text is given for a file, whose model has its own.
pub(crate) fn refuse_for_file(path: &Path, options: &[(&str, bool)]) -> Outcome {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::usage(format!(
            "{option} is for a network's text; the model in {} has its own",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// Builds the network of a text or a preset. The preset supplies what the user does not give.
pub(crate) fn build<T: Number>(
    text: &str,
    preset: Option<&Preset>,
    input: Option<Shape>,
    classes: Option<usize>,
    loss: Option<Loss>,
) -> Outcome<Network<T>> {
    let own = preset.and_then(|preset| preset.input).map(Into::into);
    let input = input.or(own).ok_or_else(|| {
        Failure::usage("the network's input is not known; add --input HEIGHTxWIDTHxCHANNELS, such as --input 28x28x1")
    })?;
    let usual = preset.map_or(USUAL_CLASSES, |preset| preset.classes);
    let mut builder = Network::<T>::builder().classes(classes.unwrap_or(usual));
    if let Some(loss) = loss {
        builder = builder.loss(loss);
    }
    builder
        .build(text, input)
        .map_err(|error| Failure::of_network(error, "", "--input "))
}
