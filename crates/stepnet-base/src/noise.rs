//! Random numbers that do not depend on the order of the work.

use std::convert::Infallible;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _, TryRng};

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
    /// The generator for the `example`th of the batch in layer number `layer`: 64 bits on every machine, since the largest
    /// numbers stand for what is no layer.
    pub fn generator(&self, layer: u64, example: usize) -> NoiseGenerator {
        let mut key = [0_u8; 32];
        let parts = [self.seed, self.epoch, self.examples[example], layer];
        for (place, part) in key.chunks_exact_mut(8).zip(parts) {
            place.copy_from_slice(&part.to_le_bytes());
        }
        NoiseGenerator(ChaCha8Rng::from_seed(key))
    }
}

/// Random numbers of one example in one layer, from [`Noise::generator`]: ChaCha with 8 rounds.
///
/// It is a generator of `rand_core`, too, for the distributions of `rand` and `rand_distr`.
#[derive(Debug, Clone)]
pub struct NoiseGenerator(ChaCha8Rng);

impl NoiseGenerator {
    /// The next 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// The next number from 0 to less than 1, of 53 random bits.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl TryRng for NoiseGenerator {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}
