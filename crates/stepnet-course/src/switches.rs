//! Where editions of a notebook print different numbers for the same experiment: the switches
//! between them, each with its name.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::published::DropoutText;
use stepnet::nn::Number;
use stepnet::nn::layer::{Backward, Forward, Layer, LayerError, Memory, Reads};
use stepnet::nn::notation::{LayerText, Signature};
use stepnet::nn::{Network, Registry, Shape};
use stepnet::rng::RandomState;
use stepnet::{Error, Result};

/// A way in which editions and copies of a notebook differ. Without a switch an experiment runs as the
/// engine trains: one `db` a unit, the epoch's mean cost, averaging momentum, fresh dropout masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Switch {
    /// `db` is summed over a layer's units too, and the resulting single number is used as
    /// every unit: a fault of popular copies of the cat notebooks.
    ScalarDb,
    /// The cost printed for an epoch is that of its last mini-batch, not the mean over the epoch.
    LastBatch,
    /// Momentum adds gradients up, `v = beta v + g`, where the course averages them,
    /// `v = beta v + (1 - beta) g`.
    SummedMomentum,
    /// The generator is seeded again in every forward pass, so that dropout drops the same values in
    /// every iteration.
    SameMask,
}

impl Switch {
    /// All switches.
    pub const ALL: [Self; 4] = [
        Self::ScalarDb,
        Self::LastBatch,
        Self::SummedMomentum,
        Self::SameMask,
    ];

    /// The change that the switch makes, in a sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::ScalarDb => "db is summed over a layer's units too: one number a layer",
            Self::LastBatch => "an epoch's cost is that of its last mini-batch, not the mean",
            Self::SummedMomentum => {
                "momentum is v = beta v + g, not the average v = beta v + (1 - beta) g"
            }
            Self::SameMask => "dropout drops the same values in every iteration",
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ScalarDb => "scalar-db",
            Self::LastBatch => "last-batch",
            Self::SummedMomentum => "summed-momentum",
            Self::SameMask => "same-mask",
        })
    }
}

impl FromStr for Switch {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL
            .into_iter()
            .find(|switch| switch.to_string() == text);
        named.ok_or_else(|| {
            let names = Self::ALL.map(|switch| switch.to_string());
            let expected = format!("one of {}", names.join(", "));
            Error::value("verify-course", "the switch", format!("{text:?}"), expected)
        })
    }
}

/// [`Switch::ScalarDb`]: every entry of a layer's `db` becomes the sum of all.
pub(crate) fn sum_bias_gradients(network: &Network<f64>, gradients: &mut [f64]) {
    for node in network.nodes() {
        let biases = node
            .placed_parameters()
            .filter(|(parameter, _)| parameter.name == "bias");
        for (_, range) in biases {
            let db = &mut gradients[range];
            let sum = db.iter().sum();
            db.fill(sum);
        }
    }
}

/// The name of the layer of [`Switch::SameMask`] in the notation.
pub(crate) const MASKED: &str = "masked";

/// A registry whose `masked` layers drop what the notebook drops: after the seed, layer by layer,
/// `rand(units, examples)` fills a mask, and values where it is below the share kept stay.
pub(crate) fn masked_registry(
    dropout: DropoutText,
    units: &[usize],
    examples: usize,
) -> Result<Registry<f64>> {
    let DropoutText { keep, seed } = dropout;
    let mut random = RandomState::new(seed);
    let mut draws = Vec::new();
    for &units in units {
        draws.push(random.rand([units, examples])?);
    }
    draws.reverse();
    let draws = Mutex::new(draws);
    let mut registry = Registry::builtin();
    let signature = Signature::new(MASKED, "Drops the same values at every step.");
    registry.register(signature, move |text| {
        let mut draws = draws.lock().unwrap_or_else(PoisonError::into_inner);
        let draws = draws
            .pop()
            .ok_or("it has no mask, expected one a hidden layer")?;
        Ok(std::sync::Arc::new(MaskedDropout {
            text: text.clone(),
            keep,
            stays: draws.t().iter().map(|&draw| draw < keep).collect(),
        }))
    })?;
    Ok(registry)
}

/// Inverted dropout with a mask that was drawn beforehand, a row for each example of the data set.
#[derive(Debug, Clone)]
struct MaskedDropout {
    text: LayerText,
    keep: f64,
    stays: Vec<bool>,
}

impl MaskedDropout {
    fn mask<T: Number>(&self, value: T, stays: bool) -> T {
        if stays {
            value / T::from_f64(self.keep)
        } else {
            T::zero()
        }
    }
}

impl<T: Number> Layer<T> for MaskedDropout {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, _: Shape, _: usize) -> Memory {
        Memory::default()
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn is_view(&self, training: bool) -> bool {
        !training
    }

    fn forward(&self, pass: Forward<'_, T>) {
        for ((y, &x), &stays) in pass.y.iter_mut().zip(pass.x).zip(&self.stays) {
            *y = self.mask(x, stays);
        }
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let Some(dx) = pass.dx else { return };
        for ((dx, &dy), &stays) in dx.iter_mut().zip(pass.dy).zip(&self.stays) {
            *dx = self.mask(dy, stays);
        }
    }
}
