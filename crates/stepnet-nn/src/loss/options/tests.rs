//! The changed losses against PyTorch's, against differences, and where their weights vanish.

use serde_json::Value;

use super::*;
use stepnet_kernels::testing::{assert_gradient, normal};

/// PyTorch's values, by `tools/torch_training.py`.
const TORCH: &str = include_str!("../../../fixtures/torch_training.json");

fn numbers(value: &Value) -> Vec<f64> {
    let values = value.as_array().unwrap().iter();
    values.map(|value| value.as_f64().unwrap()).collect()
}

fn options(label_smoothing: f64, class_weights: Option<&[f64]>) -> LossOptions {
    LossOptions {
        label_smoothing,
        class_weights: class_weights.map(<[f64]>::to_vec),
    }
}

/// The mean loss that training has, and its gradient.
fn mean(
    loss: Loss,
    outputs: usize,
    z: &[f64],
    targets: &Targets<'_, f64>,
    options: &LossOptions,
) -> (f64, Vec<f64>) {
    let (mut t, mut dz) = (vec![f64::NAN; z.len()], vec![f64::NAN; z.len()]);
    let whole = WholeBatch::new(targets, z.len() / outputs, options);
    let sum = loss.train((z, outputs), targets, (options, whole), &mut t, &mut dz);
    (sum / (z.len() / outputs) as f64, dz)
}

#[test]
fn losses_and_gradients_are_pytorchs() {
    let fixture: Value = serde_json::from_str(TORCH).unwrap();
    let cases = fixture["losses"].as_array().unwrap();
    assert_eq!(cases.len(), 15);
    for case in cases {
        let classes: Vec<u32> = (case["classes"].as_array().unwrap().iter())
            .map(|class| class.as_u64().unwrap() as u32)
            .collect();
        let loss: Loss = case["loss"].as_str().unwrap().parse().unwrap();
        let outputs = case["outputs"].as_u64().unwrap() as usize;
        let options = LossOptions {
            label_smoothing: case["label_smoothing"].as_f64().unwrap(),
            class_weights: (!case["class_weights"].is_null())
                .then(|| numbers(&case["class_weights"])),
        };
        options.check_for(loss, Shape::from(outputs)).unwrap();
        let targets = Targets::Classes(&classes);
        let (cost, dz) = mean(loss, outputs, &numbers(&case["z"]), &targets, &options);
        let expected = case["mean"].as_f64().unwrap();
        assert!(
            (cost - expected).abs() < 1e-14,
            "{cost} {expected}: {options:?}"
        );
        for (dz, expected) in dz.iter().zip(numbers(&case["dz"])) {
            assert!(
                (dz - expected).abs() < 1e-15,
                "{dz} {expected}: {options:?}"
            );
        }
    }
}

#[test]
fn gradients_are_those_of_the_mean() {
    let weights = [0.5, 2.0, 0.0, 1.5];
    let (classes, second, share) = ([3, 1, 2, 0], [0, 2, 3, 0], [0.25, 0.5, 1.0, 0.0]);
    let mixed = Targets::Mixed {
        first: &classes,
        second: &second,
        share: &share,
    };
    let values = [0.1, 0.2, 0.3, 0.4].repeat(4);
    for loss in [
        Loss::SoftmaxCrossEntropy,
        Loss::BinaryCrossEntropy,
        Loss::MeanSquaredError,
    ] {
        for (targets, weighted) in [
            (Targets::Classes(&classes), true),
            (mixed, true),
            (Targets::Values(&values), false),
        ] {
            let smoothing = if loss == Loss::MeanSquaredError {
                0.0
            } else {
                0.1
            };
            let options = options(smoothing, weighted.then_some(&weights[..]));
            let z = normal::<f64>(7, 16);
            let (_, dz) = mean(loss, 4, &z, &targets, &options);
            assert_gradient(&z, &dz, |z| mean(loss, 4, z, &targets, &options).0);
        }
    }
    // One sigmoid, with its two classes.
    let (classes, z) = ([1, 0, 1], normal::<f64>(8, 3));
    let options = options(0.3, Some(&[0.2, 4.0]));
    let targets = Targets::Classes(&classes);
    let (_, dz) = mean(Loss::BinaryCrossEntropy, 1, &z, &targets, &options);
    assert_gradient(&z, &dz, |z| {
        mean(Loss::BinaryCrossEntropy, 1, z, &targets, &options).0
    });
}

#[test]
fn a_class_that_is_left_out_changes_nothing() {
    let z = normal::<f64>(3, 9);
    for loss in [
        Loss::SoftmaxCrossEntropy,
        Loss::BinaryCrossEntropy,
        Loss::MeanSquaredError,
    ] {
        let options = options(0.0, Some(&[1.0, 0.0, 1.0]));
        let (all, dz) = mean(loss, 3, &z, &Targets::Classes(&[2, 1, 0]), &options);
        let rest: Vec<f64> = [&z[..3], &z[6..]].concat();
        let (without, _) = mean(loss, 3, &rest, &Targets::Classes(&[2, 0]), &options);
        assert!((all - without).abs() < 1e-15, "{loss}: {all} {without}");
        assert_eq!(dz[3..6], [0.0; 3]);
    }
}

#[test]
fn batches_whose_weights_vanish_cost_and_teach_nothing() {
    for smoothing in [0.0, 0.1] {
        let targets = Targets::Classes(&[1, 1]);
        let some = options(smoothing, Some(&[1.0, 0.0]));
        let (cost, dz) = mean(
            Loss::SoftmaxCrossEntropy,
            2,
            &[1.0, 2.0, -3.0, 800.0],
            &targets,
            &some,
        );
        assert_eq!((cost, dz), (0.0, vec![0.0; 4]));
        let (cost, dz) = mean(Loss::BinaryCrossEntropy, 1, &[1.0, 900.0], &targets, &some);
        assert_eq!((cost, dz), (0.0, vec![0.0; 2]));
    }
}

#[test]
fn equal_weights_are_the_plain_loss() {
    let z = normal::<f32>(4, 30);
    let classes: Vec<u32> = (0..10).map(|example| example % 3).collect();
    let targets = Targets::Classes(&classes);
    for loss in [
        Loss::SoftmaxCrossEntropy,
        Loss::BinaryCrossEntropy,
        Loss::MeanSquaredError,
    ] {
        let run = |options: &LossOptions| {
            let (mut t, mut dz) = (vec![0.0f32; 30], vec![0.0f32; 30]);
            let whole = WholeBatch::new(&targets, 10, options);
            let sum = loss.train((&z, 3), &targets, (options, whole), &mut t, &mut dz);
            (sum, dz)
        };
        let (plain, weighted) = (
            run(&LossOptions::default()),
            run(&options(0.0, Some(&[2.0; 3]))),
        );
        assert!((plain.0 - weighted.0).abs() < 1e-12 * plain.0);
        for (plain, weighted) in plain.1.iter().zip(&weighted.1) {
            assert!((plain - weighted).abs() <= 4.0 * f32::EPSILON * plain.abs());
        }
    }
}

#[test]
fn what_no_loss_can_be_changed_by_is_refused() {
    let refused = |smoothing: f64, weights: Option<&[f64]>, loss: Loss, said: &str| {
        let error = options(smoothing, weights).check_for(loss, Shape::from(3));
        let message = error.unwrap_err().to_string();
        assert!(message.contains(said), "{said} is not in {message}");
    };
    let softmax = Loss::SoftmaxCrossEntropy;
    refused(1.0, None, softmax, "a share from 0 to less than 1");
    refused(-0.1, None, softmax, "-0.1");
    refused(f64::NAN, None, softmax, "NaN");
    refused(0.1, None, Loss::MeanSquaredError, "softmax or sigmoid");
    refused(0.0, Some(&[1.0, 2.0]), softmax, "is 2, expected 3");
    refused(
        0.0,
        Some(&[1.0, -2.0, 1.0]),
        softmax,
        "the weight of class 1 is -2",
    );
    refused(0.0, Some(&[1.0, 2.0, f64::INFINITY]), softmax, "inf");
    refused(0.0, Some(&[0.0; 3]), softmax, "at least one above 0");
    let error = options(0.0, Some(&[1.0])).check_for(Loss::BinaryCrossEntropy, Shape::from(1));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("2, one for each class")
    );
}

/// The parts of a batch, each with the whole it belongs to, are the whole.
#[test]
fn parts_of_a_batch_add_up_to_it() {
    let z = normal::<f64>(5, 30);
    let (first, share) = ([0, 1, 2, 2, 1, 0, 0, 1, 2, 0], [0.25; 10]);
    let second: Vec<u32> = first.iter().map(|class| (class + 1) % 3).collect();
    let weights = [2.0, 0.0, 0.5];
    for options in [LossOptions::default(), options(0.1, Some(&weights))] {
        for targets in [
            Targets::Classes(&first),
            Targets::Mixed {
                first: &first,
                second: &second,
                share: &share,
            },
        ] {
            let loss = Loss::SoftmaxCrossEntropy;
            let whole = WholeBatch::new(&targets, 10, &options);
            let (mut t, mut dz) = (vec![0.0; 30], vec![0.0; 30]);
            let sum = loss.train((&z, 3), &targets, (&options, whole), &mut t, &mut dz);
            let (mut parts, mut together) = (0.0, Vec::new());
            for part in [0..3, 3..4, 4..10] {
                let (z, targets) = (&z[3 * part.start..3 * part.end], targets.part(part, 3));
                let (mut t, mut dz) = (vec![0.0; z.len()], vec![0.0; z.len()]);
                parts += loss.train((z, 3), &targets, (&options, whole), &mut t, &mut dz);
                together.extend(dz);
            }
            assert!((sum - parts).abs() < 1e-12, "{sum} {parts}");
            assert_eq!(dz, together);
        }
    }
}
