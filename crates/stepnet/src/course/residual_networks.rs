//! "Residual networks" (course 4, week 2): its blocks and ResNet-50, as texts of networks.
//!
//! Where the notebook's functions take and return tensors of Keras, these take and return the text of the network up to there.

use super::layers::then;
use crate::error::{Error, Result};

/// A block whose shortcut is its input: `1x1`, `f x f`, `1x1`, each with batch normalisation, and a ReLU after the sum.
///
/// # Errors
///
/// If `f` or a number of filters is 0.
///
/// ```
/// use stepnet::course::residual_networks::identity_block;
///
/// let X = identity_block("conv(256, 1)", 3, [64, 64, 256])?;
/// assert!(X.starts_with("conv(256, 1) -> residual(conv(64, 1) -> bn(0.99, epsilon=0.001) -> relu -> conv(64, 3, same)"));
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn identity_block(X: &str, f: usize, filters: [usize; 3]) -> Result<String> {
    check("identity_block", f, filters, 1)?;
    let main = main_path(f, filters, 1);
    Ok(then(X, &format!("residual({main}) -> relu")))
}

/// A block whose shortcut is a `1x1` convolution, both at stride `s`; 2 in the notebook.
///
/// # Errors
///
/// If `f`, `s` or a number of filters is 0.
pub fn convolutional_block(X: &str, f: usize, filters: [usize; 3], s: usize) -> Result<String> {
    check("convolutional_block", f, filters, s)?;
    let (main, shortcut) = (main_path(f, filters, s), normalised(filters[2], "1", s));
    Ok(then(
        X,
        &format!("residual({main}, shortcut={shortcut}) -> relu"),
    ))
}

fn main_path(f: usize, [F1, F2, F3]: [usize; 3], s: usize) -> String {
    let (first, last) = (normalised(F1, "1", s), normalised(F3, "1", 1));
    let middle = normalised(F2, &format!("{f}, same"), 1);
    format!("{first} -> relu -> {middle} -> relu -> {last}")
}

/// A convolution, and batch normalisation with Keras's defaults.
fn normalised(filters: usize, kernel: &str, stride: usize) -> String {
    let stride = match stride {
        1 => String::new(),
        _ => format!(", stride={stride}"),
    };
    format!("conv({filters}, {kernel}{stride}) -> bn(0.99, epsilon=0.001)")
}

fn check(operation: &'static str, f: usize, filters: [usize; 3], s: usize) -> Result<()> {
    let [F1, F2, F3] = filters;
    let sizes = [
        ("f", f),
        ("filters[0]", F1),
        ("filters[1]", F2),
        ("filters[2]", F3),
        ("s", s),
    ];
    match sizes.into_iter().find(|(_, size)| *size == 0) {
        Some((name, size)) => Err(Error::value(operation, name, size, "at least 1")),
        None => Ok(()),
    }
}

/// ResNet-50 for images of 64x64: five stages of blocks, and a dense layer.
///
/// # Errors
///
/// If there are no classes.
///
/// ```
/// use stepnet::course::residual_networks::resnet50;
/// use stepnet::nn::Network;
///
/// let network = Network::<f32>::new(&resnet50(6)?, [64, 64, 3])?;
/// assert_eq!(network.parameters().len(), 23_600_006);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn resnet50(classes: usize) -> Result<String> {
    if classes == 0 {
        return Err(Error::value("ResNet50", "classes", classes, "at least 1"));
    }
    // The blocks with the input as their shortcut, and the stride of the one before them.
    const STAGES: [([usize; 3], usize, usize); 4] = [
        ([64, 64, 256], 1, 2),
        ([128, 128, 512], 2, 3),
        ([256, 256, 1024], 2, 5),
        ([512, 512, 2048], 2, 2),
    ];
    let first = normalised(64, "7", 2);
    let mut X = format!("pad(3) -> {first} -> relu -> maxpool(3, stride=2)");
    for (filters, stride, identities) in STAGES {
        X = convolutional_block(&X, 3, filters, stride)?;
        for _ in 0..identities {
            X = identity_block(&X, 3, filters)?;
        }
    }
    Ok(then(
        &X,
        &format!("avgpool(2) -> flatten -> linear({classes}) -> softmax"),
    ))
}
