//! Boxes, encodings and style.

use ndarray::{Array, Array2, Array4, array};

use crate::course::{face_recognition, neural_style, yolo};
use crate::rng::RandomState;

#[test]
fn boxes_are_filtered_by_their_best_class() {
    let boxes =
        Array::from_shape_fn((2, 3, 4), |(y, x, at)| (100 * y + 10 * x + at) as f64).into_dyn();
    let confidence = array![[[0.9], [0.5], [1.0]], [[0.1], [f64::NAN], [0.8]]].into_dyn();
    let mut probabilities = Array::from_elem((2, 3, 11), 0.01);
    // A best class among the first eight, one after them, two that are equal.
    probabilities[[0, 0, 2]] = 0.8;
    probabilities[[0, 1, 10]] = 0.99;
    probabilities[[0, 2, 9]] = 0.7;
    probabilities[[1, 0, 1]] = 1.0;
    (probabilities[[1, 2, 4]], probabilities[[1, 2, 6]]) = (0.75, 0.75);
    let found =
        yolo::yolo_filter_boxes(&boxes, &confidence, &probabilities.into_dyn(), 0.6).unwrap();
    assert_eq!(found.scores, array![0.9 * 0.8, 0.7, 0.8 * 0.75]);
    assert_eq!(found.classes, array![2, 9, 4]);
    assert_eq!(found.boxes.column(0), array![0.0, 20.0, 120.0]);
}

#[test]
fn the_intersection_over_the_union_of_boxes_that_touch_is_none() {
    assert_eq!(yolo::iou([1.0, 1.0, 2.0, 2.0], [2.0, 2.0, 3.0, 3.0]), 0.0);
    assert_eq!(yolo::iou([1.0, 1.0, 3.0, 3.0], [2.0, 3.0, 3.0, 4.0]), 0.0);
    assert_eq!(yolo::iou([0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]), 1.0);
    assert_eq!(
        yolo::iou([0.0f32, 0.0, 2.0, 2.0], [1.0, 0.0, 2.0, 2.0]),
        0.5
    );
}

#[test]
fn suppression_keeps_the_best_of_boxes_that_overlap() {
    let boxes = array![
        [0.0, 0.0, 2.0, 2.0],
        [2.0, 2.0, 0.0, 0.0], // the same box from its other corner, of an equal score
        [0.0, 0.0, 2.0, 1.0], // overlaps by half, which is not more than half
        [5.0, 5.0, 5.0, 9.0], // without area
        [5.0, 5.0, 5.0, 9.0],
        [0.0, 0.0, 2.0, 1.9],
    ];
    let scores = array![0.9, 0.9, 0.3, 0.8, f64::NAN, 0.95];
    let kept =
        |most, threshold| yolo::non_max_suppression(&boxes, &scores, most, threshold).unwrap();
    assert_eq!(kept(10, 0.5), [5, 3]);
    assert_eq!(kept(10, 0.95), [5, 0, 3, 2]);
    assert_eq!(kept(2, 0.95), [5, 0]);
    assert_eq!(kept(0, 0.5), [0usize; 0]);
    let best = yolo::yolo_non_max_suppression(
        &scores,
        &boxes,
        &array!["a", "b", "c", "d", "e", "f"],
        10,
        0.5,
    );
    let best = best.unwrap();
    assert_eq!(
        (best.scores, best.classes),
        (array![0.95, 0.8], array!["f", "d"])
    );
}

#[test]
fn boxes_come_out_of_the_networks_outputs() {
    let corners = yolo::yolo_boxes_to_corners(
        &array![[0.5, 0.25]].into_dyn(),
        &array![[0.2, 0.1]].into_dyn(),
    );
    let corners = corners.unwrap();
    assert_eq!(corners, array![[0.2, 0.4, 0.3, 0.6]].into_dyn());
    let scaled = yolo::scale_boxes(&corners, (100.0, 10.0)).unwrap();
    assert_eq!(scaled, array![[20.0, 4.0, 30.0, 6.0]].into_dyn());
    let mut random = RandomState::new(10);
    let mut drawn = |last: usize| random.rand((3, 3, 2, last)).unwrap().into_dyn();
    let (box_xy, box_wh, box_confidence, box_class_probs) =
        (drawn(2), drawn(2), drawn(1), drawn(5));
    let outputs = yolo::Outputs {
        box_xy: &box_xy,
        box_wh: &box_wh,
        box_confidence: &box_confidence,
        box_class_probs: &box_class_probs,
    };
    let found = yolo::yolo_eval(outputs, (720.0, 1280.0), 4, [0.3, 0.5]).unwrap();
    assert!((1..=4).contains(&found.scores.len()));
    assert!(found.scores.iter().is_sorted_by(|a, b| a >= b));
    let error = yolo::yolo_boxes_to_corners(&box_confidence, &box_wh).unwrap_err();
    assert!(error.to_string().contains("(..., 2)"), "{error}");
}

#[test]
fn triplets_and_distances() {
    let one = array![[1.0, 1.0]].into_dyn();
    let two = array![[0.0, 0.0]].into_dyn();
    let loss = |y: [&ndarray::ArrayD<f64>; 3], alpha| {
        face_recognition::triplet_loss([y[0], y[1], y[2]], alpha).unwrap()
    };
    assert_eq!(loss([&one, &one, &one], 5.0), 5.0);
    assert_eq!(loss([&one, &one, &two], 3.0), 1.0);
    assert_eq!(loss([&one, &one, &two], 0.2), 0.0);
    assert_eq!(loss([&one, &two, &one], 0.5), 2.5);
    let database = [("far", &*two), ("near", &*one)];
    let seen = array![[1.0, 0.5]].into_dyn();
    assert_eq!(
        face_recognition::who_is_it(&seen, &database).unwrap(),
        (0.5, Some(1))
    );
    assert_eq!(
        face_recognition::verify(&seen, "near", &database).unwrap(),
        (0.5, true)
    );
    assert!(!face_recognition::verify(&seen, "far", &database).unwrap().1);
    let error = face_recognition::verify(&seen, "nobody", &database).unwrap_err();
    assert!(
        error.to_string().contains("a name of the database"),
        "{error}"
    );
    let unit = face_recognition::normalized(&array![[3.0f32, 4.0]]);
    assert_eq!(unit, array![[0.6f32, 0.8]]);
}

/// By the formulas, loop by loop.
#[test]
fn costs_of_content_and_style_are_those_of_the_formulas() {
    let mut random = RandomState::new(3);
    let mut drawn = || -> Array4<f64> { random.randn((1, 4, 5, 3)).unwrap() };
    let (a, b) = (drawn(), drawn());
    let content = neural_style::compute_content_cost(&a, &b).unwrap();
    let expected: f64 = (&a - &b).mapv(|x| x * x).sum() / (4.0 * 60.0);
    assert!((content - expected).abs() < 1e-12);
    let gram = |x: &Array4<f64>| {
        Array2::from_shape_fn((3, 3), |(i, j)| {
            (0..20)
                .map(|p| x[[0, p / 5, p % 5, i]] * x[[0, p / 5, p % 5, j]])
                .sum::<f64>()
        })
    };
    let style = neural_style::compute_layer_style_cost(&a, &b).unwrap();
    let expected = (gram(&a) - gram(&b)).mapv(|x| x * x).sum() / (4.0 * 9.0 * 400.0);
    assert!((style - expected).abs() < 1e-12, "{style} {expected}");
    assert_eq!(neural_style::compute_layer_style_cost(&a, &a).unwrap(), 0.0);
    let both = neural_style::compute_style_cost(&[&*a, &*b], &[&*b, &*b], &[0.25, 0.75]).unwrap();
    assert!((both - 0.25 * expected).abs() < 1e-12);
    // An array that does not lie in C order.
    let turned = a.view().permuted_axes([0, 2, 1, 3]);
    let other = b.view().permuted_axes([0, 2, 1, 3]);
    assert!(
        (neural_style::compute_layer_style_cost(&turned, &other).unwrap() - expected).abs() < 1e-12
    );
    assert_eq!(
        neural_style::gram_matrix(&array![[1.0f32, 2.0], [0.0, 1.0]]).unwrap(),
        array![[5.0, 2.0], [2.0, 1.0]]
    );
    assert_eq!(neural_style::total_cost(0.2, 0.8, 10.0, 40.0), 34.0);
    let error = neural_style::compute_style_cost::<f64>(&[&*a], &[], &[1.0]).unwrap_err();
    assert!(
        error.to_string().contains("one for each of STYLE_LAYERS"),
        "{error}"
    );
}

/// The published numbers of parameters, and shapes.
#[test]
fn networks_have_the_published_parameters() {
    use crate::course::{Edition, cnn_application, residual_networks, unet};
    use crate::nn::Network;
    let count = |text: &str, input: [usize; 3]| {
        Network::<f32>::new(text, input).unwrap().parameters().len()
    };
    assert_eq!(
        count(
            &cnn_application::convolutional_model(Edition::Newest),
            [64, 64, 3]
        ),
        1_310
    );
    assert_eq!(
        count(
            &cnn_application::convolutional_model(Edition::Revised),
            [64, 64, 3]
        ),
        1_286
    );
    assert_eq!(count(cnn_application::happy_model(), [64, 64, 3]), 37_633);
    assert_eq!(
        count(&residual_networks::resnet50(6).unwrap(), [64, 64, 3]),
        23_600_006
    );
    let small = residual_networks::convolutional_block("", 2, [2, 4, 6], 2).unwrap();
    let small = residual_networks::identity_block(&small, 2, [4, 4, 6]).unwrap();
    Network::<f32>::new(
        &format!("{small} -> globalavgpool -> linear(2) -> softmax"),
        [4, 4, 3],
    )
    .unwrap();
    // For 96x128x3 and 23 classes the notebook prints 8,640,471.
    let whole = unet::unet_model(32, 23).unwrap();
    assert_eq!(
        count(&format!("{whole} -> flatten"), [96, 128, 3]),
        8_640_471
    );
    let error = unet::upsampling_block("conv(3, 1)", "conv(4, 1)", 2).unwrap_err();
    assert!(error.to_string().contains("contractive_input"), "{error}");
}
