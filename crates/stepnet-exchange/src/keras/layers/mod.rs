//! Keras's layers, one row each.

mod activation;
mod arithmetic;
mod conv;
mod input;
mod norm;
mod refusals;
mod shape;
mod transposed;

use super::build::{Build, Site};
use crate::graph::Value;
use crate::problem::Checked;

/// How a layer of a class is added to the graph.
type Add = fn(&mut Build<'_>, &Site<'_>, &[Value]) -> Checked<Value>;

/// The classes that the notation has a place for.
const LAYERS: &[(&str, Add)] = &[
    ("InputLayer", shape::same),
    ("Conv2D", conv::conv),
    ("Convolution2D", conv::conv),
    ("DepthwiseConv2D", conv::depthwise),
    ("Conv2DTranspose", transposed::conv),
    ("Deconvolution2D", transposed::conv),
    ("SeparableConv2D", conv::separable),
    ("SeparableConvolution2D", conv::separable),
    ("Dense", conv::dense),
    ("BatchNormalization", norm::batch),
    ("LayerNormalization", norm::layer),
    ("GroupNormalization", norm::group),
    ("Activation", activation::activation),
    ("Relu", activation::operator),
    ("Relu6", activation::operator),
    ("Sigmoid", activation::operator),
    ("Tanh", activation::operator),
    ("Silu", activation::operator),
    ("HardSigmoid", activation::operator),
    ("HardSilu", activation::operator),
    ("Gelu", activation::operator),
    ("ReLU", activation::relu),
    ("LeakyReLU", activation::leaky_relu),
    ("PReLU", activation::prelu),
    ("ELU", activation::elu),
    ("Softmax", activation::softmax),
    ("MaxPooling2D", shape::max_pool),
    ("MaxPool2D", shape::max_pool),
    ("AveragePooling2D", shape::average_pool),
    ("AvgPool2D", shape::average_pool),
    ("GlobalAveragePooling2D", shape::global_average),
    ("GlobalMaxPooling2D", shape::global_max),
    ("ZeroPadding2D", shape::pad),
    ("Flatten", shape::flatten),
    ("Reshape", shape::reshape),
    ("Dropout", shape::dropout),
    ("SpatialDropout2D", shape::spatial_dropout),
    ("UpSampling2D", shape::upsample),
    ("Concatenate", shape::concat),
    ("Add", arithmetic::add),
    ("Subtract", arithmetic::subtract),
    ("Multiply", arithmetic::multiply),
    ("Divide", arithmetic::divide),
    ("TrueDivide", arithmetic::divide),
    ("TFOpLambda", arithmetic::function),
    ("Rescaling", input::rescaling),
    ("Normalization", input::normalization),
    ("ActivityRegularization", shape::same),
    ("GaussianNoise", shape::only_training),
    ("GaussianDropout", shape::only_training),
    ("RandomFlip", shape::only_training),
    ("RandomRotation", shape::only_training),
    ("RandomZoom", shape::only_training),
    ("RandomTranslation", shape::only_training),
    ("RandomContrast", shape::only_training),
    ("RandomBrightness", shape::only_training),
];

/// Adds a layer that takes `inputs`.
///
/// # Errors
/// A class that is not in the table, or an argument that the notation cannot write.
pub(super) fn add(build: &mut Build<'_>, site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    let found = LAYERS.iter().find(|(class, _)| *class == site.layer.class);
    let Some((_, add)) = found else {
        return Err(format!("{} has no counterpart in the notation", site.layer.shown()).into());
    };
    add(build, site, inputs)
}
