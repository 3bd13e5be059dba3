//! Helpers that the tests of the kernels and of the crates above share: inputs, comparisons, thread counts.
//!
//! Always compiled: a feature for it would have every crate built twice, with it for tests and without.

use crate::Real;

/// SplitMix64: small, and good enough to fill test arrays.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// `len` integers between `-largest` and `largest`: sums of their products are exact.
pub fn integers<T: Real>(seed: u64, len: usize, largest: u64) -> Vec<T> {
    let mut stream = Stream(seed);
    (0..len)
        .map(|_| T::from_f64((stream.next() % (2 * largest + 1)) as f64 - largest as f64))
        .collect()
}

/// `len` values of mean 0 and deviation 1 (the sum of twelve uniform draws).
pub fn normal<T: Real>(seed: u64, len: usize) -> Vec<T> {
    let mut stream = Stream(seed ^ 0x5eed);
    (0..len)
        .map(|_| T::from_f64((0..12).map(|_| stream.unit()).sum::<f64>() - 6.0))
        .collect()
}

/// Runs `work` in a pool of `threads` threads; where the target has none, on the thread that is there.
pub fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    if cfg!(target_family = "wasm") {
        return work();
    }
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads for a test")
        .install(work)
}

/// Fails unless both have the same bits (any NaN equals any NaN; the two zeros differ).
#[track_caller]
pub fn assert_bits<T: Real>(a: &[T], b: &[T]) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        let same = (a.is_nan() && b.is_nan()) || a.integer_decode() == b.integer_decode();
        assert!(same, "at {i}: {a:?} and {b:?}");
    }
}

/// Fails unless each value is within the rounding of a sum of `terms` products.
///
/// `magnitudes` are the same sums over the absolute values of both factors: any order of summation
/// errs by at most `terms` roundings of that.
#[track_caller]
pub fn assert_sums<T: Real>(found: &[T], expected: &[T], magnitudes: &[T], terms: usize) {
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.len(), magnitudes.len());
    let unit = T::epsilon().as_f64() * (terms as f64 + 2.0);
    for (i, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let bound = unit * magnitudes[i].as_f64();
        let error = (a.as_f64() - b.as_f64()).abs();
        assert!(error <= bound, "at {i}: {a}, expected {b}, bound {bound:e}");
    }
}

/// The absolute values.
pub fn absolute<T: Real>(values: &[T]) -> Vec<T> {
    values.iter().map(|v| v.abs()).collect()
}

/// `sum a_i b_i` in `f64`.
pub fn inner<T: Real>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(&a, &b)| a.as_f64() * b.as_f64())
        .sum()
}

/// Fails unless `gradient` is the derivative of `value` at `x`, by central differences.
#[track_caller]
pub fn assert_gradient(x: &[f64], gradient: &[f64], value: impl Fn(&[f64]) -> f64) {
    assert_eq!(x.len(), gradient.len());
    let step = 1e-5;
    for i in 0..x.len() {
        let mut moved = x.to_vec();
        moved[i] = x[i] + step;
        let above = value(&moved);
        moved[i] = x[i] - step;
        let slope = (above - value(&moved)) / (2.0 * step);
        let error = (slope - gradient[i]).abs();
        assert!(
            error <= 1e-7 * (1.0 + slope.abs()),
            "at {i}: {}, differences say {slope}",
            gradient[i]
        );
    }
}
