//! "Convolutional neural networks: step by step" (course 4, week 1): the functions of [`steps`](crate::steps).

pub use crate::steps::{
    conv_backward, conv_forward, conv_single_step, create_mask_from_window, distribute_value,
    pool_backward, pool_forward, zero_pad,
};
