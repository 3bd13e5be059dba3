//! The inputs of a case, and its results by name.

#![allow(non_snake_case)] // the notebooks' names

use ndarray::{Array, Array2, ArrayD, Dimension, arr0};

use super::cases::{Arrays, CaseText};
use stepnet::Result;
use stepnet::nn::Number;
use stepnet::rng::RandomState;
use stepnet::steps::*;

/// The inputs of a case in the requested element type.
pub(super) struct CaseInputs<'a> {
    pub(super) case: &'a CaseText,
    pub(super) arrays: &'a Arrays,
}

impl CaseInputs<'_> {
    pub(super) fn get<T: Number, D: Dimension>(&self, name: &str) -> Array<T, D> {
        let array = self
            .arrays
            .get(name)
            .unwrap_or_else(|| panic!("{}: no input called {name}", self.case.id));
        let array = array.mapv(T::from_f64).into_dimensionality();
        array.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.case.id))
    }

    /// A setting that cases of this function state.
    pub(super) fn stated<V>(&self, what: &str, value: Option<V>) -> V {
        value.unwrap_or_else(|| panic!("{}: no {what} is stated", self.case.id))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    pub(super) fn size(&self, name: &str) -> usize {
        self.stated(name, self.arrays[name].first().map(|&value| value as usize))
    }

    pub(super) fn sizes(&self, name: &str) -> Vec<usize> {
        self.arrays[name]
            .iter()
            .map(|&size| size as usize)
            .collect()
    }

    pub(super) fn conv(&self) -> ConvHparameters {
        let given = &self.case.inputs.hyperparameters;
        ConvHparameters {
            stride: self.stated("stride", given.stride),
            pad: self.stated("pad", given.pad),
        }
    }

    pub(super) fn pool(&self) -> Result<(PoolHparameters, PoolMode)> {
        let given = &self.case.inputs.hyperparameters;
        let hparameters = PoolHparameters {
            f: self.stated("f", given.f),
            stride: self.stated("stride", given.stride),
        };
        let mode = self.stated("mode", given.mode.as_deref()).parse()?;
        Ok((hparameters, mode))
    }

    pub(super) fn activation(&self) -> Result<Activation> {
        let given = &self.case.inputs.hyperparameters;
        self.stated("activation", given.activation.as_deref())
            .parse()
    }

    pub(super) fn random(&self) -> RandomState {
        // The functions know no other scale.
        assert_eq!(self.case.inputs.hyperparameters.scale, Some(0.01));
        let seed = self.case.inputs.rng.as_ref().map(|rng| rng.seed);
        RandomState::new(self.stated("seed", seed))
    }

    /// `W1`, `W2`, ... or any other numbered arrays.
    pub(super) fn layers<T: Number>(&self, kind: &str) -> Vec<Array2<T>> {
        let names = (1..).map(|layer| format!("{kind}{layer}"));
        names
            .take_while(|name| self.has(name))
            .map(|name| self.get(&name))
            .collect()
    }

    pub(super) fn linear_cache<T: Number>(&self) -> LinearCache<T> {
        LinearCache {
            A: self.get("A_prev"),
            W: self.get("W"),
            b: self.get("b"),
        }
    }
}

/// A result under the name that the cases give it.
pub(super) fn named<T: Number, D: Dimension>(
    name: &str,
    array: &Array<T, D>,
) -> (String, ArrayD<f64>) {
    (name.to_string(), array.mapv(T::as_f64).into_dyn())
}

pub(super) fn number(name: &str, value: f64) -> (String, ArrayD<f64>) {
    (name.to_string(), arr0(value).into_dyn())
}

pub(super) fn parameters<T: Number>(parameters: &Parameters<T>) -> Arrays {
    parameters
        .entries()
        .map(|(name, array)| named(&name, array))
        .collect()
}

/// The gradients of a layer.
pub(super) fn gradients<T: Number>((dA_prev, dW, db): (Array2<T>, Array2<T>, Array2<T>)) -> Arrays {
    [
        named("dA_prev", &dA_prev),
        named("dW", &dW),
        named("db", &db),
    ]
    .into()
}
