//! "Building your deep neural network: step by step" (course 1, week 4): the functions of [`steps`](crate::steps).

pub use crate::steps::{
    L_model_backward, L_model_forward, compute_cost, initialize_parameters,
    initialize_parameters_deep, linear_activation_backward, linear_activation_forward,
    linear_backward, linear_forward, relu, relu_backward, sigmoid, sigmoid_backward,
    update_parameters,
};
