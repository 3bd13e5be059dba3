//! The plans of a layer's passes, each made once.

use std::sync::OnceLock;

use crate::shape::Shape;

/// Numbers of examples whose plans are kept: those of a training batch, an evaluation's batch, the last
/// batches of both, and a single prediction.
const KEPT: usize = 6;

/// The plans of a layer, for a shape of input and a number of examples each: made when the network's plan asks for the
/// layer's memory, or by the first pass over a smaller batch, and kept for every pass after that.
#[derive(Debug, Clone)]
pub(super) struct PlanCache<P>([OnceLock<CachedPlan<P>>; KEPT]);

#[derive(Debug, Clone)]
struct CachedPlan<P> {
    input: Shape,
    batch: usize,
    plan: P,
}

impl<P> Default for PlanCache<P> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| OnceLock::new()))
    }
}

impl<P: Copy> PlanCache<P> {
    /// The plan that is kept for `batch` examples of this shape, if it `suits`; else a new one, which is kept where
    /// there is room.
    pub(super) fn get(
        &self,
        input: Shape,
        batch: usize,
        suits: impl Fn(&P) -> bool,
        make: impl Fn() -> P,
    ) -> P {
        for kept in &self.0 {
            let kept = kept.get_or_init(|| CachedPlan {
                input,
                batch,
                plan: make(),
            });
            if kept.input == input && kept.batch == batch && suits(&kept.plan) {
                return kept.plan;
            }
        }
        make()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_plan_is_made_once_for_its_input_and_batch() {
        let (plans, made) = (PlanCache::default(), Cell::new(0));
        let get = |features: usize, batch: usize| {
            let make = || {
                made.set(made.get() + 1);
                (features, batch)
            };
            plans.get(Shape::Features(features), batch, |_| true, make)
        };
        for _ in 0..3 {
            for (features, batch) in [(3, 8), (3, 1), (4, 8), (3, 5), (4, 1), (3, 2)] {
                assert_eq!(get(features, batch), (features, batch));
            }
        }
        assert_eq!(made.get(), KEPT);
        // Plans beyond the limit are made each time.
        assert_eq!([get(3, 9), get(3, 9)], [(3, 9); 2]);
        assert_eq!(made.get(), KEPT + 2);
    }

    #[test]
    fn a_plan_that_does_not_suit_is_not_taken() {
        let plans = PlanCache::default();
        let get = |plan: u8| plans.get(Shape::Features(3), 2, |kept| *kept == plan, || plan);
        assert_eq!([get(1), get(2), get(1), get(2)], [1, 2, 1, 2]);
    }
}
