//! `LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID`: the network of the notebooks on initialization, regularization,
//! gradient checking and optimization. The notebooks' helper files have it four times, with small differences.

use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::Engine;
use super::arithmetic::{
    check_labels, descend, linear, product, relu, row_sums, sigmoid, where_active,
};
use crate::error::{Error, Result};
use crate::rng::RandomState;
use crate::steps::Parameters;
use crate::steps::checks::{same_shape, zeros};

/// The layers with weights.
pub(super) const LAYERS: usize = 3;

/// The parameters of a layer, which lie elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct LayerView<'a> {
    /// The weights, `(units, previous units)`.
    pub W: ArrayView2<'a, f64>,
    /// The biases, `(units, 1)`.
    pub b: ArrayView2<'a, f64>,
}

/// What the forward pass computes, and the parameters that it used: the notebooks' tuple `cache`.
///
/// Layer `l` of the notebooks, counted from 1, is at index `l - 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// The linear parts.
    pub Z: Vec<Array2<f64>>,
    /// The activations, `A3` among them.
    pub A: Vec<Array2<f64>>,
    /// The masks of dropout in the hidden layers, 0 or 1; empty without dropout.
    pub D: Vec<Array2<f64>>,
    /// The parameters.
    pub parameters: Parameters<f64>,
}

/// The gradients of a backward pass: the notebooks' dictionary. Layer `l`, counted from 1, is at index `l - 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// With respect to the linear parts.
    pub dZ: Vec<Array2<f64>>,
    /// With respect to the activations of the hidden layers.
    pub dA: Vec<Array2<f64>>,
    /// With respect to the weights.
    pub dW: Vec<Array2<f64>>,
    /// With respect to the biases.
    pub db: Vec<Array2<f64>>,
}

/// What the forward pass computes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Passed {
    pub Z: Vec<Array2<f64>>,
    pub A: Vec<Array2<f64>>,
    pub D: Vec<Array2<f64>>,
}

/// What a backward pass needs of a layer.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    pub A: ArrayView2<'a, f64>,
    pub W: ArrayView2<'a, f64>,
    pub D: Option<ArrayView2<'a, f64>>,
}

/// Where the mean over the examples enters.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mean {
    /// `dZ3 = 1/m (A3 - Y)`, in the notebooks on initialization and optimization.
    InErrors,
    /// `dZ3 = A3 - Y` and `dW = 1/m dZ A.T`, in those on regularization and gradient checking.
    InGradients,
}

/// How a backward pass is taken.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Backward {
    pub mean: Mean,
    /// `lambd / m W` is added to `dW`.
    pub lambd: Option<f64>,
    /// The part of the units that dropout left.
    pub keep_prob: Option<f64>,
    /// `db1` has 4/m in place of 1/m.
    pub fault_in_db1: bool,
    /// `dW2` is doubled.
    pub fault_in_dW2: bool,
    pub engine: Engine,
}

impl Backward {
    /// Without regularization, and right.
    pub fn plain(mean: Mean, engine: Engine) -> Self {
        Self {
            mean,
            lambd: None,
            keep_prob: None,
            fault_in_db1: false,
            fault_in_dW2: false,
            engine,
        }
    }
}

/// Refuses parameters of another number of layers.
pub(super) fn views<'a>(
    operation: &'static str,
    parameters: &'a Parameters<f64>,
) -> Result<Vec<LayerView<'a>>> {
    let Parameters { W, b } = parameters;
    if W.len() != LAYERS || b.len() != LAYERS {
        let found = format!("{} weights and {} biases", W.len(), b.len());
        let expected = "three of each: W1, b1, W2, b2, W3, b3";
        return Err(Error::value(operation, "parameters", found, expected));
    }
    let layers = W.iter().zip(b);
    Ok(layers
        .map(|(W, b)| LayerView {
            W: W.view(),
            b: b.view(),
        })
        .collect())
}

/// The forward pass; with dropout each hidden layer draws its mask after its activation.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
#[doc(hidden)]
pub fn forward(
    operation: &'static str,
    X: &ArrayRef2<f64>,
    layers: &[LayerView<'_>],
    mut dropout: Option<(f64, &mut RandomState)>,
    engine: Engine,
) -> Result<Passed> {
    let (mut Z, mut A, mut D) = (Vec::new(), Vec::<Array2<f64>>::new(), Vec::new());
    for (l, LayerView { W, b }) in (1..).zip(layers) {
        let input = A.last().map_or(X, |A| &**A);
        let of_input = if l == 1 {
            "X".to_owned()
        } else {
            format!("W{}", l - 1)
        };
        let of_layer = [format!("W{l}"), format!("b{l}")];
        let names = [&*of_input, &*of_layer[0], &*of_layer[1]];
        let z = linear(operation, names, input, W, b, engine)?;
        let last = l == layers.len();
        let mut a = match last {
            true => sigmoid(operation, &z, engine)?,
            false => relu(operation, &z)?,
        };
        if let (Some((keep_prob, random)), false) = (&mut dropout, last) {
            let mut mask = random.rand(a.raw_dim())?;
            mask.mapv_inplace(|drawn| f64::from(u8::from(drawn < *keep_prob)));
            a.zip_mut_with(&mask, |a, &kept| *a = *a * kept / *keep_prob);
            D.push(mask);
        }
        Z.push(z);
        A.push(a);
    }
    Ok(Passed { Z, A, D })
}

/// The backward pass, from what the forward pass computed.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
#[doc(hidden)]
pub fn backward(
    operation: &'static str,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    layers: &[Memory<'_>],
    how: Backward,
) -> Result<Gradients> {
    check_labels(operation, X, Y)?;
    check_cache(operation, X, layers)?;
    let mean = 1.0 / X.ncols() as f64;
    let (in_errors, in_gradients) = match how.mean {
        Mean::InErrors => (mean, 1.0),
        Mean::InGradients => (1.0, mean),
    };
    let empty = || vec![Array2::zeros((0, 0)); layers.len()];
    let (mut dZ, mut dW, mut db) = (empty(), empty(), empty());
    let mut dA = vec![Array2::zeros((0, 0)); layers.len().saturating_sub(1)];
    for (index, layer) in layers.iter().enumerate().rev() {
        dZ[index] = match layers.get(index + 1) {
            None => (&layer.A - &Y.view()) * in_errors,
            Some(next) => {
                let factor = ("cache.W", &*next.W.t());
                let mut da = product(operation, factor, ("dZ", &dZ[index + 1]), how.engine)?;
                if let (Some(kept), Some(keep_prob)) = (&layer.D, how.keep_prob) {
                    da.zip_mut_with(kept, |da, &kept| *da = *da * kept / keep_prob);
                }
                let dz = where_active(&da, &layer.A);
                dA[index] = da;
                dz
            }
        };
        let input = if index == 0 {
            X.view()
        } else {
            layers[index - 1].A
        };
        let mut slope = product(
            operation,
            ("dZ", &dZ[index]),
            ("A.T", &input.t()),
            how.engine,
        )?;
        scale(
            &mut slope,
            in_gradients * doubled(how.fault_in_dW2 && index == 1, 2.0),
        );
        if let Some(lambd) = how.lambd {
            let decay = lambd / X.ncols() as f64;
            slope.zip_mut_with(&layer.W, |slope, &w| *slope += decay * w);
        }
        dW[index] = slope;
        let factor = in_gradients * doubled(how.fault_in_db1 && index == 0, 4.0);
        db[index] = row_sums(&dZ[index], factor);
    }
    Ok(Gradients { dZ, dA, dW, db })
}

fn doubled(fault: bool, by: f64) -> f64 {
    if fault { by } else { 1.0 }
}

fn scale(values: &mut Array2<f64>, factor: f64) {
    // As written, not `1.0 *`: the product with 1 is the same number.
    if factor != 1.0 {
        *values *= factor;
    }
}

fn check_cache(operation: &'static str, X: &ArrayRef2<f64>, layers: &[Memory<'_>]) -> Result<()> {
    let (mut units, m) = X.dim();
    for (l, layer) in (1..).zip(layers) {
        let rows = layer.A.nrows();
        let why = "one column for each example";
        same_shape(
            operation,
            &format!("cache: A{l}"),
            layer.A.shape(),
            &[rows, m],
            why,
        )?;
        let why = "the units of its layer and of the one before";
        same_shape(
            operation,
            &format!("cache: W{l}"),
            layer.W.shape(),
            &[rows, units],
            why,
        )?;
        if let Some(D) = &layer.D {
            let why = "the shape of the activations that it masks";
            same_shape(
                operation,
                &format!("cache: D{l}"),
                D.shape(),
                &[rows, m],
                why,
            )?;
        }
        units = rows;
    }
    let outputs = [1, units];
    let name = format!("cache: W{}", layers.len());
    match units {
        1 => Ok(()),
        _ => Err(Error::shape(operation, name, &outputs, "one output unit")),
    }
}

impl Passed {
    /// With the parameters, as functions return it.
    pub(super) fn cache(self, parameters: &Parameters<f64>) -> Cache {
        let Self { Z, A, D } = self;
        let parameters = parameters.clone();
        Cache {
            Z,
            A,
            D,
            parameters,
        }
    }

    /// For the backward pass with these parameters.
    pub(super) fn memories<'a>(&'a self, layers: &[LayerView<'a>]) -> Vec<Memory<'a>> {
        memories(&self.A, &self.D, layers.iter().map(|layer| layer.W))
    }
}

impl Cache {
    /// For the backward pass.
    pub(super) fn memories(&self) -> Vec<Memory<'_>> {
        let weights = self.parameters.W.iter().map(|W| W.view());
        memories(&self.A, &self.D, weights)
    }

    /// The output of the network.
    pub(super) fn output(&self) -> Array2<f64> {
        self.A.last().cloned().unwrap_or_default()
    }
}

fn memories<'a>(
    A: &'a [Array2<f64>],
    D: &'a [Array2<f64>],
    weights: impl Iterator<Item = ArrayView2<'a, f64>>,
) -> Vec<Memory<'a>> {
    let layers = A.iter().zip(weights).enumerate();
    layers
        .map(|(index, (A, W))| Memory {
            A: A.view(),
            W,
            D: D.get(index).map(|D| D.view()),
        })
        .collect()
}

/// Parameters of the given sizes: each weight is what `draw` gives for the inputs of its layer; biases are 0.
pub(super) fn drawn(
    operation: &'static str,
    argument: &str,
    layer_dims: &[usize],
    mut draw: impl FnMut(usize) -> f64,
) -> Result<Parameters<f64>> {
    if layer_dims.len() < 2 || layer_dims.contains(&0) {
        let expected =
            "two sizes or more, each at least 1: the inputs and the units of every layer";
        let found = format!("{layer_dims:?}");
        return Err(Error::value(operation, argument, found, expected));
    }
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for (&inputs, &units) in layer_dims.iter().zip(layer_dims.iter().skip(1)) {
        let mut W: Array2<f64> = zeros(operation, argument, (units, inputs))?;
        W.iter_mut().for_each(|weight| *weight = draw(inputs));
        parameters.W.push(W);
        parameters.b.push(zeros(operation, argument, (units, 1))?);
    }
    Ok(parameters)
}

/// `parameters - learning_rate grads`, in place.
pub(super) fn step(parameters: &mut Parameters<f64>, grads: &Gradients, learning_rate: f64) {
    for (values, slopes) in [
        (&mut parameters.W, &grads.dW),
        (&mut parameters.b, &grads.db),
    ] {
        for (values, slope) in values.iter_mut().zip(slopes) {
            descend(values, slope, learning_rate);
        }
    }
}
