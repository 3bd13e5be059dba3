//! What the layers make of an image, and the filters of the first of them.

use super::passes::{image, layer_of};
use crate::error::{Error, Result};
use stepnet_nn::{Network, Number, PlanOptions, Workspace};

/// Images of one size: the channels of a layer's output, or filters.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tiles {
    /// The layer.
    pub layer: String,
    /// How many images there are.
    pub count: usize,
    /// The height of each.
    pub height: usize,
    /// The width of each.
    pub width: usize,
    /// The values of a pixel: 1, or 3 of a filter over colours.
    pub channels: usize,
    /// Image after image, each row by row.
    pub values: Vec<f64>,
}

impl Tiles {
    /// The values of an image.
    pub fn tile(&self, number: usize) -> &[f64] {
        let len = self.height * self.width * self.channels;
        &self.values[number * len..][..len]
    }

    /// The largest magnitude of all, which ends their scale of colours.
    pub fn largest(&self) -> f64 {
        let finite = self.values.iter().filter(|value| value.is_finite());
        finite.fold(0.0, |most: f64, value| most.max(value.abs()))
    }
}

/// The channels of a layer's output for one example.
///
/// # Errors
/// A layer that the network has not, and one whose output is not an image.
pub fn feature_maps<T: Number>(network: &Network<T>, x: &[T], layer: &str) -> Result<Tiles> {
    let node = layer_of(network, Some(layer))?;
    let output = network.nodes()[node].output();
    let [height, width, channels] = image(output).ok_or_else(|| {
        let expected = "an image of height, width and channels";
        Error::value(
            "feature maps",
            format!("the output of {layer}"),
            output,
            expected,
        )
    })?;
    let options = PlanOptions::INFERENCE.keep_values(true);
    let mut workspace = Workspace::new(network, 1, options)?;
    workspace.predict(network, x)?;
    let pixels = workspace.value(node, 1).unwrap_or(x);
    let channel = |channel: usize| pixels.iter().skip(channel).step_by(channels);
    Ok(Tiles {
        layer: layer.to_owned(),
        count: channels,
        height,
        width,
        channels: 1,
        values: (0..channels)
            .flat_map(channel)
            .map(|v| v.as_f64())
            .collect(),
    })
}

/// The filters of the first convolution, as it has them for grey or coloured images.
///
/// # Errors
/// A network without a convolution at its input, or for images of other than 1 or 3 channels.
pub fn first_filters<T: Number>(network: &Network<T>) -> Result<Tiles> {
    let node = network
        .nodes()
        .iter()
        .find(|node| !node.parameters().is_empty());
    let found = node.and_then(|node| {
        let arrays = node.placed_parameters();
        let mut weights = arrays.filter(|(array, _)| array.trainable && array.shape.len() == 4);
        weights
            .next()
            .map(|(array, range)| (node, array.shape.clone(), range))
    });
    let Some((node, shape, range)) = found else {
        let problem = "filters: the network has no convolution as its first layer with weights, whose filters could be shown as images";
        return Err(Error::Training(problem.into()));
    };
    let [height, width, channels, count] = shape[..] else {
        return Err(Error::Training(
            "filters: the weights have no four axes".into(),
        ));
    };
    if !matches!(channels, 1 | 3) {
        let expected = "1 or 3, grey or colours: filters over other channels are no images";
        let what = format!("the channels of the filters of {}", node.name());
        return Err(Error::value("filters", what, channels, expected));
    }
    let weights = &network.parameters()[range];
    let filter = |filter: usize| weights.iter().skip(filter).step_by(count);
    Ok(Tiles {
        layer: node.name().to_owned(),
        count,
        height,
        width,
        channels,
        values: (0..count).flat_map(filter).map(|v| v.as_f64()).collect(),
    })
}
