use super::*;
use stepnet_nn::{Network, Preprocessing};

fn outgoing(text: &str, input: [usize; 3]) -> Outgoing {
    let network = Network::<f64>::new(text, input).unwrap();
    let [height, width, channels] = input;
    Outgoing::of(&Model::new(
        network,
        Vec::new(),
        Preprocessing::scaled(height, width, channels, 255.0),
    ))
    .unwrap()
}

#[test]
fn axes_are_exchanged() {
    let array = Array {
        shape: vec![2, 3],
        values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    };
    assert_eq!(
        array.permuted(&[1, 0]).values,
        [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    );
    let filters = Array {
        shape: vec![1, 2, 1, 2],
        values: vec![0.0, 1.0, 2.0, 3.0],
    };
    let first = filters.filters_first();
    assert_eq!(
        (first.shape, first.values),
        (vec![2, 1, 1, 2], vec![0.0, 2.0, 1.0, 3.0])
    );
}

#[test]
fn dense_weights_follow_channels_that_stay_in_front() {
    // One unit over two pixels of two channels: (pixel, channel) 00, 01, 10, 11.
    let weights = Array {
        shape: vec![1, 4],
        values: vec![0.0, 1.0, 10.0, 11.0],
    };
    let front = weights.for_channels_first(Some([1, 2, 2]));
    assert_eq!(
        (front.shape, front.values),
        (vec![1, 4], vec![0.0, 10.0, 1.0, 11.0])
    );
    assert_eq!(weights.for_channels_first(None).values, weights.values);
}

#[test]
fn channels_stay_in_front_up_to_the_dense_layer() {
    let of = |text| outgoing(text, [4, 4, 3]).channels_first;
    let kept = Some([4, 4, 3]);
    assert_eq!(
        of("flatten -> relu -> dropout(0.5) -> linear(2)"),
        [None, kept, kept, kept, None]
    );
    assert_eq!(of("linear(2) -> softmax"), [None, kept, None, None]);
    // A normalisation has numbers for each feature, and the output has an order that users rely on.
    assert_eq!(of("flatten -> bn -> linear(2)"), [None; 4]);
    assert_eq!(of("flatten -> relu"), [None; 3]);
    // One of two readers is not a dense layer.
    assert_eq!(of("flatten -> residual(linear(48))"), [None; 4]);
    assert_eq!(
        of("flatten -> branch(linear(3) | linear(4)) -> linear(2)")[..2],
        [None, kept]
    );
    assert_eq!(
        outgoing("flatten -> linear(2)", [4, 4, 1]).channels_first,
        [None; 3]
    );
}

#[test]
fn numbers_too_large_for_f32_are_refused_by_name() {
    let mut network = Network::<f64>::new("conv(1, 1) -> linear(2)", [2, 2, 1]).unwrap();
    network.parameters_mut()[2] = 1e300;
    let model = Model::new(network, Vec::new(), Preprocessing::scaled(2, 2, 1, 255.0));
    let error = Outgoing::of(&model).unwrap_err().to_string();
    assert!(
        error.contains("linear1") && error.contains("too large for f32"),
        "{error}"
    );
}
