//! ResNets (He et al., 2016) with the stride in the 3x3 convolution, as torchvision and timm have them, and RegNets
//! (Radosavovic et al., 2020).

use super::plan::{Conv, Plan, norm};
use super::recipe::Names;

const BN: &str = "bn";

/// A ResNet of `blocks` in its four stages, of two 3x3 convolutions each, or of a bottleneck.
pub(super) fn resnet(blocks: [usize; 4], bottleneck: bool) -> Plan {
    let stem = Conv::new(64, 7).stride(2).text();
    let mut plan = Plan::new()
        .layer(stem, "conv1")
        .layer(BN, "bn1")
        .then("relu")
        .then("maxpool(3, padding=1, stride=2)");
    let mut channels = 64;
    for (stage, blocks) in blocks.into_iter().enumerate() {
        let inner = 64 << stage;
        let outer = if bottleneck { 4 * inner } else { inner };
        for block in 0..blocks {
            let stride = if stage > 0 && block == 0 { 2 } else { 1 };
            let name = format!("layer{}.{block}", stage + 1);
            let convs = match bottleneck {
                true => vec![
                    Conv::new(inner, 1),
                    Conv::new(inner, 3).stride(stride),
                    Conv::new(outer, 1),
                ],
                false => vec![Conv::new(inner, 3).stride(stride), Conv::new(inner, 3)],
            };
            let mut body = Plan::new();
            for (number, conv) in convs.into_iter().enumerate() {
                if number > 0 {
                    body = body.then("relu");
                }
                let number = number + 1;
                body = body
                    .layer(conv.text(), format!("{name}.conv{number}"))
                    .layer(BN, format!("{name}.bn{number}"));
            }
            let shortcut = (stride > 1 || channels != outer).then(|| {
                let conv = Conv::new(outer, 1).stride(stride).text();
                Plan::new()
                    .layer(conv, format!("{name}.downsample.0"))
                    .layer(BN, format!("{name}.downsample.1"))
            });
            plan = plan.residual(body, shortcut).then("relu");
            channels = outer;
        }
    }
    plan.then("globalavgpool").layer("linear(classes)", "fc")
}

/// A RegNetY: stages of `(blocks, channels)`, with groups of `group` channels.
pub(super) fn regnet_y(stages: [[usize; 2]; 4], group: usize, names: Names) -> Plan {
    let timm = names == Names::Timm;
    let pick = |torchvision: &str, other: &str| {
        if timm {
            other.to_owned()
        } else {
            torchvision.to_owned()
        }
    };
    let mut plan = Plan::new()
        .layer(
            Conv::new(32, 3).stride(2).text(),
            pick("stem.0", "stem.conv"),
        )
        .layer(BN, pick("stem.1", "stem.bn"))
        .then("relu");
    let mut channels = 32;
    for (stage, [blocks, outer]) in stages.into_iter().enumerate() {
        for block in 0..blocks {
            let stride = if block == 0 { 2 } else { 1 };
            let stage = stage + 1;
            let name = match timm {
                true => format!("s{stage}.b{}", block + 1),
                false => format!("trunk_output.block{stage}.block{stage}-{block}"),
            };
            let part =
                |torchvision: &str, other: &str| format!("{name}.{}", pick(torchvision, other));
            // The gate is narrowed to a quarter of the channels that the block takes.
            let narrow = (channels + 2) / 4;
            let gate = Plan::new()
                .then("globalavgpool")
                .layer(format!("linear({narrow})"), part("f.se.fc1", "se.fc1"))
                .then("relu")
                .layer(format!("linear({outer})"), part("f.se.fc2", "se.fc2"))
                .then("sigmoid");
            let wide = Conv::new(outer, 3).stride(stride).groups(outer / group);
            let body = Plan::new()
                .layer(Conv::new(outer, 1).text(), part("f.a.0", "conv1.conv"))
                .layer(BN, part("f.a.1", "conv1.bn"))
                .then("relu")
                .layer(wide.text(), part("f.b.0", "conv2.conv"))
                .layer(BN, part("f.b.1", "conv2.bn"))
                .then("relu")
                .scale(gate)
                .layer(Conv::new(outer, 1).text(), part("f.c.0", "conv3.conv"))
                .layer(BN, part("f.c.1", "conv3.bn"));
            let shortcut = (stride > 1 || channels != outer).then(|| {
                Plan::new()
                    .layer(
                        Conv::new(outer, 1).stride(stride).text(),
                        part("proj.0", "downsample.conv"),
                    )
                    .layer(BN, part("proj.1", "downsample.bn"))
            });
            plan = plan.residual(body, shortcut).then("relu");
            channels = outer;
        }
    }
    let head = pick("fc", "head.fc");
    plan.then("globalavgpool").layer("linear(classes)", head)
}

/// A ConvNeXt (Liu et al., 2022): stages of `(blocks, channels)`.
pub(super) fn convnext(stages: [[usize; 2]; 4], names: Names) -> Plan {
    const NORM: &str = "layernorm(epsilon=1e-6)";
    let timm = names == Names::Timm;
    let first = stages[0][1];
    let mut plan = Plan::new();
    for (stage, [blocks, channels]) in stages.into_iter().enumerate() {
        let place = 2 * stage;
        plan = match (stage, timm) {
            (0, _) => {
                let name = if timm { "stem" } else { "features.0" };
                plan.layer(format!("conv({first}, 4, stride=4)"), format!("{name}.0"))
                    .layer(NORM, format!("{name}.1"))
            }
            (_, true) => plan
                .layer(NORM, format!("stages.{stage}.downsample.0"))
                .layer(
                    format!("conv({channels}, 2, stride=2)"),
                    format!("stages.{stage}.downsample.1"),
                ),
            (_, false) => plan.layer(NORM, format!("features.{place}.0")).layer(
                format!("conv({channels}, 2, stride=2)"),
                format!("features.{place}.1"),
            ),
        };
        for block in 0..blocks {
            let name = match timm {
                true => format!("stages.{stage}.blocks.{block}"),
                false => format!("features.{}.{block}", place + 1),
            };
            let part = |torchvision: &str, other: &str| {
                format!("{name}.{}", if timm { other } else { torchvision })
            };
            let wide = Conv::new(channels, 7).groups(channels).bias();
            let body = Plan::new()
                .layer(wide.text(), part("block.0", "conv_dw"))
                .layer(NORM, part("block.2", "norm"))
                .layer(
                    Conv::new(4 * channels, 1).bias().text(),
                    part("block.3", "mlp.fc1"),
                )
                .then("gelu")
                .layer(
                    Conv::new(channels, 1).bias().text(),
                    part("block.5", "mlp.fc2"),
                )
                .layer("layerscale", name.clone());
            plan = plan.residual(body, None);
        }
    }
    let (norm, head) = match timm {
        true => ("head.norm", "head.fc"),
        false => ("classifier.0", "classifier.2"),
    };
    plan.then("globalavgpool")
        .layer(NORM, norm)
        .layer("linear(classes)", head)
}

/// ShuffleNet V2 (Ma et al., 2018): stages of `(blocks, channels)`.
pub(super) fn shufflenet_v2(stages: [[usize; 2]; 3], last: usize) -> Plan {
    let bn = norm(1e-5);
    let mut plan = Plan::new()
        .layer(Conv::new(24, 3).stride(2).text(), "conv1.0")
        .layer(&*bn, "conv1.1")
        .then("relu")
        .then("maxpool(3, padding=1, stride=2)");
    let mut channels = 24;
    for (stage, [blocks, outer]) in stages.into_iter().enumerate() {
        let half = outer / 2;
        for block in 0..blocks {
            let name = format!("stage{}.{block}", stage + 2);
            let stride = if block == 0 { 2 } else { 1 };
            let first = match block {
                0 => Plan::new()
                    .layer(
                        Conv::new(channels, 3).stride(2).groups(channels).text(),
                        format!("{name}.branch1.0"),
                    )
                    .layer(&*bn, format!("{name}.branch1.1"))
                    .layer(Conv::new(half, 1).text(), format!("{name}.branch1.2"))
                    .layer(&*bn, format!("{name}.branch1.3"))
                    .then("relu"),
                _ => Plan::new().then(&format!("slicechannels(0, {half})")),
            };
            let second = match block {
                0 => Plan::new(),
                _ => Plan::new().then(&format!("slicechannels({half}, {half})")),
            };
            let wide = Conv::new(half, 3).stride(stride).groups(half);
            let second = second
                .layer(Conv::new(half, 1).text(), format!("{name}.branch2.0"))
                .layer(&*bn, format!("{name}.branch2.1"))
                .then("relu")
                .layer(wide.text(), format!("{name}.branch2.3"))
                .layer(&*bn, format!("{name}.branch2.4"))
                .layer(Conv::new(half, 1).text(), format!("{name}.branch2.5"))
                .layer(&*bn, format!("{name}.branch2.6"))
                .then("relu");
            plan = plan.branch([first, second]).then("channelshuffle(2)");
            channels = outer;
        }
    }
    plan.layer(Conv::new(last, 1).text(), "conv5.0")
        .layer(&*bn, "conv5.1")
        .then("relu")
        .then("globalavgpool")
        .layer("linear(classes)", "fc")
}
