//! Random numbers: the legacy generator of numpy, bit for bit.
//!
//! [`RandomState`] gives the numbers that `numpy.random.RandomState` gives for the same seed and the same
//! calls, so that a notebook's seed leads to the notebook's weights, on every platform.
//!
//! ```
//! use stepnet::rng::RandomState;
//!
//! let mut random = RandomState::new(1);
//! assert_eq!(random.normal(), 1.6243453636632417);
//! assert_eq!(random.normal(), -0.6117564136500754);
//! ```
//!
//! One difference is possible and wanted. numpy takes the logarithm inside `randn` from the C library of the
//! machine, whose last bit is wrong now and then (about 40 draws in 100,000); here it is always the correctly
//! rounded one, so results do not depend on the machine.

mod fixed;
mod ln;
mod mt19937;
#[cfg(test)]
mod tests;

use ndarray::{Array, Dimension, IntoDimension};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};
use mt19937::{Mt19937, WORDS};

/// A generator of random numbers that follows `numpy.random.RandomState` bit for bit.
///
/// It is not for secrets: the stream can be predicted from 624 of its words.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomState {
    generator: Mt19937,
    /// Normals come in pairs; this is the second of the last pair.
    cached_normal: Option<f64>,
}

/// Everything needed to continue a [`RandomState`] later, in the terms of numpy's `get_state`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedState {
    /// The 624 words of the Mersenne Twister (numpy's `keys`).
    pub words: Vec<u32>,
    /// How many of these words have been used, 0 to 624 (numpy's `pos`).
    pub position: usize,
    /// The normal that the next call of [`RandomState::normal`] returns, if one is left over
    /// (numpy's `has_gauss` and `cached_gaussian`).
    pub cached_normal: Option<f64>,
}

impl RandomState {
    /// The generator that numpy's `RandomState(seed)` or `np.random.seed(seed)` starts.
    pub fn new(seed: u32) -> Self {
        Self {
            generator: Mt19937::new(seed),
            cached_normal: None,
        }
    }

    /// The next 32 random bits of the Mersenne Twister, from which everything else is made.
    pub fn next_u32(&mut self) -> u32 {
        self.generator.next_u32()
    }

    /// A number from the uniform distribution on `[0, 1)`: one value of numpy's `rand`.
    ///
    /// `u = (a * 2^26 + b) / 2^53`, where `a` and `b` are the upper 27 and 26 bits of the next two words.
    /// A cached normal is kept.
    pub fn uniform(&mut self) -> f64 {
        let a = f64::from(self.generator.next_u32() >> 5);
        let b = f64::from(self.generator.next_u32() >> 6);
        (a * 67_108_864.0 + b) / 9_007_199_254_740_992.0
    }

    /// A number from the standard normal distribution: one value of numpy's legacy `randn`.
    ///
    /// Marsaglia's polar method: a point `(x1, x2)` drawn uniformly in the unit disc, `r2 = x1^2 + x2^2`,
    /// `f = sqrt(-2 ln(r2) / r2)`; the call returns `f x2`, the next one `f x1`. The logarithm is correctly
    /// rounded. The sum for `r2` is rounded after each product: a fused multiply-add would change last bits.
    pub fn normal(&mut self) -> f64 {
        if let Some(normal) = self.cached_normal.take() {
            return normal;
        }
        loop {
            let x1 = 2.0 * self.uniform() - 1.0;
            let x2 = 2.0 * self.uniform() - 1.0;
            let r2 = x1 * x1 + x2 * x2;
            if r2 < 1.0 && r2 != 0.0 {
                let f = (-2.0 * ln::ln(r2) / r2).sqrt();
                self.cached_normal = Some(f * x1);
                return f * x2;
            }
        }
    }

    /// Fills a slice with uniform numbers on `[0, 1)`, in order, as [`uniform`](Self::uniform) draws them.
    pub fn fill_rand(&mut self, values: &mut [f64]) {
        values.iter_mut().for_each(|value| *value = self.uniform());
    }

    /// Fills a slice with standard normals, in order, as [`normal`](Self::normal) draws them.
    pub fn fill_randn(&mut self, values: &mut [f64]) {
        values.iter_mut().for_each(|value| *value = self.normal());
    }

    /// An array of uniform numbers on `[0, 1)`, filled row by row: numpy's `rand`.
    ///
    /// # Errors
    ///
    /// If an array of that shape does not fit in memory.
    pub fn rand<D: IntoDimension>(&mut self, shape: D) -> Result<Array<f64, D::Dim>> {
        let mut array = new_array("RandomState::rand", shape.into_dimension())?;
        array.iter_mut().for_each(|value| *value = self.uniform());
        Ok(array)
    }

    /// An array of standard normals, filled row by row: numpy's `randn`.
    ///
    /// ```
    /// use stepnet::rng::RandomState;
    ///
    /// let x = RandomState::new(1).randn((4, 3, 3, 2))?;
    /// assert_eq!(x[[1, 1, 0, 0]], 0.9008559492644118);
    /// # Ok::<(), stepnet::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If an array of that shape does not fit in memory.
    pub fn randn<D: IntoDimension>(&mut self, shape: D) -> Result<Array<f64, D::Dim>> {
        let mut array = new_array("RandomState::randn", shape.into_dimension())?;
        array.iter_mut().for_each(|value| *value = self.normal());
        Ok(array)
    }

    /// `n` whole numbers from `low` up to but not including `high`, each as likely: numpy's
    /// `randint(low, high, n)` with its default type `int64`.
    ///
    /// Draws are masked to the bits of the largest offset `high - 1 - low` and repeated while they exceed it:
    /// one 32-bit word each if that offset fits in 32 bits, else two. A range of one value draws nothing.
    ///
    /// ```
    /// use stepnet::rng::RandomState;
    ///
    /// assert_eq!(RandomState::new(0).randint(0, 10, 5)?, [5, 0, 3, 3, 7]);
    /// # Ok::<(), stepnet::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `high` is not above `low`, or if `n` numbers do not fit in memory.
    pub fn randint(&mut self, low: i64, high: i64, n: usize) -> Result<Vec<i64>> {
        const OPERATION: &str = "RandomState::randint";
        if high <= low {
            return Err(Error::value(
                OPERATION,
                "high",
                high,
                format!("a number above low, which is {low}"),
            ));
        }
        let mut numbers = reserve(OPERATION, "n", n.to_string(), Some(n))?;
        let largest = high.abs_diff(low) - 1;
        numbers.extend((0..n).map(|_| low.wrapping_add_unsigned(self.offset(largest))));
        Ok(numbers)
    }

    /// The numbers `0..n` in random order: numpy's `permutation(n)`.
    ///
    /// ```
    /// use stepnet::rng::RandomState;
    ///
    /// assert_eq!(RandomState::new(0).permutation(5), [2, 0, 1, 3, 4]);
    /// ```
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// Puts a slice in random order: numpy's `shuffle` of a list or of the first axis of an array.
    ///
    /// From the last position down to the second, each value is exchanged with one at or before it
    /// (the Fisher-Yates shuffle).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            // The offset is at most i, so it is a usize again.
            let j = self.offset(i as u64) as usize;
            values.swap(i, j);
        }
    }

    /// The state to continue from with [`from_state`](Self::from_state).
    pub fn state(&self) -> SavedState {
        SavedState {
            words: self.generator.words().to_vec(),
            position: self.generator.position(),
            cached_normal: self.cached_normal,
        }
    }

    /// Continues exactly where [`state`](Self::state) was taken, or where numpy's `get_state` was.
    ///
    /// # Errors
    ///
    /// If there are not 624 words, if no bit is set that the generator could work with, if the position is
    /// above 624, or if the cached normal is not finite.
    pub fn from_state(state: &SavedState) -> Result<Self> {
        const OPERATION: &str = "RandomState::from_state";
        let words: [u32; WORDS] = state.words.as_slice().try_into().map_err(|_| {
            Error::shape(
                OPERATION,
                "words",
                &[state.words.len()],
                format!("[{WORDS}] (the state of MT19937)"),
            )
        })?;
        if state.position > WORDS {
            return Err(Error::value(
                OPERATION,
                "position",
                state.position,
                format!("0 to {WORDS}"),
            ));
        }
        if let Some(normal) = state.cached_normal.filter(|normal| !normal.is_finite()) {
            return Err(Error::value(
                OPERATION,
                "cached_normal",
                normal,
                "a finite number or none",
            ));
        }
        let generator = Mt19937::from_parts(words, state.position).ok_or_else(|| {
            Error::value(
                OPERATION,
                "words",
                "all zero",
                "words of which some are not zero",
            )
        })?;
        Ok(Self {
            generator,
            cached_normal: state.cached_normal,
        })
    }

    /// A number from 0 to `largest` inclusive, by masking and rejecting.
    fn offset(&mut self, largest: u64) -> u64 {
        if largest == 0 {
            return 0;
        }
        let mask = u64::MAX >> largest.leading_zeros();
        loop {
            let bits = if largest <= u64::from(u32::MAX) {
                u64::from(self.generator.next_u32())
            } else {
                self.generator.next_u64()
            };
            if bits & mask <= largest {
                return bits & mask;
            }
        }
    }
}

/// An array of zeros, or an error where the sizes overflow or memory does not suffice.
fn new_array<D: Dimension>(operation: &'static str, shape: D) -> Result<Array<f64, D>> {
    let found = format!("{:?}", shape.slice());
    let len = shape.size_checked();
    let mut values = reserve(operation, "shape", found.clone(), len)?;
    values.resize(len.unwrap_or_default(), 0.0);
    Array::from_shape_vec(shape, values).map_err(|_| too_large(operation, "shape", found))
}

/// An empty vector with room for `len` values.
fn reserve<T>(
    operation: &'static str,
    argument: &str,
    found: String,
    len: Option<usize>,
) -> Result<Vec<T>> {
    let mut values = Vec::new();
    match len.map(|len| values.try_reserve_exact(len)) {
        Some(Ok(())) => Ok(values),
        _ => Err(too_large(operation, argument, found)),
    }
}

fn too_large(operation: &'static str, argument: &str, found: String) -> Error {
    Error::value(operation, argument, found, "a size that fits in memory")
}
