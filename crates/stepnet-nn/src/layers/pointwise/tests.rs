//! Tests of every pointwise operation: [`check`] is run for each of the list.

use super::*;
use crate::notation::{Kinds, Step, parse};
use stepnet_kernels::pointwise::on_every_set;
use stepnet_kernels::testing::{assert_bits, assert_gradient, inner, normal, on_threads};

/// The operation of each example of its signature.
fn functions<F: Function>() -> Vec<(String, F)> {
    let examples = F::signature().examples().to_vec();
    assert!(!examples.is_empty(), "{}", F::NAME);
    let function = |text: String| {
        let network = parse(&text, &Kinds::builtin()).unwrap();
        let [
            Step {
                item: crate::notation::Item::Layer(layer),
                ..
            },
        ] = network.steps.as_slice()
        else {
            panic!("{text} is not one layer");
        };
        let function = F::from_text(layer).unwrap();
        (text, function)
    };
    examples.into_iter().map(function).collect()
}

pub(crate) fn check<F: Function>() {
    for (text, f) in functions::<F>() {
        conditions_hold(&text, f);
        agrees_with_the_formulas::<f32, F>(&text, f);
        agrees_with_the_formulas::<f64, F>(&text, f);
        far_ends::<f32, F>(&text, f);
        far_ends::<f64, F>(&text, f);
        agrees_with_differences(&text, f);
        any_number_of_threads(f);
    }
}

/// Inputs of every size, on both sides of the kinks and at them.
fn inputs<T: Real, F: Function>(f: F) -> Vec<T> {
    let mut x = normal::<T>(1, 4003);
    let sizes = [1e-12, 1e-3, 1.0, 4.0, 30.0];
    for (at, x) in x.iter_mut().enumerate() {
        *x *= T::from_f64(sizes[at % sizes.len()]);
    }
    x.extend([0.0, -0.0].map(T::from_f64));
    for &kink in f.kinks() {
        let kink = T::from_f64(kink);
        let step = T::epsilon() * (kink.abs() + T::min_positive_value());
        x.extend([kink - step, kink, kink + step]);
    }
    x
}

/// A formula that ends in "where" and a condition is given for inputs that fulfil the condition.
fn conditions_hold<F: Function>(text: &str, f: F) {
    for x in inputs::<f64, F>(f) {
        let value = f.value::<f64>(x);
        let derivative = f.derivative::<f64>(x, value.result);
        for formula in [value.formula, derivative.formula] {
            if let Some((_, condition)) = formula.split_once(" where ") {
                assert!(fulfils(x, condition), "{text} at {x:?}: {formula}");
            }
        }
    }
}

fn fulfils(x: f64, condition: &str) -> bool {
    let number = |word: &str| word.parse::<f64>().expect("a number");
    let words: Vec<&str> = condition.split(' ').collect();
    match words[..] {
        ["x", "<=", end] => x <= number(end),
        ["x", ">=", end] => x >= number(end),
        ["x", ">", end] => x > number(end),
        [low, "<", "x", "<", high] => number(low) < x && x < number(high),
        _ => panic!("{condition} is no condition"),
    }
}

/// On every instruction set, values and gradients are those that `see` works out in `f64`, with other functions than
/// the kernels have.
fn agrees_with_the_formulas<T: Real, F: Function>(text: &str, f: F) {
    let x = inputs::<T, F>(f);
    let dy = normal::<T>(2, x.len());
    let (unit, least) = (T::epsilon().as_f64(), T::min_positive_value().as_f64());
    for set in on_every_set(f, &x, &dy) {
        for (at, (&y, &dx)) in set.y.iter().zip(&set.dx).enumerate() {
            let (x, dy) = (x[at].as_f64(), dy[at].as_f64());
            let value = f.value::<T>(x);
            let bound = 0.5 * (value.roundings + 1.0) * unit * value.result.abs() + least;
            let (y, name) = (y.as_f64(), set.name);
            assert!(
                (y - value.result).abs() <= bound,
                "{text} in {} on {name} at {x:?}: {y:?}, expected {:?}",
                T::NAME,
                value.result
            );
            let Derivative { factor, size, .. } = f.derivative::<T>(x, y);
            let bound = 6.0 * unit * size * dy.abs() + least;
            let dx = dx.as_f64();
            assert!(
                (dx - factor * dy).abs() <= bound,
                "{text} in {} on {name} at {x:?}: gradient {dx:?}, expected {:?}",
                T::NAME,
                factor * dy
            );
        }
    }
}

/// NaN passes, and so does a gradient there, as large as the function has it; nothing else becomes NaN.
fn far_ends<T: Real, F: Function>(text: &str, f: F) {
    let x = [
        T::infinity(),
        T::neg_infinity(),
        T::max_value(),
        T::min_value(),
        T::nan(),
    ];
    let dy = [T::one(); 5];
    for set in on_every_set(f, &x, &dy) {
        let at = format!("{text} in {} on {}: {:?}", T::NAME, set.name, set.y);
        assert!(set.y[..4].iter().all(|y| !y.is_nan()), "{at}");
        assert!(set.y[4].is_nan(), "{at}");
        assert!(
            set.dx[..4].iter().all(|dx| dx.is_finite()),
            "{at} {:?}",
            set.dx
        );
        assert!(
            set.dx[4].is_nan() || set.dx[4] > T::zero(),
            "{at} {:?}",
            set.dx
        );
    }
}

fn agrees_with_differences<F: Function>(text: &str, f: F) {
    let mut x: Vec<f64> = normal::<f64>(3, 60).iter().map(|x| 2.0 * x).collect();
    for x in &mut x {
        if f.kinks().iter().any(|kink| (*x - kink).abs() < 1e-3) {
            *x += 2e-3;
        }
    }
    let dy = normal::<f64>(4, x.len());
    let run = |x: &[f64]| {
        let mut y = vec![f64::NAN; x.len()];
        pointwise::forward(f, x, &mut y);
        y
    };
    let y = run(&x);
    let at = match F::FROM {
        Argument::Input => &x,
        Argument::Output => &y,
    };
    let mut dx = vec![f64::NAN; x.len()];
    pointwise::backward(f, at, &dy, &mut dx);
    eprintln!("{text}");
    assert_gradient(&x, &dx, |x| inner(&dy, &run(x)));
}

/// Long arrays, in pieces, have the bits of short ones.
fn any_number_of_threads<F: Function>(f: F) {
    let len = 150_001;
    let (x, dy) = (normal::<f32>(5, len), normal::<f32>(6, len));
    let whole = |threads| {
        on_threads(threads, || {
            let [mut y, mut dx] = [vec![f32::NAN; len], vec![f32::NAN; len]];
            pointwise::forward(f, &x, &mut y);
            let at = match F::FROM {
                Argument::Input => &x,
                Argument::Output => &y,
            };
            pointwise::backward(f, at, &dy, &mut dx);
            (y, dx)
        })
    };
    let (y, dx) = whole(1);
    for threads in [2, 3] {
        let (other, other_dx) = whole(threads);
        assert_bits(&y, &other);
        assert_bits(&dx, &other_dx);
    }
    let mut short = vec![f32::NAN; len];
    for (x, y) in x.chunks(37).zip(short.chunks_mut(37)) {
        pointwise::forward(f, x, y);
    }
    assert_bits(&y, &short);
}
