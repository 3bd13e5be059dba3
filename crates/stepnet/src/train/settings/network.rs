//! Which network a run trains.

use std::path::PathBuf;

use super::choices::{DTYPES, Dtype, RESIZES};
use super::field::Field;
use super::kind::{Form, Group, Keyword, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::limits;
use crate::nn::{Init, Loss, Resize, Shape};

const NETWORK_ROW: Row = Row {
    group: Group::Network,
    ..PLAIN
};

settings! {
    /// Which network a run trains.
    NetworkSettings, rows NETWORK like NETWORK_ROW;

    /// The network: a preset's name or a text in the arrow notation; `classes` stands for the number of classes.
    model: Option<String> = None, { value: "NETWORK", kind: Kind::Notation(&[Form::Text]) }

    /// The network's input, HEIGHTxWIDTHxCHANNELS; images are converted to it.
    input: Option<Shape> = None, { value: "SHAPE", kind: Kind::Notation(&[Form::Text, Form::Whole]) }

    /// How images of another size are fitted to the input.
    resize: Resize = Resize::Stretch, { kind: Kind::Choice(RESIZES) }

    /// Divide raw values by this number (255 for images unless given).
    divisor: Option<f64> = None, { value: "NUMBER", kind: Kind::number(limits::DIVISOR) }

    /// Shift and scale each channel to mean 0 and deviation 1 over the training data.
    standardize: bool = false, { kind: Kind::Switch }

    /// Start from a trained model; its last layer is replaced if the classes differ.
    from: Option<PathBuf> = None, {
        value: "MODEL", kind: Kind::Path, conflicts: &["model", "input", "resize", "divisor", "standardize", "init", "loss"],
    }

    /// Layers to freeze: names (conv1), kinds (conv), or a number (3: the first three with weights).
    freeze: Vec<String> = Vec::new(), { value: "LAYERS", kind: Kind::List, keyword: Keyword::Same }

    /// How weights are initialized: he, xavier, fan-in (randn / sqrt(n_prev)), zeros, or a scale such as 0.01.
    init: Init = Init::He, { value: "RULE", kind: Kind::Notation(&[Form::Text, Form::Number]), of_network: true }

    /// The loss of a network that ends in linear: mean-squared-error, mean-absolute-error or huber. A closing softmax
    /// or sigmoid has its own.
    loss: Option<Loss> = None, {
        value: "NAME", kind: Kind::Notation(&[Form::Text]), usual: "mean-squared-error for numbers", of_network: true,
    }

    /// The number type to compute with.
    dtype: Dtype = Dtype::F32, { kind: Kind::Choice(DTYPES), of_network: true }

    /// Compute every convolution by the direct method. Otherwise large 3x3 convolutions in f32 use
    /// Winograd's method: it is faster, but has several times the rounding error (at most 176 (C + 28) u
    /// times the sum over the C channels of each one's largest input times its weights, u = 6e-8), and
    /// large values add to the error of their neighbours.
    exact: bool = false, { kind: Kind::Switch, of_network: true }
}
