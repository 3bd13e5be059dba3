//! The notebooks' functions on arrays of the page, in `f64`.

// The notebooks' own names.
#![expect(non_snake_case, reason = "as in the notebooks")]

use ndarray::{Array, Array2, Array4, ArrayD, Dimension, Ix3, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use stepnet::steps::{
    ConvHparameters, PoolHparameters, PoolMode, compute_cost, conv_backward, conv_forward,
    conv_single_step, create_mask_from_window, distribute_value, linear_forward, pool_backward,
    pool_forward, relu, sigmoid, zero_pad,
};

use crate::answer::{Answer, Arrays, Failure};
use crate::request::Request;

/// Numbers and their shape, row-major. What is not finite comes and goes as `null`, which is NaN.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Numbers {
    shape: Vec<usize>,
    values: Vec<Option<f64>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Max,
    Average,
}

impl From<Mode> for PoolMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Max => Self::Max,
            Mode::Average => Self::Average,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "function", rename_all = "snake_case", deny_unknown_fields)]
enum Call {
    ZeroPad {
        X: Numbers,
        pad: usize,
    },
    ConvSingleStep {
        a_slice_prev: Numbers,
        W: Numbers,
        b: Numbers,
    },
    ConvForward {
        A_prev: Numbers,
        W: Numbers,
        b: Numbers,
        stride: usize,
        pad: usize,
    },
    ConvBackward {
        dZ: Numbers,
        A_prev: Numbers,
        W: Numbers,
        b: Numbers,
        stride: usize,
        pad: usize,
    },
    PoolForward {
        A_prev: Numbers,
        f: usize,
        stride: usize,
        mode: Mode,
    },
    PoolBackward {
        dA: Numbers,
        A_prev: Numbers,
        f: usize,
        stride: usize,
        mode: Mode,
    },
    CreateMaskFromWindow {
        x: Numbers,
    },
    DistributeValue {
        dz: f64,
        shape: [usize; 2],
    },
    Relu {
        Z: Numbers,
    },
    Sigmoid {
        Z: Numbers,
    },
    LinearForward {
        A: Numbers,
        W: Numbers,
        b: Numbers,
    },
    ComputeCost {
        AL: Numbers,
        Y: Numbers,
    },
}

pub(crate) fn answer(request: &Request<'_>) -> Result<Answer, Failure> {
    let call: Call = request.params()?;
    Answer::of(&Value::Object(call.run()?), Arrays::default())
}

impl Call {
    fn run(self) -> Result<Map<String, Value>, Failure> {
        Ok(match self {
            Self::ZeroPad { X, pad } => {
                named([("X_pad", zero_pad(&X.four("X")?, pad)?.into_dyn())])
            }
            Self::ConvSingleStep { a_slice_prev, W, b } => {
                let a = a_slice_prev.array::<Ix3>("a_slice_prev")?;
                let (W, b) = (W.array::<Ix3>("W")?, b.array::<Ix3>("b")?);
                named([("Z", single(conv_single_step(&a, &W, &b)?))])
            }
            Self::ConvForward {
                A_prev,
                W,
                b,
                stride,
                pad,
            } => {
                let (A_prev, W, b) = (A_prev.four("A_prev")?, W.four("W")?, b.four("b")?);
                let (Z, _) = conv_forward(&A_prev, &W, &b, ConvHparameters { stride, pad })?;
                named([("Z", Z.into_dyn())])
            }
            Self::ConvBackward {
                dZ,
                A_prev,
                W,
                b,
                stride,
                pad,
            } => {
                let (A_prev, W, b) = (A_prev.four("A_prev")?, W.four("W")?, b.four("b")?);
                let (_, cache) = conv_forward(&A_prev, &W, &b, ConvHparameters { stride, pad })?;
                let (dA_prev, dW, db) = conv_backward(&dZ.four("dZ")?, &cache)?;
                let [dA_prev, dW, db] = [dA_prev, dW, db].map(Array::into_dyn);
                named([("dA_prev", dA_prev), ("dW", dW), ("db", db)])
            }
            Self::PoolForward {
                A_prev,
                f,
                stride,
                mode,
            } => {
                let A_prev = A_prev.four("A_prev")?;
                let (A, _) = pool_forward(&A_prev, PoolHparameters { f, stride }, mode.into())?;
                named([("A", A.into_dyn())])
            }
            Self::PoolBackward {
                dA,
                A_prev,
                f,
                stride,
                mode,
            } => {
                let A_prev = A_prev.four("A_prev")?;
                let (_, cache) = pool_forward(&A_prev, PoolHparameters { f, stride }, mode.into())?;
                let dA_prev = pool_backward(&dA.four("dA")?, &cache, mode.into())?;
                named([("dA_prev", dA_prev.into_dyn())])
            }
            Self::CreateMaskFromWindow { x } => {
                let mask = create_mask_from_window(&x.two("x")?)?;
                named([(
                    "mask",
                    mask.mapv(|marked| f64::from(u8::from(marked))).into_dyn(),
                )])
            }
            Self::DistributeValue {
                dz,
                shape: [n_H, n_W],
            } => named([("a", distribute_value(dz, (n_H, n_W))?.into_dyn())]),
            Self::Relu { Z } => named([("A", relu(&Z.array::<IxDyn>("Z")?)?.0)]),
            Self::Sigmoid { Z } => named([("A", sigmoid(&Z.array::<IxDyn>("Z")?)?.0)]),
            Self::LinearForward { A, W, b } => {
                let (A, W, b) = (A.two("A")?, W.two("W")?, b.two("b")?);
                named([("Z", linear_forward(&A, &W, &b)?.0.into_dyn())])
            }
            Self::ComputeCost { AL, Y } => {
                let cost = compute_cost(&AL.two("AL")?, &Y.two("Y")?)?;
                named([("cost", single(cost))])
            }
        })
    }
}

impl Numbers {
    fn four(self, name: &str) -> Result<Array4<f64>, Failure> {
        self.array(name)
    }

    fn two(self, name: &str) -> Result<Array2<f64>, Failure> {
        self.array(name)
    }

    /// As an array with the number of dimensions that the function takes.
    fn array<D: Dimension>(self, name: &str) -> Result<Array<f64, D>, Failure> {
        let Self { shape, values } = self;
        let wrong = |expected: String| Failure::input(format!("{name}: {expected}"));
        let count = values.len();
        let values = values.into_iter().map(|value| value.unwrap_or(f64::NAN));
        let dynamic = ArrayD::from_shape_vec(IxDyn(&shape), values.collect())
            .map_err(|_| wrong(format!("{count} values do not fill the shape {shape:?}")))?;
        dynamic.into_dimensionality().map_err(|_| {
            let dimensions = D::NDIM.unwrap_or_default();
            wrong(format!(
                "has the shape {shape:?}, expected {dimensions} dimensions"
            ))
        })
    }
}

/// One number.
fn single(value: f64) -> ArrayD<f64> {
    ArrayD::from_elem(IxDyn(&[]), value)
}

/// Arrays by their names.
fn named<const N: usize>(arrays: [(&str, ArrayD<f64>); N]) -> Map<String, Value> {
    let entry = |(name, array): (&str, ArrayD<f64>)| {
        let numbers = Numbers {
            shape: array.shape().to_vec(),
            values: array.iter().copied().map(Some).collect(),
        };
        (name.to_owned(), json!(numbers))
    };
    arrays.into_iter().map(entry).collect()
}
