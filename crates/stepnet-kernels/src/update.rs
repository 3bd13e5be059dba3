//! Optimiser updates: one pass over a layer's parameters, their gradients and their state.
//!
//! Parameters `p` and state (`v`, `s`) are changed in place; state starts at 0. Hyper-parameters
//! are `f64` and are rounded once. What would be left subnormal is set to 0: it cannot matter, and
//! arithmetic on it is slow.

use crate::Real;
use crate::assert_len;
use crate::parallel::{join, piece};
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

/// A piece of an update: `f` maps a parameter, its gradient and its `N` states to the new parameter,
/// which is still to be flushed, and the new states.
struct Update<'a, T, F, const N: usize> {
    p: &'a mut [T],
    g: &'a [T],
    states: [&'a mut [T]; N],
    f: F,
}

impl<T: Real, F: Fn(T, T, [T; N]) -> (T, [T; N]), const N: usize> Kernel for Update<'_, T, F, N> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self { p, g, states, f } = self;
        // Cut to one length, so that no index needs a check.
        let len = p.len();
        let g = &g[..len];
        let states = states.map(|state| &mut state[..len]);
        for i in 0..len {
            let (new, new_states) = f(p[i], g[i], std::array::from_fn(|n| states[n][i]));
            p[i] = flush(new);
            for n in 0..N {
                states[n][i] = new_states[n];
            }
        }
    }
}

impl<T: Real, F: Fn(T, T, [T; N]) -> (T, [T; N]) + Copy + Send, const N: usize>
    Update<'_, T, F, N>
{
    /// Runs the update, in pieces of `piece` parameters on several threads.
    fn run_in_pieces(self, piece: usize) {
        let pieces = self.p.len().div_ceil(piece);
        if pieces <= 1 {
            return simd::run(self);
        }
        let (first, second) = self.split_at(pieces / 2 * piece);
        join(
            || first.run_in_pieces(piece),
            || second.run_in_pieces(piece),
        );
    }

    fn split_at(self, at: usize) -> (Self, Self) {
        let Self { p, g, states, f } = self;
        let ((p, other_p), (g, other_g)) = (p.split_at_mut(at), g.split_at(at));
        let mut halves = states.map(|state| state.split_at_mut(at));
        let second = halves.each_mut().map(|(_, second)| std::mem::take(second));
        let first = halves.map(|(first, _)| first);
        let other = Self {
            p: other_p,
            g: other_g,
            states: second,
            f,
        };
        (
            Self {
                p,
                g,
                states: first,
                f,
            },
            other,
        )
    }
}

/// Updates `p` and its states; `cost` is about how many times dearer than a multiplication an element
/// is.
fn update<T: Real, const N: usize>(
    (name, cost): (&str, usize),
    p: &mut [T],
    g: &[T],
    states: [(&str, &mut [T]); N],
    f: impl Fn(T, T, [T; N]) -> (T, [T; N]) + Copy + Send + Sync,
) {
    assert_len(name, "g", g, p.len());
    let states = states.map(|(argument, state)| {
        assert_len(name, argument, state, p.len());
        state
    });
    let piece = piece(p.len(), cost);
    Update { p, g, states, f }.run_in_pieces(piece);
}

/// Gradient descent: `p = p - rate g`.
///
/// Source: the notebooks' `update_parameters`.
///
/// # Panics
///
/// If the lengths differ.
pub fn sgd<T: Real>(p: &mut [T], g: &[T], rate: f64) {
    let rate = T::from_f64(rate);
    update(("sgd", 1), p, g, [], move |p, g, []| (p - rate * g, []));
}

/// An update with one state, the velocity `v`: `f(p, g, v)` is the new `(p, v)`.
fn momentum<T: Real>(
    name: &str,
    p: &mut [T],
    g: &[T],
    v: &mut [T],
    f: impl Fn(T, T, T) -> (T, T) + Copy + Send + Sync,
) {
    update((name, 2), p, g, [("v", v)], move |p, g, [v]| {
        let (p, v) = f(p, g, v);
        (p, [v])
    });
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
    momentum("averaged momentum", p, g, v, move |p, g, v| {
        let v = flush(keep * v + take * g);
        (p - rate * v, v)
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
    momentum("classic momentum", p, g, v, move |p, g, v| {
        let v = flush(mu * v + g);
        (p - rate * v, v)
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
    momentum("nesterov momentum", p, g, v, move |p, g, v| {
        let v = flush(mu * v + g);
        (p - rate * (g + mu * v), v)
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
        return momentum(NAME, p, g, v, move |p, g, v| {
            let g = g + decay * p;
            let v = flush(mu * v + g);
            (p - rate * (g + mu * v), v)
        });
    }
    momentum(NAME, p, g, v, move |p, g, v| {
        let v = flush(mu * v + (g + decay * p));
        (p - rate * v, v)
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
    update(("average", 1), a, p, [], move |a, p, []| {
        (a + take * (p - a), [])
    });
}

/// The hyper-parameters of [`adam`] and [`adamw`], and the number of the step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// The learning rate.
    pub rate: f64,
    /// The decay of the mean of the gradients, usually 0.9.
    pub beta1: f64,
    /// The decay of the mean of the squares, usually 0.999.
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
    let (keep1, take1) = (T::from_f64(beta1), T::from_f64(1.0 - beta1));
    let (keep2, take2) = (T::from_f64(beta2), T::from_f64(1.0 - beta2));
    let correction1 = T::from_f64(1.0 - beta1.powf(t as f64));
    let correction2 = T::from_f64(1.0 - beta2.powf(t as f64));
    let keep = T::from_f64(1.0 - rate * decay);
    let (rate, epsilon) = (T::from_f64(rate), T::from_f64(epsilon));
    update(
        (name, 8),
        p,
        g,
        [("v", v), ("s", s)],
        move |p, g, [v, s]| {
            let v = flush(keep1 * v + take1 * g);
            let s = flush(keep2 * s + take2 * (g * g));
            let (mean, square) = (v / correction1, s / correction2);
            (keep * p - rate * mean / (square.sqrt() + epsilon), [v, s])
        },
    );
}

#[cfg(test)]
mod tests;
