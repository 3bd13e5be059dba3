//! Features of data sets.

use std::ops::ControlFlow;

use super::*;
use crate::data::{self, Augmentation};
use crate::nn::{Init, Network, Predictor, Preprocessing};
use crate::rng::RandomState;

fn network(seed: u32) -> Network<f32> {
    let text = "conv(3, 3) -> relu -> maxpool(2) -> linear(10) -> softmax";
    let mut network = Network::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(seed));
    network
}

fn digits(count: usize) -> data::Dataset {
    data::digits()
        .subset(&(0..count).collect::<Vec<_>>())
        .unwrap()
}

#[test]
fn the_features_of_a_data_set_are_those_of_each_image() {
    let (network, data) = (network(1), digits(300));
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let extractor = FeatureExtractor::new(&network).unwrap();
    let found = extractor.of_dataset(&data, &preprocessing).unwrap();
    assert_eq!(found.len(), 300 * extractor.features());
    let backbone = network.parts().unwrap().backbone.unwrap();
    let predictor = Predictor::new(&backbone).unwrap();
    let mut x = vec![0.0; 64];
    let mut features = vec![0.0; extractor.features()];
    for image in [0, 7, 299] {
        data.fill_batch(&[image], &preprocessing, &mut x).unwrap();
        predictor.predict_into(&x, &mut features).unwrap();
        assert_eq!(features, found[image * features.len()..][..features.len()]);
    }
}

#[test]
fn a_network_that_was_cut_before_its_last_layer_gives_the_same_features() {
    let text = "conv(3, 3) -> relu -> globalavgpool -> linear(10) -> softmax";
    let mut whole = Network::<f32>::new(text, [8, 8, 1]).unwrap();
    whole.initialize(Init::He, &mut RandomState::new(1));
    let cut = whole.parts().unwrap().backbone.unwrap();
    let x: Vec<f32> = (0..128).map(|at| (at % 7) as f32 * 0.2).collect();
    let features = |network: &Network<f32>| {
        let extractor = FeatureExtractor::new(network).unwrap();
        (extractor.features(), extractor.extract(&x).unwrap())
    };
    assert_eq!(features(&cut), features(&whole));
    for text in [
        "conv(3, 3) -> relu",
        "conv(3, 3) -> globalavgpool -> softmax",
    ] {
        let network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
        let refused = FeatureExtractor::new(&network).unwrap_err().to_string();
        assert!(refused.contains("expected linear"), "{refused}");
    }
}

#[test]
fn what_was_computed_before_a_stop_is_not_computed_again() {
    let (network, data) = (network(1), digits(700));
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let extractor = FeatureExtractor::new(&network).unwrap();
    let images = DataImages::plain(&data, &preprocessing);
    let mut cache = FeatureCache::new(&extractor);
    let stopped = extractor.of_images(&images, &mut cache, |_| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(crate::Error::Stopped)));
    assert_eq!(cache.len(), extractor.batch(), "one batch");
    let mut told = Vec::new();
    let found = extractor.of_images(&images, &mut cache, |progress| {
        told.push((progress.done, progress.images));
        ControlFlow::Continue(())
    });
    assert_eq!(cache.len(), 700);
    assert_eq!(told.last(), Some(&(700, 700)));
    assert_eq!(
        found.unwrap().rows,
        extractor.of_dataset(&data, &preprocessing).unwrap()
    );

    // A variant is of other inputs, the same each time.
    let flip: Augmentation = "crop(2)".parse().unwrap();
    let variant = |number| {
        let mut cache = FeatureCache::new(&extractor);
        let images = images.variant(&flip, 1, number);
        extractor
            .of_images(&images, &mut cache, |_| ControlFlow::Continue(()))
            .unwrap()
            .rows
    };
    assert_eq!(variant(1), variant(1));
    assert_ne!(variant(1), variant(2));
}

#[test]
fn other_weights_and_other_layers_have_another_key() {
    let key = |network: &Network<f32>| FeatureExtractor::new(network).unwrap().key();
    let first = network(1);
    let mut other_head = first.clone();
    let last = other_head.parameters().len() - 1;
    other_head.parameters_mut()[last] = 3.0;
    assert_eq!(
        key(&first),
        key(&other_head),
        "the last layer makes no features"
    );
    assert_ne!(key(&first), key(&network(2)));
    let mut exact = first.clone();
    exact.set_exact(true);
    assert_ne!(key(&first), key(&exact));
}
