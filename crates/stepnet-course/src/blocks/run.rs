//! Runs the function of a case on its inputs, in `f32` or `f64`.

#![allow(non_snake_case)] // the notebooks' names

use ndarray::{Array, Array2, ArrayD, Dimension, Ix2, Ix3, Ix4, arr0};

use super::cases::{Arrays, CaseText};
use stepnet::Result;
use stepnet::nn::Number;
use stepnet::rng::RandomState;
use stepnet::steps::*;

/// The inputs of a case in the element type asked for.
struct Given<'a> {
    case: &'a CaseText,
    arrays: &'a Arrays,
}

impl Given<'_> {
    fn get<T: Number, D: Dimension>(&self, name: &str) -> Array<T, D> {
        let array = self
            .arrays
            .get(name)
            .unwrap_or_else(|| panic!("{}: no input called {name}", self.case.id));
        let array = array.mapv(T::from_f64).into_dimensionality();
        array.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.case.id))
    }

    /// A setting that cases of this function state.
    fn stated<V>(&self, what: &str, value: Option<V>) -> V {
        value.unwrap_or_else(|| panic!("{}: no {what} is stated", self.case.id))
    }

    fn has(&self, name: &str) -> bool {
        self.arrays.contains_key(name)
    }

    fn size(&self, name: &str) -> usize {
        self.stated(name, self.arrays[name].first().map(|&value| value as usize))
    }

    fn conv(&self) -> ConvHparameters {
        let given = &self.case.inputs.hyperparameters;
        ConvHparameters {
            stride: self.stated("stride", given.stride),
            pad: self.stated("pad", given.pad),
        }
    }

    fn pool(&self) -> Result<(PoolHparameters, PoolMode)> {
        let given = &self.case.inputs.hyperparameters;
        let hparameters = PoolHparameters {
            f: self.stated("f", given.f),
            stride: self.stated("stride", given.stride),
        };
        let mode = self.stated("mode", given.mode.as_deref()).parse()?;
        Ok((hparameters, mode))
    }

    fn activation(&self) -> Result<Activation> {
        let given = &self.case.inputs.hyperparameters;
        self.stated("activation", given.activation.as_deref())
            .parse()
    }

    fn random(&self) -> RandomState {
        // The functions know no other scale.
        assert_eq!(self.case.inputs.hyperparameters.scale, Some(0.01));
        let seed = self.case.inputs.rng.as_ref().map(|rng| rng.seed);
        RandomState::new(self.stated("seed", seed))
    }

    /// `W1`, `W2`, ... or any other numbered arrays.
    fn layers<T: Number>(&self, kind: &str) -> Vec<Array2<T>> {
        let names = (1..).map(|layer| format!("{kind}{layer}"));
        names
            .take_while(|name| self.has(name))
            .map(|name| self.get(&name))
            .collect()
    }

    fn linear_cache<T: Number>(&self) -> LinearCache<T> {
        LinearCache {
            A: self.get("A_prev"),
            W: self.get("W"),
            b: self.get("b"),
        }
    }
}

/// A result under the name that the cases give it.
fn named<T: Number, D: Dimension>(name: &str, array: &Array<T, D>) -> (String, ArrayD<f64>) {
    (name.to_string(), array.mapv(T::as_f64).into_dyn())
}

fn number(name: &str, value: f64) -> (String, ArrayD<f64>) {
    (name.to_string(), arr0(value).into_dyn())
}

fn parameters<T: Number>(parameters: &Parameters<T>) -> Arrays {
    parameters
        .entries()
        .map(|(name, array)| named(&name, array))
        .collect()
}

/// The results of a case's function, by the names of its expected arrays.
pub(super) fn run<T: Number>(case: &CaseText, arrays: &Arrays) -> Result<Arrays> {
    let given = Given { case, arrays };
    match case.function.as_str() {
        "zero_pad" | "conv_single_step" | "conv_forward" | "conv_backward" => run_conv::<T>(&given),
        "pool_forward" | "create_mask_from_window" | "distribute_value" | "pool_backward" => {
            run_pool::<T>(&given)
        }
        _ => run_dense::<T>(&given),
    }
}

fn run_conv<T: Number>(given: &Given<'_>) -> Result<Arrays> {
    let get4 = |name: &str| given.get::<T, Ix4>(name);
    Ok(match given.case.function.as_str() {
        "zero_pad" => {
            let name = if given.has("x") { "x" } else { "X" };
            let pad = given.stated("pad", given.case.inputs.hyperparameters.pad);
            [named(&format!("{name}_pad"), &zero_pad(&get4(name), pad)?)].into()
        }
        "conv_single_step" => {
            let get3 = |name: &str| given.get::<T, Ix3>(name);
            [number(
                "Z",
                conv_single_step(&get3("a_slice_prev"), &get3("W"), &get3("b"))?.as_f64(),
            )]
            .into()
        }
        "conv_forward" => {
            let (A_prev, W, b) = (get4("A_prev"), get4("W"), get4("b"));
            let (Z, _) = conv_forward(&A_prev, &W, &b, given.conv())?;
            [named("Z", &Z)].into()
        }
        "conv_backward" => {
            let (_, cache) = conv_forward(&get4("A_prev"), &get4("W"), &get4("b"), given.conv())?;
            let (dA, dW, db) = conv_backward(&get4("dZ"), &cache)?;
            [named("dA", &dA), named("dW", &dW), named("db", &db)].into()
        }
        other => panic!("unknown function {other}"),
    })
}

fn run_pool<T: Number>(given: &Given<'_>) -> Result<Arrays> {
    Ok(match given.case.function.as_str() {
        "pool_forward" => {
            let (hparameters, mode) = given.pool()?;
            let (A, _) = pool_forward(&given.get::<T, Ix4>("A_prev"), hparameters, mode)?;
            [named("A", &A)].into()
        }
        "pool_backward" => {
            let (hparameters, mode) = given.pool()?;
            let (A, cache) =
                pool_forward(&given.get::<T, Ix4>("A_prev"), hparameters, PoolMode::Max)?;
            let dA_prev = pool_backward(&given.get("dA"), &cache, mode)?;
            [named("A_forward_max", &A), named("dA_prev", &dA_prev)].into()
        }
        "create_mask_from_window" => {
            let mask = create_mask_from_window(&given.get::<T, Ix2>("x"))?;
            [(
                "mask".to_string(),
                mask.mapv(|marked| f64::from(u8::from(marked))).into_dyn(),
            )]
            .into()
        }
        "distribute_value" => {
            let dz = T::from_f64(given.arrays["dz"].sum());
            let sizes: Vec<usize> = given.arrays["shape"]
                .iter()
                .map(|&size| size as usize)
                .collect();
            [named("a", &distribute_value(dz, (sizes[0], sizes[1]))?)].into()
        }
        other => panic!("unknown function {other}"),
    })
}

fn run_dense<T: Number>(given: &Given<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    let gradients = |(dA_prev, dW, db): (Array2<T>, Array2<T>, Array2<T>)| {
        [
            named("dA_prev", &dA_prev),
            named("dW", &dW),
            named("db", &db),
        ]
        .into()
    };
    Ok(match given.case.function.as_str() {
        "initialize_parameters" => {
            let [n_x, n_h, n_y] = ["n_x", "n_h", "n_y"].map(|name| given.size(name));
            parameters(&initialize_parameters::<T>(
                n_x,
                n_h,
                n_y,
                &mut given.random(),
            )?)
        }
        "initialize_parameters_deep" => {
            let sizes: Vec<usize> = given.arrays["layer_dims"]
                .iter()
                .map(|&size| size as usize)
                .collect();
            parameters(&initialize_parameters_deep::<T>(
                &sizes,
                &mut given.random(),
            )?)
        }
        "linear_forward" => [named(
            "Z",
            &linear_forward(&get("A"), &get("W"), &get("b"))?.0,
        )]
        .into(),
        "linear_activation_forward" => {
            let activation = given.activation()?;
            let (A, _) =
                linear_activation_forward(&get("A_prev"), &get("W"), &get("b"), activation)?;
            [named("A", &A)].into()
        }
        "L_model_forward" => {
            let parameters = Parameters {
                W: given.layers("W"),
                b: given.layers("b"),
            };
            let (AL, caches) = L_model_forward(&get("X"), &parameters)?;
            let count = number("caches_len", caches.len() as f64);
            let (Z1, Z2) = (&caches[0].activation_cache, &caches[1].activation_cache);
            let A1 = &caches[1].linear_cache.A;
            [
                named("AL", &AL),
                count,
                named("Z1", Z1),
                named("A1", A1),
                named("Z2", Z2),
            ]
            .into()
        }
        "compute_cost" => [number(
            "cost",
            compute_cost(&get("AL"), &get("Y"))?.as_f64(),
        )]
        .into(),
        "linear_backward" => gradients(linear_backward(&get("dZ"), &given.linear_cache())?),
        "linear_activation_backward" => {
            let cache = LinearActivationCache {
                linear_cache: given.linear_cache(),
                activation_cache: get("Z"),
            };
            gradients(linear_activation_backward(
                &get("dA"),
                &cache,
                given.activation()?,
            )?)
        }
        "L_model_backward" => {
            let activations = given.case.inputs.hyperparameters.activations.as_deref();
            assert_eq!(activations, Some(&["sigmoid".to_owned()][..]));
            let linear_cache = LinearCache {
                A: get("A0"),
                W: get("W1"),
                b: get("b1"),
            };
            let cache = LinearActivationCache {
                linear_cache,
                activation_cache: get("Z1"),
            };
            let grads = L_model_backward(&get("AL"), &get("Y"), &[cache])?;
            grads
                .entries()
                .map(|(name, array)| named(&name, array))
                .collect()
        }
        "update_parameters" => {
            let learning_rate = given.case.inputs.hyperparameters.learning_rate;
            let learning_rate = given.stated("learning rate", learning_rate);
            let before = Parameters {
                W: given.layers::<T>("W"),
                b: given.layers("b"),
            };
            let grads = Grads {
                dA: Vec::new(),
                dW: given.layers("dW"),
                db: given.layers("db"),
            };
            parameters(&update_parameters(
                &before,
                &grads,
                T::from_f64(learning_rate),
            )?)
        }
        other => panic!("unknown function {other}"),
    })
}
