//! Batch normalisation with the ReLU after it, in training, on the volumes of `resnet20`.

use stepnet::Result;
use stepnet::kernels::AlignedVec;
use stepnet::kernels::norm::batch::{
    self, BackwardInput, Gradients, Norm, NormStatistics, Statistics,
};
use stepnet::kernels::norm::{Affine, NormGeometry};
use stepnet::rng::RandomState;

use crate::case::Facts;

/// The pass that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The statistics and `y`.
    Forward,
    /// `dx`, `dgamma` and `dbeta`.
    Backward,
}

impl Pass {
    pub(crate) const ALL: [Self; 2] = [Self::Forward, Self::Backward];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forward => "bn-forward",
            Self::Backward => "bn-backward",
        }
    }
}

/// A volume to normalise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Volume {
    pub(crate) name: &'static str,
    batch: usize,
    side: usize,
    channels: usize,
}

pub(crate) const VOLUMES: [Volume; 3] = [
    Volume::new("c10_16", 32, 16),
    Volume::new("c10_32", 16, 32),
    Volume::new("c10_64", 8, 64),
];

impl Volume {
    const fn new(name: &'static str, side: usize, channels: usize) -> Self {
        Self {
            name,
            batch: 128,
            side,
            channels,
        }
    }

    /// One example of few pixels.
    pub(crate) fn small(self) -> Self {
        Self {
            batch: 1,
            side: 4,
            ..self
        }
    }
}

/// A normalisation with its arrays.
pub(crate) struct Normalisation {
    pass: Pass,
    geometry: NormGeometry,
    batch: usize,
    x: AlignedVec<f32>,
    dy: AlignedVec<f32>,
    y: AlignedVec<f32>,
    dx: AlignedVec<f32>,
    /// `gamma`, `beta`, mean, variance, `dgamma` and `dbeta`.
    vectors: [AlignedVec<f32>; 6],
    scratch: AlignedVec<f32>,
}

impl Normalisation {
    pub(crate) fn new(pass: Pass, volume: Volume) -> Result<Self> {
        let geometry = NormGeometry {
            rows: volume.batch * volume.side * volume.side,
            channels: volume.channels,
        };
        let mut random = RandomState::new(1);
        let zeros = |len: usize| AlignedVec::zeros("an array of a benchmark", len);
        let mut uniform = |len: usize| -> Result<AlignedVec<f32>> {
            let mut values = zeros(len)?;
            values.fill_with(|| random.uniform() as f32 - 0.5);
            Ok(values)
        };
        let scratch = batch::statistics_scratch(&geometry)
            .max(batch::forward_scratch(&geometry))
            .max(batch::backward_scratch(&geometry));
        let c = volume.channels;
        let mut case = Self {
            pass,
            geometry,
            batch: volume.batch,
            x: uniform(geometry.len())?,
            dy: uniform(geometry.len())?,
            y: zeros(geometry.len())?,
            dx: zeros(geometry.len())?,
            vectors: [
                uniform(c)?,
                uniform(c)?,
                zeros(c)?,
                zeros(c)?,
                zeros(c)?,
                zeros(c)?,
            ],
            scratch: zeros(scratch)?,
        };
        case.forward();
        Ok(case)
    }

    pub(crate) fn run(&mut self) {
        match self.pass {
            Pass::Forward => self.forward(),
            Pass::Backward => self.backward(),
        }
    }

    fn forward(&mut self) {
        let g = &self.geometry;
        let [gamma, beta, mean, variance, ..] = &mut self.vectors;
        batch::statistics(g, &self.x, mean, variance, &mut self.scratch);
        let norm = Norm {
            epsilon: 1e-5,
            statistics: NormStatistics::Batch(Statistics { mean, variance }),
            affine: Affine { gamma, beta },
            rectified: true,
        };
        batch::forward(g, norm, &self.x, &mut self.y, &mut self.scratch);
    }

    fn backward(&mut self) {
        let [gamma, _, mean, variance, dgamma, dbeta] = &mut self.vectors;
        let given = BackwardInput {
            x: &self.x,
            rectified: Some(&self.y),
            dy: &self.dy,
            statistics: NormStatistics::Batch(Statistics { mean, variance }),
            gamma,
        };
        let to = Gradients {
            dx: Some(&mut self.dx),
            affine: Some([dgamma, dbeta]),
        };
        batch::backward(&self.geometry, 1e-5, given, to, &mut self.scratch);
    }

    /// Two operations a value for the statistics or the sums, and two for the outputs, as a lower
    /// bound: what takes time is memory.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            flops: 4.0 * self.geometry.len() as f64,
            examples: self.batch,
            parameters: 2 * self.geometry.channels,
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let arrays = self.vectors.iter().chain([&self.y, &self.dx]);
        arrays
            .flat_map(|values| values.iter())
            .all(|value| value.is_finite())
    }
}
