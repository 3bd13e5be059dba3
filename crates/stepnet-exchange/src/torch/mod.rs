//! PyTorch.

pub mod export;
