//! PyTorch.

pub(crate) mod import;
