//! The networks: rows of their papers' tables.

use super::{Block, Family, Mobile};

/// Stages of `[kernel, stride, widening, channels, blocks]`, whose first block has the stride.
fn stages(
    first: usize,
    rows: &[[usize; 5]],
    activation: &'static str,
    gated: bool,
) -> Vec<Vec<Block>> {
    let mut input = first;
    let mut stages = Vec::new();
    for &[kernel, stride, widening, channels, blocks] in rows {
        let stage = (0..blocks).map(|number| {
            let block = Block {
                kernel,
                stride: if number == 0 { stride } else { 1 },
                wide: input * widening,
                channels,
                gate: gated.then_some((input / 4).max(1)),
                activation,
            };
            input = channels;
            block
        });
        stages.push(stage.collect());
    }
    stages
}

/// The stages of EfficientNet-B0, which EfficientNet-Lite0 shares.
const EFFICIENT: [[usize; 5]; 7] = [
    [3, 1, 1, 16, 1],
    [3, 2, 6, 24, 2],
    [5, 2, 6, 40, 2],
    [3, 2, 6, 80, 3],
    [5, 1, 6, 112, 3],
    [5, 2, 6, 192, 4],
    [3, 1, 6, 320, 1],
];

/// EfficientNet-Lite0: no gates, and an activation that is easily quantised.
pub(in crate::recipes) fn efficientnet_lite0(same: bool, epsilon: f64) -> Mobile {
    Mobile {
        family: Family::EfficientNet,
        stem: (32, "relu6"),
        stages: stages(32, &EFFICIENT, "relu6", false),
        head: 1280,
        hidden: None,
        gate: ["relu6", "sigmoid"],
        epsilon,
        same,
    }
}

/// EfficientNet-B0.
pub(in crate::recipes) fn efficientnet_b0(same: bool, epsilon: f64) -> Mobile {
    Mobile {
        stem: (32, "silu"),
        stages: stages(32, &EFFICIENT, "silu", true),
        gate: ["silu", "sigmoid"],
        ..efficientnet_lite0(same, epsilon)
    }
}

/// MobileNet V2.
pub(in crate::recipes) fn mobilenet_v2() -> Mobile {
    const ROWS: [[usize; 5]; 7] = [
        [3, 1, 1, 16, 1],
        [3, 2, 6, 24, 2],
        [3, 2, 6, 32, 3],
        [3, 2, 6, 64, 4],
        [3, 1, 6, 96, 3],
        [3, 2, 6, 160, 3],
        [3, 1, 6, 320, 1],
    ];
    Mobile {
        family: Family::MobileNetV2,
        stages: stages(32, &ROWS, "relu6", false),
        ..efficientnet_lite0(false, 1e-5)
    }
}

/// A block of MobileNet V3: `[kernel, stride, wide, channels, gate]`, 0 for none.
fn third([kernel, stride, wide, channels, gate]: [usize; 5], activation: &'static str) -> Block {
    Block {
        kernel,
        stride,
        wide,
        channels,
        gate: (gate > 0).then_some(gate),
        activation,
    }
}

fn mobilenet_v3(stages: Vec<Vec<Block>>, head: usize, hidden: usize, epsilon: f64) -> Mobile {
    Mobile {
        family: Family::MobileNetV3,
        stem: (16, "hardswish"),
        stages,
        head,
        hidden: Some((hidden, "hardswish")),
        gate: ["relu", "hardsigmoid"],
        epsilon,
        same: false,
    }
}

/// The small MobileNet V3.
pub(in crate::recipes) fn mobilenet_v3_small(epsilon: f64) -> Mobile {
    const STAGES: [&[[usize; 5]]; 5] = [
        &[[3, 2, 16, 16, 8]],
        &[[3, 2, 72, 24, 0], [3, 1, 88, 24, 0]],
        &[[5, 2, 96, 40, 24], [5, 1, 240, 40, 64], [5, 1, 240, 40, 64]],
        &[[5, 1, 120, 48, 32], [5, 1, 144, 48, 40]],
        &[
            [5, 2, 288, 96, 72],
            [5, 1, 576, 96, 144],
            [5, 1, 576, 96, 144],
        ],
    ];
    mobilenet_v3(activated(&STAGES, 2), 576, 1024, epsilon)
}

/// The large MobileNet V3.
pub(in crate::recipes) fn mobilenet_v3_large(epsilon: f64) -> Mobile {
    const STAGES: [&[[usize; 5]]; 6] = [
        &[[3, 1, 16, 16, 0]],
        &[[3, 2, 64, 24, 0], [3, 1, 72, 24, 0]],
        &[[5, 2, 72, 40, 24], [5, 1, 120, 40, 32], [5, 1, 120, 40, 32]],
        &[
            [3, 2, 240, 80, 0],
            [3, 1, 200, 80, 0],
            [3, 1, 184, 80, 0],
            [3, 1, 184, 80, 0],
        ],
        &[[3, 1, 480, 112, 120], [3, 1, 672, 112, 168]],
        &[
            [5, 2, 672, 160, 168],
            [5, 1, 960, 160, 240],
            [5, 1, 960, 160, 240],
        ],
    ];
    mobilenet_v3(activated(&STAGES, 3), 960, 1280, epsilon)
}

/// Stages of which the first so many have `relu`, and the others `hardswish`.
fn activated(stages: &[&[[usize; 5]]], plain: usize) -> Vec<Vec<Block>> {
    let stages = stages.iter().enumerate();
    stages
        .map(|(number, blocks)| {
            let activation = if number < plain { "relu" } else { "hardswish" };
            blocks
                .iter()
                .map(|&block| third(block, activation))
                .collect()
        })
        .collect()
}
