//! The built-in layers, one file each (`window.rs` and `pool.rs` hold what several share), and the
//! registry that builds them from the notation.

mod activation;
mod arguments;
mod avgpool;
mod batch_norm;
mod conv;
mod dropout;
mod flatten;
mod fold;
mod layer_norm;
mod linear;
mod maxpool;
mod pad;
mod planned;
mod pool;
mod registry;
mod together;
mod window;

pub use activation::Activation;
pub use avgpool::AvgPool;
pub use batch_norm::BatchNorm;
pub use conv::Conv;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use maxpool::MaxPool;
pub use pad::Pad;
pub(crate) use registry::BuiltIn;
pub use registry::Registry;
