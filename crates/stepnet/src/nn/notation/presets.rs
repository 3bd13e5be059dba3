//! Well-known networks by name.

/// A network with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// What it is called on the command line and elsewhere.
    pub name: &'static str,
    /// The network in canonical arrow notation.
    pub text: &'static str,
    /// The height, width and channels it was made for; `None` if any will do.
    pub input: Option<[usize; 3]>,
    /// How many classes it was made for.
    pub classes: usize,
    /// What it is, in one line.
    pub summary: &'static str,
}

/// All presets.
pub const ALL: &[Preset] = &[
    Preset {
        name: "lenet5",
        text: "conv(6, 5) -> relu -> maxpool(2) -> conv(16, 5) -> relu -> maxpool(2) -> flatten \
               -> linear(120) -> relu -> linear(84) -> relu -> linear(classes) -> softmax",
        input: Some([28, 28, 1]),
        classes: 10,
        summary: "LeNet-5 for 28x28 grey pictures, with relu and max pooling.",
    },
    Preset {
        name: "cat-cnn",
        text: "conv(8, 4, same) -> relu -> maxpool(8, same) -> conv(16, 2, same) -> relu \
               -> maxpool(4, same) -> flatten -> linear(classes) -> softmax",
        input: Some([64, 64, 3]),
        classes: 6,
        summary: "The course's small convolutional network for 64x64 colour pictures.",
    },
    Preset {
        name: "l-layer",
        text: "flatten -> linear(20) -> relu -> linear(7) -> relu -> linear(5) -> relu \
               -> linear(1) -> sigmoid",
        input: Some([64, 64, 3]),
        classes: 2,
        summary: "The course's deep dense network that tells cats from other pictures.",
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
        summary: "A small convolutional network for pictures of any size from 4x4.",
    },
];

/// The preset of a name, in any case.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|p| p.name.eq_ignore_ascii_case(name))
}
