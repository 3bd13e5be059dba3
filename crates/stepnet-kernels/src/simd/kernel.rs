//! A computation that is compiled once for each instruction set.

use super::isa::Isa;
use super::portable::Portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::wasm::Simd128;
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// Work that is compiled for every instruction set.
pub(crate) trait Kernel {
    /// Its result.
    type Output;

    /// Whether it is compiled for AVX-512 too: else it runs there as on AVX2.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(dead_code, reason = "only x86-64 has several sets")
    )]
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

    /// [`Kernel::run`] as compiled for `simd128`.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    #[inline(never)]
    fn run_simd128(self, isa: Simd128) -> Self::Output
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
