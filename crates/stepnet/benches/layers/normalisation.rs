//! Normalisation in training, on the volumes of `resnet20`: of the batch, with the ReLU after it, and of groups of channels.

use stepnet::Result;
use stepnet::kernels::AlignedVec;
use stepnet::kernels::norm::batch::{
    self, BackwardInput, Gradients, Norm, NormStatistics, Statistics,
};
use stepnet::kernels::norm::group::{self, GroupGeometry};
use stepnet::kernels::norm::{Affine, NormGeometry};
use stepnet::rng::RandomState;

use crate::case::Facts;

const EPSILON: f64 = 1e-5;

/// Groups of channels, which all volumes can be cut into.
const GROUPS: usize = 8;

/// The pass that is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Batch normalisation: the statistics and `y`.
    BatchForward,
    /// `dx`, `dgamma` and `dbeta`.
    BatchBackward,
    /// Group normalisation: the statistics and `y`.
    GroupForward,
    /// `dx`, `dgamma` and `dbeta`.
    GroupBackward,
}

impl Pass {
    pub(crate) const ALL: [Self; 4] = [
        Self::BatchForward,
        Self::BatchBackward,
        Self::GroupForward,
        Self::GroupBackward,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BatchForward => "bn-forward",
            Self::BatchBackward => "bn-backward",
            Self::GroupForward => "groupnorm-forward",
            Self::GroupBackward => "groupnorm-backward",
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
    groups: GroupGeometry,
    x: AlignedVec<f32>,
    dy: AlignedVec<f32>,
    y: AlignedVec<f32>,
    dx: AlignedVec<f32>,
    /// `gamma`, `beta`, mean, variance, `dgamma` and `dbeta`.
    vectors: [AlignedVec<f32>; 6],
    /// Mean and variance of each example's groups.
    kept: AlignedVec<f32>,
    scratch: AlignedVec<f32>,
}

impl Normalisation {
    pub(crate) fn new(pass: Pass, volume: Volume) -> Result<Self> {
        let geometry = NormGeometry {
            rows: volume.batch * volume.side * volume.side,
            channels: volume.channels,
        };
        let groups = GroupGeometry {
            examples: volume.batch,
            pixels: volume.side * volume.side,
            channels: volume.channels,
            groups: GROUPS,
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
            .max(batch::backward_scratch(&geometry))
            .max(group::forward_scratch(&groups))
            .max(group::backward_scratch(&groups));
        let c = volume.channels;
        let mut case = Self {
            pass,
            geometry,
            groups,
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
            kept: zeros(groups.kept())?,
            scratch: zeros(scratch)?,
        };
        // What the backward passes read.
        match pass {
            Pass::BatchForward | Pass::BatchBackward => case.batch_forward(),
            Pass::GroupForward | Pass::GroupBackward => case.group_forward(),
        }
        Ok(case)
    }

    pub(crate) fn run(&mut self) {
        match self.pass {
            Pass::BatchForward => self.batch_forward(),
            Pass::BatchBackward => self.batch_backward(),
            Pass::GroupForward => self.group_forward(),
            Pass::GroupBackward => self.group_backward(),
        }
    }

    fn batch_forward(&mut self) {
        let g = &self.geometry;
        let [gamma, beta, mean, variance, ..] = &mut self.vectors;
        batch::statistics(g, &self.x, mean, variance, &mut self.scratch);
        let norm = Norm {
            epsilon: EPSILON,
            statistics: NormStatistics::Batch(Statistics { mean, variance }),
            affine: Affine { gamma, beta },
            rectified: true,
        };
        batch::forward(g, norm, &self.x, &mut self.y, &mut self.scratch);
    }

    fn batch_backward(&mut self) {
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
        batch::backward(&self.geometry, EPSILON, given, to, &mut self.scratch);
    }

    fn group_forward(&mut self) {
        let [gamma, beta, ..] = &self.vectors;
        let to = [&mut self.y[..], &mut self.kept, &mut self.scratch];
        group::forward(&self.groups, EPSILON, &self.x, Affine { gamma, beta }, to);
    }

    fn group_backward(&mut self) {
        let [gamma, .., dgamma, dbeta] = &mut self.vectors;
        let to = Gradients {
            dx: Some(&mut self.dx),
            affine: Some([dgamma, dbeta]),
        };
        let given = [&self.x[..], &self.dy, gamma, &self.kept];
        group::backward(&self.groups, EPSILON, given, to, &mut self.scratch);
    }

    /// Two operations a value for the statistics or the sums, and two for the outputs, as a lower
    /// bound: what takes time is memory.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            flops: 4.0 * self.geometry.len() as f64,
            examples: self.groups.examples,
            parameters: 2 * self.geometry.channels,
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        let arrays = self.vectors.iter().chain([&self.y, &self.dx, &self.kept]);
        arrays
            .flat_map(|values| values.iter())
            .all(|value| value.is_finite())
    }
}
