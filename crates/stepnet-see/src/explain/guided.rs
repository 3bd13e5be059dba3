//! A `relu` whose backward pass holds back what would lower the score.

use stepnet_kernels::Real;
use stepnet_nn::layer::{Backward, Forward, LayerError, Reads};
use stepnet_nn::notation::LayerText;
use stepnet_nn::{Layer, Shape};

/// `y = max(0, x)` forward; backward `dx = dy` where both `x > 0` and `dy > 0`, else 0 (Springenberg et al., "Striving
/// for Simplicity: The All Convolutional Net", 2015).
#[derive(Debug, Clone)]
pub(super) struct GuidedRelu(pub(super) LayerText);

impl<T: Real> Layer<T> for GuidedRelu {
    fn text(&self) -> LayerText {
        self.0.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads::OUTPUT
    }

    fn forward(&self, pass: Forward<'_, T>) {
        for (y, &x) in pass.y.iter_mut().zip(pass.x) {
            // A NaN goes through.
            *y = if x <= T::zero() { T::zero() } else { x };
        }
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let Some(dx) = pass.dx else { return };
        for ((dx, &dy), &y) in dx.iter_mut().zip(pass.dy).zip(pass.y) {
            let passes = !(y <= T::zero() || dy <= T::zero());
            *dx = if passes { dy } else { T::zero() };
        }
    }
}
