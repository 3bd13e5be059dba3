//! Local response normalisation: each value divided by a power of the squares of its neighbours, across the channels.
//!
//! In `f64` throughout: squares of large `f32` values overflow, and powers of them vanish, where the results are ordinary
//! numbers.

use std::ops::Range;

use super::{assert_len, assert_scratch};
use crate::Real;
use crate::elementwise::by_rows;
use crate::simd::{self, Isa, Kernel};

/// The settings: `y_c = x_c / (k + alpha / size * sum of x_j² over the window of c) ^ beta`.
///
/// The window of a channel has `size` channels around it, one more before than after where the size is even, and less at
/// the ends. `alpha` is divided by the size, as in PyTorch and ONNX; Krizhevsky et al. do not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LrnSettings {
    /// Channels of a window.
    pub size: usize,
    /// The factor of the mean square.
    pub alpha: f64,
    /// The exponent.
    pub beta: f64,
    /// The summand.
    pub k: f64,
}

impl LrnSettings {
    /// The channels that channel `channel` of `channels` is divided by.
    #[inline(always)]
    pub fn window(&self, channel: usize, channels: usize) -> Range<usize> {
        let end = channel.saturating_add(1 + (self.size - 1) / 2);
        channel.saturating_sub(self.size / 2)..end.min(channels)
    }

    /// The channels whose windows hold channel `channel` of `channels`.
    #[inline(always)]
    pub fn holders(&self, channel: usize, channels: usize) -> Range<usize> {
        let end = channel.saturating_add(1 + self.size / 2);
        channel.saturating_sub((self.size - 1) / 2)..end.min(channels)
    }

    fn rate(&self) -> f64 {
        self.alpha / self.size as f64
    }
}

/// `base ^ -beta`; by roots, which are exact on every machine, where they do.
#[inline(always)]
fn power(base: f64, beta: f64) -> f64 {
    let root = base.sqrt();
    if beta == 0.75 {
        1.0 / (root * root.sqrt())
    } else if beta == 0.5 {
        1.0 / root
    } else if beta == 1.0 {
        1.0 / base
    } else {
        base.powf(-beta)
    }
}

/// A value costs about as much as this many multiplications.
const COST: usize = 16;

/// `y_c = x_c base_c ^ -beta`, and the bases, which the backward pass reads.
///
/// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural networks", 2012.
///
/// # Shapes
///
/// `x` and `y` `(pixels, channels)`; `bases` too, if they are asked for. Both are written.
///
/// # Panics
///
/// If the lengths are others.
pub fn forward<T: Real>(
    settings: &LrnSettings,
    channels: usize,
    x: &[T],
    y: &mut [T],
    bases: Option<&mut [T]>,
) {
    const NAME: &str = "lrn forward";
    check(NAME, settings, channels, x);
    assert_len(NAME, "y", y, x.len());
    let run = |first: usize, y: &mut [T], only_bases: bool| {
        let x = &x[first * channels..][..y.len()];
        simd::run(Forward {
            settings,
            channels,
            x,
            y,
            only_bases,
        });
    };
    by_rows(channels, COST, y, |first, y| run(first, y, false));
    if let Some(bases) = bases {
        assert_len(NAME, "bases", bases, x.len());
        by_rows(channels, COST, bases, |first, bases| {
            run(first, bases, true)
        });
    }
}

/// Whole pixels: `y`, or the bases alone.
struct Forward<'a, T> {
    settings: &'a LrnSettings,
    channels: usize,
    x: &'a [T],
    y: &'a mut [T],
    only_bases: bool,
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let (settings, channels) = (*self.settings, self.channels);
        let pixels = self.y.chunks_exact_mut(channels);
        for (y, x) in pixels.zip(self.x.chunks_exact(channels)) {
            for channel in 0..channels {
                let mut sum = 0.0;
                for x in &x[settings.window(channel, channels)] {
                    sum += x.as_f64() * x.as_f64();
                }
                let base = settings.k + settings.rate() * sum;
                y[channel] = T::from_f64(match self.only_bases {
                    true => base,
                    false => x[channel].as_f64() * power(base, settings.beta),
                });
            }
        }
    }
}

/// `dx_i = dy_i base_i ^ -beta - 2 alpha beta / size x_i * sum of dy_c x_c base_c ^ (-beta - 1)` over the channels `c`
/// whose windows hold `i`.
///
/// # Shapes
///
/// As [`forward`]; `dx` is written. `scratch` is at least as long as `x`.
///
/// # Panics
///
/// If the lengths are others.
pub fn backward<T: Real>(
    settings: &LrnSettings,
    channels: usize,
    [x, dy, bases]: [&[T]; 3],
    dx: &mut [T],
    scratch: &mut [T],
) {
    const NAME: &str = "lrn backward";
    check(NAME, settings, channels, x);
    assert_len(NAME, "dy", dy, x.len());
    assert_len(NAME, "bases", bases, x.len());
    assert_len(NAME, "dx", dx, x.len());
    assert_scratch(NAME, scratch, x.len());
    // Each power once: it takes longer than all else.
    let powers = &mut scratch[..x.len()];
    by_rows(channels, COST, powers, |first, powers| {
        let bases = &bases[first * channels..][..powers.len()];
        for (power_of, base) in powers.iter_mut().zip(bases) {
            *power_of = T::from_f64(power(base.as_f64(), settings.beta));
        }
    });
    let powers = &*powers;
    let cost = COST * settings.size.min(channels);
    by_rows(channels, cost, dx, |first, dx| {
        let part = first * channels..first * channels + dx.len();
        simd::run(Backward {
            settings,
            channels,
            given: [x, dy, bases, powers].map(|values| &values[part.clone()]),
            dx,
        });
    });
}

/// Whole pixels of the backward pass.
struct Backward<'a, T> {
    settings: &'a LrnSettings,
    channels: usize,
    /// `x`, `dy`, the bases and their powers.
    given: [&'a [T]; 4],
    dx: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let (settings, channels) = (*self.settings, self.channels);
        let factor = 2.0 * settings.rate() * settings.beta;
        for (number, dx) in self.dx.chunks_exact_mut(channels).enumerate() {
            let pixel = number * channels..(number + 1) * channels;
            let [x, dy, bases, powers] = self.given.map(|values| &values[pixel.clone()]);
            for channel in 0..channels {
                let mut sum = 0.0;
                for holder in settings.holders(channel, channels) {
                    let power = powers[holder].as_f64() / bases[holder].as_f64();
                    let share = x[holder].as_f64() * power;
                    sum += dy[holder].as_f64() * share;
                }
                let own = dy[channel].as_f64() * powers[channel].as_f64();
                dx[channel] = T::from_f64(own - factor * x[channel].as_f64() * sum);
            }
        }
    }
}

#[track_caller]
fn check<T>(operation: &str, settings: &LrnSettings, channels: usize, x: &[T]) {
    assert!(
        settings.size > 0 && channels > 0,
        "{operation}: {channels} channels and windows of {}, expected at least 1",
        settings.size
    );
    assert_len(operation, "x", x, x.len() / channels * channels);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, assert_gradient, inner, normal, on_threads};

    fn settings(size: usize, beta: f64) -> LrnSettings {
        LrnSettings {
            size,
            alpha: 0.7,
            beta,
            k: 1.5,
        }
    }

    #[test]
    fn is_the_formula_and_its_derivative() {
        for (size, channels) in [(1, 1), (1, 4), (2, 5), (3, 2), (5, 7), (9, 3)] {
            for beta in [0.75, 0.5, 1.0, 0.3] {
                let settings = settings(size, beta);
                let x = normal::<f64>(1, 3 * channels);
                let dy = normal::<f64>(2, 3 * channels);
                let (mut y, mut bases) = (vec![f64::NAN; x.len()], vec![f64::NAN; x.len()]);
                forward(&settings, channels, &x, &mut y, Some(&mut bases));
                for (at, &y) in y.iter().enumerate() {
                    let (pixel, channel) = (at / channels, (at % channels) as i64);
                    let (before, after) = (size as i64 / 2, (size as i64 - 1) / 2);
                    let window = (channel - before..=channel + after)
                        .filter(|c| (0..channels as i64).contains(c));
                    let squares: f64 = window
                        .map(|c| x[pixel * channels + c as usize].powi(2))
                        .sum();
                    let base = 1.5 + 0.7 / size as f64 * squares;
                    assert!((bases[at] - base).abs() < 1e-14);
                    assert!((y - x[at] / base.powf(beta)).abs() < 1e-14);
                }
                let mut dx = vec![f64::NAN; x.len()];
                let mut scratch = vec![f64::NAN; x.len()];
                let given = [&x[..], &dy, &bases];
                backward(&settings, channels, given, &mut dx, &mut scratch);
                assert_gradient(&x, &dx, |x| {
                    let mut y = vec![f64::NAN; x.len()];
                    forward(&settings, channels, x, &mut y, None);
                    inner(&y, &dy)
                });
            }
        }
    }

    #[test]
    fn any_number_of_threads_gives_the_same_bits() {
        let (settings, channels) = (settings(5, 0.75), 7);
        let x = normal::<f32>(1, 9_001 * channels);
        let run = |threads| {
            let [mut y, mut bases, mut dx, mut scratch] = [(); 4].map(|()| vec![f32::NAN; x.len()]);
            on_threads(threads, || {
                forward(&settings, channels, &x, &mut y, Some(&mut bases));
                let given = [&x[..], &y, &bases];
                backward(&settings, channels, given, &mut dx, &mut scratch);
            });
            (y, dx)
        };
        let ((y, dx), (other_y, other_dx)) = (run(1), run(3));
        assert_bits(&y, &other_y);
        assert_bits(&dx, &other_dx);
    }
}
