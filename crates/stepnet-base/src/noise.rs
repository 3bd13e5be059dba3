//! Random numbers that do not depend on the order of the work.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// Where the random numbers of one training step come from: keyed, so that they depend on
/// nothing but the seed, the epoch, the example and the layer, in whatever order work is done.
#[derive(Debug, Clone, Copy)]
pub struct Noise<'a> {
    /// The training run's seed.
    pub seed: u64,
    /// The epoch, from 0.
    pub epoch: u64,
    /// Each example's number in its data set.
    pub examples: &'a [u64],
}

impl Noise<'_> {
    /// The generator for the `example`th of the batch in layer number `layer`.
    pub fn generator(&self, layer: usize, example: usize) -> ChaCha8Rng {
        let mut key = [0_u8; 32];
        let parts = [self.seed, self.epoch, self.examples[example], layer as u64];
        for (place, part) in key.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        ChaCha8Rng::from_seed(key)
    }
}
