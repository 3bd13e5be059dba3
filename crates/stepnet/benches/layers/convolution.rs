//! Convolution layers, and the one place that knows how their passes are called.

use std::path::Path;

use serde::Deserialize;
use stepnet::Result;
use stepnet::kernels::conv::{
    self, ConvGeometry, ConvWindow, backward_data_scratch, backward_weights_scratch,
    forward_scratch,
};
use stepnet::kernels::{AlignedVec, Padding};
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

    /// Whether passes would go Winograd's way: then the direct method is of interest too.
    pub(crate) fn is_large(&self) -> bool {
        [self.kernel, self.stride, self.groups] == [3, 1, 1] && self.channels * self.filters >= 4096
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

    fn geometry(&self) -> Result<ConvGeometry> {
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

/// What is timed of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// `y`, bias included.
    Forward,
    /// `dx`, `dw` and `db`.
    Backward,
    /// `dx` alone.
    Data,
    /// `dw` and `db` alone.
    Weights,
    /// `y` by the direct method.
    DirectForward,
    /// `dx`, `dw` and `db` by the direct method.
    DirectBackward,
}

impl Pass {
    pub(crate) const ALL: [Self; 6] = [
        Self::Forward,
        Self::Backward,
        Self::Data,
        Self::Weights,
        Self::DirectForward,
        Self::DirectBackward,
    ];

    pub(crate) fn is_direct(self) -> bool {
        matches!(self, Self::DirectForward | Self::DirectBackward)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Data => "data",
            Self::Weights => "weights",
            Self::DirectForward => "direct-forward",
            Self::DirectBackward => "direct-backward",
        }
    }
}

/// A layer with its arrays.
pub(crate) struct Convolution {
    pass: Pass,
    geometry: ConvGeometry,
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
    pub(crate) fn new(pass: Pass, layer: &Layer) -> Result<Self> {
        let g = layer.geometry()?;
        let g = if pass.is_direct() { g.direct() } else { g };
        let mut random = RandomState::new(1);
        let zeros = |len: usize| AlignedVec::zeros("an array of a benchmark", len);
        let mut uniform = |len: usize| -> Result<AlignedVec<f32>> {
            let mut values = zeros(len)?;
            values.fill_with(|| random.uniform() as f32 - 0.5);
            Ok(values)
        };
        let scratch = forward_scratch::<f32>(&g)
            .max(backward_data_scratch::<f32>(&g))
            .max(backward_weights_scratch::<f32>(&g));
        Ok(Self {
            pass,
            geometry: g,
            x: uniform(g.x_len())?,
            w: uniform(g.weights_len())?,
            b: uniform(g.filters)?,
            dy: uniform(g.y_len())?,
            y: zeros(g.y_len())?,
            dx: zeros(g.x_len())?,
            dw: zeros(g.weights_len())?,
            db: zeros(g.filters)?,
            scratch: zeros(scratch)?,
        })
    }

    pub(crate) fn run(&mut self) {
        match self.pass {
            Pass::Forward | Pass::DirectForward => self.forward(),
            Pass::Data => self.data(),
            Pass::Weights => self.weights(),
            Pass::Backward | Pass::DirectBackward => {
                self.data();
                self.weights();
            }
        }
    }

    fn forward(&mut self) {
        let Self {
            geometry,
            x,
            w,
            b,
            y,
            scratch,
            ..
        } = self;
        conv::forward(geometry, x, w, Some(&b[..]), y, scratch);
    }

    fn data(&mut self) {
        let Self {
            geometry,
            dy,
            w,
            dx,
            scratch,
            ..
        } = self;
        conv::backward_data(geometry, dy, w, dx, scratch);
    }

    fn weights(&mut self) {
        let Self {
            geometry,
            x,
            dy,
            dw,
            db,
            scratch,
            ..
        } = self;
        conv::backward_weights(geometry, x, dy, dw, Some(&mut db[..]), scratch);
    }

    pub(crate) fn facts(&self) -> Facts {
        let passes = match self.pass {
            Pass::Backward | Pass::DirectBackward => 2.0,
            _ => 1.0,
        };
        Facts {
            flops: passes * 2.0 * self.geometry.multiply_adds() as f64,
            examples: self.geometry.batch,
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
