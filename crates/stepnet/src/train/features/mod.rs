//! Features: the values before a network's last `linear` layer, of images and of whole data sets.

mod cache;
mod extract;
mod similar;

pub use cache::{FeatureCache, FeatureKey};
pub(super) use extract::{DataImages, Extracted};
pub use extract::{FeatureExtractor, FeatureProgress};
pub use similar::{Similarity, most_similar};

#[cfg(test)]
mod tests;
