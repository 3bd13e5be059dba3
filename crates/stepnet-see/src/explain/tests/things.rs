//! Targets, the sanity check, feature maps and filters, and what is said of mistakes.

use super::{drawn, explained, model};
use crate::explain::{
    Explainer, Options, feature_maps, first_filters, method, methods, random_twin, rank_correlation,
};
use stepnet_nn::{Network, TargetScale, Task};

#[test]
fn the_target_is_what_the_model_predicts_unless_one_is_named() {
    let (model, x) = drawn("linear(3) -> softmax", [2, 2, 1]);
    let mut explainer = Explainer::new(&model);
    let all: Vec<_> = (0..3)
        .map(|class| explainer.target(&x, Some(&class.to_string())).unwrap())
        .collect();
    let own = explainer.target(&x, None).unwrap();
    assert!(own.predicted && all.contains(&own));
    assert!(all.iter().all(|target| target.output <= own.output));
    assert!((all.iter().map(|target| target.output).sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(explainer.target(&x, Some(" class 2")).unwrap(), all[2]);
    let message = explainer
        .target(&x, Some("clas 2"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("did you mean \"class 2\""), "{message}");
    assert!(explainer.target(&x, Some("3")).is_err());
    let short = explainer.target(&x[1..], None).unwrap_err().to_string();
    assert!(short.contains("2x2x1"), "{short}");
}

#[test]
fn a_number_is_explained_by_itself_in_its_unit() {
    let (mut model, x) = drawn("linear(1)", [2, 2, 1]);
    let scale = TargetScale {
        mean: vec![100.0],
        deviation: vec![10.0],
    };
    let w = model.network.parameters()[..4].to_vec();
    let y = model.network.parameters()[4] + x.iter().zip(&w).map(|(x, w)| x * w).sum::<f64>();
    model.preprocessing.task = Task::Numbers(scale);
    model.classes = vec!["weight".into()];
    let (found, target) = explained((&model, &x), None, "saliency", &Options::default());
    assert_eq!((target.name.as_str(), target.class), ("weight", 0));
    assert!((target.output - (100.0 + 10.0 * y)).abs() < 1e-12);
    assert_eq!(found.values, w);
    model.preprocessing.task = Task::Labels;
    let (found, target) = explained((&model, &x), None, "saliency", &Options::default());
    assert_eq!((found.values, target.class), (w, 0));
}

#[test]
fn every_method_of_the_table_runs_and_is_named_in_messages() {
    let text = "conv(4, 3, same) -> relu -> maxpool(2) -> conv(5, 3, same) -> relu -> linear(3) -> softmax";
    let (model, x) = drawn(text, [8, 6, 3]);
    for about in methods() {
        let (found, _) = explained((&model, &x), None, about.name, &Options::default());
        assert_eq!(found.method, about.name);
        assert_eq!(
            found.map.len(),
            found.height * found.width,
            "{}",
            about.name
        );
        assert!(found.map.iter().all(|value| value.is_finite()));
        assert!(found.signed || found.map.iter().all(|&value| value >= 0.0));
        assert!(found.largest() > 0.0, "{}", about.name);
        assert_eq!(found.layer.is_some(), about.options.contains(&"layer"));
        assert_eq!(found.resized(16, 12).len(), 192);
    }
    let message = method("gradcam").unwrap_err().to_string();
    assert!(message.contains("did you mean \"grad-cam\""), "{message}");
}

#[test]
fn options_out_of_their_range_are_refused() {
    let (model, x) = drawn("conv(2, 3) -> linear(3) -> softmax", [8, 6, 1]);
    let mut explainer = Explainer::new(&model);
    let target = explainer.target(&x, None).unwrap();
    let usual = Options::default;
    for (name, options, part) in [
        ("occlusion", usual().patch(Some(7)), "at most 6"),
        (
            "occlusion",
            usual().patch(Some(2)).stride(Some(3)),
            "the stride is 3",
        ),
        ("occlusion", usual().patch(Some(0)), "the patch is 0"),
        (
            "smoothgrad",
            usual().samples(0),
            "the number of samples is 0",
        ),
        ("smoothgrad", usual().noise(f64::NAN), "the noise is NaN"),
        (
            "integrated-gradients",
            usual().steps(0),
            "the number of steps is 0",
        ),
        (
            "grad-cam",
            usual().layer(Some("conv2".into())),
            "did you mean \"conv1\"",
        ),
        (
            "grad-cam++",
            usual().layer(Some("linear1".into())),
            "expected an image",
        ),
        ("guided-relu", usual(), "no relu layer"),
    ] {
        let message = explainer.explain(&x, &target, name, &options);
        let message = message.unwrap_err().to_string();
        assert!(message.contains(part), "{name}: {message}");
    }
    let (dense, x) = drawn("linear(3) -> softmax", [4, 4, 1]);
    let mut explainer = Explainer::new(&dense);
    let target = explainer.target(&x, None).unwrap();
    let found = explainer.explain(&x, &target, "grad-cam", &usual());
    assert!(
        found
            .unwrap_err()
            .to_string()
            .contains("has no convolution")
    );
}

#[test]
fn ranks_are_correlated_as_spearman_defines_it() {
    let correlation = |a: &[f64], b: &[f64]| rank_correlation(a, b).unwrap();
    assert_eq!(correlation(&[1.0, 2.0, 3.0], &[10.0, -20.0, 300.0]), 1.0);
    assert_eq!(correlation(&[1.0, 2.0, 3.0], &[3.0, 2.0, -1.0]), -1.0);
    // 1 - 6 sum d^2 / (n (n^2 - 1)), with d = 0, 1, 1, 0.
    assert!((correlation(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]) - 0.8).abs() < 1e-12);
    // Equal ones share the mean of their ranks: scipy.stats.spearmanr gives 0.9486832980505138.
    let ties = correlation(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 2.0, 4.0]);
    assert!((ties - 0.948_683_298_050_513_8).abs() < 1e-12);
    assert_eq!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(rank_correlation(&[1.0], &[1.0, 2.0]), None);
}

#[test]
fn a_twin_differs_in_its_weights_alone() {
    let (model, _) = drawn(
        "conv(4, 3) -> bn -> relu -> linear(3) -> softmax",
        [8, 6, 1],
    );
    let [twin, again, other] = [1, 1, 2].map(|seed| random_twin(&model, seed));
    assert_eq!(twin.network.text(), model.network.text());
    assert_eq!(twin.preprocessing, model.preprocessing);
    assert_eq!(twin.network.parameters(), again.network.parameters());
    assert_ne!(twin.network.parameters(), other.network.parameters());
    assert_ne!(twin.network.parameters(), model.network.parameters());
}

#[test]
fn feature_maps_and_filters_are_shown_one_by_one() {
    let mut network = Network::<f64>::new("conv(2, 1) -> relu -> linear(2)", [1, 2, 3]).unwrap();
    let filters = [1.0, 4.0, 2.0, 5.0, 3.0, -6.0];
    network.parameters_mut()[..6].copy_from_slice(&filters);
    let found = first_filters(&network).unwrap();
    assert_eq!((found.count, found.channels, found.largest()), (2, 3, 6.0));
    assert_eq!(
        (found.tile(0), found.tile(1)),
        (&[1.0, 2.0, 3.0][..], &[4.0, 5.0, -6.0][..])
    );
    let x = [1.0, 1.0, 1.0, 1.0, 0.0, 2.0];
    let maps = feature_maps(&network, &x, "relu1").unwrap();
    assert_eq!((maps.count, maps.height, maps.width), (2, 1, 2));
    assert_eq!(
        (maps.tile(0), maps.tile(1)),
        (&[6.0, 7.0][..], &[3.0, 0.0][..])
    );
    let message = feature_maps(&network, &x, "linear1")
        .unwrap_err()
        .to_string();
    assert!(message.contains("the output of linear1"), "{message}");
    let dense = model(Network::new("linear(2)", [1, 2, 3]).unwrap());
    assert!(first_filters(&dense.network).is_err());
    let wide = Network::<f64>::new("conv(2, 1)", [1, 2, 4]).unwrap();
    assert!(
        first_filters(&wide)
            .unwrap_err()
            .to_string()
            .contains("1 or 3")
    );
}
