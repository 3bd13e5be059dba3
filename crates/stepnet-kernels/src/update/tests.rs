use super::*;
use crate::testing::{assert_bits, normal, on_threads};

#[test]
fn sgd_and_both_momenta_by_hand() {
    let mut p = [1.0, -2.0];
    sgd(&mut p, &[0.5, 4.0], 0.25);
    assert_eq!(p, [0.875, -3.0]);

    let (mut p, mut v) = ([1.0], [0.0]);
    averaged_momentum(&mut p, &[4.0], &mut v, 0.5, 0.75);
    assert_eq!((p, v), ([0.5], [1.0]));
    averaged_momentum(&mut p, &[-4.0], &mut v, 0.5, 0.75);
    assert_eq!((p, v), ([0.625], [-0.25]));

    let (mut p, mut v) = ([1.0], [0.0]);
    classic_momentum(&mut p, &[4.0], &mut v, 0.5, 0.75);
    assert_eq!((p, v), ([-1.0], [4.0]));
    classic_momentum(&mut p, &[-4.0], &mut v, 0.5, 0.75);
    assert_eq!((p, v), ([-0.5], [-1.0]));
}

const STEP: AdamStep = AdamStep {
    rate: 0.0007,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    t: 1,
};

#[test]
fn adam_follows_its_formula_for_many_steps() {
    let (mut p, mut v, mut s) = ([0.7], [0.0], [0.0]);
    let (mut p1, mut v1, mut s1) = (0.7f64, 0.0f64, 0.0f64);
    for (i, g) in normal::<f64>(1, 200).into_iter().enumerate() {
        let t = i as i32 + 1;
        adam(
            &mut p,
            &[g],
            &mut v,
            &mut s,
            &AdamStep {
                t: t as u64,
                ..STEP
            },
        );
        v1 = 0.9 * v1 + (1.0 - 0.9) * g;
        s1 = 0.999 * s1 + (1.0 - 0.999) * g.powi(2);
        let (mean, square) = (v1 / (1.0 - 0.9f64.powi(t)), s1 / (1.0 - 0.999f64.powi(t)));
        p1 -= 0.0007 * mean / (square.sqrt() + 1e-8);
        assert!((p[0] - p1).abs() < 1e-14, "step {t}: {} {p1}", p[0]);
    }
}

#[test]
fn the_first_adam_step_is_the_rate_and_epsilon_is_outside_the_root() {
    let (mut p, mut v, mut s) = ([0.0f64], [0.0], [0.0]);
    adam(&mut p, &[1e-3], &mut v, &mut s, &STEP);
    assert!((p[0] + 0.0007 * 1e-3 / (1e-3 + 1e-8)).abs() < 1e-17);
}

#[test]
fn adamw_shrinks_the_weights_and_not_the_gradient() {
    let (mut p, mut v, mut s) = ([2.0f64], [0.0], [0.0]);
    adamw(&mut p, &[0.0], &mut v, &mut s, &STEP, 0.01);
    assert!((p[0] - 2.0 * (1.0 - 0.0007 * 0.01)).abs() < 1e-15);
    assert_eq!((v, s), ([0.0], [0.0]));
    let (mut plain, mut v, mut s) = ([2.0f64], [0.0], [0.0]);
    adam(&mut plain, &[0.5], &mut v, &mut s, &STEP);
    let (mut decayed, mut v, mut s) = ([2.0], [0.0], [0.0]);
    adamw(&mut decayed, &[0.5], &mut v, &mut s, &STEP, 0.01);
    assert!((plain[0] - decayed[0] - 2.0 * 0.0007 * 0.01).abs() < 1e-15);
}

#[test]
fn subnormal_state_is_cleared_and_nan_is_not() {
    let tiny = f32::MIN_POSITIVE;
    let (mut p, mut v, mut s) = ([1.0, 1.0], [tiny, f32::NAN], [tiny, 1.0]);
    adam(&mut p, &[0.0, 0.0], &mut v, &mut s, &STEP);
    assert_eq!((v[0], s[0], p[0]), (0.0, 0.0, 1.0));
    assert!(v[1].is_nan() && p[1].is_nan());
    let (mut p, mut v) = ([1.0], [-tiny]);
    classic_momentum(&mut p, &[0.0], &mut v, 0.1, 0.5);
    assert_eq!(v, [0.0]);
    averaged_momentum(&mut p, &[tiny], &mut v, 0.1, 0.9);
    assert_eq!(v, [0.0]);
    let mut p = [tiny];
    sgd(&mut p, &[tiny], 0.5);
    assert_eq!(p, [0.0]);
}

#[test]
fn numbers_far_from_subnormal_are_not_touched() {
    // The formulas without clearing, on both sides of the smallest normal number.
    let least = f64::MIN_POSITIVE;
    for g in [1e-300, -1e-3, 2.0, 4.0 * least, -4.0 * least] {
        let (mut p, mut v) = ([3.0 * g], [0.5 * g]);
        classic_momentum(&mut p, &[g], &mut v, 0.125, 0.75);
        let expected = 0.75 * (0.5 * g) + g;
        assert_eq!((v[0], p[0]), (expected, 3.0 * g - 0.125 * expected));
    }
    for (p, left) in [(least, least), (-least, -least), (least / 2.0, 0.0)] {
        let mut p = [p];
        sgd(&mut p, &[0.0], 0.5);
        assert_eq!(p, [left]);
    }
    let mut p = [1.5 * least, f64::INFINITY];
    sgd(&mut p, &[least, 0.0], 1.0);
    assert_eq!(p, [0.0, f64::INFINITY]);
}

#[test]
fn large_layers_do_not_depend_on_threads() {
    let len = 200_003;
    let run = || {
        let (mut p, g) = (normal::<f32>(1, len), normal::<f32>(2, len));
        let (mut v, mut s) = (vec![0.0; len], vec![0.0; len]);
        sgd(&mut p, &g, 0.1);
        classic_momentum(&mut p, &g, &mut v, 0.1, 0.9);
        adamw(&mut p, &g, &mut v, &mut s, &STEP, 0.01);
        p
    };
    let one = on_threads(1, run);
    assert_bits(&one, &on_threads(2, run));
    assert_bits(&one, &on_threads(3, run));
    let (last, mut p) = (len - 1, [normal::<f32>(1, len)[len - 1]]);
    let (g, mut v, mut s) = ([normal::<f32>(2, len)[last]], [0.0], [0.0]);
    sgd(&mut p, &g, 0.1);
    classic_momentum(&mut p, &g, &mut v, 0.1, 0.9);
    adamw(&mut p, &g, &mut v, &mut s, &STEP, 0.01);
    assert_eq!(p[0], one[last]);
}

#[test]
#[should_panic(expected = "adam: t is 0")]
fn steps_count_from_one() {
    adam(
        &mut [0.0],
        &[0.0],
        &mut [0.0],
        &mut [0.0],
        &AdamStep { t: 0, ..STEP },
    );
}
