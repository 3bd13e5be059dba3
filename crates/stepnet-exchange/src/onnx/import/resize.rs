//! Larger images.

use super::inputs::Inputs;
use super::lower::{Known, Lowering};
use super::node::NodeOf;
use crate::problem::Checked;

/// Images that are a whole number of times as large.
pub(super) fn resize(
    lowering: &mut Lowering<'_>,
    node: &NodeOf<'_>,
    inputs: Inputs<'_>,
) -> Checked<Known> {
    let a = inputs.activation(0)?;
    let input = lowering.image(a)?;
    let [height, width, _] = lowering.graph.shape(input).as_image();
    let before = a.view.extents();
    // Version 10 has the factors as the second input, later ones as the third, and the sizes as the fourth.
    let place = if lowering.opset < 11 { 1 } else { 2 };
    let factors: Vec<f64> = if let Some(sizes) = inputs.list(node, "", 3)? {
        let each = sizes.iter().zip(&before);
        #[allow(clippy::cast_precision_loss)] // sizes of images
        each.map(|(&size, &extent)| size as f64 / extent as f64)
            .collect()
    } else if let Some(factors) = node.floats("scales") {
        factors.iter().map(|&factor| f64::from(factor)).collect()
    } else {
        let factors = inputs.constant(place)?.filter(|factors| factors.len() > 0);
        factors.ok_or("its factors are not known")?.all()
    };
    let &[1.0, 1.0, down, right] = factors.as_slice() else {
        return Err(format!("it resizes by {factors:?}, expected height and width only").into());
    };
    if [down, right] == [1.0, 1.0] {
        return Ok(Known::Activation(a.clone()));
    }
    let whole = |factor: f64| factor.fract() == 0.0 && (1.0..=64.0).contains(&factor);
    if !whole(down) || !whole(right) {
        return Err(format!(
            "it resizes {height}x{width} by {down} and {right}, expected whole factors"
        )
        .into());
    }
    let coordinates = node.word("coordinate_transformation_mode", "half_pixel");
    let mode = match (node.word("mode", "nearest"), coordinates) {
        ("nearest", "asymmetric" | "half_pixel" | "pytorch_half_pixel") => "nearest",
        ("linear" | "bilinear", "half_pixel" | "pytorch_half_pixel") => "bilinear",
        (mode, coordinates) => {
            return Err(format!("it resizes by the rule {mode:?}, {coordinates:?}").into());
        }
    };
    if mode == "nearest" && coordinates == "asymmetric" && node.operator() == "Resize" {
        let rounding = node.word("nearest_mode", "round_prefer_floor");
        let exact = matches!(rounding, "floor")
            || (down.max(right) <= 2.0 && rounding == "round_prefer_floor");
        if !exact {
            return Err(format!("it takes the nearest pixel by the rule {rounding:?}").into());
        }
    }
    let text = lowering
        .graph
        .parsed(&format!("upsample({down}x{right}, mode={mode})"))?;
    let value = lowering
        .graph
        .layer(node.origin(), text, Vec::new(), input)?;
    Ok(Known::Activation(lowering.plane(value)))
}
