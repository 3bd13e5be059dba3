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
//! the set is there. AVX-512 is for the kernels that gain by it ([`Kernel::WIDE`]); the others run as
//! on AVX2. `STEPNET_ISA=avx2` or `portable` in the environment lowers the choice.
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
#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;
pub(super) mod tile;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Avx512;
pub(super) use portable::Portable;

use std::sync::OnceLock;

use crate::Element;
use crate::error::{Error, Result};

/// The number types as each instruction set holds them in vectors.
#[cfg(target_arch = "x86_64")]
pub trait Lanes: avx2::Avx2Lanes + avx512::Avx512Lanes {}
#[cfg(target_arch = "x86_64")]
impl<T: avx2::Avx2Lanes + avx512::Avx512Lanes> Lanes for T {}

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

    /// Whether it is compiled for AVX-512 too: else it runs there as on AVX2.
    const WIDE: bool = false;

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

    /// [`Kernel::run`] as compiled for AVX-512.
    ///
    /// # Safety
    /// The processor has the named features, as the token says.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(
        enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt"
    )]
    unsafe fn run_avx512(self, isa: Avx512) -> Self::Output
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
    /// See [`Avx512`].
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
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
        let had = Self::had();
        if let Some(set) = had.iter().find(|set| set.name().eq_ignore_ascii_case(name)) {
            return Ok(*set);
        }
        let names: Vec<String> = had.iter().map(|set| set.name().to_lowercase()).collect();
        let expected = match names.as_slice() {
            [only] => format!("{only}, all that this processor has"),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => "nothing".to_owned(),
        };
        Err(Error::value("environment", "STEPNET_ISA", name, expected))
    }

    /// The sets that the processor has, from the least to the best.
    fn had() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut sets = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            sets.extend(Avx2::detected().map(Self::Avx2));
            sets.extend(Avx512::detected().map(Self::Avx512));
        }
        sets
    }

    /// The best set that the processor has.
    fn detected() -> Self {
        Self::had().pop().unwrap_or(Self::Portable)
    }

    /// The set for vectors of `columns` columns: no wider than they fill.
    pub(super) fn for_columns<T: Element>(self, columns: usize) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) if columns <= Avx2::lanes::<T>() => Self::Avx2(isa.narrow()),
            set => {
                let _ = columns;
                set
            }
        }
    }

    /// The set for vectors that `count` values must fill.
    pub(super) fn for_filled<T: Element>(self, count: usize) -> Self {
        if count < self.lanes::<T>() {
            self.narrow()
        } else {
            self
        }
    }

    /// The set on which kernels run that are not compiled for this one.
    pub(super) fn narrow(self) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) => Self::Avx2(isa.narrow()),
            set => set,
        }
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "AVX512",
        }
    }

    /// How many values its vectors hold.
    pub(super) fn lanes<T: Element>(self) -> usize {
        match self {
            Self::Portable => Portable::lanes::<T>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::lanes::<T>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Avx512::lanes::<T>(),
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
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) => {
                if const { K::WIDE } {
                    // SAFETY: as above, of V4.
                    unsafe { kernel.run_avx512(isa) }
                } else {
                    // SAFETY: V4 names all that V3 does.
                    unsafe { kernel.run_avx2(isa.narrow()) }
                }
            }
        }
    }

    /// Every set that this processor has, for tests; says which it lacks.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let had = Self::had();
        for name in ["AVX2", "AVX512"] {
            if cfg!(target_arch = "x86_64") && !had.iter().any(|set| set.name() == name) {
                eprintln!("not tested: {name}, which this processor lacks");
            }
        }
        had
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
                _ => assert_eq!(residue, f64::EPSILON * f64::EPSILON),
            }
        }
    }

    #[test]
    fn sets_are_known_by_name() {
        assert_eq!(
            InstructionSet::named("Portable").unwrap().name(),
            "portable"
        );
        for set in InstructionSet::had() {
            let named = InstructionSet::named(set.name()).unwrap();
            assert_eq!(named.name(), set.name());
        }
        let error = InstructionSet::named("avx9").unwrap_err().to_string();
        assert!(
            error.starts_with("environment: STEPNET_ISA is avx9, expected portable"),
            "{error}"
        );
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_best_set_is_what_the_processor_has() {
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        let expected = match is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            true if wide => "AVX512",
            true => "AVX2",
            false => "portable",
        };
        assert_eq!(InstructionSet::detected().name(), expected);
    }
}
