//! Whether a convolution, its ReLU and its pooling run in one, and whether its gradients are summed from the winners.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::{Choice, Method};
use crate::conv::parts::blocks::Cut;
use crate::conv::parts::schedule::Sums;
use crate::conv::pooled::geometry::PooledGeometry;
use crate::conv::thresholds::{Thresholds, Winners};
use crate::decision::{Relation, Verdict, at_most, compare};
use crate::long_sum::LONGEST;
use crate::pool::PoolGeometry;

/// The verdict on the cycles that a winner takes, against those of the dense pass.
fn below(cycles: usize, dense: usize) -> Verdict {
    let (holds, cycles, dense) = (cycles < dense, cycles as f64, dense as f64);
    compare("cycles per winner", cycles, Relation::Below, dense, holds)
}

/// The method of a pooled convolution's forward pass, if that is a sum over windows.
pub(super) fn sums<T: Real>(g: &PooledGeometry, choice: Choice) -> Sums<'_> {
    Sums::new::<T>(&g.conv, Direction::Forward, choice.method, choice.set)
}

impl PooledGeometry {
    /// The three in one, where `Plan::new` has a plan for them.
    pub(super) fn by<T: Real>(
        choice: Choice,
        conv: ConvGeometry,
        pool: PoolGeometry,
        relu: bool,
    ) -> Option<Self> {
        let apart = pool.stride[0] >= pool.kernel[0] && pool.stride[1] >= pool.kernel[1];
        let fits = pool.input == conv.output && pool.batch == conv.batch;
        let row = pool.stride[0].saturating_mul(conv.output[1] * conv.output[2]);
        let new = Self { conv, pool, relu };
        let most = Thresholds::of(choice.asked).winners.row;
        let short = || {
            let is_sum = !matches!(choice.method, Method::Winograd | Method::Reference);
            // One example decides: whether layers are fused may not depend on the batch.
            let one = Cut {
                examples: 1,
                ..new.cut()
            };
            is_sum && sums::<T>(&new, choice).staged(one) <= most
        };
        let good = fits && apart && pool.padding.is_zero() && row <= most && short();
        good.then_some(new)
    }

    /// Whether the filters' gradients are summed from the winners alone: some cycles to list one of
    /// them, and about one for eight elements of its window. Else they are computed as `dense` says.
    pub(super) fn winners_for_weights(&self, dense: Choice) -> Verdict {
        let Winners { list, add, .. } = Thresholds::of(dense.asked).winners;
        let filters = self.conv.group_filters();
        let cycles = self.dense_cost(filters, self.conv.patch_len()) / filters;
        // Winograd's method takes half of the time, or less.
        let cycles = match dense.method {
            Method::Winograd => cycles / 2,
            _ => cycles,
        };
        let [rows, vectors] = self.rows();
        below(list + rows * vectors * add[0] / add[1], cycles)
    }

    /// Whether the images' gradients are: what is added to is loaded and stored each time.
    pub(super) fn winners_for_data(&self, dense: Choice) -> Verdict {
        let Winners {
            spread, spread_add, ..
        } = Thresholds::of(dense.asked).winners;
        let taps = self.conv.kernel[0] * self.conv.kernel[1];
        let cycles = self.dense_cost(self.conv.group_channels(), taps);
        let [rows, vectors] = self.rows();
        // What is added to where it lies is one running sum over the filters.
        at_most("filters", self.conv.group_filters(), LONGEST)?;
        below(
            spread[0] + rows * (spread[1] + vectors * spread_add[0] / spread_add[1]),
            cycles,
        )
    }
}
