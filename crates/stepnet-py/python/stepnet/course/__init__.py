"""The functions of the course's notebooks, a module for each notebook.

``from stepnet.course.planar import *`` stands in for the cells of "Planar data classification with one hidden layer" in
which its functions are written, and for the helper file that it imports: the same names, arguments, defaults and results, the
same random numbers, the same printed lines. Functions of one name compute different things in different notebooks, so a star
import of one module gives exactly that notebook's functions, and the modules are not to be mixed.

======================== =====================================================
module                   notebook
======================== =====================================================
`logistic_regression`    Logistic regression with a neural network mindset
`planar`                 Planar data classification with one hidden layer
`building_dnn`           Building your deep neural network: step by step
`dnn_application`        Deep neural network: application
`initialization`         Initialization
`regularization`         Regularization
`gradient_checking`      Gradient checking
`optimization`           Optimization methods
`tensorflow_intro`       Introduction to TensorFlow
`convolution`            Convolutional neural networks: step by step
`cnn_application`        Convolution model: application; Keras tutorial
`residual_networks`      Residual networks
`mobilenet_transfer`     Transfer learning with MobileNetV2
`unet`                   Image segmentation with U-Net
`yolo`                   Car detection
`face_recognition`       Face recognition
`neural_style`           Neural style transfer
======================== =====================================================

The editions are those of `stepnet.steps`, with the same setting: ``stepnet.steps.edition = "2017"``, or ``edition=`` of a
function that differs. Functions that multiply matrices take ``engine="fast"``, the default, or ``engine="loops"``, plain loops.
The functions compute in ``float64``, those on boxes, faces and style in ``float32`` where all their arrays are of it. No
function changes what it is given, and the generator of ``np.random`` is left alone.
"""

from stepnet.course import (
    building_dnn,
    cnn_application,
    convolution,
    dnn_application,
    face_recognition,
    gradient_checking,
    initialization,
    logistic_regression,
    mobilenet_transfer,
    neural_style,
    optimization,
    planar,
    regularization,
    residual_networks,
    tensorflow_intro,
    unet,
    yolo,
)

__all__ = [
    "building_dnn",
    "cnn_application",
    "convolution",
    "dnn_application",
    "face_recognition",
    "gradient_checking",
    "initialization",
    "logistic_regression",
    "mobilenet_transfer",
    "neural_style",
    "optimization",
    "planar",
    "regularization",
    "residual_networks",
    "tensorflow_intro",
    "unet",
    "yolo",
]
