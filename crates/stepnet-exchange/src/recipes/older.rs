//! VGG (Simonyan and Zisserman, 2015), SqueezeNet (Iandola et al., 2016) and DenseNet (Huang et al., 2017).

use super::plan::{Conv, Plan};
use super::recipe::Names;

/// A VGG: the convolutions of its five stages, with or without batch normalisation.
pub(super) fn vgg(stages: [usize; 5], normalised: bool, names: Names) -> Plan {
    let mut plan = Plan::new();
    // torchvision counts all layers of the stages.
    let mut place = 0;
    for (stage, convs) in stages.into_iter().enumerate() {
        let filters = [64, 128, 256, 512, 512][stage];
        for _ in 0..convs {
            let conv = Conv::new(filters, 3).bias().text();
            plan = plan.layer(conv, format!("features.{place}"));
            if normalised {
                plan = plan.layer("bn", format!("features.{}", place + 1));
            }
            plan = plan.then("relu");
            place += 2 + usize::from(normalised);
        }
        plan = plan.then("maxpool(2)");
        place += 1;
    }
    let [first, second, last] = match names {
        Names::Timm => ["pre_logits.fc1", "pre_logits.fc2", "head.fc"],
        _ => ["classifier.0", "classifier.3", "classifier.6"],
    };
    plan.then("flatten")
        .layer("linear(4096)", first)
        .then("relu")
        .then("dropout(0.5)")
        .layer("linear(4096)", second)
        .then("relu")
        .then("dropout(0.5)")
        .layer("linear(classes)", last)
}

/// A SqueezeNet: version 1.0 or 1.1.
pub(super) fn squeezenet(second: bool) -> Plan {
    // The places of the pools among torchvision's layers.
    let (first, pools) = match second {
        false => ("conv(96, 7, stride=2)", [2, 6, 11]),
        true => ("conv(64, 3, stride=2)", [2, 5, 8]),
    };
    const POOL: &str = "maxpool(3, stride=2, ceil_mode=true)";
    let mut plan = Plan::new().layer(first, "features.0").then("relu");
    let mut place = 2;
    let fires = [
        [16, 64],
        [16, 64],
        [32, 128],
        [32, 128],
        [48, 192],
        [48, 192],
        [64, 256],
        [64, 256],
    ];
    for [squeeze, expand] in fires {
        if pools.contains(&place) {
            plan = plan.then(POOL);
            place += 1;
        }
        let name = format!("features.{place}");
        let path = |kernel: usize, part: &str| {
            Plan::new()
                .layer(
                    Conv::new(expand, kernel).bias().text(),
                    format!("{name}.{part}"),
                )
                .then("relu")
        };
        plan = plan
            .layer(
                Conv::new(squeeze, 1).bias().text(),
                format!("{name}.squeeze"),
            )
            .then("relu")
            .branch([path(1, "expand1x1"), path(3, "expand3x3")]);
        place += 1;
    }
    plan.then("dropout(0.5)")
        .layer("conv(classes, 1)", "classifier.1")
        .then("relu")
        .then("globalavgpool")
}

/// A DenseNet that grows by 32 channels with each layer.
pub(super) fn densenet(blocks: [usize; 4], names: Names) -> Plan {
    const GROWTH: usize = 32;
    let between = match names {
        Names::OldTorchvision => ".",
        _ => "",
    };
    let mut plan = Plan::new()
        .layer(Conv::new(64, 7).stride(2).text(), "features.conv0")
        .layer("bn", "features.norm0")
        .then("relu")
        .then("maxpool(3, padding=1, stride=2)");
    let mut channels = 64;
    for (number, layers) in blocks.into_iter().enumerate() {
        let block = number + 1;
        for layer in 1..=layers {
            let name = format!("features.denseblock{block}.denselayer{layer}");
            let path = Plan::new()
                .layer("bn", format!("{name}.norm{between}1"))
                .then("relu")
                .layer(
                    Conv::new(4 * GROWTH, 1).text(),
                    format!("{name}.conv{between}1"),
                )
                .layer("bn", format!("{name}.norm{between}2"))
                .then("relu")
                .layer(Conv::new(GROWTH, 3).text(), format!("{name}.conv2"));
            plan = plan.branch([Plan::new().then("identity"), path]);
        }
        channels += GROWTH * layers;
        if block < blocks.len() {
            channels /= 2;
            let name = format!("features.transition{block}");
            plan = plan
                .layer("bn", format!("{name}.norm"))
                .then("relu")
                .layer(Conv::new(channels, 1).text(), format!("{name}.conv"))
                .then("avgpool(2)");
        }
    }
    plan.layer("bn", "features.norm5")
        .then("relu")
        .then("globalavgpool")
        .layer("linear(classes)", "classifier")
}
