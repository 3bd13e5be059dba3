//! Tests of the steps in addition to the fixtures.

mod edges;
mod refusals;

use ndarray::Array4;

use crate::Result;
use stepnet_base::rng::RandomState;

fn randn(shape: (usize, usize, usize, usize)) -> Array4<f64> {
    RandomState::new(11).randn(shape).unwrap()
}

/// The one line that a refused call prints.
fn message<T>(result: Result<T>) -> String {
    let Err(error) = result else {
        panic!("the call was not refused")
    };
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text
}
