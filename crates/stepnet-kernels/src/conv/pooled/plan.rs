//! The plan of a pooled convolution: the method of each pass, and the passes by it.

use crate::Real;
use crate::assert_len;
use crate::conv::direction::Direction;
use crate::conv::geometry::ConvGeometry;
use crate::conv::method::{Choice, Method};
use crate::conv::methods::winners::{data as sparse_data, weights as sparse_weights};
use crate::conv::plan as conv;
use crate::conv::pooled::choose::sums;
use crate::conv::pooled::geometry::{Gradient, Gradients, PooledGeometry};
use crate::conv::pooled::values::lay_out;
use crate::conv::run::{SumArguments, WeightsArguments, packed_or};
use crate::decision::{Pass, PassPlan, Verdict};
use crate::pool::PoolGeometry;
use crate::simd::InstructionSet;
use crate::work::compiled;

/// How each pass of a convolution, its ReLU and its pooling in one is computed: decided once, for one number type.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub(super) geometry: PooledGeometry,
    /// Of the convolution alone.
    pub(super) conv: conv::Plan,
    /// Whether the weights gradient and the data gradient are summed from the winners, and why or why not.
    winners: [Verdict; 2],
}

impl Plan {
    /// The plan for numbers `T` on the best instruction set here, for a convolution whose plan is `conv`; `None` where
    /// they are better done one after the other: windows that overlap or are padded, rows too long for the cache, and
    /// convolutions that are not sums over windows (Winograd's method).
    pub fn new<T: Real>(conv: &conv::Plan, pool: PoolGeometry, relu: bool) -> Option<Self> {
        let forward = conv.choice::<T>(Pass::Forward);
        let geometry = PooledGeometry::by::<T>(forward, *conv.geometry(), pool, relu)?;
        Some(Self::with::<T>(geometry, *conv))
    }

    /// The plan of a geometry.
    #[cfg(test)]
    pub(super) fn of<T: Real>(geometry: PooledGeometry) -> Self {
        Self::with::<T>(
            geometry,
            conv::Plan::on::<T>(InstructionSet::best(), &geometry.conv),
        )
    }

    fn with<T: Real>(geometry: PooledGeometry, conv: conv::Plan) -> Self {
        let winners = [
            geometry.winners_for_weights(conv.choice::<T>(Pass::Weights)),
            geometry.winners_for_data(conv.choice::<T>(Pass::Data)),
        ];
        Self {
            geometry,
            conv,
            winners,
        }
    }

    /// The sizes.
    pub fn geometry(&self) -> &PooledGeometry {
        &self.geometry
    }

    /// The sizes of the convolution.
    pub fn conv_geometry(&self) -> &ConvGeometry {
        &self.geometry.conv
    }

    /// Whether the plan was made for numbers `T`.
    pub fn is_for<T>(&self) -> bool {
        self.conv.is_for::<T>()
    }

    /// The method of a pass.
    pub fn method(&self, pass: Pass) -> Method {
        match self.winners(pass) {
            Some(Ok(_)) => Method::Winners,
            _ => self.conv.method(pass),
        }
    }

    /// The method of a pass and why, to be printed.
    pub fn explain<T: Real>(&self, pass: Pass) -> PassPlan {
        let dense = self.conv.explain::<T>(pass);
        match self.winners(pass) {
            None => PassPlan {
                scratch: self.forward_scratch::<T>() * size_of::<T>(),
                ..dense
            },
            Some(Ok(reason)) => PassPlan {
                pass,
                method: Method::Winners.name(),
                instruction_set: InstructionSet::best().narrow().name(),
                reason,
                refused: Vec::new(),
                scratch: self.backward_scratch::<T>() * size_of::<T>(),
            },
            Some(Err(reason)) => {
                let mut refused = vec![(Method::Winners.name(), reason)];
                refused.extend(dense.refused);
                PassPlan {
                    refused,
                    scratch: self.backward_scratch::<T>() * size_of::<T>(),
                    ..dense
                }
            }
        }
    }

    /// Whether a gradient is summed from the winners; `None` of the forward pass.
    fn winners(&self, pass: Pass) -> Option<Verdict> {
        match pass {
            Pass::Forward => None,
            Pass::Weights => Some(self.winners[0]),
            Pass::Data => Some(self.winners[1]),
        }
    }

    /// Elements of scratch memory of the forward pass, for the plan's batch and every smaller one.
    pub fn forward_scratch<T: Real>(&self) -> usize {
        let choice = self.conv.choice::<T>(Pass::Forward);
        sums::<T>(&self.geometry, choice).pooled_scratch::<T>(&self.geometry)
    }

    /// Elements of scratch memory of the backward pass, for the plan's batch and every smaller one.
    pub fn backward_scratch<T: Real>(&self) -> usize {
        let g = &self.geometry;
        let [by_weights, by_data] = self.winners.map(|verdict| verdict.is_ok());
        // For a smaller batch the weights gradient may come from the winners even if it does not for this one.
        let weights = sparse_weights::weights_scratch(g).max(match by_weights {
            true => 0,
            false => self.conv.scratch::<T>(Pass::Weights),
        });
        let data = match by_data {
            true => g.conv.weights_len(),
            false => self.conv.scratch::<T>(Pass::Data),
        };
        let dz = match by_weights && by_data {
            true => 0,
            false => g.conv.y_len(),
        };
        dz + weights.max(data)
    }

    /// `y = maxpool(relu(conv(x, w) + b))`, and the winners: their places in the convolution's output of the example,
    /// the first of equals. Every value is bitwise that of the three passes one after the other.
    ///
    /// # Shapes
    ///
    /// As [`crate::conv::forward`] and [`crate::pool::max_forward`]: `y` and `winners` (batch, out_height, out_width,
    /// filters), written.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::forward_scratch`].
    pub fn forward<T: Real>(
        &self,
        x: &[T],
        w: &[T],
        b: Option<&[T]>,
        y: &mut [T],
        winners: Option<&mut [u32]>,
        scratch: &mut [T],
    ) {
        const NAME: &str = "pooled convolution forward";
        let g = &self.geometry;
        assert_len(NAME, "x", x, g.conv.x_len());
        assert_len(NAME, "w", w, g.conv.weights_len());
        assert_len(NAME, "y", y, g.y_len());
        if let Some(b) = b {
            assert_len(NAME, "b", b, g.conv.filters);
        }
        if let Some(winners) = &winners {
            assert_len(NAME, "the winners", winners, g.y_len());
        }
        T::run::<ForwardPass>(Forward {
            name: NAME,
            g,
            choice: self.conv.choice::<T>(Pass::Forward),
            x,
            w,
            b,
            packed: None,
            y,
            winners,
            scratch,
        });
    }

    /// The gradients with respect to the images, the filters and the bias.
    ///
    /// # Shapes
    ///
    /// `x`, `w` and `gradient` as [`Plan::forward`] has them; each gradient has the shape of what it belongs to, and is
    /// written.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::backward_scratch`].
    pub fn backward<T: Real>(
        &self,
        x: &[T],
        w: &[T],
        gradient: Gradient<'_, T>,
        to: Gradients<'_, T>,
        scratch: &mut [T],
    ) {
        let g = &self.geometry;
        assert_len(BACKWARD, "x", x, g.conv.x_len());
        assert_len(BACKWARD, "w", w, g.conv.weights_len());
        assert_len(BACKWARD, "y", gradient.y, g.y_len());
        assert_len(BACKWARD, "dy", gradient.dy, g.y_len());
        assert_len(BACKWARD, "the winners", gradient.winners, g.y_len());
        if let Some(dx) = &to.dx {
            assert_len(BACKWARD, "dx", dx, g.conv.x_len());
        }
        if let Some(dw) = &to.dw {
            assert_len(BACKWARD, "dw", dw, g.conv.weights_len());
        }
        if let Some(db) = &to.db {
            assert_len(BACKWARD, "db", db, g.conv.filters);
        }
        T::run::<BackwardPass>(Backward {
            plan: self,
            x,
            w,
            gradient,
            to,
            scratch,
        });
    }
}

const BACKWARD: &str = "pooled convolution backward";

/// A forward pass with its arrays.
#[derive(Debug)]
pub(crate) struct Forward<'a, T> {
    pub(super) name: &'static str,
    pub(super) g: &'a PooledGeometry,
    pub(super) choice: Choice,
    pub(super) x: &'a [T],
    pub(super) w: &'a [T],
    pub(super) b: Option<&'a [T]>,
    /// The filters and the bias as the method reads them, where they are packed already.
    pub(super) packed: Option<&'a [T]>,
    pub(super) y: &'a mut [T],
    pub(super) winners: Option<&'a mut [u32]>,
    pub(super) scratch: &'a mut [T],
}

compiled!(ForwardPass, Forward);

impl<T: Real> Forward<'_, T> {
    fn run(self) {
        if T::NAIVE {
            unreachable!("{} for numbers with naive loops alone", self.name);
        }
        let Self { g, w, b, .. } = self;
        let sums = sums::<T>(g, self.choice);
        let sizes = [sums.packed_len(), sums.least_pooled_scratch(g)];
        let pack = |to: &mut [T], _: &mut [T]| sums.pack(w, b, to);
        let (packed, scratch) = packed_or(self.name, self.packed, sizes, self.scratch, pack);
        sums.run_pooled(g, [self.x, packed], self.y, self.winners, scratch);
    }
}

/// A backward pass with its arrays.
#[derive(Debug)]
pub(crate) struct Backward<'a, T> {
    plan: &'a Plan,
    x: &'a [T],
    w: &'a [T],
    gradient: Gradient<'a, T>,
    to: Gradients<'a, T>,
    scratch: &'a mut [T],
}

compiled!(BackwardPass, Backward);

impl<T: Real> Backward<'_, T> {
    fn run(self) {
        if T::NAIVE {
            unreachable!("{BACKWARD} for numbers with naive loops alone");
        }
        let Self {
            plan,
            x,
            w,
            gradient,
            to: Gradients { dx, dw, db },
            scratch,
        } = self;
        let g = &plan.geometry;
        let [by_weights, by_data] = plan.winners.map(|verdict| verdict.is_ok());
        let dense_weights = dw.is_some() && !by_weights;
        let dense_data = dx.is_some() && !by_data;
        let (dz, scratch) = match dense_weights || dense_data {
            true => scratch.split_at_mut(g.conv.y_len()),
            false => scratch.split_at_mut(0),
        };
        if dense_weights || dense_data {
            lay_out(g, gradient.y, gradient.dy, gradient.winners, dz);
        }
        match dw {
            Some(dw) if dense_weights => WeightsArguments {
                name: BACKWARD,
                g: &g.conv,
                choice: plan.conv.choice::<T>(Pass::Weights),
                x,
                dy: dz,
                dw,
                db,
                scratch: &mut *scratch,
            }
            .run(),
            Some(dw) => sparse_weights::weights(g, x, &gradient, dw, db, scratch),
            None => {}
        }
        match dx {
            Some(dx) if dense_data => SumArguments {
                name: BACKWARD,
                g: &g.conv,
                choice: plan.conv.choice::<T>(Pass::Data),
                direction: Direction::Backward,
                source: dz,
                w,
                bias: None,
                packed: None,
                out: dx,
                scratch,
                relu: false,
            }
            .run(),
            Some(dx) => sparse_data::data(g, w, &gradient, dx, scratch),
            None => {}
        }
    }
}
