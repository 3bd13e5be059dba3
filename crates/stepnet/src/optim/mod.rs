//! Optimisers: gradient descent, momentum, Adam.
