//! Which activation of the notation a function is.
//!
//! A function of one number that a file wrote in its own way is compared with those of the notation at points all over
//! the range in which they differ from straight lines, and beyond it. Parameters, such as the slope of a leaky ReLU,
//! are read off the function itself.

use super::expression::Function;

/// A function as the notation has it: a straight line before, a layer, a straight line after.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recognised {
    /// Factor and offset before the layer.
    pub(super) before: (f64, f64),
    /// The layer and its argument, if there is one besides straight lines.
    pub(super) layer: Option<(&'static str, Option<(&'static str, f64)>)>,
    /// Factor and offset after it.
    pub(super) after: (f64, f64),
}

const NOTHING: (f64, f64) = (1.0, 0.0);

/// How far values may be apart, relative to their size: files have constants such as 1/6 as `f32`.
const TOLERANCE: f64 = 2e-6;

/// The function, if it is one of the notation's.
pub(super) fn recognise(f: &dyn Fn(f64) -> f64) -> Option<Recognised> {
    if let Some(line) = straight(f) {
        return Some(Recognised {
            before: line,
            layer: None,
            after: NOTHING,
        });
    }
    let plain = |kind: &'static str, argument| Recognised {
        before: NOTHING,
        layer: Some((kind, argument)),
        after: NOTHING,
    };
    for (kind, known) in [
        ("relu", Function::Relu),
        ("relu6", Function::Clip(0.0, 6.0)),
        ("sigmoid", Function::Sigmoid),
        ("tanh", Function::Tanh),
        ("silu", Function::Silu(1.0)),
        ("hardswish", Function::HardSwish),
        ("hardsigmoid", Function::HardSigmoid(1.0 / 6.0, 0.5)),
        ("gelu", Function::Gelu { tanh: false }),
        ("gelutanh", Function::Gelu { tanh: true }),
    ] {
        if same(f, &|x| known.of(x)) {
            return Some(plain(kind, None));
        }
    }
    let slope = -f(-1.0);
    if same(f, &|x| Function::LeakyRelu(slope).of(x)) {
        return Some(plain("leakyrelu", Some(("slope", slope))));
    }
    let alpha = -f(-60.0);
    if same(f, &|x| Function::Elu(alpha).of(x)) {
        return Some(plain("elu", Some(("alpha", alpha))));
    }
    scaled_elu(f).or_else(|| clamp(f))
}

/// A constant times an ELU.
fn scaled_elu(f: &dyn Fn(f64) -> f64) -> Option<Recognised> {
    let gamma = f(1.0);
    let alpha = -f(-60.0) / gamma;
    same(f, &|x| Function::Selu(alpha, gamma).of(x)).then_some(Recognised {
        before: NOTHING,
        layer: Some(("elu", Some(("alpha", alpha)))),
        after: (gamma, 0.0),
    })
}

/// A line between two constants, or between one and infinity: a hard sigmoid of any slope, a clipped value.
fn clamp(f: &dyn Fn(f64) -> f64) -> Option<Recognised> {
    const FAR: f64 = 1e6;
    let (left, right) = (f(-FAR), f(FAR));
    let bounded = |end: f64, before: f64| (end - before).abs() < TOLERANCE * (1.0 + end.abs());
    if !bounded(left, f(-FAR / 2.0)) || !bounded(right, f(FAR / 2.0)) || left == right {
        return None;
    }
    // Two points on the line: the middle is halfway between the constants, wherever that is.
    let level = |share: f64| {
        let target = left + share * (right - left);
        let (mut low, mut high) = (-FAR, FAR);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            match (f(middle) < target) == (left < right) {
                true => low = middle,
                false => high = middle,
            }
        }
        0.5 * (low + high)
    };
    let (quarter, three) = (level(0.25), level(0.75));
    let slope = 0.5 / (three - quarter);
    let offset = 0.25 - slope * quarter;
    let unit = |x: f64| (slope * x + offset).clamp(0.0, 1.0);
    let (factor, shift) = (right - left, left);
    if !slope.is_finite() || !same(f, &|x| factor * unit(x) + shift) {
        return None;
    }
    let six = (factor - 6.0).abs() < 1e-5 && shift.abs() < 1e-6;
    Some(match six {
        true => Recognised {
            before: (6.0 * slope, 6.0 * offset),
            layer: Some(("relu6", None)),
            after: NOTHING,
        },
        // hardsigmoid(z) = min(max(0, z + 3), 6) / 6
        false => Recognised {
            before: (6.0 * slope, 6.0 * offset - 3.0),
            layer: Some(("hardsigmoid", None)),
            after: match (factor - 1.0).abs() < 1e-6 && shift.abs() < 1e-7 {
                true => NOTHING,
                false => (factor, shift),
            },
        },
    })
}

/// Factor and offset of a straight line.
pub(super) fn straight(f: &dyn Fn(f64) -> f64) -> Option<(f64, f64)> {
    let offset = f(0.0);
    let factor = f(1.0) - offset;
    let line = same(f, &|x| factor * x + offset);
    line.then_some((factor, offset))
}

/// Whether two functions are equal at all points that are looked at.
fn same(f: &dyn Fn(f64) -> f64, g: &dyn Fn(f64) -> f64) -> bool {
    let points = (-80..=80).map(|step| f64::from(step) * 0.1 + 0.013);
    let far = [-1000.0, -60.0, -20.0, -12.0, 12.0, 20.0, 60.0, 1000.0];
    points.chain(far).all(|x| {
        let (found, wanted) = (f(x), g(x));
        (found - wanted).abs() <= TOLERANCE * (1.0 + wanted.abs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(f: &dyn Fn(f64) -> f64) -> Option<&'static str> {
        recognise(f)?.layer.map(|(kind, _)| kind)
    }

    #[test]
    fn activations_are_recognised_however_they_are_written() {
        let clip = |x: f64, low: f64, high: f64| x.max(low).min(high);
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let sixth = f64::from(1.0_f32 / 6.0);
        let root = f64::from(std::f32::consts::SQRT_2);
        assert_eq!(
            kind(&|x| x * clip(x + 3.0, 0.0, 6.0) * sixth),
            Some("hardswish")
        );
        assert_eq!(
            kind(&|x| clip(x + 3.0, 0.0, 6.0) / 6.0),
            Some("hardsigmoid")
        );
        assert_eq!(kind(&|x| x * sigmoid(x)), Some("silu"));
        assert_eq!(
            kind(&|x| 0.5 * x * (1.0 + libm::erf(x / root))),
            Some("gelu")
        );
        let root = (2.0 / std::f64::consts::PI).sqrt();
        let tangent = |x: f64| (root * (x + 0.044_715 * x * x * x)).tanh();
        assert_eq!(kind(&|x| 0.5 * x * (1.0 + tangent(x))), Some("gelutanh"));
        assert_eq!(kind(&|x| clip(x, 0.0, 6.0)), Some("relu6"));
        assert_eq!(kind(&|x| clip(x, 0.0, f64::from(f32::MAX))), Some("relu"));
        assert_eq!(kind(&|x| 2.0 * sigmoid(2.0 * x) - 1.0), Some("tanh"));
        assert_eq!(kind(&|x| x * x), None);
        assert_eq!(kind(&|x| x * sigmoid(1.702 * x)), None);
    }

    #[test]
    fn lines_before_and_after_are_found() {
        let line = recognise(&|x| 2.0 * x - 3.0).unwrap();
        assert_eq!((line.layer, line.before), (None, (2.0, -3.0)));
        let paddle = recognise(&|x| (0.2 * x + 0.5).clamp(0.0, 1.0)).unwrap();
        assert_eq!(paddle.layer, Some(("hardsigmoid", None)));
        assert!((paddle.before.0 - 1.2).abs() < 1e-9 && paddle.before.1.abs() < 1e-9);
        assert_eq!(paddle.after, NOTHING);
        let clipped = recognise(&|x| x.clamp(-1.0, 1.0)).unwrap();
        assert_eq!(clipped.after, (2.0, -1.0));
        let again = |x: f64| {
            let z = clipped.before.0 * x + clipped.before.1;
            clipped.after.0 * ((z + 3.0).clamp(0.0, 6.0) / 6.0) + clipped.after.1
        };
        assert!((again(0.3) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn parameters_are_read_off() {
        let leaky = recognise(&|x| if x < 0.0 { 0.3 * x } else { x }).unwrap();
        assert_eq!(leaky.layer, Some(("leakyrelu", Some(("slope", 0.3)))));
        let selu = recognise(&|x| Function::Selu(1.673, 1.05).of(x)).unwrap();
        let Some(("elu", Some(("alpha", alpha)))) = selu.layer else {
            panic!("{selu:?}")
        };
        assert!((alpha - 1.673).abs() < 1e-9 && (selu.after.0 - 1.05).abs() < 1e-9);
    }
}
