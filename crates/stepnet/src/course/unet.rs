//! "Image segmentation with U-Net" (course 4, week 3): its blocks and the network, as texts.
//!
//! Where the notebook's functions take and return tensors of Keras, these take and return the text of the network up to there. A
//! block of the expanding path finds the skip connection by its text, which the contracting path goes on from.

use super::layers::then;
use crate::error::{Error, Result};

/// A block of the contracting path: two `3x3` convolutions with ReLU, dropout, and pooling. Returns the text for the next block,
/// and that for the skip connection, which is without the pooling.
///
/// # Errors
///
/// If there are no filters, or the part to drop is not from 0 up to below 1.
pub fn conv_block(
    inputs: &str,
    n_filters: usize,
    dropout_prob: f64,
    max_pooling: bool,
) -> Result<(String, String)> {
    const OPERATION: &str = "conv_block";
    check_filters(OPERATION, n_filters)?;
    if !(0.0..1.0).contains(&dropout_prob) {
        let expected = "from 0 up to below 1";
        return Err(Error::value(
            OPERATION,
            "dropout_prob",
            dropout_prob,
            expected,
        ));
    }
    let mut skip = then(inputs, &twice(n_filters));
    if dropout_prob > 0.0 {
        skip = then(&skip, &format!("dropout({dropout_prob})"));
    }
    let next = if max_pooling {
        then(&skip, "maxpool(2)")
    } else {
        skip.clone()
    };
    Ok((next, skip))
}

/// A block of the expanding path: twice the height and width, joined with the skip connection, and two `3x3` convolutions with
/// ReLU.
///
/// # Errors
///
/// If there are no filters, or `expansive_input` does not go on from `contractive_input`.
///
/// ```
/// use stepnet::course::unet::{conv_block, upsampling_block};
///
/// let (next, skip) = conv_block("", 4, 0.0, true)?;
/// let (bottom, _) = conv_block(&next, 8, 0.0, false)?;
/// let up = upsampling_block(&bottom, &skip, 4)?;
/// assert!(up.contains("branch(maxpool(2) -> conv(8, 3, same) -> relu"));
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn upsampling_block(
    expansive_input: &str,
    contractive_input: &str,
    n_filters: usize,
) -> Result<String> {
    const OPERATION: &str = "upsampling_block";
    check_filters(OPERATION, n_filters)?;
    let rest = expansive_input.strip_prefix(contractive_input);
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix(" -> ")) else {
        let expected = "the skip connection from which expansive_input goes on";
        let found = format!("{contractive_input:?}");
        return Err(Error::value(
            OPERATION,
            "contractive_input",
            found,
            expected,
        ));
    };
    let up = then(
        rest,
        &format!("convtranspose({n_filters}, 3, same, stride=2)"),
    );
    Ok(then(
        contractive_input,
        &format!("branch({up} | identity) -> {}", twice(n_filters)),
    ))
}

fn twice(n_filters: usize) -> String {
    let once = format!("conv({n_filters}, 3, same) -> relu");
    format!("{once} -> {once}")
}

fn check_filters(operation: &'static str, n_filters: usize) -> Result<()> {
    match n_filters {
        0 => Err(Error::value(
            operation,
            "n_filters",
            n_filters,
            "at least 1",
        )),
        _ => Ok(()),
    }
}

/// The network: four blocks down, one at the bottom, four up, and a score for each class at each pixel.
///
/// # Errors
///
/// If there are no filters or no classes.
pub fn unet_model(n_filters: usize, n_classes: usize) -> Result<String> {
    const OPERATION: &str = "unet_model";
    check_filters(OPERATION, n_filters)?;
    if n_classes == 0 {
        return Err(Error::value(
            OPERATION,
            "n_classes",
            n_classes,
            "at least 1",
        ));
    }
    let too_many = || Error::value(OPERATION, "n_filters", n_filters, "fewer");
    let filters = |times: usize| n_filters.checked_mul(times).ok_or_else(too_many);
    let (mut X, mut skips) = (String::new(), Vec::new());
    for (times, dropout) in [(1, 0.0), (2, 0.0), (4, 0.0), (8, 0.3)] {
        let (next, skip) = conv_block(&X, filters(times)?, dropout, true)?;
        skips.push((skip, times));
        X = next;
    }
    (X, _) = conv_block(&X, filters(16)?, 0.3, false)?;
    for (skip, times) in skips.into_iter().rev() {
        X = upsampling_block(&X, &skip, filters(times)?)?;
    }
    Ok(then(
        &X,
        &format!("conv({n_filters}, 3, same) -> relu -> conv({n_classes}, 1, same)"),
    ))
}
