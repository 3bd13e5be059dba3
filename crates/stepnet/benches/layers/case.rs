//! The cases that can be measured, by name.

use std::fmt;

use crate::Failure;
use crate::convolution::{Convolution, Layer, Timed};
use crate::networks::{self, Prediction, Training};
use crate::normalisation::{self, Normalisation, VOLUMES, Volume};

/// The name of a case, with what it takes to make it.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// Passes over a convolution layer.
    Layer(Timed, Layer),
    /// A pass of batch normalisation with its ReLU, or of group normalisation.
    Norm(normalisation::Pass, Volume),
    /// A training step of a preset over this many examples.
    Step(&'static str, usize),
    /// A prediction of a preset by a `Predictor`, batch 1.
    Infer(&'static str),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layer(timed, layer) => f.write_str(&timed.name(&layer.name)),
            Self::Norm(pass, volume) => write!(f, "{}:{}", pass.name(), volume.name),
            Self::Step(preset, _) => write!(f, "step:{preset}"),
            Self::Infer(preset) => write!(f, "infer:{preset}"),
        }
    }
}

impl Name {
    /// The same kind of case, small enough for a test.
    pub(crate) fn small(&self) -> Self {
        match self {
            Self::Layer(timed, layer) => Self::Layer(*timed, layer.small()),
            Self::Norm(pass, volume) => Self::Norm(*pass, volume.small()),
            Self::Step(preset, _) => Self::Step(preset, 1),
            Self::Infer(_) => self.clone(),
        }
    }
}

/// The cases of `layers` and of the networks that have one of `filters` in their name; all, without.
pub(crate) fn select(layers: &[Layer], filters: &[String]) -> Result<Vec<Name>, Failure> {
    let of_layers = Timed::PLANNED.into_iter().flat_map(|timed| {
        let layers = layers.iter();
        layers.map(move |layer| Name::Layer(timed, layer.clone()))
    });
    // By every method they would take most of the time, and few ask for them.
    let forced = layers
        .iter()
        .filter(|_| filters.iter().any(|filter| filter.contains('@')));
    let forced = forced.flat_map(|layer| {
        let forced = layer.forced().into_iter();
        forced.map(|timed| Name::Layer(timed, layer.clone()))
    });
    let norms = normalisation::Pass::ALL.into_iter();
    let norms = norms.flat_map(|pass| VOLUMES.map(|volume| Name::Norm(pass, volume)));
    let presets = networks::PRESETS.into_iter();
    let steps = presets
        .clone()
        .map(|(preset, batch)| Name::Step(preset, batch));
    let predictions = presets.map(|(preset, _)| Name::Infer(preset));
    let all: Vec<Name> = of_layers
        .chain(forced)
        .chain(norms)
        .chain(steps)
        .chain(predictions)
        .collect();
    let unmatched = |filter: &&String| !all.iter().any(|name| name.to_string().contains(*filter));
    if let Some(filter) = filters.iter().find(unmatched) {
        return Err(format!(
            "no case has `{filter}` in its name; --list shows all names"
        ));
    }
    let wanted = |name: &Name| {
        let name = name.to_string();
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
    };
    Ok(all.into_iter().filter(wanted).collect())
}

/// The result of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Floating-point operations of one call by the direct method, a multiply-add counting as two.
    pub(crate) flops: f64,
    /// Examples of one call.
    pub(crate) examples: usize,
    /// Trainable numbers.
    pub(crate) parameters: usize,
}

/// A case with its arrays, ready to run.
pub(crate) enum Case {
    Convolution(Box<Convolution>),
    Normalisation(Box<Normalisation>),
    Training(Box<Training>),
    Prediction(Box<Prediction>),
}

impl Case {
    /// Makes the arrays.
    pub(crate) fn new(name: &Name) -> Result<Self, Failure> {
        let failure = |error: stepnet::Error| format!("{name}: {error}");
        Ok(match name {
            Name::Layer(timed, layer) => Self::Convolution(Convolution::new(*timed, layer)?.into()),
            Name::Norm(pass, volume) => {
                Self::Normalisation(Normalisation::new(*pass, *volume).map_err(failure)?.into())
            }
            Name::Step(preset, batch) => {
                Self::Training(Training::new(preset, *batch).map_err(failure)?.into())
            }
            Name::Infer(preset) => {
                Self::Prediction(Prediction::new(preset).map_err(failure)?.into())
            }
        })
    }

    /// One call.
    pub(crate) fn run(&mut self) {
        match self {
            Self::Convolution(case) => case.run(),
            Self::Normalisation(case) => case.run(),
            Self::Training(case) => case.run(),
            Self::Prediction(case) => case.run(),
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        match self {
            Self::Convolution(case) => case.facts(),
            Self::Normalisation(case) => case.facts(),
            Self::Training(case) => case.facts(),
            Self::Prediction(case) => case.facts(),
        }
    }

    /// Whether the last call's results are numbers: a time for rubbish is worth nothing.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Convolution(case) => case.is_sound(),
            Self::Normalisation(case) => case.is_sound(),
            Self::Training(case) => case.is_sound(),
            Self::Prediction(case) => case.is_sound(),
        }
    }
}
