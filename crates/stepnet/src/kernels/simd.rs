//! Instruction sets, chosen at run time: one text of every kernel, compiled once for each set.
//!
//! A kernel is a plain struct of slices with one method, [`Kernel::run`], in plain Rust: loops over
//! slices and over small arrays that the compiler keeps in vector registers. It asks the [`Isa`] it
//! is handed for the one thing that plain Rust cannot say portably, a multiplication with its
//! addition that is fused where the hardware can and is not where it would be emulated.
//! [`InstructionSet::run`] compiles the method anew inside a function that may use the set.
//!
//! The crate `pulp` finds out what the processor has; its token for a set can only be made where
//! the set is there, so that no `unsafe` is needed here. AVX-512 is never chosen: nothing here has
//! measured or tested it.
//!
//! Rules for kernels: everything they call is `#[inline(always)]`, or it is compiled without the
//! set; and sums are written in a fixed order, which no compiler may change, so that an instruction
//! set gives the same bits whatever the number of threads.

use crate::Element;

/// What kernels ask an instruction set for.
pub(super) trait Isa: Copy + Send + Sync {
    /// `a b + c`: rounded once where the set fuses both, twice where it does not.
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T;
}

/// No more than the target that the library was compiled for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

impl Isa for Portable {
    #[inline(always)]
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T {
        a * b + c
    }
}

/// AVX2 and FMA; the token proves that the processor has them.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(pulp::x86::V3);

#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    #[inline(always)]
    fn mul_add<T: Element>(self, a: T, b: T, c: T) -> T {
        a.mul_add(b, c)
    }
}

/// Work that is compiled for every instruction set.
pub(super) trait Kernel {
    /// What it answers.
    type Output;

    /// The work; to be marked `#[inline(always)]`.
    fn run<I: Isa>(self, isa: I) -> Self::Output;
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
    /// The best set here. Asking is cheap: the processor's answer is kept.
    #[inline]
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(token) = pulp::x86::V3::try_new() {
            return Self::Avx2(Avx2(token));
        }
        Self::Portable
    }

    /// Its name in messages.
    #[cfg(test)]
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "AVX2",
        }
    }

    /// Runs `kernel` as compiled for this set.
    #[inline]
    pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            Self::Portable => kernel.run(Portable),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(isa) => isa.0.vectorize(
                #[inline(always)]
                || kernel.run(isa),
            ),
        }
    }

    /// Every set that this processor has, for tests; says which it lacks.
    #[cfg(test)]
    pub(super) fn all() -> Vec<Self> {
        let best = Self::best();
        if matches!(best, Self::Portable) {
            eprintln!("not tested: AVX2 and FMA, which this processor lacks");
            vec![best]
        } else {
            vec![Self::Portable, best]
        }
    }
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
    #[cfg(target_arch = "x86_64")]
    fn the_best_set_is_what_the_processor_has() {
        let has = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        let best = InstructionSet::best();
        assert_eq!(has, matches!(best, InstructionSet::Avx2(_)), "{best:?}");
    }
}
