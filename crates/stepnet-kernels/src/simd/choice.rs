//! Which instruction set runs: the best that the processor has, or what `STEPNET_ISA` names.

use std::ffi::OsStr;
use std::sync::OnceLock;

use super::isa::Isa;
use super::kernel::Kernel;
use super::portable::Portable;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use super::wasm::{self, Simd128};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};
use crate::Real;
use crate::error::{Error, Result};

/// The set that the program asked for.
static ASKED: OnceLock<InstructionSet> = OnceLock::new();

/// The names of the sets that this target may have, in addition to the portable one.
const NAMES: &[&str] = {
    #[cfg(target_arch = "x86_64")]
    let names = &["AVX2", "AVX512"];
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    let names = &[wasm::NAME];
    #[cfg(not(any(
        target_arch = "x86_64",
        all(target_arch = "wasm32", target_feature = "simd128")
    )))]
    let names = &[];
    names
};

/// Whether [`Portable`] can be chosen. A WebAssembly module with vectors leaves its code out, since that would double the
/// module; tests compare the two.
const PORTABLE: bool = cfg!(any(
    test,
    not(all(target_arch = "wasm32", target_feature = "simd128"))
));

/// An instruction set that this processor has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum InstructionSet {
    /// See [`Portable`].
    Portable,
    /// See [`Avx2`].
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// See [`Avx512`].
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    /// See [`Simd128`].
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128(Simd128),
}

impl InstructionSet {
    /// The best set here, unless `STEPNET_ISA` asks for less. Asking is cheap: the answer is kept.
    #[inline]
    pub(crate) fn best() -> Self {
        static BEST: OnceLock<InstructionSet> = OnceLock::new();
        // An instruction set that the processor lacks is not an error here: see [`requested_instruction_set`].
        *BEST.get_or_init(|| Self::wanted().unwrap_or_else(|_| Self::detected()))
    }

    /// The set that the program asked for, or `STEPNET_ISA` names, or the best one.
    fn wanted() -> Result<Self> {
        if let Some(set) = ASKED.get() {
            return Ok(*set);
        }
        match std::env::var_os("STEPNET_ISA") {
            Some(name) if !name.is_empty() => Self::named(&name),
            _ => Ok(Self::detected()),
        }
    }

    /// The set of a name, if this processor has it.
    fn named(name: &OsStr) -> Result<Self> {
        let had = Self::had();
        if let Some(set) = had.iter().find(|set| name.eq_ignore_ascii_case(set.name())) {
            return Ok(*set);
        }
        let names: Vec<String> = had.iter().map(|set| set.name().to_lowercase()).collect();
        let expected = match names.as_slice() {
            [only] => format!("{only}, all that this processor has"),
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => "nothing".to_owned(),
        };
        Err(Error::value(
            "environment",
            "STEPNET_ISA",
            name.display(),
            expected,
        ))
    }

    /// The sets that the processor has, from the least to the best.
    fn had() -> Vec<Self> {
        let mut sets = Vec::new();
        sets.extend(PORTABLE.then_some(Self::Portable));
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        sets.push(Self::Simd128(Simd128::compiled()));
        #[cfg(all(target_arch = "x86_64", not(fuzzing)))]
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
    pub(crate) fn for_columns<T: Real>(self, columns: usize) -> Self {
        let narrow = self.narrow();
        if columns <= narrow.lanes::<T>() {
            narrow
        } else {
            self
        }
    }

    /// The set for vectors that `count` values must fill.
    pub(crate) fn for_filled<T: Real>(self, count: usize) -> Self {
        if count < self.lanes::<T>() {
            self.narrow()
        } else {
            self
        }
    }

    /// The set on which kernels run that are not compiled for this one.
    pub(crate) fn narrow(self) -> Self {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(isa) => Self::Avx2(isa.narrow()),
            set => set,
        }
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => NAMES[0],
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => NAMES[1],
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => NAMES[0],
        }
    }

    /// How many values its vectors hold.
    pub(crate) fn lanes<T: Real>(self) -> usize {
        match self {
            Self::Portable => Portable::lanes::<T>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::lanes::<T>(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Avx512::lanes::<T>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => Simd128::lanes::<T>(),
        }
    }

    /// Whether a multiply-add can take one number from memory for all lanes.
    pub(crate) fn broadcasts(self) -> bool {
        match self {
            Self::Portable => Portable::BROADCASTS,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => Avx2::BROADCASTS,
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => Avx512::BROADCASTS,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(_) => Simd128::BROADCASTS,
        }
    }

    /// Runs `kernel` as compiled for this set.
    #[inline]
    pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Portable if !PORTABLE => kernel.run_simd128(Simd128::compiled()),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Self::Simd128(isa) => kernel.run_simd128(isa),
            Self::Portable => kernel.run_portable(),
            // Fuzz targets look for faults of what reads: one set is enough, and built in a third of the time.
            #[cfg(all(target_arch = "x86_64", fuzzing))]
            Self::Avx2(_) | Self::Avx512(_) => kernel.run_portable(),
            #[cfg(all(target_arch = "x86_64", not(fuzzing)))]
            // SAFETY: the token of V3 is made where the processor has all that V3 names, which these
            // features are part of.
            Self::Avx2(isa) => unsafe { kernel.run_avx2(isa) },
            #[cfg(all(target_arch = "x86_64", not(fuzzing)))]
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
    pub(crate) fn all() -> Vec<Self> {
        let had = Self::had();
        for &name in NAMES {
            if !had.iter().any(|set| set.name() == name) {
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
/// on the best set there is; a `Workspace` refuses to be made.
pub fn requested_instruction_set() -> Result<&'static str> {
    InstructionSet::wanted().map(InstructionSet::name)
}

/// From now on kernels run on the instruction set of this name, such as `avx2`, whatever `STEPNET_ISA` says. To be called
/// once, before anything is computed.
///
/// # Errors
/// When the set is not known, this processor lacks it, or kernels run on another already.
pub fn request_instruction_set(name: &str) -> Result<()> {
    let set = InstructionSet::named(OsStr::new(name))?;
    let asked = ASKED.get_or_init(|| set);
    let runs = InstructionSet::best();
    if asked.name() == set.name() && runs.name() == set.name() {
        return Ok(());
    }
    Err(Error::value(
        "environment",
        "the instruction set",
        name,
        format!("{}, on which kernels run already", runs.name()),
    ))
}

/// Runs `kernel` on the best instruction set here.
#[inline]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
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
                #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                InstructionSet::Simd128(_) => assert_eq!(residue, 0.0),
                #[cfg(target_arch = "x86_64")]
                _ => assert_eq!(residue, f64::EPSILON * f64::EPSILON),
            }
        }
    }

    #[test]
    fn sets_are_known_by_name() {
        assert_eq!(
            InstructionSet::named(OsStr::new("Portable"))
                .unwrap()
                .name(),
            "portable"
        );
        for set in InstructionSet::had() {
            let named = InstructionSet::named(OsStr::new(set.name())).unwrap();
            assert_eq!(named.name(), set.name());
        }
        let error = InstructionSet::named(OsStr::new("avx9"))
            .unwrap_err()
            .to_string();
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
