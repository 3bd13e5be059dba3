use super::*;
use crate::testing::{assert_gradient, normal};

fn close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() <= 1e-14 * (1.0 + expected.abs()),
        "{found} {expected}"
    );
}

#[test]
fn sigmoid_cross_entropy_is_the_textbook_formula() {
    for (z, t) in normal::<f64>(1, 50)
        .into_iter()
        .zip((0..50).map(|i| f64::from(i % 5) / 4.0))
    {
        let a = 1.0 / (1.0 + (-z).exp());
        close(
            sigmoid_cross_entropy(&[z], &[t]),
            -(t * a.ln() + (1.0 - t) * (1.0 - a).ln()),
        );
    }
    close(
        sigmoid_cross_entropy(&[0.0f32, 0.0, 0.0], &[0.0, 1.0, 0.5]),
        3.0 * 2.0f64.ln(),
    );
}

#[test]
fn sums_of_every_length_are_the_sums_of_their_losses() {
    for len in (0..20).chain([63, 64, 65, 71, 128, 129, 200]) {
        let z = normal::<f64>(5, len);
        let t: Vec<f64> = (0..len).map(|i| f64::from(i as u32 % 3) / 2.0).collect();
        let pairs = z.iter().zip(&t);
        let sum: f64 = pairs
            .map(|(&z, &t)| sigmoid_cross_entropy(&[z], &[t]))
            .sum();
        close(sigmoid_cross_entropy(&z, &t), sum);
        let mut dz = vec![f64::NAN; len];
        close(sigmoid_cross_entropy_backward(&z, &t, 0.5, &mut dz), sum);
        for (dz, (z, t)) in dz.into_iter().zip(z.iter().zip(&t)) {
            close(dz, 0.5 * (1.0 / (1.0 + (-z).exp()) - t));
        }
    }
}

#[test]
fn sigmoid_cross_entropy_is_finite_at_saturation() {
    close(
        sigmoid_cross_entropy(&[1000.0f32, -1000.0], &[0.0, 1.0]),
        2000.0,
    );
    close(
        sigmoid_cross_entropy(&[1000.0f32, -1000.0], &[1.0, 0.0]),
        0.0,
    );
    for z in [f64::MAX, f64::MIN] {
        for t in [0.0, 0.5, 1.0] {
            assert!(sigmoid_cross_entropy(&[z], &[t]).is_finite());
        }
    }
    // Far from the mistake the loss is exp(-z), not 0.
    assert!(sigmoid_cross_entropy(&[50.0], &[1.0]) / (-50.0f64).exp() > 0.999);
    assert!(sigmoid_cross_entropy(&[f64::NAN], &[1.0]).is_nan());
    let mut dz = [9.0f32; 4];
    sigmoid_cross_entropy_backward(
        &[500.0, -500.0, 500.0, 0.0],
        &[1.0, 1.0, 0.0, 1.0],
        2.0,
        &mut dz,
    );
    assert_eq!(dz, [0.0, -2.0, 2.0, -1.0]);
}

#[test]
fn softmax_cross_entropy_is_the_textbook_formula() {
    let z = normal::<f64>(2, 12);
    let t = [0.0, 1.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0];
    let mut a = [0.0; 12];
    crate::softmax::forward(4, &z, &mut a);
    let expected: f64 = t.iter().zip(&a).map(|(t, a)| -t * a.ln()).sum();
    close(softmax_cross_entropy(4, &z, &t), expected);
    close(
        softmax_cross_entropy(10, &[0.0f32; 10], &[0.1; 10]),
        10.0f64.ln() * 10.0 * f64::from(0.1f32),
    );
}

#[test]
fn softmax_cross_entropy_is_finite_at_saturation() {
    close(
        softmax_cross_entropy(2, &[2000.0f32, 0.0], &[0.0, 1.0]),
        2000.0,
    );
    close(
        softmax_cross_entropy(2, &[2000.0f32, 0.0], &[1.0, 0.0]),
        0.0,
    );
    assert!(softmax_cross_entropy(2, &[f32::MAX, f32::MIN], &[0.0, 1.0]).is_finite());
    // A class that is ruled out costs nothing, however far away its logit.
    close(
        softmax_cross_entropy(2, &[1.0, f64::NEG_INFINITY], &[1.0, 0.0]),
        0.0,
    );
    assert!(softmax_cross_entropy(2, &[1.0, f64::NAN], &[1.0, 0.0]).is_nan());
    let mut dz = [9.0f32; 2];
    softmax_cross_entropy_backward(2, &[2000.0, 0.0], &[0.0, 1.0], 0.5, &mut dz);
    assert_eq!(dz, [0.5, -0.5]);
}

#[test]
fn mean_squared_error_by_hand() {
    let (y, t) = ([1.0f32, 2.0, 3.0, 4.0], [0.0, 2.0, 5.0, 4.0]);
    close(mean_squared_error(2, &y, &t), 0.5 + 2.0);
    let mut dy = [9.0; 4];
    mean_squared_error_backward(2, &y, &t, 0.5, &mut dy);
    assert_eq!(dy, [0.5, 0.0, -1.0, 0.0]);
}

/// What `torch.nn.functional.l1_loss` and `huber_loss` (delta 1) give by their formulas, with the `sum` reduction over 2
/// units.
#[test]
fn absolute_and_huber_errors_by_hand() {
    let (y, t) = ([1.0f32, 2.0, 3.0, 4.5], [0.5, 2.0, 5.5, 3.0]);
    close(
        mean_absolute_error(2, &y, &t),
        (0.5 + 0.0 + 2.5 + 1.5) / 2.0,
    );
    close(huber(2, &y, &t), (0.125 + 0.0 + 2.0 + 1.0) / 2.0);
    let mut dy = [9.0; 4];
    let value = mean_absolute_error_backward(2, &y, &t, 0.5, &mut dy);
    close(value, 2.25);
    assert_eq!(dy, [0.25, 0.0, -0.25, 0.25]);
    close(huber_backward(2, &y, &t, 0.5, &mut dy), 1.5625);
    assert_eq!(dy, [0.125, 0.0, -0.25, 0.25]);
    // Both sides of the threshold meet in value and slope.
    for (d, expected) in [(1.0, 0.5), (1.0 + 1e-9, 0.5 + 1e-9)] {
        close(huber(1, &[d], &[0.0]), expected);
    }
}

/// A value that is not a number is not hidden.
#[test]
fn differences_that_are_nan_stay_nan() {
    let mut dy = [0.0f64; 1];
    assert!(mean_absolute_error_backward(1, &[f64::NAN], &[1.0], 1.0, &mut dy).is_nan());
    assert!(dy[0].is_nan());
    assert!(huber_backward(1, &[f64::NAN], &[1.0], 1.0, &mut dy).is_nan());
    assert!(dy[0].is_nan());
}

#[test]
fn gradients_by_differences() {
    let z = normal::<f64>(3, 12);
    let t: Vec<f64> = normal::<f64>(4, 12)
        .iter()
        .map(|v| 1.0 / (1.0 + v.exp()))
        .collect();
    let mut dz = vec![9.0; 12];
    sigmoid_cross_entropy_backward(&z, &t, 0.5, &mut dz);
    assert_gradient(&z, &dz, |z| 0.5 * sigmoid_cross_entropy(z, &t));
    // Targets that do not add up to 1 have their gradient too.
    softmax_cross_entropy_backward(4, &z, &t, 0.25, &mut dz);
    assert_gradient(&z, &dz, |z| 0.25 * softmax_cross_entropy(4, z, &t));
    mean_squared_error_backward(3, &z, &t, 2.0, &mut dz);
    assert_gradient(&z, &dz, |z| 2.0 * mean_squared_error(3, z, &t));
    mean_absolute_error_backward(3, &z, &t, 2.0, &mut dz);
    assert_gradient(&z, &dz, |z| 2.0 * mean_absolute_error(3, z, &t));
    huber_backward(3, &z, &t, 2.0, &mut dz);
    assert!(dz.iter().any(|d| d.abs() < 0.6) && dz.iter().any(|d| d.abs() > 0.6));
    assert_gradient(&z, &dz, |z| 2.0 * huber(3, z, &t));
}

fn losses_of<T: Real>(set: InstructionSet, classes: usize, z: &[T], t: &[T]) {
    let mut dz = vec![T::nan(); z.len()];
    let scale = T::from_f64(0.5);
    let loss = SoftmaxCrossEntropy { classes };
    let alone = evaluate(set, loss, [z, t], None);
    let value = evaluate(set, loss, [z, t], Some((scale, &mut dz)));
    assert_eq!(value.to_bits(), alone.to_bits(), "{classes} {}", set.name());
    let mut expected = 0.0;
    let rows = z.chunks(classes).zip(t.chunks(classes));
    for ((z, t), dz) in rows.zip(dz.chunks(classes)) {
        let sum: f64 = z.iter().map(|z| z.as_f64().exp()).sum();
        let total: f64 = t.iter().map(|t| t.as_f64()).sum();
        for ((z, t), dz) in z.iter().zip(t).zip(dz) {
            expected += t.as_f64() * (sum.ln() - z.as_f64());
            let exact = 0.5 * (z.as_f64().exp() / sum * total - t.as_f64());
            let bound = 8.0 * T::epsilon().as_f64() * (1.0 + total);
            assert!(
                (dz.as_f64() - exact).abs() <= bound,
                "{classes}: {dz} {exact}"
            );
        }
    }
    close(value, expected);
}

#[test]
fn softmax_cross_entropy_of_every_length_on_every_instruction_set() {
    for classes in (1..40).chain([63, 64, 65, 129, 511, 512, 513, 1100]) {
        for set in InstructionSet::all() {
            let z = normal::<f64>(classes as u64, 3 * classes);
            let hot = |k: usize| f64::from(u8::from(k % classes == k / classes % classes));
            let one_hot: Vec<f64> = (0..3 * classes).map(hot).collect();
            losses_of(set, classes, &z, &one_hot);
            let any: Vec<f64> = one_hot.iter().map(|t| 0.5 * t + 0.25).collect();
            losses_of(set, classes, &z, &any);
            let f32s = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<_>>();
            losses_of(set, classes, &f32s(&z), &f32s(&one_hot));
        }
    }
}

fn differences_of<D: difference::Difference>(of: D, value: fn(f64) -> f64, slope: fn(f64) -> f64) {
    for len in (1..40).chain([63, 64, 65, 129, 300]) {
        let (y, t) = (normal::<f64>(1, len), normal::<f64>(2, len));
        let exact: f64 = y.iter().zip(&t).map(|(y, t)| value(y - t)).sum();
        for set in InstructionSet::all() {
            let mut dy = vec![f64::NAN; len];
            let loss = difference::Of(of);
            close(evaluate(set, loss, [&y, &t], Some((0.5, &mut dy))), exact);
            close(evaluate(set, loss, [&y, &t], None), exact);
            let pairs = y.iter().zip(&t);
            assert!(pairs.zip(&dy).all(|((y, t), dy)| *dy == 0.5 * slope(y - t)));
        }
    }
}

#[test]
fn differences_of_every_length_on_every_instruction_set() {
    differences_of(difference::Square, |d| d.powi(2), |d| d);
    differences_of(difference::Absolute, f64::abs, f64::signum);
    differences_of(
        difference::Huber,
        |d| {
            if d.abs() <= 1.0 {
                d * d / 2.0
            } else {
                d.abs() - 0.5
            }
        },
        |d| d.clamp(-1.0, 1.0),
    );
}

#[test]
#[should_panic(expected = "sigmoid cross-entropy: t holds 1 values, expected 2")]
fn lengths_must_agree() {
    sigmoid_cross_entropy(&[0.0, 0.0], &[1.0]);
}
