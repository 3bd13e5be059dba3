//! The methods, one file each, and the table of them: the command's help, the names in messages and the documentation
//! are derived from it.

pub(super) mod grad_cam;
mod grad_cam_plus_plus;
mod guided_relu;
mod integrated_gradients;
mod occlusion;
mod saliency;
mod smooth_grad;

use super::method::Method;
use stepnet_nn::Number;

/// All methods, in the order in which they are listed.
pub(super) fn table<T: Number>() -> [&'static dyn Method<T>; 7] {
    [
        &grad_cam::Row,
        &grad_cam_plus_plus::Row,
        &saliency::Row,
        &smooth_grad::Row,
        &integrated_gradients::Row,
        &guided_relu::Row,
        &occlusion::Row,
    ]
}
