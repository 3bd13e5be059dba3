//! The built-in layers, one file each (`window.rs`, `pool.rs` and `pointwise.rs` hold what several share); `list.rs`
//! names them all, and the registry builds them from the notation.

mod arguments;
mod avgpool;
mod batch_norm;
mod conv;
mod dropout;
mod flatten;
mod fold;
mod gelu;
mod kind;
mod layer_norm;
mod leaky_relu;
mod linear;
mod list;
mod maxpool;
mod pad;
mod planned;
mod pointwise;
mod pool;
mod registry;
mod relu;
mod sigmoid;
mod silu;
mod softmax;
mod tanh;
mod together;
mod window;

pub use avgpool::AvgPool;
use avgpool::GlobalAvgPool;
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
pub use sigmoid::Sigmoid;
