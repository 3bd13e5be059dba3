//! Random networks, windows, scales and texts.

use proptest::prelude::*;

use super::*;
use stepnet_nn::notation::{Kinds, Signature};

/// A layer with a window: `kind(.., kernel, stride, padding ..)`.
fn windowed() -> impl Strategy<Value = String> {
    let size = || (1..4_usize, 1..4_usize);
    let sides = (0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize);
    let padding = prop_oneof![
        Just("same".to_owned()),
        Just("valid".to_owned()),
        sides.prop_map(|(t, b, l, r)| format!("{t}/{b}/{l}/{r}")),
    ];
    let common = (size(), size(), padding);
    (common, 0..9_usize, (1..3_usize, 1..3_usize), 1..3_usize).prop_map(
        |(((h, w), (down, right), padding), kind, (dh, dw), groups)| {
            let common = format!("{h}x{w}, stride={down}x{right}, padding={padding}");
            match kind {
                0 | 1 => format!("conv(4, {common}, dilation={dh}x{dw}, groups={groups})"),
                2 => format!("maxpool({common})"),
                3 => format!("avgpool({common})"),
                4 => format!("maxpool({common}, ceil_mode=true)"),
                5 => format!("avgpool({common}, count_padding=true, ceil_mode=true)"),
                6 => {
                    format!("convtranspose(4, {common}, dilation={dh}x{dw}, groups={groups})")
                }
                7 => format!("adaptiveavgpool({h}x{w}) -> upsample({dh}x{dw}, mode=bilinear)"),
                _ => format!("avgpool({common}, count_padding=true)"),
            }
        },
    )
}

/// Built-in layers without parameters that keep the shape, and a border.
fn light() -> impl Strategy<Value = String> {
    let kinds = Kinds::builtin();
    let examples = kinds.iter().flat_map(Signature::examples);
    let keeps = |text: &&String| {
        Network::<f64>::new(text, [5, 4, 2])
            .is_ok_and(|n| n.output() == n.input() && n.parameters().is_empty())
    };
    let mut light: Vec<String> = examples.filter(keeps).cloned().collect();
    assert!(light.len() > 8, "{light:?}");
    light.push("pad(1/0/0/2)".to_owned());
    prop::sample::select(light)
}

fn end() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("linear(3) -> softmax"),
        Just("linear(1) -> sigmoid"),
        Just("globalavgpool -> softmax"),
        Just("linear(2)"),
    ]
}

/// Whether every value of the network and every gradient adds up for inputs of this size.
fn adds_up<T: Number>(text: &str, seed: u32, size: f64) -> Result<(), TestCaseError> {
    // A network whose windows do not fit is refused, and has nothing to explain.
    let Ok(mut network) = Network::<T>::new(text, [5, 4, 2]) else {
        return Ok(());
    };
    let mut random = RandomState::new(seed);
    network.initialize(Init::He, &mut random);
    for value in network.parameters_mut() {
        *value += T::from_f64(0.3 * random.normal());
    }
    let x: Vec<T> = (0..40)
        .map(|_| T::from_f64(size * random.normal()))
        .collect();
    let mut why = Why::new(&network, &x).unwrap();
    for spot in places(&network) {
        let explanation = ask(&mut why, spot, 0);
        prop_assert!(
            explanation.ok(),
            "{text} in {}, seed {seed}, {size}: {explanation:?}",
            T::NAME
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_networks_add_up(
        first in windowed(), a in light(), second in windowed(), b in light(), end in end(),
        seed in 0..1000_u32, exponent in prop_oneof![Just(0), -45..39_i32],
    ) {
        let text = format!("{first} -> {a} -> {second} -> {b} -> {end}");
        // From subnormal numbers to those that overflow.
        let size = 10_f64.powi(exponent);
        adds_up::<f32>(&text, seed, size)?;
        adds_up::<f64>(&text, seed, size)?;
    }

    #[test]
    fn any_text_is_a_place_or_an_error(text in ".{0,40}|[a-z0-9.]{1,8}\\[[0-9, -]{0,12}\\]?") {
        if let Ok(at) = text.parse::<At>() {
            prop_assert_eq!(at.to_string().parse::<At>().unwrap(), at);
        }
    }
}
