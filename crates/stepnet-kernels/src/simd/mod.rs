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
//! the set is there. A WebAssembly module has vectors or has not, by the features that it is compiled with. AVX-512 is for the kernels that gain by it ([`Kernel::WIDE`]); the others run as
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
mod isa;
mod kernel;
mod portable;
#[cfg(test)]
mod tests;
pub(super) mod tile;
#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
mod token;
mod vectors;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(super) use choice::{InstructionSet, run};
pub use choice::{request_instruction_set, requested_instruction_set};
pub(super) use isa::Isa;
pub(super) use kernel::Kernel;
#[cfg(test)]
pub(super) use portable::Portable;
pub(super) use vectors::MOST_LANES;
pub(crate) use vectors::VectorElement;
