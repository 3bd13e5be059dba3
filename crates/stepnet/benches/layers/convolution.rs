//! Convolution layers, and the one place that knows how their passes are called.

use std::fmt;
use std::path::Path;

use serde::Deserialize;
use stepnet::kernels::conv::{ConvGeometry, ConvWindow, Method, Plan};
use stepnet::kernels::{AlignedVec, Padding, Pass};
use stepnet::rng::RandomState;

use crate::Failure;
use crate::case::Facts;

/// A layer to time: NHWC sizes, a square kernel, the same padding on every side.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layer {
    pub(crate) name: String,
    batch: usize,
    height: usize,
    width: usize,
    channels: usize,
    kernel: usize,
    filters: usize,
    stride: usize,
    pad: usize,
    groups: usize,
}

impl Layer {
    /// The layers that come with the benchmark.
    pub(crate) fn built_in() -> Result<Vec<Self>, Failure> {
        Self::parse("benches/layers.json", include_str!("../layers.json"))
    }

    /// The layers of a file.
    pub(crate) fn read(path: &Path) -> Result<Vec<Self>, Failure> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{name}: cannot be read: {error}"))?;
        Self::parse(&name, &text)
    }

    fn parse(file: &str, text: &str) -> Result<Vec<Self>, Failure> {
        serde_json::from_str(text).map_err(|error| format!("{file}: {error}"))
    }

    /// The plan of what is timed.
    ///
    /// # Errors
    ///
    /// If the sizes are wrong, or the method that is asked for cannot run them.
    fn plan(&self, timed: Timed) -> Result<Plan, Failure> {
        let failure = |error: &dyn fmt::Display| format!("{}: {error}", timed.name(&self.name));
        let geometry = self.geometry().map_err(|error| failure(&error))?;
        let plan = Plan::new::<f32>(&geometry);
        match timed {
            Timed::Forced(pass, method) => {
                let plan = plan.force::<f32>(pass, method);
                plan.map_err(|reason| failure(&reason))
            }
            _ => Ok(plan),
        }
    }

    /// Every pass by every method that can run it, and that is timed without minutes of waiting.
    pub(crate) fn forced(&self) -> Vec<Timed> {
        let methods = Method::ALL.into_iter();
        let methods = methods.filter(|&method| method != Method::Reference);
        let all = methods.flat_map(|method| Pass::ALL.map(|pass| Timed::Forced(pass, method)));
        all.filter(|&timed| self.plan(timed).is_ok()).collect()
    }

    /// A few rows and columns of one example.
    pub(crate) fn small(&self) -> Self {
        let most = 2 * self.kernel + self.stride;
        Self {
            batch: self.batch.min(1),
            height: self.height.min(most),
            width: self.width.min(most),
            ..self.clone()
        }
    }

    fn geometry(&self) -> stepnet::Result<ConvGeometry> {
        let window = ConvWindow {
            kernel: [self.kernel; 2],
            stride: [self.stride; 2],
            padding: Padding::even(self.pad),
            dilation: [1, 1],
        };
        let input = [self.height, self.width, self.channels];
        ConvGeometry::new(self.batch, input, self.filters, window, self.groups)
    }
}

/// The part of a layer that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timed {
    /// `y`, bias included.
    Forward,
    /// `dx`, `dw` and `db`.
    Backward,
    /// `dx` alone.
    Data,
    /// `dw` and `db` alone.
    Weights,
    /// One of the passes by a method, whether a plan would choose it or not.
    Forced(Pass, Method),
}

impl Timed {
    /// What is timed of every layer.
    pub(crate) const PLANNED: [Self; 4] =
        [Self::Forward, Self::Backward, Self::Data, Self::Weights];

    fn passes(self) -> Vec<Pass> {
        match self {
            Self::Forward => vec![Pass::Forward],
            Self::Backward => vec![Pass::Data, Pass::Weights],
            Self::Data => vec![Pass::Data],
            Self::Weights => vec![Pass::Weights],
            Self::Forced(pass, _) => vec![pass],
        }
    }

    /// The name of its case: `forward:vgg64`, `forward:vgg64@windows`.
    pub(crate) fn name(self, layer: &str) -> String {
        match self {
            Self::Forward => format!("forward:{layer}"),
            Self::Backward => format!("backward:{layer}"),
            Self::Data => format!("data:{layer}"),
            Self::Weights => format!("weights:{layer}"),
            Self::Forced(pass, method) => format!("{pass}:{layer}@{method}"),
        }
    }
}

/// A layer with its arrays.
pub(crate) struct Convolution {
    passes: Vec<Pass>,
    plan: Plan,
    x: AlignedVec<f32>,
    w: AlignedVec<f32>,
    b: AlignedVec<f32>,
    y: AlignedVec<f32>,
    dy: AlignedVec<f32>,
    dx: AlignedVec<f32>,
    dw: AlignedVec<f32>,
    db: AlignedVec<f32>,
    scratch: AlignedVec<f32>,
}

impl Convolution {
    pub(crate) fn new(timed: Timed, layer: &Layer) -> Result<Self, Failure> {
        let failure = |error: stepnet::Error| format!("{}: {error}", timed.name(&layer.name));
        let plan = layer.plan(timed)?;
        let g = *plan.geometry();
        let mut random = RandomState::new(1);
        let zeros = |len: usize| AlignedVec::zeros("an array of a benchmark", len).map_err(failure);
        let mut uniform = |len: usize| -> Result<AlignedVec<f32>, Failure> {
            let mut values = zeros(len)?;
            values.fill_with(|| random.uniform() as f32 - 0.5);
            Ok(values)
        };
        let passes = timed.passes();
        let scratch = passes.iter().map(|&pass| plan.scratch::<f32>(pass));
        let scratch = zeros(scratch.max().unwrap_or(0))?;
        Ok(Self {
            passes,
            plan,
            x: uniform(g.x_len())?,
            w: uniform(g.weights_len())?,
            b: uniform(g.filters)?,
            dy: uniform(g.y_len())?,
            y: zeros(g.y_len())?,
            dx: zeros(g.x_len())?,
            dw: zeros(g.weights_len())?,
            db: zeros(g.filters)?,
            scratch,
        })
    }

    pub(crate) fn run(&mut self) {
        let Self {
            passes,
            plan,
            x,
            w,
            b,
            y,
            dy,
            dx,
            dw,
            db,
            scratch,
        } = self;
        for pass in passes {
            match pass {
                Pass::Forward => plan.forward(x, w, Some(&b[..]), y, scratch),
                Pass::Data => plan.backward_data(dy, w, dx, scratch),
                Pass::Weights => plan.backward_weights(x, dy, dw, Some(&mut db[..]), scratch),
            }
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        let g = self.plan.geometry();
        Facts {
            flops: self.passes.len() as f64 * 2.0 * g.multiply_adds() as f64,
            examples: g.batch,
            parameters: self.w.len() + self.b.len(),
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let outputs = [&self.y, &self.dx, &self.dw, &self.db];
        outputs
            .iter()
            .all(|values| values.iter().all(|value| value.is_finite()))
    }
}
