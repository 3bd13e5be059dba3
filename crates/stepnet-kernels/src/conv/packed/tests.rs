use super::*;
use crate::Padding;
use crate::conv::ConvWindow;
use crate::testing::{assert_bits, normal, on_threads};

/// Filters that were packed for one image give what a plan's pass gives that packs them itself, bit by bit.
pub(in crate::conv) fn check<T: Real>(plan: &Plan, x: &[T]) {
    let g = plan.geometry();
    let (w, b) = (normal::<T>(21, g.weights_len()), normal::<T>(22, g.filters));
    for (bias, relu) in [(Some(&b[..]), false), (Some(&b), true), (None, false)] {
        let mut expected = vec![T::nan(); g.y_len()];
        let mut scratch = vec![T::nan(); plan.scratch::<T>(Pass::Forward)];
        match relu {
            true => plan.forward_relu(x, &w, bias, &mut expected, &mut scratch),
            false => plan.forward(x, &w, bias, &mut expected, &mut scratch),
        }
        for threads in [1, 3] {
            let y = on_threads(threads, || {
                let filters = plan.with_batch::<T>(1).pack(&w, bias).unwrap();
                let mut y = vec![T::nan(); g.y_len()];
                let mut scratch = vec![T::nan(); filters.scratch(g.batch)];
                filters.forward(g.batch, x, &mut y, &mut scratch, relu);
                y
            });
            assert_bits(&y, &expected);
        }
    }
}

/// A plan for two images.
fn plan() -> Plan {
    let window = ConvWindow {
        kernel: [3, 3],
        padding: Padding::even(1),
        ..ConvWindow::default()
    };
    Plan::new::<f32>(&ConvGeometry::new(2, [5, 5, 2], 4, window, 1).unwrap())
}

#[test]
fn sizes_count_what_is_held() {
    let g = *plan().geometry();
    let filters = plan()
        .pack(&vec![1.0_f32; g.weights_len()], Some(&[1.0; 4]))
        .unwrap();
    assert!(filters.bytes() >= 4 * (g.weights_len() + g.filters));
    assert!(filters.scratch(2) < plan().scratch::<f32>(Pass::Forward));
    assert_eq!(filters.geometry(), &g);
}

#[test]
#[should_panic(expected = "x holds 50 values, expected 150")]
fn an_input_of_another_batch_is_refused() {
    let g = *plan().geometry();
    let filters = plan().pack(&vec![1.0_f32; g.weights_len()], None).unwrap();
    let mut scratch = vec![0.0; filters.scratch(3)];
    filters.forward(3, &[0.0; 50], &mut [0.0; 300], &mut scratch, false);
}

#[test]
#[should_panic(expected = "w holds 7 values, expected 72")]
fn filters_of_another_geometry_are_refused() {
    let _ = plan().pack(&[1.0_f32; 7], None);
}
