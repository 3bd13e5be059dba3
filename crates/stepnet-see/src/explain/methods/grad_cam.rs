//! Grad-CAM: the parts of an image that speak for a class.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::explain::attribution::Attribution;
use crate::explain::method::{About, Asked, Method};
use crate::explain::passes::{AtLayer, Passes, layer_of};
use crate::explain::resize::resized;
use stepnet_nn::{Network, Number, PlanOptions, Workspace, predicted_class};

static ABOUT: About = About {
    name: "grad-cam",
    summary: "the parts of the image in which a layer found what speaks for the class, as coarse as the layer",
    source: "Selvaraju et al., \"Grad-CAM\", 2017",
    options: &["layer"],
};

/// A map of the parts of an image that speak for a class, at the size of a layer's output.
///
/// With `A` the layer's output, of `n` pixels in each channel `k`, and `y` the class's output before the closing
/// activation: `weight[k] = sum over the pixels of dy/dA[k] / n`, and
/// `map = max(0, sum over the channels of weight[k] A[k])` (Selvaraju et al., "Grad-CAM: Visual Explanations from Deep
/// Networks via Gradient-based Localization", 2017, equations 1 and 2).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GradCam {
    /// The layer.
    pub layer: String,
    /// The class that the map speaks for.
    pub class: usize,
    /// The height of the map.
    pub height: usize,
    /// The width of the map.
    pub width: usize,
    /// The map, row by row; no value is negative.
    pub map: Vec<f64>,
    /// The weight of each channel.
    pub weights: Vec<f64>,
}

impl GradCam {
    /// The map of one example of a network: for the predicted class unless `class` is given, at the last layer as large as
    /// the last convolution's output unless `layer` names one.
    ///
    /// # Shapes
    /// `x`: the network's input, row-major.
    ///
    /// # Errors
    /// An `x` that is not one example, a layer or a class that the network has not, a layer whose output is not an image,
    /// and memory that there is not.
    pub fn of<T: Number>(
        network: &Network<T>,
        x: &[T],
        class: Option<usize>,
        layer: Option<&str>,
    ) -> Result<Self> {
        if x.len() != network.input().len() {
            let expected = format!("{} values, one example", network.input());
            return Err(Error::shape("grad-cam", "x", &[x.len()], expected));
        }
        let node = layer_of(network, layer)?;
        let class = match class {
            Some(class) => class,
            None => predicted(network, x)?,
        };
        let seed = seed(network, class)?;
        let at = Passes::new(network).at_layer(node, x, &seed)?;
        let weights = mean_gradients(&at);
        let map = weighted_map(&at, &weights);
        let [height, width, _] = at.size;
        Ok(Self {
            layer: at.layer,
            class,
            height,
            width,
            map,
            weights,
        })
    }

    /// The map as the methods give theirs.
    #[cfg(feature = "pages")]
    pub(in crate::explain) fn attribution(&self) -> Attribution {
        Attribution {
            method: ABOUT.name,
            layer: Some(self.layer.clone()),
            height: self.height,
            width: self.width,
            map: self.map.clone(),
            signed: false,
            values: Vec::new(),
            completeness: None,
        }
    }

    /// The largest value of the map.
    pub fn largest(&self) -> f64 {
        self.map.iter().copied().fold(0.0, f64::max)
    }

    /// The map at another size, between its pixels by bilinear interpolation.
    pub fn resized(&self, height: usize, width: usize) -> Vec<f64> {
        resized(&self.map, [self.height, self.width], [height, width])
    }
}

/// [`GradCam`] as a method of the table.
pub(super) struct Row;

impl<T: Number> Method<T> for Row {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn explain(&self, asked: &mut Asked<'_, T>) -> Result<Attribution> {
        weighted(asked, ABOUT.name, mean_gradients)
    }
}

/// The map of a method that weights each channel of the layer asked for by `weights`.
pub(super) fn weighted<T: Number>(
    asked: &mut Asked<'_, T>,
    method: &'static str,
    weights: impl FnOnce(&AtLayer<T>) -> Vec<f64>,
) -> Result<Attribution> {
    let node = layer_of(asked.passes.network(), asked.options.layer.as_deref())?;
    let at = asked.passes.at_layer(node, asked.x, asked.seed)?;
    let map = weighted_map(&at, &weights(&at));
    let [height, width, _] = at.size;
    Ok(Attribution {
        method,
        layer: Some(at.layer),
        height,
        width,
        map,
        signed: false,
        values: Vec::new(),
        completeness: None,
    })
}

/// The mean over the pixels of each channel's gradient.
fn mean_gradients<T: Number>(at: &AtLayer<T>) -> Vec<f64> {
    let [height, width, channels] = at.size;
    let mut weights = vec![0.0; channels];
    for pixel in at.gradient.chunks_exact(channels) {
        for (weight, gradient) in weights.iter_mut().zip(pixel) {
            *weight += gradient.as_f64();
        }
    }
    let pixels = (height * width) as f64;
    weights.iter_mut().for_each(|weight| *weight /= pixels);
    weights
}

/// The weighted sum of a layer's channels, where it is above 0.
pub(super) fn weighted_map<T: Number>(at: &AtLayer<T>, weights: &[f64]) -> Vec<f64> {
    let pixel = |pixel: &[T]| {
        let terms = pixel.iter().zip(weights);
        let sum: f64 = terms.map(|(value, weight)| value.as_f64() * weight).sum();
        sum.max(0.0)
    };
    at.values.chunks_exact(at.size[2]).map(pixel).collect()
}

fn predicted<T: Number>(network: &Network<T>, x: &[T]) -> Result<usize> {
    let mut workspace = Workspace::new(network, 1, PlanOptions::INFERENCE)?;
    Ok(predicted_class(workspace.predict(network, x)?))
}

/// The weight of each output in the sum that is differentiated: 1 for the class's. A single output speaks for class 1,
/// and against class 0.
fn seed<T: Number>(network: &Network<T>, class: usize) -> Result<Vec<T>> {
    let outputs = network.output().len();
    let classes = outputs.max(2);
    if class >= classes {
        let expected = format!("0 to {}", classes - 1);
        return Err(Error::value("grad-cam", "the class", class, expected));
    }
    Ok(class_weights(outputs, class))
}

/// The weight of each output in the score of a class.
pub(in crate::explain) fn class_weights<T: Number>(outputs: usize, class: usize) -> Vec<T> {
    let mut weights = vec![T::zero(); outputs];
    match (outputs, class) {
        (1, 0) => weights[0] = -T::one(),
        (1, _) => weights[0] = T::one(),
        _ => weights[class] = T::one(),
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_base::rng::RandomState;
    use stepnet_nn::Init;

    fn drawn(text: &str, input: [usize; 3]) -> (Network<f64>, Vec<f64>) {
        let mut network = Network::<f64>::new(text, input).unwrap();
        let mut random = RandomState::new(3);
        network.initialize(Init::He, &mut random);
        let x = (0..network.input().len())
            .map(|_| random.normal())
            .collect();
        (network, x)
    }

    #[test]
    fn before_a_global_average_it_is_the_class_activation_map() {
        // The score is sum_k W[class, k] mean(A[k]) + b, so that the weight of channel k is W[class, k] / n.
        let text = "conv(5, 3, same) -> relu -> globalavgpool -> linear(4) -> softmax";
        let (network, x) = drawn(text, [6, 7, 2]);
        let dense = network.nodes().iter().find(|node| node.name() == "linear1");
        let w = &network.parameters()[dense.unwrap().range()];
        let mut workspace =
            Workspace::new(&network, 1, PlanOptions::INFERENCE.keep_values(true)).unwrap();
        workspace.predict(&network, &x).unwrap();
        let relu = workspace.value(1, 1).unwrap();
        for class in 0..4 {
            let cam = GradCam::of(&network, &x, Some(class), None).unwrap();
            assert_eq!((cam.layer.as_str(), cam.height, cam.width), ("relu1", 6, 7));
            for (k, weight) in cam.weights.iter().enumerate() {
                assert!(
                    (weight - w[class * 5 + k] / 42.0).abs() < 1e-15,
                    "{class} {k}"
                );
            }
            for (at, value) in cam.map.iter().enumerate() {
                let terms = (0..5).map(|k| w[class * 5 + k] / 42.0 * relu[at * 5 + k]);
                let sum = terms.sum::<f64>().max(0.0);
                assert!((value - sum).abs() < 1e-14, "{class} {at}");
            }
        }
    }

    #[test]
    fn the_last_layer_of_the_size_of_the_last_convolution_is_shown() {
        let blocks = "conv(4, 3, same) -> residual(relu -> conv(4, 3, same)) -> relu -> maxpool(2)";
        let text = format!("{blocks} -> linear(1) -> sigmoid");
        let (network, x) = drawn(&text, [4, 4, 1]);
        let [no, yes] = [0, 1].map(|class| GradCam::of(&network, &x, Some(class), None).unwrap());
        assert_eq!(yes.layer, "relu1");
        for (no, yes) in no.weights.iter().zip(&yes.weights) {
            assert_eq!(*no, -yes);
        }
        let named = GradCam::of(&network, &x, None, Some("conv1")).unwrap();
        assert_eq!((named.layer.as_str(), named.weights.len()), ("conv1", 4));
    }

    #[test]
    fn a_map_is_enlarged_between_its_pixels() {
        let cam = GradCam {
            layer: String::new(),
            class: 0,
            height: 1,
            width: 2,
            map: vec![0.0, 1.0],
            weights: Vec::new(),
        };
        assert_eq!(cam.resized(1, 2), [0.0, 1.0]);
        assert_eq!(
            cam.resized(2, 4),
            [0.0, 0.25, 0.75, 1.0, 0.0, 0.25, 0.75, 1.0]
        );
        assert_eq!(cam.largest(), 1.0);
    }

    #[test]
    fn mistakes_are_named() {
        let (network, x) = drawn("conv(4, 3, same) -> linear(3) -> softmax", [4, 4, 1]);
        let message = |class, layer| {
            GradCam::of(&network, &x, class, layer)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(Some(3), None),
            "grad-cam: the class is 3, expected 0 to 2"
        );
        assert!(message(None, Some("conv2")).contains("did you mean \"conv1\""));
        assert!(message(None, Some("linear1")).contains("expected an image"));
        let (dense, x) = drawn("linear(3) -> softmax", [4, 4, 1]);
        let problem = GradCam::of(&dense, &x, None, None).unwrap_err().to_string();
        assert!(problem.contains("has no convolution"), "{problem}");
    }
}
