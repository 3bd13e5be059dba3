//! Runs the function of a case on its inputs, in `f32` or `f64`.

#![allow(non_snake_case)] // the notebooks' names

use ndarray::{Ix2, Ix3, Ix4};

use super::cases::{Arrays, CaseText};
use super::inputs::{CaseInputs, gradients, named, number, parameters};
use stepnet::nn::Number;
use stepnet::steps::*;
use stepnet::{Error, Result};

/// Runs one of the notebooks' functions on the inputs of a case.
type Function = fn(&CaseInputs<'_>) -> Result<Arrays>;

/// The functions that cases are of, by name.
fn functions<T: Number>() -> [(&'static str, Function); 18] {
    [
        ("zero_pad", run_zero_pad::<T>),
        ("conv_single_step", run_conv_single_step::<T>),
        ("conv_forward", run_conv_forward::<T>),
        ("conv_backward", run_conv_backward::<T>),
        ("pool_forward", run_pool_forward::<T>),
        ("pool_backward", run_pool_backward::<T>),
        ("create_mask_from_window", run_create_mask_from_window::<T>),
        ("distribute_value", run_distribute_value::<T>),
        ("initialize_parameters", run_initialize_parameters::<T>),
        (
            "initialize_parameters_deep",
            run_initialize_parameters_deep::<T>,
        ),
        ("linear_forward", run_linear_forward::<T>),
        (
            "linear_activation_forward",
            run_linear_activation_forward::<T>,
        ),
        ("L_model_forward", run_L_model_forward::<T>),
        ("compute_cost", run_compute_cost::<T>),
        ("linear_backward", run_linear_backward::<T>),
        (
            "linear_activation_backward",
            run_linear_activation_backward::<T>,
        ),
        ("L_model_backward", run_L_model_backward::<T>),
        ("update_parameters", run_update_parameters::<T>),
    ]
}

/// The results of a case's function, by the names of its expected arrays.
///
/// # Errors
/// An unknown function, and inputs that it rejects.
pub(super) fn run<T: Number>(case: &CaseText, arrays: &Arrays) -> Result<Arrays> {
    let functions = functions::<T>();
    let found = functions.iter().find(|(name, _)| *name == case.function);
    let Some((_, function)) = found else {
        let names = functions.map(|(name, _)| name).join(", ");
        return Err(Error::value("course", "function", &case.function, names));
    };
    function(&CaseInputs { case, arrays })
}

fn run_zero_pad<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get4 = |name: &str| given.get::<T, Ix4>(name);
    let name = if given.has("x") { "x" } else { "X" };
    let pad = given.stated("pad", given.case.inputs.hyperparameters.pad);
    Ok([named(&format!("{name}_pad"), &zero_pad(&get4(name), pad)?)].into())
}

fn run_conv_single_step<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get3 = |name: &str| given.get::<T, Ix3>(name);
    Ok([number(
        "Z",
        conv_single_step(&get3("a_slice_prev"), &get3("W"), &get3("b"))?.as_f64(),
    )]
    .into())
}

fn run_conv_forward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get4 = |name: &str| given.get::<T, Ix4>(name);
    let (A_prev, W, b) = (get4("A_prev"), get4("W"), get4("b"));
    let (Z, _) = conv_forward(&A_prev, &W, &b, given.conv())?;
    Ok([named("Z", &Z)].into())
}

fn run_conv_backward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get4 = |name: &str| given.get::<T, Ix4>(name);
    let (_, cache) = conv_forward(&get4("A_prev"), &get4("W"), &get4("b"), given.conv())?;
    let (dA, dW, db) = conv_backward(&get4("dZ"), &cache)?;
    Ok([named("dA", &dA), named("dW", &dW), named("db", &db)].into())
}

fn run_pool_forward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let (hparameters, mode) = given.pool()?;
    let (A, _) = pool_forward(&given.get::<T, Ix4>("A_prev"), hparameters, mode)?;
    Ok([named("A", &A)].into())
}

fn run_pool_backward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let (hparameters, mode) = given.pool()?;
    let (A, cache) = pool_forward(&given.get::<T, Ix4>("A_prev"), hparameters, PoolMode::Max)?;
    let dA_prev = pool_backward(&given.get("dA"), &cache, mode)?;
    Ok([named("A_forward_max", &A), named("dA_prev", &dA_prev)].into())
}

fn run_create_mask_from_window<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let mask = create_mask_from_window(&given.get::<T, Ix2>("x"))?;
    Ok([(
        "mask".to_string(),
        mask.mapv(|marked| f64::from(u8::from(marked))).into_dyn(),
    )]
    .into())
}

fn run_distribute_value<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let dz = T::from_f64(given.arrays["dz"].sum());
    let sizes = given.sizes("shape");
    Ok([named("a", &distribute_value(dz, (sizes[0], sizes[1]))?)].into())
}

fn run_initialize_parameters<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let [n_x, n_h, n_y] = ["n_x", "n_h", "n_y"].map(|name| given.size(name));
    Ok(parameters(&initialize_parameters::<T>(
        n_x,
        n_h,
        n_y,
        &mut given.random(),
    )?))
}

fn run_initialize_parameters_deep<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let sizes = given.sizes("layer_dims");
    Ok(parameters(&initialize_parameters_deep::<T>(
        &sizes,
        &mut given.random(),
    )?))
}

fn run_linear_forward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    Ok([named(
        "Z",
        &linear_forward(&get("A"), &get("W"), &get("b"))?.0,
    )]
    .into())
}

fn run_linear_activation_forward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    let activation = given.activation()?;
    let (A, _) = linear_activation_forward(&get("A_prev"), &get("W"), &get("b"), activation)?;
    Ok([named("A", &A)].into())
}

fn run_L_model_forward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    let parameters = Parameters {
        W: given.layers("W"),
        b: given.layers("b"),
    };
    let (AL, caches) = L_model_forward(&get("X"), &parameters)?;
    let count = number("caches_len", caches.len() as f64);
    let (Z1, Z2) = (&caches[0].activation_cache, &caches[1].activation_cache);
    let A1 = &caches[1].linear_cache.A;
    Ok([
        named("AL", &AL),
        count,
        named("Z1", Z1),
        named("A1", A1),
        named("Z2", Z2),
    ]
    .into())
}

fn run_compute_cost<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    Ok([number(
        "cost",
        compute_cost(&get("AL"), &get("Y"))?.as_f64(),
    )]
    .into())
}

fn run_linear_backward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    Ok(gradients(linear_backward(
        &get("dZ"),
        &given.linear_cache(),
    )?))
}

fn run_linear_activation_backward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
    let cache = LinearActivationCache {
        linear_cache: given.linear_cache(),
        activation_cache: get("Z"),
    };
    Ok(gradients(linear_activation_backward(
        &get("dA"),
        &cache,
        given.activation()?,
    )?))
}

fn run_L_model_backward<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
    let get = |name: &str| given.get::<T, Ix2>(name);
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
    Ok(grads
        .entries()
        .map(|(name, array)| named(&name, array))
        .collect())
}

fn run_update_parameters<T: Number>(given: &CaseInputs<'_>) -> Result<Arrays> {
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
    Ok(parameters(&update_parameters(
        &before,
        &grads,
        T::from_f64(learning_rate),
    )?))
}
