//! The planted mistakes.

/// A mistake, what must be said of it, and what must be suggested.
pub(crate) struct Planted {
    pub(crate) input: &'static str,
    pub(crate) text: &'static str,
    /// How many classes the network must distinguish; 0 for any number.
    pub(crate) classes: usize,
    /// The layer that is blamed, and its column.
    pub(crate) layer: (&'static str, usize),
    /// The formula with its numbers, or a part of the line where there is none.
    pub(crate) says: &'static str,
    /// The network that is suggested, or else the input.
    pub(crate) fix: &'static str,
}

const fn planted(
    (input, text, classes): (&'static str, &'static str, usize),
    layer: (&'static str, usize),
    says: &'static str,
    fix: &'static str,
) -> Planted {
    Planted {
        input,
        text,
        classes,
        layer,
        says,
        fix,
    }
}

/// Windows that are larger than what is left of the picture.
pub(crate) const WINDOWS: &[Planted] = &[
    // Just too large: the window stays, and so does the size of what follows.
    planted(
        ("4x4x1", "conv(8, 5) -> relu -> linear(2) -> softmax", 2),
        ("conv1", 1),
        "floor((4 - 5 + 0 + 0) / 1) + 1 = 0",
        "conv(8, 5, same) -> relu -> linear(2) -> softmax",
    ),
    // Far too large: most of a padded window would never meet a pixel.
    planted(
        ("8x8x1", "conv(8, 30) -> linear(classes) -> softmax", 10),
        ("conv1", 1),
        "floor((8 - 30 + 0 + 0) / 1) + 1 = -21",
        "conv(8, 8) -> linear(classes) -> softmax",
    ),
    // After several poolings.
    planted(
        (
            "16x16x1",
            "conv(4, 5) -> maxpool(2) -> conv(4, 3) -> maxpool(2) -> first: conv(6, 3) -> linear(classes) -> softmax",
            10,
        ),
        ("first", 57),
        "floor((2 - 3 + 0 + 0) / 1) + 1 = 0",
        "conv(4, 5) -> maxpool(2) -> conv(4, 3) -> maxpool(2) -> first: conv(6, 3, same) -> linear(classes) -> softmax",
    ),
    // A preset on smaller pictures than it was made for.
    planted(
        ("8x8x1", "lenet5", 10),
        ("conv2", 37),
        "floor((2 - 5 + 0 + 0) / 1) + 1 = -2",
        "conv(6, 5, same) -> relu -> maxpool(2) -> conv(16, 5, same) -> relu -> maxpool(2) -> flatten -> linear(120) -> relu -> linear(84) -> relu -> linear(classes) -> softmax",
    ),
    planted(
        (
            "64x64x3",
            "conv(8, 5) -> maxpool(4) -> conv(8, 5) -> maxpool(4) -> conv(8, 5) -> maxpool(4) -> linear(10)",
            0,
        ),
        ("conv3", 57),
        "floor((2 - 5 + 0 + 0) / 1) + 1 = -2",
        "conv(8, 5, same) -> maxpool(4) -> conv(8, 5, same) -> maxpool(4) -> conv(8, 5, same) -> maxpool(4) -> linear(10)",
    ),
    // Height and width swapped.
    planted(
        ("4x12x1", "conv(8, 9x3) -> relu", 0),
        ("conv1", 1),
        "floor((4 - 9 + 0 + 0) / 1) + 1 = -4",
        "conv(8, 3x9) -> relu",
    ),
    // One row alone.
    planted(
        ("1x8x1", "conv(8, 3) -> maxpool(2)", 0),
        ("conv1", 1),
        "floor((1 - 3 + 0 + 0) / 1) + 1 = -1",
        "conv(8, 1x3) -> maxpool(1x2)",
    ),
    planted(
        ("2x2x8", "relu -> maxpool(3) -> linear(3)", 0),
        ("maxpool1", 9),
        "floor((2 - 3 + 0 + 0) / 3) + 1 = 0",
        "relu -> maxpool(2) -> linear(3)",
    ),
    planted(
        ("3x9x2", "avgpool(4, count_padding=true) -> linear(3)", 0),
        ("avgpool1", 1),
        "floor((3 - 4 + 0 + 0) / 4) + 1 = 0",
        "avgpool(3x4, count_padding=true) -> linear(3)",
    ),
    // A pooling more than there is to pool.
    planted(
        (
            "8x8x1",
            "[conv(4, 3, same) -> relu -> maxpool(2)] x 4 -> linear(classes) -> softmax",
            10,
        ),
        ("maxpool4", 30),
        "floor((1 - 2 + 0 + 0) / 2) + 1 = 0",
        "[conv(4, 3, same) -> relu -> maxpool(2)] x 3 -> linear(classes) -> softmax",
    ),
    planted(
        (
            "4x4x3",
            "maxpool(2) -> relu -> maxpool(2) -> tanh -> maxpool(2) -> linear(2)",
            0,
        ),
        ("maxpool3", 45),
        "floor((1 - 2 + 0 + 0) / 2) + 1 = 0",
        "maxpool(2) -> relu -> maxpool(2) -> tanh -> linear(2)",
    ),
    // Shrinking group.
    planted(
        ("9x9x1", "[conv(4, 3) -> relu] x 5 -> linear(2)", 0),
        ("conv5", 2),
        "floor((1 - 3 + 0 + 0) / 1) + 1 = -1",
        "[conv(4, 3) -> relu] x 4 -> linear(2)",
    ),
    // A group in a group.
    planted(
        (
            "16x16x1",
            "[[conv(4, 3, same) -> relu] x 2 -> maxpool(2)] x 5 -> linear(2)",
            0,
        ),
        ("maxpool5", 36),
        "floor((1 - 2 + 0 + 0) / 2) + 1 = 0",
        "[[conv(4, 3, same) -> relu] x 2 -> maxpool(2)] x 4 -> linear(2)",
    ),
    // Strides that leave too little.
    planted(
        (
            "32x32x3",
            "conv(8, 3, stride=8) -> relu -> conv(8, 3, stride=2) -> conv(8, 3) -> linear(2)",
            0,
        ),
        ("conv3", 57),
        "floor((1 - 3 + 0 + 0) / 1) + 1 = -1",
        "conv(8, 3, same, stride=8) -> relu -> conv(8, 3, same, stride=2) -> conv(8, 3, same) -> linear(2)",
    ),
    // Dilated windows.
    planted(
        ("8x8x1", "conv(8, 3, dilation=9)", 0),
        ("conv1", 1),
        "floor((8 - ((3 - 1) * 9 + 1) + 0 + 0) / 1) + 1 = -10",
        "conv(8, 3, dilation=3)",
    ),
    planted(
        ("8x8x1", "conv(8, 3, dilation=4) -> conv(4, 8)", 0),
        ("conv1", 1),
        "floor((8 - ((3 - 1) * 4 + 1) + 0 + 0) / 1) + 1 = 0",
        "conv(8, 3, same, dilation=4) -> conv(4, 8)",
    ),
    // Padding in numbers that does not suffice.
    planted(
        ("4x6x1", "conv(8, 7, padding=1x0) -> linear(2)", 0),
        ("conv1", 1),
        "floor((4 - 7 + 1 + 1) / 1) + 1 = 0",
        "conv(8, 7, same) -> linear(2)",
    ),
    // The stride where the padding stands, as other libraries have it.
    planted(
        ("8x8x1", "maxpool(2, 2) -> linear(2)", 0),
        ("maxpool1", 1),
        "2 >= 2",
        "maxpool(2) -> linear(2)",
    ),
    planted(
        ("9x9x1", "maxpool(2, 3) -> linear(2)", 0),
        ("maxpool1", 1),
        "3 >= 2",
        "maxpool(2, stride=3) -> linear(2)",
    ),
];

/// Channels, groups and what a layer takes.
pub(crate) const LAYERS: &[Planted] = &[
    planted(
        ("8x8x4", "conv(8, 3, groups=3) -> linear(2)", 0),
        ("conv1", 1),
        "4 channels / 3 groups = 1, remainder 1",
        "conv(8, 3, groups=4) -> linear(2)",
    ),
    planted(
        ("8x8x3", "conv(4, 3, groups=2) -> linear(2)", 0),
        ("conv1", 1),
        "3 channels / 2 groups = 1, remainder 1",
        "conv(4, 3) -> linear(2)",
    ),
    planted(
        ("8x8x4", "relu -> conv(30, 3, groups=4) -> linear(2)", 0),
        ("conv1", 9),
        "30 filters / 4 groups = 7, remainder 2",
        "relu -> conv(32, 3, groups=4) -> linear(2)",
    ),
    planted(
        ("8x8x6", "relu6 -> groupnorm(4) -> linear(2)", 0),
        ("groupnorm1", 10),
        "6 channels / 4 groups = 1, remainder 2",
        "relu6 -> groupnorm(3) -> linear(2)",
    ),
    planted(
        ("10", "linear(7) -> groupnorm(32) -> linear(2)", 0),
        ("groupnorm1", 14),
        "7 channels / 32 groups = 0, remainder 7",
        "linear(7) -> groupnorm(1) -> linear(2)",
    ),
    // Channels that are not there, or do not divide; factors that are not one for each channel.
    planted(
        ("8x8x6", "relu -> channelshuffle(4) -> linear(2)", 0),
        ("channelshuffle1", 9),
        "6 channels / 4 groups = 1, remainder 2",
        "relu -> channelshuffle(3) -> linear(2)",
    ),
    planted(
        ("8x8x6", "slicechannels(2, 5) -> linear(2)", 0),
        ("slicechannels1", 1),
        "2 + 5 = 7 channels, more than 6",
        "slicechannels(2, 4) -> linear(2)",
    ),
    planted(
        (
            "8x8x6",
            "scale(globalavgpool -> linear(4) -> sigmoid) -> linear(2)",
            0,
        ),
        ("scale1", 1),
        "its body gives 4 for an input of 8x8x6",
        "scale(globalavgpool -> linear(6) -> sigmoid) -> linear(2)",
    ),
    // A border that is larger than the image that it mirrors, and one that crops everything.
    planted(
        ("3x8x1", "pad(4, mode=reflect) -> linear(2)", 0),
        ("pad1", 1),
        "4 >= 3 at the top",
        "pad(2x4, mode=reflect) -> linear(2)",
    ),
    planted(
        ("2x2x1", "convtranspose(4, 2, 2) -> linear(2)", 0),
        ("convtranspose1", 1),
        "(2 - 1) * 1 + 2 - 2 - 2 + 0 = -1",
        "convtranspose(4, 2) -> linear(2)",
    ),
    planted(
        (
            "8x8x1",
            "maxpool(12, stride=4, ceil_mode=true) -> linear(2)",
            0,
        ),
        ("maxpool1", 1),
        "ceil((8 - 12 + 0 + 0) / 4) + 1 = 0",
        "maxpool(8, stride=4, ceil_mode=true) -> linear(2)",
    ),
    // Convolution and pooling where there is only a vector.
    planted(
        (
            "8x8x1",
            "flatten -> conv(8, 3) -> relu -> linear(classes) -> softmax",
            10,
        ),
        ("conv1", 12),
        "flatten1 made 8 * 8 * 1 = 64 features of 8x8x1",
        "conv(8, 3) -> relu -> linear(classes) -> softmax",
    ),
    planted(
        (
            "8x8x1",
            "conv(8, 3) -> flatten -> linear(64) -> relu -> conv(16, 3) -> tanh -> linear(classes) -> softmax",
            10,
        ),
        ("conv2", 48),
        "flatten1 made 6 * 6 * 8 = 288 features of 6x6x8",
        "conv(8, 3) -> conv(16, 3) -> tanh -> flatten -> linear(64) -> relu -> linear(classes) -> softmax",
    ),
    planted(
        (
            "8x8x1",
            "linear(64) -> relu -> maxpool(2) -> linear(classes) -> softmax",
            10,
        ),
        ("maxpool1", 23),
        "flatten before linear1 made 8 * 8 * 1 = 64 features of 8x8x1",
        "maxpool(2) -> linear(64) -> relu -> linear(classes) -> softmax",
    ),
    planted(
        (
            "8x8x1",
            "conv(8, 3) -> flatten -> globalavgpool -> linear(classes) -> softmax",
            10,
        ),
        ("globalavgpool1", 26),
        "6 * 6 * 8 = 288",
        "conv(8, 3) -> globalavgpool -> linear(classes) -> softmax",
    ),
    planted(
        (
            "8x8x1",
            "conv(8, 3) -> globalavgpool -> globalavgpool -> linear(2)",
            0,
        ),
        ("globalavgpool2", 32),
        "globalavgpool1 made 8 features of 6x6x8",
        "conv(8, 3) -> globalavgpool -> linear(2)",
    ),
    planted(
        ("8x8x1", "leakyrelu(-0.1) -> linear(2)", 0),
        ("leakyrelu1", 1),
        "its slope is -0.1, expected a number of at least 0",
        "leakyrelu(slope=0.1) -> linear(2)",
    ),
    planted(
        ("8x8x1", "elu(-1) -> linear(2)", 0),
        ("elu1", 1),
        "its alpha is -1, expected a number of at least 0",
        "elu -> linear(2)",
    ),
    planted(
        ("8x8x1", "conv(4, 3) -> bn(epsilon=0) -> linear(2)", 0),
        ("bn1", 15),
        "its epsilon is 0, expected at least 1e-12",
        "conv(4, 3) -> bn -> linear(2)",
    ),
    planted(
        (
            "8x8x1",
            "conv(4, 3) -> groupnorm(2, epsilon=-0.5) -> linear(2)",
            0,
        ),
        ("groupnorm1", 15),
        "its epsilon is -0.5, expected at least 1e-12",
        "conv(4, 3) -> groupnorm(2) -> linear(2)",
    ),
    planted(
        ("8", "linear(4) -> layernorm(-1e-7) -> linear(2)", 0),
        ("layernorm1", 14),
        "its epsilon is -1e-7, expected at least 1e-12",
        "linear(4) -> layernorm -> linear(2)",
    ),
    planted(
        ("8x8x1", "pad(same) -> conv(4, 3) -> linear(2)", 0),
        ("pad1", 1),
        "its padding is same, which only the layer whose window it is for can work out",
        "pad(1) -> conv(4, 3) -> linear(2)",
    ),
    planted(
        ("8", "linear(4) -> pad(1) -> linear(2)", 0),
        ("pad1", 14),
        "pad surrounds a volume (height x width x channels), but its input is a vector of 4 features",
        "linear(4) -> linear(2)",
    ),
];

/// Inputs that are written otherwise, or are not images.
pub(crate) const INPUTS: &[Planted] = &[
    planted(
        ("3x32x32", "conv(8, 5) -> relu -> linear(10)", 0),
        ("conv1", 1),
        "floor((3 - 5 + 0 + 0) / 1) + 1 = -1",
        "32x32x3",
    ),
    planted(
        ("1x28x28", "lenet5", 10),
        ("conv1", 1),
        "28x28x1 is height x width x channels, 1x28x28 has the channels in front",
        "28x28x1",
    ),
    planted(
        ("64", "conv(8, 3) -> relu -> linear(10)", 0),
        ("conv1", 1),
        "vector of 64 features",
        "8x8x1",
    ),
    planted(
        ("1x1x3072", "small-cnn", 3),
        ("maxpool1", 30),
        "floor((1 - 2 + 0 + 0) / 2) + 1 = 0",
        "32x32x3",
    ),
    planted(
        ("30", "conv(8, 3) -> relu -> maxpool(2) -> linear(3)", 0),
        ("conv1", 1),
        "vector of 30 features",
        "linear(8) -> relu -> linear(3)",
    ),
    planted(
        ("1x1x30", "small-cnn", 3),
        ("maxpool1", 30),
        "floor((1 - 2 + 0 + 0) / 2) + 1 = 0",
        "linear(16) -> relu -> linear(32) -> relu -> dropout(0.25) -> linear(128) -> relu -> linear(classes) -> softmax",
    ),
];

/// The end of the network and the classes.
pub(crate) const ENDS: &[Planted] = &[
    planted(
        ("8x8x1", "relu -> linear(6) -> softmax", 10),
        ("linear1", 9),
        "6 outputs for 10 classes",
        "relu -> linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "linear(6)", 10),
        ("linear1", 1),
        "6 outputs for 10 classes",
        "linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "linear(20) -> relu", 10),
        ("linear1", 1),
        "20 outputs for 10 classes",
        "linear(20) -> relu -> linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "[linear(20) -> relu] x 3", 10),
        ("linear3", 2),
        "20 outputs for 10 classes",
        "[linear(20) -> relu] x 3 -> linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "linear(1) -> sigmoid", 3),
        ("linear1", 1),
        "1 output says one of two, 3 needed",
        "linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "linear(5) -> sigmoid", 2),
        ("linear1", 1),
        "5 outputs for 2 classes",
        "linear(1) -> sigmoid",
    ),
    planted(
        ("8x8x1", "linear(1) -> softmax", 2),
        ("linear1", 1),
        "exp(z) / exp(z) = 1",
        "linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "conv(5, 3) -> globalavgpool -> softmax", 10),
        ("conv1", 1),
        "5 outputs for 10 classes",
        "conv(classes, 3) -> globalavgpool -> softmax",
    ),
    // A volume at the end.
    planted(
        ("8x8x1", "conv(8, 3) -> softmax", 10),
        ("softmax1", 15),
        "6 * 6 * 8 = 288 outputs",
        "conv(8, 3) -> linear(classes) -> softmax",
    ),
    planted(
        ("8x8x1", "conv(10, 3) -> softmax", 10),
        ("softmax1", 16),
        "6 * 6 * 10 = 360 outputs",
        "conv(10, 3) -> globalavgpool -> softmax",
    ),
    planted(
        ("8x8x1", "conv(4, 3) -> sigmoid", 0),
        ("sigmoid1", 15),
        "6 * 6 * 4 = 144 outputs",
        "conv(4, 3) -> globalavgpool -> sigmoid",
    ),
    planted(
        ("8x8x1", "conv(10, 3)", 10),
        ("conv1", 1),
        "6 * 6 * 10 = 360 outputs for 10 classes",
        "conv(10, 3) -> globalavgpool -> softmax",
    ),
    planted(
        ("8x8x1", "conv(6, 3) -> relu -> maxpool(2)", 10),
        ("conv1", 1),
        "3 * 3 * 6 = 54 outputs for 10 classes",
        "conv(6, 3) -> relu -> maxpool(2) -> linear(classes) -> softmax",
    ),
];

/// Networks that ask for too much.
pub(crate) const SIZES: &[Planted] = &[
    planted(
        ("4", "linear(100000) -> linear(100000)", 0),
        ("linear2", 19),
        "100000 * 100000 + 100000 = 10000100000, with 500000 before it",
        "linear(100000) -> linear(97)",
    ),
    planted(
        ("1x1x1", "conv(64, 1, padding=4000) -> relu", 0),
        ("conv1", 1),
        "its output is 8001x8001x64",
        "conv(64, 1) -> relu",
    ),
    planted(
        (
            "2000x2000x1",
            "avgpool(2001, 1000, stride=1) -> globalavgpool",
            0,
        ),
        ("avgpool1", 1),
        "operations, expected at most",
        "avgpool(2000, stride=1) -> globalavgpool",
    ),
    planted(
        ("3x3x1", "conv(1, 2147483648, same) -> linear(2)", 0),
        ("conv1", 1),
        "[64, 2147483648, 2147483648, 17, 17]",
        "conv(1, 3, same) -> linear(2)",
    ),
    planted(
        ("4", "linear(2147483648) -> linear(2)", 0),
        ("linear1", 1),
        "its output is 2147483648",
        "",
    ),
    planted(
        (
            "1600x1600x3",
            "maxpool(4) -> linear(60000) -> linear(10)",
            0,
        ),
        ("linear1", 15),
        "60000 * 480000 + 60000 = 28800060000",
        "maxpool(4) -> globalavgpool -> linear(60000) -> linear(10)",
    ),
];
