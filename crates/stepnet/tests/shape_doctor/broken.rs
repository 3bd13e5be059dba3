//! Networks that are broken at random: no panic, one line, and what is suggested fits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use stepnet::nn::{Diagnosis, InputChange, Shape};

use crate::build;

/// A layer whose numbers are sometimes far off.
fn layer() -> impl Strategy<Value = String> {
    let number = || prop_oneof![4 => 1_usize..6, 1 => 6_usize..40, 1 => Just(1_usize << 31)];
    let padding = prop_oneof![
        Just("valid".to_owned()),
        Just("same".to_owned()),
        (0_usize..4).prop_map(|n| n.to_string()),
        (0_usize..3, 0_usize..9).prop_map(|(top, left)| format!("{top}/0/{left}/1")),
    ];
    prop_oneof![
        4 => (number(), number(), number(), padding.clone(), 1_usize..4, 1_usize..4, 1_usize..4)
            .prop_map(|(filters, height, width, padding, stride, dilation, groups)| {
                format!("conv({filters}, {height}x{width}, {padding}, stride={stride}, dilation={dilation}, groups={groups})")
            }),
        2 => (number(), padding.clone()).prop_map(|(size, padding)| format!("maxpool({size}, {padding})")),
        1 => (number(), padding.clone(), 1_usize..5).prop_map(|(size, padding, stride)| {
            format!("avgpool({size}, {padding}, stride={stride})")
        }),
        1 => (number(), padding.clone(), 1_usize..5).prop_map(|(size, padding, stride)| {
            format!("maxpool({size}, {padding}, stride={stride}, ceil_mode=true)")
        }),
        1 => (number(), number(), padding, 1_usize..4, 1_usize..4).prop_map(|(filters, size, padding, stride, groups)| {
            format!("convtranspose({filters}, {size}, {padding}, stride={stride}, groups={groups})")
        }),
        1 => (number(), 0_usize..4).prop_map(|(count, first)| format!("slicechannels({first}, {count})")),
        1 => number().prop_map(|units| format!("scale(globalavgpool -> linear({units}) -> sigmoid)")),
        1 => (0_usize..9, 0_usize..9).prop_map(|(top, left)| format!("pad({top}/0/{left}/1, mode=reflect)")),
        2 => number().prop_map(|units| format!("linear({units})")),
        1 => (0_usize..4, 0_usize..9).prop_map(|(top, left)| format!("pad({top}/0/{left}/1)")),
        1 => number().prop_map(|size| format!("pad({size})")),
        1 => (-5_i32..5).prop_map(|slope| format!("leakyrelu({slope})")),
        4 => prop::sample::select(vec![
            "relu", "tanh", "flatten", "globalavgpool", "sigmoid", "softmax", "dropout(0.5)", "linear(classes)",
            "gelu", "silu", "bn", "layernorm", "bn(epsilon=0)", "prelu", "groupnorm(4)", "groupnorm(3)",
            "channelshuffle(2)", "instancenorm", "lrn(5)", "lrn(2, k=0)", "layerscale", "identity", "globalmaxpool",
            "adaptiveavgpool(3)", "upsample(2)", "scale(conv(4, 3) -> sigmoid)", "droppath(0.1)", "dropout2d(0.2)",
        ]).prop_map(str::to_owned),
    ]
}

/// Layers in a row, some of them in groups.
fn network() -> impl Strategy<Value = String> {
    let row = || prop::collection::vec(layer(), 1..4).prop_map(|layers| layers.join(" -> "));
    let group = || (row(), 1_usize..6).prop_map(|(body, times)| format!("[{body}] x {times}"));
    let outer = (row(), group(), 1_usize..4)
        .prop_map(|(row, group, times)| format!("[{row} -> {group}] x {times}"));
    prop::collection::vec(prop_oneof![3 => row(), 1 => group(), 1 => outer], 1..4)
        .prop_map(|parts| parts.join(" -> "))
}

fn input() -> impl Strategy<Value = Shape> {
    prop_oneof![
        5 => (1_usize..20, 1_usize..20, 1_usize..5).prop_map(|(h, w, c)| Shape::volume(h, w, c)),
        1 => (1_usize..100).prop_map(Shape::Features),
        1 => Just(Shape::volume(3, 16, 16)),
        1 => Just(Shape::volume(4000, 4000, 3)),
    ]
}

static TOLD: AtomicUsize = AtomicUsize::new(0);
static FIXED: AtomicUsize = AtomicUsize::new(0);

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1250,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    fn any_broken_network_is_told_in_one_line_and_its_fix_fits(
        text in network(),
        input in input(),
        classes in 0_usize..4,
        change in prop::sample::select(vec![InputChange::Never, InputChange::Reshape, InputChange::Any]),
    ) {
        // One class alone is not a data set.
        let classes = if classes == 1 { 10 } else { classes };
        let start = Instant::now();
        let refused = build(&text, input, classes, change);
        prop_assert!(start.elapsed() < Duration::from_secs(4), "{text} on {input}");
        if let Err(error) = refused {
            let line = error.to_string();
            let Some(found) = error.detail::<Diagnosis>() else {
                let unknown = line.contains("`classes`");
                prop_assert!(unknown || line.contains("more memory"), "{text} on {input}: {line}");
                return Ok(());
            };
            prop_assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
            prop_assert!(!found.layer.is_empty() && found.column > 0, "{line}");
            TOLD.fetch_add(1, Ordering::Relaxed);
            if let Some(fix) = &found.fix {
                FIXED.fetch_add(1, Ordering::Relaxed);
                prop_assert!(change != InputChange::Never || fix.input.is_none(), "{line}");
                let text = fix.network.as_deref().unwrap_or(&text);
                let fixed = build(text, fix.input.unwrap_or(input), classes, InputChange::Never);
                prop_assert!(fixed.is_ok(), "{line}\n{}", fixed.err().map_or(String::new(), |e| e.to_string()));
            }
        }
    }
}

#[test]
fn most_broken_networks_get_a_fix() {
    any_broken_network_is_told_in_one_line_and_its_fix_fits();
    let (told, fixed) = (TOLD.load(Ordering::Relaxed), FIXED.load(Ordering::Relaxed));
    eprintln!("{fixed} of {told} networks broken at random get a fix");
    // About 85 of 100; over this many networks the share deviates by 1 of 100.
    assert!(told > 300 && fixed * 10 >= told * 8, "{fixed} of {told}");
}
