//! Optimiser updates: one pass over a layer's parameters, their gradients and their state.
//!
//! Parameters `p` and state (`v`, `s`) are changed in place; state starts at 0. Hyper-parameters
//! are `f64` and are rounded once. What would be left subnormal is set to 0: it cannot matter, and
//! arithmetic on it is slow.

use rayon::prelude::*;

use crate::Real;
use crate::assert_len;
use crate::parallel::piece;
use crate::simd::{self, Isa, Kernel};

/// `value`, or 0 where it is subnormal. NaN and infinities stay.
#[inline(always)]
fn flush<T: Real>(value: T) -> T {
    if value.abs() < T::min_positive_value() {
        T::zero()
    } else {
        value
    }
}

/// Changes each parameter by `f(p, g)`.
struct Plain<'a, T, F>(&'a mut [T], &'a [T], F);

impl<T: Real, F: Fn(&mut T, T)> Kernel for Plain<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for (p, &g) in self.0.iter_mut().zip(self.1) {
            (self.2)(p, g);
        }
    }
}

/// Changes each parameter and its state by `f(p, g, v)`.
struct WithState<'a, T, F>(&'a mut [T], &'a [T], &'a mut [T], F);

impl<T: Real, F: Fn(&mut T, T, &mut T)> Kernel for WithState<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for (p, (&g, v)) in self.0.iter_mut().zip(self.1.iter().zip(self.2)) {
            (self.3)(p, g, v);
        }
    }
}

/// Runs `f` on matching elements of the parameters, the gradients and one state.
fn with_state<T: Real>(
    name: &str,
    p: &mut [T],
    g: &[T],
    v: &mut [T],
    f: impl Fn(&mut T, T, &mut T) + Copy + Send + Sync,
) {
    assert_len(name, "g", g, p.len());
    assert_len(name, "v", v, p.len());
    let piece = piece(p.len(), 2);
    if piece >= p.len() {
        return simd::run(WithState(p, g, v, f));
    }
    p.par_chunks_mut(piece)
        .zip(g.par_chunks(piece).zip(v.par_chunks_mut(piece)))
        .for_each(|(p, (g, v))| simd::run(WithState(p, g, v, f)));
}

/// Gradient descent: `p = p - rate g`.
///
/// Source: the notebooks' `update_parameters`.
///
/// # Panics
///
/// If the lengths differ.
pub fn sgd<T: Real>(p: &mut [T], g: &[T], rate: f64) {
    assert_len("sgd", "g", g, p.len());
    let rate = T::from_f64(rate);
    let update = move |p: &mut T, g: T| *p = flush(*p - rate * g);
    let piece = piece(p.len(), 1);
    if piece >= p.len() {
        return simd::run(Plain(p, g, update));
    }
    p.par_chunks_mut(piece)
        .zip(g.par_chunks(piece))
        .for_each(|(p, g)| simd::run(Plain(p, g, update)));
}

/// Momentum as the course averages it: `v = beta v + (1 - beta) g`, `p = p - rate v`.
///
/// No bias correction. Source: the notebooks' `update_parameters_with_momentum`.
///
/// # Panics
///
/// If the lengths differ.
pub fn averaged_momentum<T: Real>(p: &mut [T], g: &[T], v: &mut [T], rate: f64, beta: f64) {
    let (rate, keep, take) = (
        T::from_f64(rate),
        T::from_f64(beta),
        T::from_f64(1.0 - beta),
    );
    with_state("averaged momentum", p, g, v, move |p, g, v| {
        *v = flush(keep * *v + take * g);
        *p = flush(*p - rate * *v);
    });
}

/// Momentum as the frameworks sum it: `v = mu v + g`, `p = p - rate v`.
///
/// Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in
/// deep learning", 2013, with the rate taken out of `v`.
///
/// # Panics
///
/// If the lengths differ.
pub fn classic_momentum<T: Real>(p: &mut [T], g: &[T], v: &mut [T], rate: f64, mu: f64) {
    let (rate, mu) = (T::from_f64(rate), T::from_f64(mu));
    with_state("classic momentum", p, g, v, move |p, g, v| {
        *v = flush(mu * *v + g);
        *p = flush(*p - rate * *v);
    });
}

/// [`classic_momentum`] that looks ahead (Nesterov): `v = mu v + g`, `p = p - rate (g + mu v)`.
///
/// Source: Sutskever et al., 2013, in the variables of PyTorch's `SGD(nesterov=True)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn nesterov_momentum<T: Real>(p: &mut [T], g: &[T], v: &mut [T], rate: f64, mu: f64) {
    let (rate, mu) = (T::from_f64(rate), T::from_f64(mu));
    with_state("nesterov momentum", p, g, v, move |p, g, v| {
        *v = flush(mu * *v + g);
        *p = flush(*p - rate * (g + mu * *v));
    });
}

/// [`classic_momentum`], or with `nesterov` [`nesterov_momentum`], by the gradient `g + decay p`: weight
/// decay that is part of the gradient, as PyTorch's `SGD(weight_decay)` has it.
///
/// # Panics
///
/// If the lengths differ.
pub fn decayed_momentum<T: Real>(
    p: &mut [T],
    g: &[T],
    v: &mut [T],
    (rate, mu, decay): (f64, f64, f64),
    nesterov: bool,
) {
    const NAME: &str = "decayed momentum";
    let (rate, mu, decay) = (T::from_f64(rate), T::from_f64(mu), T::from_f64(decay));
    if nesterov {
        return with_state(NAME, p, g, v, move |p, g, v| {
            let g = g + decay * *p;
            *v = flush(mu * *v + g);
            *p = flush(*p - rate * (g + mu * *v));
        });
    }
    with_state(NAME, p, g, v, move |p, g, v| {
        *v = flush(mu * *v + (g + decay * *p));
        *p = flush(*p - rate * *v);
    });
}

/// The exponential moving average `a = a + (1 - decay) (p - a)`. Where both are equal, `a` stays.
///
/// # Panics
///
/// If the lengths differ.
pub fn average<T: Real>(a: &mut [T], p: &[T], decay: f64) {
    assert_len("average", "p", p, a.len());
    let take = T::from_f64(1.0 - decay);
    let update = move |a: &mut T, p: T| *a = flush(*a + take * (p - *a));
    let piece = piece(a.len(), 1);
    if piece >= a.len() {
        return simd::run(Plain(a, p, update));
    }
    a.par_chunks_mut(piece)
        .zip(p.par_chunks(piece))
        .for_each(|(a, p)| simd::run(Plain(a, p, update)));
}

/// The hyper-parameters of [`adam`] and [`adamw`], and the number of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub rate: f64,
    /// What the mean of the gradients keeps, 0.9 by custom.
    pub beta1: f64,
    /// What the mean of the squares keeps, 0.999 by custom.
    pub beta2: f64,
    /// Added to the root, outside it; 1e-8 by custom.
    pub epsilon: f64,
    /// Which update this is, counted from 1 in mini-batches, not epochs.
    pub t: u64,
}

/// Adam: with `t` from 1,
///
/// ```text
/// v = beta1 v + (1 - beta1) g
/// s = beta2 s + (1 - beta2) g^2
/// p = p - rate (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)
/// ```
///
/// Source: Kingma, Ba, "Adam: a method for stochastic optimization", 2015, and the notebooks'
/// `update_parameters_with_adam`.
///
/// # Panics
///
/// If the lengths differ, or `t` is 0.
pub fn adam<T: Real>(p: &mut [T], g: &[T], v: &mut [T], s: &mut [T], step: &AdamStep) {
    adam_with("adam", p, g, v, s, (step, 0.0));
}

/// Adam with decoupled weight decay: `p = p - rate decay p`, then [`adam`] with the plain gradient.
///
/// Source: Loshchilov, Hutter, "Decoupled weight decay regularization", 2019.
///
/// # Panics
///
/// If the lengths differ, or `t` is 0.
pub fn adamw<T: Real>(p: &mut [T], g: &[T], v: &mut [T], s: &mut [T], step: &AdamStep, decay: f64) {
    adam_with("adamw", p, g, v, s, (step, decay));
}

fn adam_with<T: Real>(
    name: &str,
    p: &mut [T],
    g: &[T],
    v: &mut [T],
    s: &mut [T],
    (step, decay): (&AdamStep, f64),
) {
    assert_len(name, "g", g, p.len());
    assert_len(name, "v", v, p.len());
    assert_len(name, "s", s, p.len());
    assert!(
        step.t > 0,
        "{name}: t is 0, expected the number of the step, counted from 1"
    );
    let &AdamStep {
        rate,
        beta1,
        beta2,
        epsilon,
        t,
    } = step;
    let factors = AdamFactors {
        keep1: T::from_f64(beta1),
        take1: T::from_f64(1.0 - beta1),
        keep2: T::from_f64(beta2),
        take2: T::from_f64(1.0 - beta2),
        correction1: T::from_f64(1.0 - beta1.powf(t as f64)),
        correction2: T::from_f64(1.0 - beta2.powf(t as f64)),
        keep: T::from_f64(1.0 - rate * decay),
        rate: T::from_f64(rate),
        epsilon: T::from_f64(epsilon),
    };
    let piece = piece(p.len(), 8);
    if piece >= p.len() {
        return simd::run(Adam(p, g, v, s, factors));
    }
    let state = v.par_chunks_mut(piece).zip(s.par_chunks_mut(piece));
    p.par_chunks_mut(piece)
        .zip(g.par_chunks(piece).zip(state))
        .for_each(|(p, (g, (v, s)))| simd::run(Adam(p, g, v, s, factors)));
}

/// The numbers of one Adam step.
#[derive(Clone, Copy)]
struct AdamFactors<T> {
    keep1: T,
    take1: T,
    keep2: T,
    take2: T,
    correction1: T,
    correction2: T,
    keep: T,
    rate: T,
    epsilon: T,
}

/// One piece of an Adam step: parameters, gradients, both states.
struct Adam<'a, T>(
    &'a mut [T],
    &'a [T],
    &'a mut [T],
    &'a mut [T],
    AdamFactors<T>,
);

impl<T: Real> Kernel for Adam<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self(p, g, v, s, f) = self;
        for ((p, &g), (v, s)) in p.iter_mut().zip(g).zip(v.iter_mut().zip(s)) {
            *v = flush(f.keep1 * *v + f.take1 * g);
            *s = flush(f.keep2 * *s + f.take2 * (g * g));
            let (mean, square) = (*v / f.correction1, *s / f.correction2);
            *p = flush(f.keep * *p - f.rate * mean / (square.sqrt() + f.epsilon));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, normal, on_threads};

    #[test]
    fn sgd_and_both_momenta_by_hand() {
        let mut p = [1.0, -2.0];
        sgd(&mut p, &[0.5, 4.0], 0.25);
        assert_eq!(p, [0.875, -3.0]);

        let (mut p, mut v) = ([1.0], [0.0]);
        averaged_momentum(&mut p, &[4.0], &mut v, 0.5, 0.75);
        assert_eq!((p, v), ([0.5], [1.0]));
        averaged_momentum(&mut p, &[-4.0], &mut v, 0.5, 0.75);
        assert_eq!((p, v), ([0.625], [-0.25]));

        let (mut p, mut v) = ([1.0], [0.0]);
        classic_momentum(&mut p, &[4.0], &mut v, 0.5, 0.75);
        assert_eq!((p, v), ([-1.0], [4.0]));
        classic_momentum(&mut p, &[-4.0], &mut v, 0.5, 0.75);
        assert_eq!((p, v), ([-0.5], [-1.0]));
    }

    const STEP: AdamStep = AdamStep {
        rate: 0.0007,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        t: 1,
    };

    #[test]
    fn adam_follows_its_formula_for_many_steps() {
        let (mut p, mut v, mut s) = ([0.7], [0.0], [0.0]);
        let (mut p1, mut v1, mut s1) = (0.7f64, 0.0f64, 0.0f64);
        for (i, g) in normal::<f64>(1, 200).into_iter().enumerate() {
            let t = i as i32 + 1;
            adam(
                &mut p,
                &[g],
                &mut v,
                &mut s,
                &AdamStep {
                    t: t as u64,
                    ..STEP
                },
            );
            v1 = 0.9 * v1 + (1.0 - 0.9) * g;
            s1 = 0.999 * s1 + (1.0 - 0.999) * g.powi(2);
            let (mean, square) = (v1 / (1.0 - 0.9f64.powi(t)), s1 / (1.0 - 0.999f64.powi(t)));
            p1 -= 0.0007 * mean / (square.sqrt() + 1e-8);
            assert!((p[0] - p1).abs() < 1e-14, "step {t}: {} {p1}", p[0]);
        }
    }

    #[test]
    fn the_first_adam_step_is_the_rate_and_epsilon_is_outside_the_root() {
        let (mut p, mut v, mut s) = ([0.0f64], [0.0], [0.0]);
        adam(&mut p, &[1e-3], &mut v, &mut s, &STEP);
        assert!((p[0] + 0.0007 * 1e-3 / (1e-3 + 1e-8)).abs() < 1e-17);
    }

    #[test]
    fn adamw_shrinks_the_weights_and_not_the_gradient() {
        let (mut p, mut v, mut s) = ([2.0f64], [0.0], [0.0]);
        adamw(&mut p, &[0.0], &mut v, &mut s, &STEP, 0.01);
        assert!((p[0] - 2.0 * (1.0 - 0.0007 * 0.01)).abs() < 1e-15);
        assert_eq!((v, s), ([0.0], [0.0]));
        let (mut plain, mut v, mut s) = ([2.0f64], [0.0], [0.0]);
        adam(&mut plain, &[0.5], &mut v, &mut s, &STEP);
        let (mut decayed, mut v, mut s) = ([2.0], [0.0], [0.0]);
        adamw(&mut decayed, &[0.5], &mut v, &mut s, &STEP, 0.01);
        assert!((plain[0] - decayed[0] - 2.0 * 0.0007 * 0.01).abs() < 1e-15);
    }

    #[test]
    fn subnormal_state_is_cleared_and_nan_is_not() {
        let tiny = f32::MIN_POSITIVE;
        let (mut p, mut v, mut s) = ([1.0, 1.0], [tiny, f32::NAN], [tiny, 1.0]);
        adam(&mut p, &[0.0, 0.0], &mut v, &mut s, &STEP);
        assert_eq!((v[0], s[0], p[0]), (0.0, 0.0, 1.0));
        assert!(v[1].is_nan() && p[1].is_nan());
        let (mut p, mut v) = ([1.0], [-tiny]);
        classic_momentum(&mut p, &[0.0], &mut v, 0.1, 0.5);
        assert_eq!(v, [0.0]);
        averaged_momentum(&mut p, &[tiny], &mut v, 0.1, 0.9);
        assert_eq!(v, [0.0]);
        let mut p = [tiny];
        sgd(&mut p, &[tiny], 0.5);
        assert_eq!(p, [0.0]);
    }

    #[test]
    fn numbers_far_from_subnormal_are_not_touched() {
        // The formulas without clearing, on both sides of the smallest normal number.
        let least = f64::MIN_POSITIVE;
        for g in [1e-300, -1e-3, 2.0, 4.0 * least, -4.0 * least] {
            let (mut p, mut v) = ([3.0 * g], [0.5 * g]);
            classic_momentum(&mut p, &[g], &mut v, 0.125, 0.75);
            let expected = 0.75 * (0.5 * g) + g;
            assert_eq!((v[0], p[0]), (expected, 3.0 * g - 0.125 * expected));
        }
        for (p, left) in [(least, least), (-least, -least), (least / 2.0, 0.0)] {
            let mut p = [p];
            sgd(&mut p, &[0.0], 0.5);
            assert_eq!(p, [left]);
        }
        let mut p = [1.5 * least, f64::INFINITY];
        sgd(&mut p, &[least, 0.0], 1.0);
        assert_eq!(p, [0.0, f64::INFINITY]);
    }

    #[test]
    fn large_layers_do_not_depend_on_threads() {
        let len = 200_003;
        let run = || {
            let (mut p, g) = (normal::<f32>(1, len), normal::<f32>(2, len));
            let (mut v, mut s) = (vec![0.0; len], vec![0.0; len]);
            sgd(&mut p, &g, 0.1);
            classic_momentum(&mut p, &g, &mut v, 0.1, 0.9);
            adamw(&mut p, &g, &mut v, &mut s, &STEP, 0.01);
            p
        };
        let one = on_threads(1, run);
        assert_bits(&one, &on_threads(2, run));
        assert_bits(&one, &on_threads(3, run));
        let (last, mut p) = (len - 1, [normal::<f32>(1, len)[len - 1]]);
        let (g, mut v, mut s) = ([normal::<f32>(2, len)[last]], [0.0], [0.0]);
        sgd(&mut p, &g, 0.1);
        classic_momentum(&mut p, &g, &mut v, 0.1, 0.9);
        adamw(&mut p, &g, &mut v, &mut s, &STEP, 0.01);
        assert_eq!(p[0], one[last]);
    }

    #[test]
    #[should_panic(expected = "adam: t is 0")]
    fn steps_count_from_one() {
        adam(
            &mut [0.0],
            &[0.0],
            &mut [0.0],
            &mut [0.0],
            &AdamStep { t: 0, ..STEP },
        );
    }
}
