use super::*;
use crate::testing::{assert_bits, normal};

/// Filters that were packed for one image give what the pass gives that packs them itself, bit by bit.
pub(in crate::conv::pooled) fn check<T: Real>(g: &PooledGeometry, x: &[T]) {
    let plan = Plan::of::<T>(*g);
    let (w, b) = (
        normal::<T>(21, g.conv.weights_len()),
        normal::<T>(22, g.conv.filters),
    );
    for bias in [Some(&b[..]), None] {
        let (mut y, mut expected) = (vec![T::nan(); g.y_len()], vec![T::nan(); g.y_len()]);
        let mut scratch = vec![T::nan(); plan.forward_scratch::<T>()];
        plan.forward(x, &w, bias, &mut expected, None, &mut scratch);
        let filters = Plan::of::<T>(g.with_batch(1)).pack(&w, bias).unwrap();
        let mut scratch = vec![T::nan(); filters.scratch(g.conv.batch)];
        filters.forward(g.conv.batch, x, &mut y, &mut scratch);
        assert_bits(&y, &expected);
    }
}
