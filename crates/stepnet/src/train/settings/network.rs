//! Which network a run trains.

use std::path::PathBuf;

use super::choices::{DTYPES, Dtype, RESIZES};
use super::field::Field;
use super::kind::{Form, Group, Keyword, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::limits;
use crate::nn::{Init, Resize, Shape};

const NETWORK_ROW: Row = Row {
    group: Group::Network,
    ..PLAIN
};

settings! {
    /// Which network a run trains.
    NetworkSettings, rows NETWORK like NETWORK_ROW;

    /// The network: a preset's name or a text in the arrow notation; `classes` stands for the number of classes.
    model: Option<String> = None, { value: "NETWORK", kind: Kind::Notation(&[Form::Text]) }

    /// The network's input, HEIGHTxWIDTHxCHANNELS; pictures are brought to it.
    input: Option<Shape> = None, { value: "SHAPE", kind: Kind::Notation(&[Form::Text, Form::Whole]) }

    /// How pictures of another size are brought to the input.
    resize: Resize = Resize::Stretch, { kind: Kind::Choice(RESIZES) }

    /// What raw values are divided by (255 for pictures unless given).
    divisor: Option<f64> = None, { value: "NUMBER", kind: Kind::number(limits::DIVISOR) }

    /// Shift and scale each channel to mean 0 and deviation 1 over the training data.
    standardize: bool = false, { kind: Kind::Switch }

    /// Start from a trained model; its last layer is replaced where the classes differ.
    from: Option<PathBuf> = None, {
        value: "MODEL", kind: Kind::Path, conflicts: &["model", "input", "resize", "divisor", "standardize", "init"],
    }

    /// Layers to freeze: names (conv1), kinds (conv), or a number (3: the first three that learn).
    freeze: Vec<String> = Vec::new(), { value: "LAYERS", kind: Kind::List, keyword: Keyword::Same }

    /// How weights start: he, xavier, fan-in (randn / sqrt(n_prev)), zeros, or a scale such as 0.01.
    init: Init = Init::He, { value: "RULE", kind: Kind::Notation(&[Form::Text, Form::Number]) }

    /// The numbers computed with.
    dtype: Dtype = Dtype::F32, { kind: Kind::Choice(DTYPES) }

    /// Compute every convolution by the direct method. Otherwise large 3x3 convolutions in f32 go
    /// Winograd's way: faster, with several times the rounding error (at most 176 (C + 28) u times
    /// the sum over the C channels of each one's largest input times its weights, u = 6e-8), which
    /// large values spread to their neighbours.
    exact: bool = false, { kind: Kind::Switch }
}
