//! Well-known networks by name.

/// A network with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preset {
    /// Its name, on the command line and elsewhere.
    pub name: &'static str,
    /// The network in canonical arrow notation.
    pub text: &'static str,
    /// The height, width and channels it was designed for; `None` if any will do.
    pub input: Option<[usize; 3]>,
    /// How many classes it was designed for.
    pub classes: usize,
    /// Its description in one line.
    pub summary: &'static str,
}

/// A residual block of two 3x3 convolutions (He et al., 2016).
macro_rules! basic {
    ($filters:literal) => {
        concat!(
            "residual(conv(",
            $filters,
            ", 3, same, bias=false) -> bn -> relu -> conv(",
            $filters,
            ", 3, same, bias=false) -> bn) -> relu"
        )
    };
}

/// The same at half the height and width, with a projection as its shortcut. Padding of one pixel on
/// each side, as the paper has it; `same` would put all of it at the bottom and right.
macro_rules! basic_halved {
    ($filters:literal) => {
        concat!(
            "residual(conv(",
            $filters,
            ", 3, padding=1, stride=2, bias=false) -> bn -> relu -> conv(",
            $filters,
            ", 3, same, bias=false) -> bn, shortcut=conv(",
            $filters,
            ", 1, stride=2, bias=false) -> bn) -> relu"
        )
    };
}

/// A bottleneck block of the course's ResNet-50.
macro_rules! bottleneck {
    ($inner:literal, $outer:literal) => {
        concat!(
            "residual(conv(",
            $inner,
            ", 1) -> bn -> relu -> conv(",
            $inner,
            ", 3, same) -> bn -> relu -> conv(",
            $outer,
            ", 1) -> bn) -> relu"
        )
    };
}

/// The same with a projection, both at a stride, which is in the first 1x1 convolution.
macro_rules! bottleneck_projected {
    ($inner:literal, $outer:literal, $stride:literal) => {
        concat!(
            "residual(conv(",
            $inner,
            ", 1",
            $stride,
            ") -> bn -> relu -> conv(",
            $inner,
            ", 3, same) -> bn -> relu -> conv(",
            $outer,
            ", 1) -> bn, shortcut=conv(",
            $outer,
            ", 1",
            $stride,
            ") -> bn) -> relu"
        )
    };
}

/// A depthwise convolution and a pointwise one (Howard et al., 2017).
macro_rules! separable {
    ($channels:literal, $filters:literal, $stride:literal) => {
        concat!(
            "conv(",
            $channels,
            ", 3, same",
            $stride,
            ", groups=",
            $channels,
            ", bias=false) -> bn -> relu -> conv(",
            $filters,
            ", 1, bias=false) -> bn -> relu"
        )
    };
}

/// All presets.
pub const ALL: &[Preset] = &[
    Preset {
        name: "lenet5",
        text: "conv(6, 5) -> relu -> maxpool(2) -> conv(16, 5) -> relu -> maxpool(2) -> flatten \
               -> linear(120) -> relu -> linear(84) -> relu -> linear(classes) -> softmax",
        input: Some([28, 28, 1]),
        classes: 10,
        summary: "LeNet-5 for 28x28 grey images, with relu and max pooling.",
    },
    Preset {
        name: "cat-cnn",
        text: "conv(8, 4, same) -> relu -> maxpool(8, same) -> conv(16, 2, same) -> relu \
               -> maxpool(4, same) -> flatten -> linear(classes) -> softmax",
        input: Some([64, 64, 3]),
        classes: 6,
        summary: "The course's small convolutional network for 64x64 colour images.",
    },
    Preset {
        name: "l-layer",
        text: "flatten -> linear(20) -> relu -> linear(7) -> relu -> linear(5) -> relu \
               -> linear(1) -> sigmoid",
        input: Some([64, 64, 3]),
        classes: 2,
        summary: "The course's deep dense network that distinguishes cats from other images.",
    },
    Preset {
        name: "digits-cnn",
        text: "conv(32, 3, same) -> relu -> conv(64, 3, same) -> relu -> maxpool(2) -> dropout(0.5) \
               -> linear(128) -> relu -> dropout(0.5) -> linear(classes) -> softmax",
        input: Some([8, 8, 1]),
        classes: 10,
        summary: "A small convolutional network for the embedded 8x8 digits.",
    },
    Preset {
        name: "small-cnn",
        text: "conv(16, 3, same) -> relu -> maxpool(2) -> conv(32, 3, same) -> relu -> maxpool(2) \
               -> flatten -> dropout(0.25) -> linear(128) -> relu -> linear(classes) -> softmax",
        input: None,
        classes: 10,
        summary: "A small convolutional network for images of any size from 4x4.",
    },
    Preset {
        name: "resnet20",
        text: concat!(
            "conv(16, 3, same, bias=false) -> bn -> relu -> [",
            basic!(16),
            "] x 3 -> ",
            basic_halved!(32),
            " -> [",
            basic!(32),
            "] x 2 -> ",
            basic_halved!(64),
            " -> [",
            basic!(64),
            "] x 2 -> ",
            "globalavgpool -> linear(classes) -> softmax"
        ),
        input: Some([32, 32, 3]),
        classes: 10,
        summary: "ResNet-20 for 32x32 images such as CIFAR-10's, with projections (He et al., 2016).",
    },
    Preset {
        name: "resnet50",
        text: concat!(
            "pad(3) -> conv(64, 7, stride=2) -> bn -> relu -> maxpool(3, stride=2) -> ",
            bottleneck_projected!(64, 256, ""),
            " -> [",
            bottleneck!(64, 256),
            "] x 2 -> ",
            bottleneck_projected!(128, 512, ", stride=2"),
            " -> [",
            bottleneck!(128, 512),
            "] x 3 -> ",
            bottleneck_projected!(256, 1024, ", stride=2"),
            " -> [",
            bottleneck!(256, 1024),
            "] x 5 -> ",
            bottleneck_projected!(512, 2048, ", stride=2"),
            " -> [",
            bottleneck!(512, 2048),
            "] x 2 -> ",
            "avgpool(2) -> flatten -> linear(classes) -> softmax"
        ),
        input: Some([64, 64, 3]),
        classes: 6,
        summary: "The course's ResNet-50 for 64x64 images.",
    },
    Preset {
        name: "happy-cnn",
        text: "pad(3) -> conv(32, 7) -> bn -> relu -> maxpool(2) -> flatten -> linear(1) -> sigmoid",
        input: Some([64, 64, 3]),
        classes: 2,
        summary: "The course's network that tells happy faces from others.",
    },
    Preset {
        name: "mobilenet-small",
        text: concat!(
            "conv(16, 3, same, stride=2, bias=false) -> bn -> relu -> ",
            separable!(16, 32, ""),
            " -> ",
            separable!(32, 64, ", stride=2"),
            " -> ",
            separable!(64, 64, ""),
            " -> ",
            separable!(64, 128, ", stride=2"),
            " -> ",
            separable!(128, 128, ""),
            " -> ",
            separable!(128, 256, ", stride=2"),
            " -> ",
            separable!(256, 256, ""),
            " -> globalavgpool -> linear(classes) -> softmax"
        ),
        input: None,
        classes: 10,
        summary: "Depthwise separable convolutions for images of any size (after MobileNet, Howard et al., 2017).",
    },
];

/// The preset of a name, in any case.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}
