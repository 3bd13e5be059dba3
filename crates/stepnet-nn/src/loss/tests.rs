use super::*;
use crate::shape::Shape;

#[test]
fn mixed_targets_cost_what_their_classes_cost_by_their_shares() {
    let z = [0.3, -1.2, 2.0, 0.1, 0.4, -0.5];
    let (first, second, share) = ([2, 1], [0, 1], [0.7, 0.25]);
    let mixed = Targets::Mixed {
        first: &first,
        second: &second,
        share: &share,
    };
    mixed
        .check(Loss::SoftmaxCrossEntropy, 2, Shape::from(3))
        .unwrap();
    let mut t = [9.0; 6];
    mixed.write(3, &mut t);
    assert_eq!(t, [1.0 - 0.7, 0.0, 0.7, 0.0, 1.0, 0.0]);
    let loss = |targets: &Targets<'_, f64>, example: usize| {
        let mut t = [0.0; 3];
        targets.write(3, &mut t);
        let z = &z[3 * example..3 * example + 3];
        Loss::SoftmaxCrossEntropy.evaluate(z, &t, 1)
    };
    let cost = Loss::SoftmaxCrossEntropy.evaluate(&z, &t, 2);
    let expected: f64 = (0..2)
        .map(|i| {
            share[i] * loss(&Targets::Classes(&first[i..=i]), i)
                + (1.0 - share[i]) * loss(&Targets::Classes(&second[i..=i]), i)
        })
        .sum();
    assert!((cost - expected).abs() < 1e-12, "{cost} {expected}");
    assert_eq!(Loss::SoftmaxCrossEntropy.correct(&z, &mixed, 3), 2);
}

#[test]
fn mixed_targets_of_one_output_lie_between_its_classes() {
    let mixed = Targets::Mixed {
        first: &[1, 0],
        second: &[0, 0],
        share: &[0.75, 0.5],
    };
    let mut t = [9.0; 2];
    mixed.write(1, &mut t);
    assert_eq!(t, [0.75, 0.0]);
}

#[test]
fn mixed_targets_that_do_not_fit_are_refused() {
    let refused = |first: &[u32], second: &[u32], share: &[f32], said: &str| {
        let mixed = Targets::Mixed {
            first,
            second,
            share,
        };
        let error = mixed.check(Loss::SoftmaxCrossEntropy, 1, Shape::from(3));
        let message = error.unwrap_err().to_string();
        assert!(message.contains(said), "{said} is not in {message}");
    };
    refused(&[1], &[3], &[0.5], "the second class of example 0 is 3");
    refused(&[4], &[0], &[0.5], "the class of example 0 is 4");
    refused(&[1], &[0], &[1.5], "1.5, expected a share from 0 to 1");
    refused(&[1], &[0], &[f32::NAN], "NaN");
    refused(&[1], &[0, 1], &[0.5], "1 classes mixed with 2 in 1 shares");
}
