//! "Convolution model: application" and the Keras tutorial (course 4): happy faces, and signs of fingers, as texts of networks.

use super::Edition;

/// Happy or not, of images of 64x64x3: `ZEROPAD -> CONV2D -> BATCHNORM -> RELU -> MAXPOOL -> FLATTEN -> DENSE`, with Keras's
/// defaults of batch normalisation.
///
/// ```
/// use stepnet::course::cnn_application::happy_model;
/// use stepnet::nn::Network;
///
/// let network = Network::<f32>::new(happy_model(), [64, 64, 3])?;
/// assert_eq!(network.parameters().len(), 37_633);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn happy_model() -> &'static str {
    "pad(3) -> conv(32, 7) -> bn(0.99, epsilon=0.001) -> relu -> maxpool(2) -> flatten -> linear(1) -> sigmoid"
}

/// Signs of the numbers 0 to 5, of images of 64x64x3: `CONV2D -> RELU -> MAXPOOL -> CONV2D -> RELU -> MAXPOOL -> FLATTEN ->
/// DENSE`. Before the edition of 2021 the convolutions have no biases.
pub fn convolutional_model(edition: Edition) -> String {
    let bias = match edition {
        Edition::Newest => "",
        Edition::First | Edition::Revised => ", bias=false",
    };
    format!(
        "conv(8, 4, same{bias}) -> relu -> maxpool(8, same) -> conv(16, 2, same{bias}) -> relu -> maxpool(4, same) -> flatten \
         -> linear(6) -> softmax"
    )
}
