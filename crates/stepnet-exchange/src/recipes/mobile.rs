//! Networks of inverted residual blocks: MobileNet V2 and V3 (Sandler et al., 2018; Howard et al., 2019), EfficientNet
//! and EfficientNet-Lite (Tan and Le, 2019).
//!
//! A block widens its channels by a 1x1 convolution, looks at each alone, weighs them by a gate if it has one, and
//! narrows them; its input is added where nothing changes its shape.

mod networks;

use super::plan::{Conv, Plan, norm};
use super::recipe::Names;

pub(super) use networks::{
    efficientnet_b0, efficientnet_lite0, mobilenet_v2, mobilenet_v3_large, mobilenet_v3_small,
};

/// A block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    /// The kernel of the convolution of each channel alone, and its stride.
    pub(super) kernel: usize,
    pub(super) stride: usize,
    /// The channels between the two 1x1 convolutions, and after them.
    pub(super) wide: usize,
    pub(super) channels: usize,
    /// The width of the gate.
    pub(super) gate: Option<usize>,
    /// The activation.
    pub(super) activation: &'static str,
}

/// How torchvision names the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Blocks numbered through; their last two layers in no module of their own.
    MobileNetV2,
    /// Blocks numbered through.
    MobileNetV3,
    /// Blocks numbered in their stages.
    EfficientNet,
}

/// A whole network.
#[derive(Debug, Clone)]
pub(super) struct Mobile {
    pub(super) family: Family,
    /// Channels and activation of the first convolution.
    pub(super) stem: (usize, &'static str),
    /// Groups of blocks, as timm counts them.
    pub(super) stages: Vec<Vec<Block>>,
    /// The last convolution.
    pub(super) head: usize,
    /// The width and the activation of a dense layer between pooling and classes.
    pub(super) hidden: Option<(usize, &'static str)>,
    /// The activations of the gates.
    pub(super) gate: [&'static str; 2],
    /// Added to the variances of batch normalisation.
    pub(super) epsilon: f64,
    /// Whether padding is TensorFlow's.
    pub(super) same: bool,
}

impl Mobile {
    /// The network with the names that the files of a program have.
    pub(super) fn plan(&self, names: Names) -> Plan {
        let bn = norm(self.epsilon);
        let (channels, activation) = self.stem;
        let stem = Conv::new(channels, 3).stride(2).same(self.same);
        let [conv, normalised] = match names {
            Names::Torchvision | Names::OldTorchvision => ["features.0.0", "features.0.1"],
            Names::Timm => ["conv_stem", "bn1"],
            Names::Lukemelas => ["_conv_stem", "_bn0"],
        };
        let mut plan = Plan::new()
            .layer(stem.text(), conv)
            .layer(&*bn, normalised)
            .then(activation);
        let mut input = channels;
        let mut number = 0;
        for (stage, blocks) in self.stages.iter().enumerate() {
            for (place, block) in blocks.iter().enumerate() {
                let name = match (names, self.family) {
                    (Names::Torchvision | Names::OldTorchvision, Family::EfficientNet) => {
                        format!("features.{}.{place}", stage + 1)
                    }
                    (Names::Torchvision | Names::OldTorchvision, _) => {
                        format!("features.{}", number + 1)
                    }
                    (Names::Timm, _) => format!("blocks.{stage}.{place}"),
                    (Names::Lukemelas, _) => format!("_blocks.{number}"),
                };
                let body = self.block(block, input, &name, names);
                plan = match block.stride == 1 && input == block.channels {
                    true => plan.residual(body, None),
                    false => plan.add(body),
                };
                input = block.channels;
                number += 1;
            }
        }
        self.close(plan, number, names)
    }

    /// What comes after the blocks.
    fn close(&self, plan: Plan, blocks: usize, names: Names) -> Plan {
        let bn = norm(self.epsilon);
        let (conv, normalised) = match (names, self.hidden) {
            (Names::Torchvision | Names::OldTorchvision, _) => {
                let before = match self.family {
                    Family::EfficientNet => self.stages.len(),
                    _ => blocks,
                };
                let name = format!("features.{}", before + 1);
                (format!("{name}.0"), format!("{name}.1"))
            }
            // Where a dense layer follows, timm calls that the head.
            (Names::Timm, Some(_)) => {
                let name = format!("blocks.{}.0", self.stages.len());
                (format!("{name}.conv"), format!("{name}.bn1"))
            }
            (Names::Timm, None) => ("conv_head".to_owned(), "bn2".to_owned()),
            (Names::Lukemelas, _) => ("_conv_head".to_owned(), "_bn1".to_owned()),
        };
        let mut plan = plan
            .layer(Conv::new(self.head, 1).text(), conv)
            .layer(&*bn, normalised)
            .then(self.stem.1)
            .then("globalavgpool");
        if let Some((hidden, activation)) = self.hidden {
            let name = match names {
                Names::Timm => "conv_head",
                _ => "classifier.0",
            };
            plan = plan
                .layer(format!("linear({hidden})"), name)
                .then(activation);
        }
        let classes = match (names, self.hidden) {
            (Names::Timm, _) => "classifier",
            (Names::Lukemelas, _) => "_fc",
            (_, Some(_)) => "classifier.3",
            (_, None) => "classifier.1",
        };
        plan.layer("linear(classes)", classes)
    }

    /// A block of `input` channels called `name`.
    fn block(&self, block: &Block, input: usize, name: &str, names: Names) -> Plan {
        let bn = norm(self.epsilon);
        let widened = block.wide != input;
        let parts = Parts {
            widened,
            gated: block.gate.is_some(),
            family: self.family,
        };
        let name = |part: Part| format!("{name}.{}", parts.name(part, names));
        let mut plan = Plan::new();
        if widened {
            plan = plan
                .layer(Conv::new(block.wide, 1).text(), name(Part::Widen))
                .layer(&*bn, name(Part::WidenNorm))
                .then(block.activation);
        }
        let alone = Conv::new(block.wide, block.kernel)
            .stride(block.stride)
            .groups(block.wide)
            .same(self.same);
        plan = plan
            .layer(alone.text(), name(Part::Alone))
            .layer(&*bn, name(Part::AloneNorm))
            .then(block.activation);
        if let Some(narrow) = block.gate {
            let gate = Plan::new()
                .then("globalavgpool")
                .layer(format!("linear({narrow})"), name(Part::Reduce))
                .then(self.gate[0])
                .layer(format!("linear({})", block.wide), name(Part::Expand))
                .then(self.gate[1]);
            plan = plan.scale(gate);
        }
        plan.layer(Conv::new(block.channels, 1).text(), name(Part::Narrow))
            .layer(&*bn, name(Part::NarrowNorm))
    }
}

/// A layer of a block.
#[derive(Debug, Clone, Copy)]
enum Part {
    Widen,
    WidenNorm,
    Alone,
    AloneNorm,
    Reduce,
    Expand,
    Narrow,
    NarrowNorm,
}

/// What a block has, from which torchvision's names follow, which count.
struct Parts {
    widened: bool,
    gated: bool,
    family: Family,
}

impl Parts {
    /// The name of a layer within its block.
    fn name(&self, part: Part, names: Names) -> String {
        match names {
            Names::Torchvision | Names::OldTorchvision => self.torchvision(part),
            Names::Timm => self.timm(part).to_owned(),
            Names::Lukemelas => lukemelas(part).to_owned(),
        }
    }

    fn torchvision(&self, part: Part) -> String {
        let alone = usize::from(self.widened);
        let gate = alone + 1;
        let narrow = gate + usize::from(self.gated);
        let last = match self.family {
            Family::MobileNetV2 => [format!("{narrow}"), format!("{}", narrow + 1)],
            _ => [format!("{narrow}.0"), format!("{narrow}.1")],
        };
        let [narrow, normalised] = last;
        let place = match part {
            Part::Widen => "0.0".to_owned(),
            Part::WidenNorm => "0.1".to_owned(),
            Part::Alone => format!("{alone}.0"),
            Part::AloneNorm => format!("{alone}.1"),
            Part::Reduce => format!("{gate}.fc1"),
            Part::Expand => format!("{gate}.fc2"),
            Part::Narrow => narrow,
            Part::NarrowNorm => normalised,
        };
        match self.family {
            Family::MobileNetV2 => format!("conv.{place}"),
            _ => format!("block.{place}"),
        }
    }

    fn timm(&self, part: Part) -> &'static str {
        match (part, self.widened) {
            (Part::Widen, _) => "conv_pw",
            (Part::WidenNorm, _) => "bn1",
            (Part::Alone, _) => "conv_dw",
            (Part::AloneNorm, true) => "bn2",
            (Part::AloneNorm, false) => "bn1",
            (Part::Reduce, _) => "se.conv_reduce",
            (Part::Expand, _) => "se.conv_expand",
            (Part::Narrow, true) => "conv_pwl",
            (Part::Narrow, false) => "conv_pw",
            (Part::NarrowNorm, true) => "bn3",
            (Part::NarrowNorm, false) => "bn2",
        }
    }
}

fn lukemelas(part: Part) -> &'static str {
    match part {
        Part::Widen => "_expand_conv",
        Part::WidenNorm => "_bn0",
        Part::Alone => "_depthwise_conv",
        Part::AloneNorm => "_bn1",
        Part::Reduce => "_se_reduce",
        Part::Expand => "_se_expand",
        Part::Narrow => "_project_conv",
        Part::NarrowNorm => "_bn2",
    }
}
