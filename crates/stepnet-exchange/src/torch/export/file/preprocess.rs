//! The program's preprocessing.

use stepnet_nn::{Preprocessing, Resize, Shape};

use super::{number, tensor};
use crate::{Model, Number};

/// Whether the program takes images in bytes; else raw values.
pub(super) fn takes_images<T: Number>(model: &Model<T>) -> bool {
    matches!(
        model.network.input(),
        Shape::Volume {
            channels: 1 | 3,
            ..
        }
    )
}

/// Whether it resizes them.
pub(super) fn resizes<T: Number>(model: &Model<T>) -> bool {
    takes_images(model)
}

/// `preprocess`, and what it calls.
pub(super) fn function<T: Number>(model: &Model<T>) -> String {
    let channels = model.preprocessing.channels;
    match (takes_images(model), model.network.input()) {
        (true, _) => {
            let preprocessing = model.preprocessing.for_pictures();
            let lines = scaling(&preprocessing, ".view(-1, 1, 1)");
            let resize = resize(&preprocessing);
            format!(
                "{resize}\n\ndef preprocess(images):\n    \"\"\"From images of one size, uint8 of (batch, height, width, {channels}), \
                 to the network's input: channels first.\"\"\"\n    x = torch.as_tensor(images).permute(0, 3, 1, 2).float()\n    \
                 x = resize(x)\n{lines}    return x\n"
            )
        }
        (
            false,
            Shape::Volume {
                height,
                width,
                channels,
            },
        ) => {
            let lines = scaling(&model.preprocessing, ".view(-1, 1, 1)");
            format!(
                "\n\ndef preprocess(values):\n    \"\"\"From values in the unit of the training data, (batch, {height}, {width}, \
                 {channels}), to the network's input: channels first.\"\"\"\n    \
                 x = torch.as_tensor(values).permute(0, 3, 1, 2).float()\n{lines}    return x\n"
            )
        }
        (false, Shape::Features(features)) => {
            let lines = scaling(&model.preprocessing, "");
            format!(
                "\n\ndef preprocess(values):\n    \"\"\"From values in the unit of the training data, (batch, {features}), to the \
                 network's input.\"\"\"\n    x = torch.as_tensor(values).float()\n{lines}    return x\n"
            )
        }
    }
}

/// `(x / divisor - mean) / deviation`.
fn scaling(preprocessing: &Preprocessing, view: &str) -> String {
    let mut lines = String::new();
    if preprocessing.divisor != 1.0 {
        lines += &format!("    x = x / {}\n", number(preprocessing.divisor));
    }
    if !preprocessing.mean.is_empty() {
        lines += &format!("    x = x - {}{view}\n", tensor(&preprocessing.mean));
    }
    if !preprocessing.deviation.is_empty() {
        lines += &format!("    x = x / {}{view}\n", tensor(&preprocessing.deviation));
    }
    lines
}

/// `resize`: from images of any size to the model's, by its rule.
fn resize(preprocessing: &Preprocessing) -> String {
    let size = format!("({}, {})", preprocessing.height, preprocessing.width);
    let text = match preprocessing.resize {
        Resize::Stretch => STRETCH.to_owned(),
        Resize::Crop => format!("{INSIDE}{CROP}"),
        Resize::Fit => format!("{INSIDE}{FIT}"),
    };
    text.replace("SIZE", &size)
}

const STRETCH: &str = r#"

def resize(x, size=SIZE):
    """Stretches images to a size, averaging where they shrink, and rounds to whole numbers."""
    return (F.interpolate(x, size, mode="bilinear", antialias=True) + 0.5).floor()
"#;

const INSIDE: &str = r#"

def inside(outer, aspect):
    """The largest height and width inside `outer` with the aspect of `aspect`, rounded, at least 1."""
    (height, width), (rows, cols) = outer, aspect
    if width * rows > height * cols:
        return height, min(max((2 * height * cols + rows) // (2 * rows), 1), width)
    return min(max((2 * width * rows + cols) // (2 * cols), 1), height), width
"#;

const CROP: &str = r#"

def resize(x, size=SIZE):
    """Cuts out the centre and scales it to a size, averaging where it shrinks, and rounds to whole numbers."""
    height, width = inside(x.shape[2:], size)
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    x = x[:, :, top : top + height, left : left + width]
    return (F.interpolate(x, size, mode="bilinear", antialias=True) + 0.5).floor()
"#;

const FIT: &str = r#"

def resize(x, size=SIZE):
    """Scales images to fit into a size, averaging where they shrink, and centres them on black."""
    height, width = inside(size, x.shape[2:])
    x = (F.interpolate(x, (height, width), mode="bilinear", antialias=True) + 0.5).floor()
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return F.pad(x, (left, size[1] - width - left, top, size[0] - height - top))
"#;
