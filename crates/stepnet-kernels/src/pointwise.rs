//! Operations that compute each value from one value: activations.
//!
//! An operation is a [`Pointwise`] type, with its function and its derivative; [`forward`] and [`backward`] apply any of
//! them to whole arrays, compiled for every instruction set, on several threads where there is enough to do:
//!
//! ```
//! use stepnet_kernels::Real;
//! use stepnet_kernels::pointwise::{self, Arithmetic, Argument, Pointwise};
//!
//! /// `y = x^2`.
//! #[derive(Clone, Copy)]
//! struct Square;
//!
//! impl Pointwise for Square {
//!     const NAME: &'static str = "square";
//!     const FROM: Argument = Argument::Input;
//!
//!     #[inline(always)]
//!     fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
//!         x * x
//!     }
//!
//!     #[inline(always)]
//!     fn df<A: Arithmetic, T: Real>(self, _: A, x: T, dy: T) -> T {
//!         dy * (x + x)
//!     }
//! }
//!
//! let (x, mut y, mut dx) = ([1.0_f32, -3.0], [0.0; 2], [0.0; 2]);
//! pointwise::forward(Square, &x, &mut y);
//! pointwise::backward(Square, &x, &[1.0, 1.0], &mut dx);
//! assert_eq!((y, dx), ([1.0, 9.0], [2.0, -6.0]));
//! ```

use crate::elementwise::{Binary, Unary, map, map2};
use crate::simd::Isa;
use crate::{Real, elementary};

/// The value that a derivative is computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    /// The operation's input, which a network then keeps for the backward pass.
    Input,
    /// Its output.
    Output,
}

/// A function of one number, with its derivative.
///
/// Both are compiled once for each instruction set as loops over whole arrays. For these to become vector instructions, mark
/// both `#[inline(always)]` and write no branch around arithmetic (`if` between two values that are there already is
/// fine; [`Real`]'s `choose` takes one of two that are computed).
pub trait Pointwise: Copy + Send + Sync {
    /// Its name in messages.
    const NAME: &'static str;

    /// The argument of [`Pointwise::df`].
    const FROM: Argument;

    /// About how many multiplications [`Pointwise::f`] and [`Pointwise::df`] are worth: work is cut by it.
    const COSTS: [usize; 2] = [1, 1];

    /// `y = f(x)`.
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T;

    /// `dx = dy f'(x)`, from `x` or `y`, as [`Pointwise::FROM`] says.
    fn df<A: Arithmetic, T: Real>(self, a: A, at: T, dy: T) -> T;
}

/// The operations of an instruction set for a function of one number. Errors are below 2 units of the last place unless stated.
pub trait Arithmetic: Copy {
    /// `a b + c`: rounded once where the set fuses both, twice where it does not.
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T;

    /// `exp(x)`.
    fn exp<T: Real>(self, x: T) -> T;

    /// `tanh(x)`.
    fn tanh<T: Real>(self, x: T) -> T;

    /// `1 / (1 + exp(-x))`.
    fn sigmoid<T: Real>(self, x: T) -> T;

    /// The sigmoid of `x` from `e = exp(-|x|)`.
    fn sigmoid_from<T: Real>(self, x: T, e: T) -> T;

    /// `x Phi(x)`, with `Phi` the distribution function of the standard normal distribution. Within 4 units of the last place.
    fn normal_product<T: Real>(self, x: T) -> T;

    /// The derivative of [`Arithmetic::normal_product`]: `Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)`.
    fn normal_product_slope<T: Real>(self, x: T) -> T;
}

/// The arithmetic of an instruction set.
#[derive(Clone, Copy)]
struct On<I>(I);

impl<I: Isa> Arithmetic for On<I> {
    #[inline(always)]
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T {
        self.0.mul_add(a, b, c)
    }

    #[inline(always)]
    fn exp<T: Real>(self, x: T) -> T {
        elementary::exp(self.0, x)
    }

    #[inline(always)]
    fn tanh<T: Real>(self, x: T) -> T {
        elementary::tanh(self.0, x)
    }

    #[inline(always)]
    fn sigmoid<T: Real>(self, x: T) -> T {
        elementary::sigmoid(self.0, x)
    }

    #[inline(always)]
    fn sigmoid_from<T: Real>(self, x: T, e: T) -> T {
        elementary::sigmoid_from(self.0, x, e)
    }

    #[inline(always)]
    fn normal_product<T: Real>(self, x: T) -> T {
        elementary::normal_product(self.0, x)
    }

    #[inline(always)]
    fn normal_product_slope<T: Real>(self, x: T) -> T {
        elementary::normal_product_slope(self.0, x)
    }
}

#[derive(Clone, Copy)]
struct Value<F>(F);

impl<T: Real, F: Pointwise> Unary<T> for Value<F> {
    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T) -> T {
        self.0.f(On(isa), x)
    }
}

#[derive(Clone, Copy)]
struct Gradient<F>(F);

impl<T: Real, F: Pointwise> Binary<T> for Gradient<F> {
    const COST: usize = F::COSTS[1];

    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, at: T, dy: T) -> T {
        self.0.df(On(isa), at, dy)
    }
}

#[track_caller]
fn assert_lengths(name: &str, pass: &str, argument: &str, [found, expected]: [usize; 2]) {
    assert!(
        found == expected,
        "{name} {pass}: {argument} holds {found} values, expected {expected}"
    );
}

/// `y = f(x)`, value by value.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn forward<T: Real, F: Pointwise>(f: F, x: &[T], y: &mut [T]) {
    assert_lengths(F::NAME, "forward", "y", [y.len(), x.len()]);
    map(F::COSTS[0], x, y, Value(f));
}

/// `dx = dy f'(x)`, value by value; `at` is the operation's input or output, as [`Pointwise::FROM`] says.
///
/// # Shapes
///
/// `at`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
#[track_caller]
pub fn backward<T: Real, F: Pointwise>(f: F, at: &[T], dy: &[T], dx: &mut [T]) {
    assert_lengths(F::NAME, "backward", "dy", [dy.len(), at.len()]);
    assert_lengths(F::NAME, "backward", "dx", [dx.len(), at.len()]);
    map2(at, dy, dx, Gradient(f));
}

#[doc(hidden)]
pub use on_sets::{OnSet, on_every_set};

mod on_sets {
    use super::*;
    use crate::elementwise::{Map, Map2};
    use crate::simd::InstructionSet;

    /// The result of an operation on one instruction set.
    #[derive(Clone, Debug)]
    pub struct OnSet<T> {
        /// The instruction set.
        pub name: &'static str,
        /// `f(x)`.
        pub y: Vec<T>,
        /// `dy f'(x)`.
        pub dx: Vec<T>,
    }

    /// The operation on every instruction set that this processor has, for tests.
    pub fn on_every_set<T: Real, F: Pointwise>(f: F, x: &[T], dy: &[T]) -> Vec<OnSet<T>> {
        let one = |set: InstructionSet| {
            let (mut y, mut dx) = (vec![T::nan(); x.len()], vec![T::nan(); x.len()]);
            set.run(Map(x, &mut y, Value(f)));
            let at = match F::FROM {
                Argument::Input => x,
                Argument::Output => &y,
            };
            set.run(Map2(at, dy, &mut dx, Gradient(f)));
            let name = set.name();
            OnSet { name, y, dx }
        };
        InstructionSet::all().into_iter().map(one).collect()
    }
}
