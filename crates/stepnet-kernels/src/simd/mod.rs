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
//! The only `unsafe` of the crate is in this folder, and does two things. `choice` enters the functions
//! that are compiled for a set, with its token in hand. The rest reads vectors and numbers behind
//! pointers, without comparing every index with the length of its slice: the sets load and store one
//! vector, behind one comparison of lengths; `tile` holds the innermost loops, each of which compares
//! its furthest reach with the lengths before it starts.
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
mod choice;
mod portable;
pub(super) mod tile;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
pub(super) use avx2::Avx2;
#[cfg(target_arch = "x86_64")]
pub(super) use avx512::Avx512;
pub(super) use choice::InstructionSet;
pub use choice::requested_instruction_set;
pub(super) use portable::Portable;

#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use crate::Real;

/// No vector of any set holds more values.
pub(super) const MOST_LANES: usize = 16;

/// The number types as each instruction set holds them in vectors.
#[cfg(target_arch = "x86_64")]
pub trait Lanes: x86::Vectors<V3> + x86::Vectors<V4> {}
#[cfg(target_arch = "x86_64")]
impl<T: x86::Vectors<V3> + x86::Vectors<V4>> Lanes for T {}

/// The number types; without an instruction set of its own this target asks nothing of them.
#[cfg(not(target_arch = "x86_64"))]
pub trait Lanes {}
#[cfg(not(target_arch = "x86_64"))]
impl<T> Lanes for T {}

/// What kernels ask an instruction set for.
pub(super) trait Isa: Copy + Send + Sync {
    /// As many values as the innermost loops compute at a time.
    type Vector<T: Real>: Copy;

    /// Whether tiles of every size that could be asked for are compiled, or a few that make up the
    /// others: code takes time to compile, and room.
    const EVERY_TILE: bool;

    /// Sums that fit into the registers beside what is added to them.
    const SUMS: usize;

    /// Whether a multiply-add can take one number from memory for all lanes.
    const BROADCASTS: bool;

    /// How many values a vector holds.
    fn lanes<T: Real>() -> usize;

    /// `a b + c`: rounded once where the set fuses both, twice where it does not.
    fn mul_add<T: Real>(self, a: T, b: T, c: T) -> T;

    /// The token of AVX2 and FMA, where this is that set: for the few instructions of `pulp` that
    /// have no name here.
    #[cfg(target_arch = "x86_64")]
    fn avx2(self) -> Option<pulp::x86::V3> {
        None
    }

    /// The same value in every lane.
    fn splat<T: Real>(self, value: T) -> Self::Vector<T>;

    /// The first values of `from`, which holds at least one vector.
    fn load<T: Real>(self, from: &[T]) -> Self::Vector<T>;

    /// Writes the first values of `to`, which holds at least one vector.
    fn store<T: Real>(self, to: &mut [T], vector: Self::Vector<T>);

    /// The first values of `from`; zeros in the lanes behind its end.
    fn load_part<T: Real>(self, from: &[T]) -> Self::Vector<T>;

    /// As many of the vector's values as `to` takes.
    fn store_part<T: Real>(self, to: &mut [T], vector: Self::Vector<T>);

    /// Rows of a square that is turned at a time: as many as a vector has lanes, or half.
    fn square<T: Real>() -> usize;

    /// Turns a square of [`Isa::square`] rows: `to[k to_step + r] = from[r from_step + k]`.
    ///
    /// # Panics
    ///
    /// If a row ends behind its slice.
    fn transpose<T: Real>(self, from: &[T], from_step: usize, to: &mut [T], to_step: usize);

    /// The vector that starts at `from`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn load_at<T: Real>(self, from: *const T) -> Self::Vector<T>;

    /// Writes the vector that starts at `to`.
    ///
    /// # Safety
    /// All of it lies in one array.
    unsafe fn store_at<T: Real>(self, to: *mut T, vector: Self::Vector<T>);

    /// Asks for the line of the cache that `from[at]` is in, if there is one: it will be read soon.
    #[inline(always)]
    fn prefetch<T: Real>(self, from: &[T], at: usize) {
        let _ = (from, at);
    }

    /// `a b + c`, rounded as by [`Isa::mul_add`].
    fn vector_mul_add<T: Real>(
        self,
        a: Self::Vector<T>,
        b: Self::Vector<T>,
        c: Self::Vector<T>,
    ) -> Self::Vector<T>;

    /// `a + b`.
    fn vector_add<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a - b`.
    fn vector_sub<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;

    /// `a b`.
    fn vector_mul<T: Real>(self, a: Self::Vector<T>, b: Self::Vector<T>) -> Self::Vector<T>;
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

/// Runs `kernel` on the best instruction set here.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    InstructionSet::best().run(kernel)
}
