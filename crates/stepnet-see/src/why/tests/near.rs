//! Layers whose method lets other values than the terms be felt (Winograd's).

use super::*;

const INPUT: [usize; 3] = [20, 24, 16];

/// The tile of rows 4 to 7, columns 8 to 11 has a huge value in its corner (4, 8), in `x` and in the
/// gradient that the linear layer sends back.
fn with_a_huge_neighbour() -> (Network<f32>, Vec<f32>) {
    let text = "conv(16, 3, same) -> linear(2) -> softmax";
    let input: stepnet_nn::Shape = "20x24x16".parse().unwrap();
    let mut network = Network::<f32>::builder().build(text, input).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let huge = (4 * INPUT[1] + 8) * INPUT[2] + 3;
    let conv = 9 * 16 * 16 + 16;
    let len: usize = INPUT.iter().product();
    for (unit, weight) in [1e6, -1e6].into_iter().enumerate() {
        network.parameters_mut()[conv + unit * len + huge] = weight;
    }
    let mut random = RandomState::new(2);
    let mut x: Vec<f32> = (0..len).map(|_| random.normal() as f32).collect();
    x[huge] = 1e7;
    (network, x)
}

#[test]
fn a_huge_value_beside_the_window_widens_the_bound_and_is_said_to() {
    let (network, x) = with_a_huge_neighbour();
    let mut why = Why::new(&network, &x).unwrap();
    // Of the other class the loss is far from 0.
    let class = 1 - why.predicted();
    let mut needed = [false; 2];
    for place in (0..16).map(|channel| (7 * INPUT[1] + 11) * INPUT[2] + channel) {
        let forward = ask(&mut why, Spot { value: 1, place }, class);
        let backward = ask(&mut why, Spot { value: 0, place }, class);
        let gradient = backward.gradient.as_ref().unwrap();
        let checks = [forward.forward.check, gradient.check].map(Option::unwrap);
        for (pass, check) in checks.iter().enumerate() {
            assert!(check.ok, "{place}: {check:?}");
            assert!(check.slack > 0.0 && check.slack < check.bound);
            needed[pass] |= check.difference > check.bound - check.slack;
        }
        let text = forward.to_string();
        assert!(text.contains("for the method, which rounds sums"), "{text}");
    }
    // Without the slack right values were called wrong.
    assert_eq!(needed, [true; 2], "forward, backward");
}

#[test]
fn a_wrong_value_is_still_found_where_nothing_near_is_large() {
    let (network, mut x) = with_a_huge_neighbour();
    x[(4 * INPUT[1] + 8) * INPUT[2] + 3] = 1.0;
    let mut other = network.clone();
    let mut why = Why::new(&network, &x).unwrap();
    for weight in other.parameters_mut() {
        *weight *= 1.02;
    }
    why.network = &other;
    let place = (7 * INPUT[1] + 11) * INPUT[2];
    let checks = (place..place + 16).map(|place| ask_forward(&why, place).check.unwrap());
    assert!(
        checks
            .into_iter()
            .any(|check| check.slack > 0.0 && !check.ok)
    );
}

fn ask_forward(why: &Why<'_, f32>, place: usize) -> Forward {
    why.forward(Spot { value: 1, place }).unwrap()
}
