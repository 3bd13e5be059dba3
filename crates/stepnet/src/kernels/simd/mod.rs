//! Instruction sets, chosen at run time: one text of every kernel, compiled once for each set.
//!
//! A kernel is a plain struct of slices with one method, [`Kernel::run`]. Most are plain Rust,
//! loops over slices and over small arrays, which the compiler turns into vector instructions; they
//! ask the [`Isa`] they are handed for the one thing that plain Rust cannot say portably, a
//! multiplication with its addition that is fused where the hardware can and is not where it would
//! be emulated. The innermost loops of the products hold their vectors themselves, as
//! [`Isa::Vector`]. [`InstructionSet::run`] compiles the method anew inside a function that may use
//! the set.
//!
//! The crate `pulp` finds out what the processor has; its token for a set can only be made where
//! the set is there. AVX-512 is never chosen: nothing here has measured or tested it.
//! `STEPNET_ISA=portable` in the environment lowers the choice.
//!
//! # Unsafe code
//!
//! The only `unsafe` of the crate is in this folder, and does one thing: it reads vectors and
//! numbers behind pointers, without comparing every index with the length of its slice. `avx2` and
//! `portable` load and store one vector, behind one comparison of lengths; `tile` holds the
//! innermost loops, each of which compares its furthest reach with the lengths before it starts.
//!
//! Rules for kernels: everything they call is `#[inline(always)]`, or it is compiled without the
//! set; and sums are written in a fixed order, which no compiler may change, so that an instruction
//! set gives the same bits whatever the number of threads.

#![allow(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks, unsafe_op_in_unsafe_fn)]

#[cfg(target_arch = "x86_64")]
mod avx2;
mod portable;
pub(super) mod tile;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
pub(super) use portable::Portable;

use std::sync::OnceLock;

use crate::Element;
use crate::error::{Error, Result};

/// The number types as each instruction set holds them in vectors.
#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2Lanes as Lanes;

/// The number types; without an instruction set of its own this target asks nothing of them.
#[cfg(not(target_arch = "x86_64"))]
pub trait Lanes {}
#[cfg(not(target_arch = "x86_64"))]
impl<T> Lanes for T {}

/// What kernels ask an instruction set for.
pub(super) trait Isa: Copy + Send + Sync {
    /// As many values as the innermost loops compute at a time.
    type Vector<T: Element>: Copy;

    /// Whether tiles of every size that could be asked for are compiled, or a few that make up the
    /// others: code takes time to compile, and room.
    const EVERY_TILE: bool;

    /// How many values a vector holds.
    fn lanes<T: Element>() -> usize;

    /// `a b + c`: rounded once where the set fuses both, twice where it does not.
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T;

    /// The token of AVX2 and FMA, where this is that set: for the few instructions of `pulp` that
    /// have no name here.
    #[cfg(target_arch = "x86_64")]
    fn avx2(self) -> Option<pulp::x86::V3> {
        None
    }

    /// The same value in every lane.
    fn splat<T: Element>(self, value: T) -> Self::Vector<T>;

    /// The first values of `from`, which holds at least one vector.
    fn load<T: Element>(self, from: &[T]) -> Self::Vector<T>;

    /// Writes the first values of `to`, which holds at least one vector.
    fn store<T: Element>(self, to: &mut [T], vector: Self::Vector<T>);

    /// The first values of `from`; zeros in the lanes behind its end.
    fn load_part<T: Element>(self, from: &[T]) -> Self::Vector<T>;

    /// As many of the vector's values as `to` takes.
    fn store_part<T: Element>(self, to: &mut [T], vector: Self::Vector<T>);

    /// Turns a square of as many rows as a vector has lanes: `to[k to_step + r] = from[r from_step + k]`.
    ///
    /// # Panics
    ///
    /// If a row ends behind its slice.
    fn transpose<T: Element>(self, from: &[T], from_step: usize, to: &mut [T], to_step: usize);

    /// The vector that starts at `from`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn load_at<T: Element>(self, from: *const T) -> Self::Vector<T>;

    /// Writes the vector that starts at `to`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn store_at<T: Element>(self, to: *mut T, vector: Self::Vector<T>);

    /// Asks for the line of the cache that `from[at]` is in, if there is one: it will be read soon.
    #[inline(always)]
    fn prefetch<T: Element>(self, from: &[T], at: usize) {
        let _ = (from, at);
    }

    /// `a b + c`, rounded as by [`Isa::mul_add`].
    fn vector_mul_add<T: Element>(
        self,
        a: Self::Vector<T>,
        b: Self::Vector<T>,
        c: Self::Vector<T>,
    ) -> Self::Vector<T>;

    /// `a + b`.
    fn vector_add<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a - b`.
    fn vector_sub<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a b`.
    fn vector_mul<T: Element>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;
}

/// Work that is compiled for every instruction set.
pub(super) trait Kernel {
    /// What it answers.
    type Output;

    /// The work; to be marked `#[inline(always)]`.
    fn run<I: Isa>(self, isa: I) -> Self::Output;

    /// [`Kernel::run`] as compiled for AVX2 and FMA.
    ///
    /// These are methods because the compiler works on methods of different types side by side.
    ///
    /// # Safety
    /// The processor has the named features, as the token says.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
    unsafe fn run_avx2(self, isa: Avx2) -> Self::Output
    where
        Self: Sized,
    {
        self.run(isa)
    }

    /// [`Kernel::run`] as compiled for [`Portable`].
    #[inline(never)]
    fn run_portable(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run(Portable)
    }
}

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug)]
pub(super) enum InstructionSet {
    /// See [`Portable`].
    Portable,
    /// See [`Avx2`].
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl InstructionSet {
    /// The best set here, unless `STEPNET_ISA` asks for less. Asking is cheap: the answer is kept.
    #[inline]
    pub(super) fn best() -> Self {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        // What cannot be had is not an error here: see `checked`.
        *BEST.get_or_init(|| Self::wanted().unwrap_or_else(|_| Self::detected()))
    }

    /// The set that `STEPNET_ISA` names, or the best one.
    fn wanted() -> Result<Self> {
        match std::env::var("STEPNET_ISA") {
            Ok(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(Self::detected()),
        }
    }

    /// The set of a name, if this processor has it.
    fn named(name: &str) -> Result<Self> {
        let portable = Self::Portable;
        let best = Self::detected();
        let is = |set: Self| set.name().eq_ignore_ascii_case(name);
        if is(portable) {
            return Ok(portable);
        }
        if is(best) {
            return Ok(best);
        }
        let expected = match best {
            Self::Portable => "portable, all that this processor has".to_owned(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => format!("portable or {}", best.name().to_lowercase()),
        };
        Err(Error::value("environment", "STEPNET_ISA", name, expected))
    }

    /// The best set that the processor has.
    fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(isa) = Avx2::detected() {
            return Self::Avx2(isa);
        }
        Self::Portable
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
        }
    }

    /// How many values its vectors hold.
    pub(super) fn lanes<T: Element>(self) -> usize {
        match self {
            Self::Portable => Portable::lanes::<T>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::lanes::<T>(),
        }
    }

    /// Runs `kernel` as compiled for this set.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => kernel.run_portable(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: the token of V3 is made where the processor has all that V3 names, which these
            // features are part of.
            Self::Avx2(isa) => unsafe { kernel.run_avx2(isa) },
        }
    }

    /// Every set that this processor has, for tests; says which it lacks.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let best = Self::detected();
        if matches!(best, Self::Portable) {
            eprintln!("not tested: AVX2 and FMA, which this processor lacks");
            vec![best]
        } else {
            vec![Self::Portable, best]
        }
    }
}

/// The name of the instruction set that kernels run on, for a program to check at its start.
///
/// # Errors
/// When `STEPNET_ISA` names a set that is not known, or that this processor lacks. Kernels then run
/// on the best set there is.
pub fn requested_instruction_set() -> Result<&'static str> {
    InstructionSet::wanted().map(InstructionSet::name)
}

/// Runs `kernel` on the best instruction set here.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    InstructionSet::best().run(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Residue(f64);

    impl Kernel for Residue {
        type Output = f64;

        #[inline(always)]
        fn run<I: Isa>(self, isa: I) -> f64 {
            isa.mul_add(self.0, self.0, -(self.0 * self.0))
        }
    }

    #[test]
    fn each_set_multiplies_and_adds_its_own_way() {
        // The rounding error of a square: 0 when it is rounded before the subtraction.
        let x = 1.0 + f64::EPSILON;
        for set in InstructionSet::all() {
            let residue = set.run(Residue(x));
            match set {
                InstructionSet::Portable => assert_eq!(residue, 0.0),
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2(_) => assert_eq!(residue, f64::EPSILON * f64::EPSILON),
            }
        }
    }

    #[test]
    fn sets_are_known_by_name() {
        assert_eq!(
            InstructionSet::named("Portable").unwrap().name(),
            "portable"
        );
        let best = InstructionSet::detected();
        assert_eq!(
            InstructionSet::named(best.name()).unwrap().name(),
            best.name()
        );
        let error = InstructionSet::named("avx9").unwrap_err().to_string();
        assert!(
            error.starts_with("environment: STEPNET_ISA is avx9, expected portable"),
            "{error}"
        );
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_best_set_is_what_the_processor_has() {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let best = InstructionSet::detected();
        assert_eq!(has, matches!(best, InstructionSet::Avx2(_)), "{best:?}");
    }
}
