use super::oracle::{self, Exact};
use super::*;
use crate::Real;
use crate::simd::Isa;
use crate::simd::{InstructionSet, Kernel};

/// How many arguments each function is measured at.
const POINTS: usize = if cfg!(debug_assertions) {
    20_000
} else {
    100_000
};

#[derive(Clone, Copy, Debug)]
enum Function {
    Exp,
    Tanh,
    Sigmoid,
    Ln1pUnit,
    NormalProduct,
}

/// A function over a slice, compiled for each instruction set.
struct Apply<'a, T>(Function, &'a [T]);

impl<T: Real> Kernel for Apply<'_, T> {
    type Output = Vec<T>;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) -> Vec<T> {
        let x = self.1.iter();
        match self.0 {
            Function::Exp => x.map(|&x| exp(isa, x)).collect(),
            Function::Tanh => x.map(|&x| tanh(isa, x)).collect(),
            Function::Sigmoid => x.map(|&x| sigmoid(isa, x)).collect(),
            Function::Ln1pUnit => x.map(|&x| ln_1p_unit(isa, x)).collect(),
            Function::NormalProduct => x.map(|&x| normal_product(isa, x)).collect(),
        }
    }
}

impl Function {
    /// What a million arguments measured, and a little more; the module promises 2, and 4 for the
    /// normal distribution.
    fn bound(self) -> f64 {
        match self {
            Self::Exp => 0.8,
            Self::Tanh => 1.8,
            Self::Sigmoid => 1.7,
            Self::Ln1pUnit => 0.95,
            Self::NormalProduct => 4.0,
        }
    }

    fn exact(self, x: f64) -> Exact {
        match self {
            Self::Exp => oracle::exp(x),
            Self::Tanh => oracle::tanh(x),
            Self::Sigmoid => oracle::sigmoid(x),
            Self::Ln1pUnit => oracle::ln_1p_unit(x),
            Self::NormalProduct => oracle::normal_product(x),
        }
    }

    fn values<T: Real>(self, set: InstructionSet, x: &[T]) -> Vec<T> {
        set.run(Apply(self, x))
    }

    /// Fails where an error passes the bound; says how large errors are.
    fn measure<T: Real>(self, x: &[T]) {
        for set in InstructionSet::all() {
            let (mut largest, mut at) = (0.0, T::zero());
            for (&x, &y) in x.iter().zip(&self.values(set, x)) {
                let error = self.exact(x.as_f64()).ulps(y);
                assert!(
                    error <= self.bound(),
                    "{self:?}({x:?}) on {}: {y:?} is {error} ulp off",
                    set.name()
                );
                if error > largest {
                    (largest, at) = (error, x);
                }
            }
            let set = set.name();
            eprintln!("{self:?} {} on {set}: {largest:.3} ulp at {at:?}", T::NAME);
        }
    }
}

/// Arguments in `[low, high]`: half of them spread evenly, half over all powers of two.
fn arguments<T: Real>(low: f64, high: f64) -> Vec<T> {
    let mut state = 1_u64;
    let mut unit = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let even = |u: f64| low + (high - low) * u;
    let smallest = T::min_positive_value().as_f64().log2() - 10.0;
    let powers = |u: f64, sign: f64| {
        let end = if sign < 0.5 { low } else { high };
        end.signum() * (smallest + (end.abs().max(1e-300).log2() - smallest) * u).exp2()
    };
    let ends = [low, high, 0.0, -0.0].map(T::from_f64);
    (0..POINTS)
        .map(|i| {
            if i % 2 == 0 {
                even(unit())
            } else {
                powers(unit(), unit())
            }
        })
        .map(T::from_f64)
        .chain(ends)
        .collect()
}

#[test]
fn exp_is_within_its_bound() {
    // Down to subnormal results.
    Function::Exp.measure(&arguments::<f64>(-745.1, 709.78));
    Function::Exp.measure(&arguments::<f32>(-103.9, 88.72));
    Function::Exp.measure(&arguments::<f64>(-1.0, 1.0));
    Function::Exp.measure(&arguments::<f32>(-1.0, 1.0));
}

#[test]
fn tanh_is_within_its_bound() {
    for end in [0.3, 1.0, 4.0, 25.0] {
        Function::Tanh.measure(&arguments::<f64>(-end, end));
        Function::Tanh.measure(&arguments::<f32>(-end, end));
    }
}

#[test]
fn sigmoid_is_within_its_bound() {
    for end in [1.0, 10.0, 100.0] {
        Function::Sigmoid.measure(&arguments::<f64>(-end, end));
        Function::Sigmoid.measure(&arguments::<f32>(-end, end));
    }
    Function::Sigmoid.measure(&arguments::<f64>(-745.0, 745.0));
}

#[test]
fn the_logarithm_is_within_its_bound() {
    Function::Ln1pUnit.measure(&arguments::<f64>(0.0, 1.0));
    Function::Ln1pUnit.measure(&arguments::<f32>(0.0, 1.0));
}

/// The normal distribution, times `x`.
#[test]
fn normal_products_are_within_its_bound() {
    for end in [0.5, 3.0, 6.0, 13.0] {
        Function::NormalProduct.measure(&arguments::<f64>(-end, end));
        Function::NormalProduct.measure(&arguments::<f32>(-end, end));
    }
    // Down to the smallest normal results.
    Function::NormalProduct.measure(&arguments::<f64>(-37.5, 37.5));
}

fn far_ends<T: Real>() {
    let (inf, nan, least) = (T::infinity(), T::nan(), T::min_positive_value());
    let (zero, one) = (T::zero(), T::one());
    let (largest, subnormal) = (T::max_value(), least / T::from_f64(4.0));
    let x = [
        inf, -inf, nan, largest, -largest, least, -least, subnormal, -subnormal, zero, -zero,
    ];
    for set in InstructionSet::all() {
        let name = set.name();
        let exp = Function::Exp.values(set, &x);
        assert_eq!(
            (exp[0], exp[1], exp[3], exp[4]),
            (inf, zero, inf, zero),
            "{name}"
        );
        assert!(
            exp[2].is_nan() && exp[5..].iter().all(|&y| y == one),
            "{name}"
        );

        let tanh = Function::Tanh.values(set, &x);
        assert_eq!(
            (tanh[0], tanh[1], tanh[3], tanh[4]),
            (one, -one, one, -one),
            "{name}"
        );
        assert!(tanh[2].is_nan(), "{name}");
        assert_eq!(tanh[5..], x[5..], "{name}");
        assert!(
            tanh[9].is_sign_positive() && tanh[10].is_sign_negative(),
            "{name}"
        );

        let sigmoid = Function::Sigmoid.values(set, &x);
        assert_eq!(
            (sigmoid[0], sigmoid[1], sigmoid[3], sigmoid[4]),
            (one, zero, one, zero)
        );
        assert!(sigmoid[2].is_nan(), "{name}");
        assert!(
            sigmoid[5..].iter().all(|&y| y == T::from_f64(0.5)),
            "{name}"
        );

        let x = [zero, subnormal, least, nan];
        let ln = Function::Ln1pUnit.values(set, &x);
        assert_eq!(ln[..3], x[..3], "{name}");
        assert!(ln[3].is_nan(), "{name}");
    }
}

#[test]
fn infinities_nan_and_the_smallest_numbers() {
    far_ends::<f64>();
    far_ends::<f32>();
}

#[test]
fn exp_ends_where_the_type_ends() {
    for set in InstructionSet::all() {
        let y = Function::Exp.values(
            set,
            &[
                709.782712893384_f64,
                709.7827128933841,
                -745.1332191019411,
                -745.1332191019412,
            ],
        );
        assert!(
            y[0].is_finite() && y[1].is_infinite() && y[2] > 0.0 && y[3] == 0.0,
            "{}: {y:?}",
            set.name()
        );
        let y = Function::Exp.values(set, &[88.72283_f32, 88.72284, -103.97207, -103.97209]);
        assert!(
            y[0].is_finite() && y[1].is_infinite() && y[2] > 0.0 && y[3] == 0.0,
            "{}: {y:?}",
            set.name()
        );
    }
}

#[test]
fn the_oracle_agrees_with_the_platform() {
    for x in arguments::<f64>(-30.0, 30.0).into_iter().take(1000) {
        assert!(oracle::exp(x).ulps(x.exp()) < 1.0, "exp({x:e})");
        assert!(oracle::tanh(x).ulps(x.tanh()) < 2.0, "tanh({x:e})");
        let quotient = 1.0 / (1.0 + (-x).exp());
        assert!(oracle::sigmoid(x).ulps(quotient) < 3.0, "sigmoid({x:e})");
        let share = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
        // The rounding of erfc's argument weighs more the steeper it falls.
        let bound = 6.0 + 4.0 * x * x;
        assert!(
            oracle::normal_product(x).ulps(x * share) < bound,
            "normal_product({x:e})"
        );
        let unit = x.abs() / 30.0;
        assert!(
            oracle::ln_1p_unit(unit).ulps(unit.ln_1p()) < 1.0,
            "ln_1p({unit:e})"
        );
    }
    // A neighbour is one unit away.
    let next = f64::from_bits(2.0_f64.exp().to_bits() + 2);
    assert!((1.4..2.6).contains(&oracle::exp(2.0).ulps(next)));
}
