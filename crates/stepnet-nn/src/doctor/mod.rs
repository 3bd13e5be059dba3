//! The shape doctor finds what does not fit in a network, the formula that shows it, and the nearest change with
//! which the whole network fits.
//!
//! A [`Diagnosis`] comes with the error, as its [`detail`](crate::Error::detail), before anything runs:
//!
//! ```
//! use stepnet::nn::{Diagnosis, Network};
//!
//! let network = Network::<f32>::new("conv(8, 5) -> relu -> linear(2) -> softmax", [4, 4, 1]);
//! let error = network.unwrap_err();
//! let diagnosis: &Diagnosis = error.detail().expect("5x5 windows do not fit into 4x4 pixels");
//! assert_eq!(diagnosis.layer, "conv1");
//! assert_eq!(diagnosis.formula.as_deref(), Some("floor((4 - 5 + 0 + 0) / 1) + 1 = 0"));
//! let fix = diagnosis.fix.as_ref().unwrap();
//! let network = fix.network.as_deref().unwrap();
//! assert_eq!(network, "conv(8, 5, same) -> relu -> linear(2) -> softmax");
//! assert!(Network::<f32>::new(network, [4, 4, 1]).is_ok());
//! ```
//!
//! # How a change is found
//!
//! Layers know best what they could do with an input that they refuse:
//! [`Advise::formula`](super::layer::Advise::formula) and
//! [`Advise::remedies`](super::layer::Advise::remedies) are next to `output_shape` in each layer's
//! file. They are joined by changes of the network around the layer: fewer repetitions, layers inserted,
//! removed or moved, changes of the layers before it, another input. Each has a [`cost`]; the
//! cheapest are tried first, on the whole network with all that follows. A change that only leads
//! on to the next misfit is tried together with a change for that one, costs added. So the suggestion
//! is the cheapest change of those that were tried, and it works. The number of trials is
//! bounded, and the time with it, whatever the text.

mod candidates;
#[doc(hidden)]
pub mod cost;
mod diagnosis;
mod edit;
mod ending;
mod inputs;
mod patient;
mod search;
mod site;
mod smaller;

pub use diagnosis::{Change, Diagnosis, Fix};
pub use patient::InputChange;
pub(super) use patient::{Patient, Source};

use super::network::attempt::{Terms, place_of};
use super::network::misfit::Kind;
use crate::Number;

/// The diagnosis of a network, with a fix if something may be changed.
pub(super) fn diagnose<T: Number>(
    terms: &Terms<'_, T>,
    patient: &Patient<'_, T>,
    change: Option<InputChange>,
) -> Diagnosis {
    let misfit = patient.misfit;
    // Too few or too many outputs are the work of the layer that makes them.
    let (index, input) = match misfit.kind {
        Kind::Classes => {
            let index = ending::deciding(&misfit.layers);
            let node = misfit.nodes.get(place_of(&misfit.nodes, index));
            (index, node.map_or(misfit.input, |node| node.input()))
        }
        _ => (misfit.index, misfit.input),
    };
    let named = misfit.layers.get(index);
    Diagnosis {
        layer: named.map_or(String::new(), |named| named.name.clone()),
        layer_text: named.map_or(String::new(), |named| named.layer.to_string()),
        column: named.map_or(0, |named| named.column),
        text: patient.source.text.to_owned(),
        preset: patient.source.preset.map(str::to_owned),
        input,
        problem: misfit.problem.clone(),
        formula: misfit.formula.clone(),
        fix: change.and_then(|change| search::nearest(terms, patient, change)),
    }
}
