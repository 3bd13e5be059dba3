//! The explanation of a value: plain data, to be printed, serialised or drawn.

use serde::Serialize;

use super::sum::Check;

/// Everything about one value of a network.
///
/// `Display` prints it as text, serde as JSON, and `page` draws it (with the feature `pages`).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Its name: `conv2[3,4,5]`.
    pub name: String,
    /// Its layer's name, or `input`.
    pub layer: String,
    /// The layer in the arrow notation.
    pub text: String,
    /// The shape of the layer's input.
    pub input: Vec<usize>,
    /// The shape of the layer's output.
    pub output: Vec<usize>,
    /// The indices of the value in that output.
    pub at: Vec<usize>,
    /// The value, as the network computed it.
    pub value: f64,
    /// The network's element type, `f32` or `f64`.
    pub element: &'static str,
    /// The network in the arrow notation.
    pub network: String,
    /// The example's name: an image's path.
    pub subject: Option<String>,
    /// The network's prediction for the example.
    pub prediction: Prediction,
    /// The terms that the value was computed from.
    pub forward: Forward,
    /// The activation that consumes the value, where one follows.
    pub then: Option<NextActivation>,
    /// The effect of the value on the loss, if the gradient was asked for.
    pub gradient: Option<Gradient>,
    /// The largest contributors, layer by layer, where that was asked.
    pub trace: Option<Step>,
    /// The part of the image that the value depends on.
    pub receptive_field: Option<Field>,
    /// The image, for drawing.
    #[serde(skip)]
    pub image: Option<Drawing>,
}

/// A network's prediction for an example.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Prediction {
    /// The class's number; `None` where the outputs stand for labels or numbers.
    pub class: Option<usize>,
    /// Its name; or the labels that apply, or the numbers.
    pub name: String,
    /// The output that speaks for it.
    pub at: String,
    /// That output's value.
    pub value: f64,
}

/// A term of a sum: a value, what it is multiplied by, and the product.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Line {
    /// The value's name, or `padding`.
    pub name: String,
    /// The value's indices; none in the padding.
    pub at: Option<Vec<usize>>,
    /// The value.
    pub value: f64,
    /// The factor it is multiplied by.
    pub factor: f64,
    /// `value * factor`.
    pub product: f64,
}

/// The terms that are not listed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct More {
    /// How many there are.
    pub count: usize,
    /// Their sum.
    pub sum: f64,
}

/// The terms that a value was computed from.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Forward {
    /// The formula in symbols.
    pub formula: String,
    /// How the terms became the value.
    #[serde(flatten)]
    pub content: Content,
    /// The extents of the window that the terms fill, `(height, width, channels)`, row by row.
    pub window: Option<[usize; 3]>,
    /// The terms.
    pub terms: Vec<Line>,
    /// The terms left out of `terms` by [`Explanation::limit`].
    pub more: Option<More>,
    /// The sum of the terms compared with the network's value; `None` if the layer does not explain its values.
    pub check: Option<Check>,
}

/// How terms became a value, by the kind of the layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Content {
    /// A value of the input, and the raw value it was computed from.
    Input {
        /// The value in the image or the data.
        raw: Option<f64>,
        /// How the one became the other, with numbers.
        numbers: Option<String>,
    },
    /// `(sum of products + bias) / divisor`.
    Sum {
        /// Added to the products.
        bias: Option<f64>,
        /// The divisor of the sum.
        divisor: f64,
    },
    /// The largest of the terms.
    Largest {
        /// The number of the term that won.
        winner: usize,
        /// By how much it is larger than the largest of the others; `None` without others.
        margin: Option<f64>,
    },
    /// `exp(x_own) / sum of exp(x)`.
    Softmax {
        /// The number of the own term.
        own: usize,
        /// The largest of the terms, which is taken from each before its exponential.
        largest: f64,
        /// The sum of the exponentials.
        denominator: f64,
    },
    /// A function of one value.
    Function {
        /// The formula with the numbers filled in.
        numbers: String,
    },
    /// Another value as it is.
    Same,
    /// A layer that does not explain its values: the terms are the values it read and the
    /// derivatives with respect to them from its backward pass; they need not add up to the value.
    Opaque,
}

/// The activation that consumes a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NextActivation {
    /// The name of its output.
    pub name: String,
    /// The formula.
    pub formula: String,
    /// The formula with the numbers filled in.
    pub numbers: String,
    /// The output, as the network computed it.
    pub value: f64,
    /// The formula's result compared with it.
    pub check: Check,
}

/// The gradient of the loss with respect to a value, and its terms.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gradient {
    /// The class whose loss it is; `None` where the outputs stand for labels or numbers.
    pub class: Option<usize>,
    /// The class's name; or the labels that apply, or the numbers.
    pub class_name: String,
    /// Whether that target was chosen because the network predicts it.
    pub predicted: bool,
    /// The loss: `softmax-cross-entropy`, ...
    pub loss: String,
    /// The loss for that class.
    pub loss_value: f64,
    /// The gradient, as the network's backward pass computed it.
    pub value: Option<f64>,
    /// The layer that the value fed; `None` for the loss.
    pub through: Option<String>,
    /// The derivative in symbols.
    pub formula: String,
    /// The outputs that consume the value: the gradient with respect to each, the derivative of each with respect
    /// to the value, and their product.
    pub terms: Vec<Line>,
    /// The terms left out of `terms` by [`Explanation::limit`].
    pub more: Option<More>,
    /// The sum of the terms, compared with the network's gradient.
    pub check: Option<Check>,
    /// A remark.
    pub note: Option<String>,
}

/// A part of the input: first and last row and column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// First and last row.
    pub rows: [usize; 2],
    /// First and last column.
    pub columns: [usize; 2],
}

/// The input as an image.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Drawing {
    /// The height in pixels.
    pub height: usize,
    /// The width in pixels.
    pub width: usize,
    /// Red, green and blue of every pixel, row by row.
    pub rgb: Vec<u8>,
}

impl Line {
    /// How near the line comes to being the largest: its value, and less than any in the padding.
    fn rivalry(&self) -> f64 {
        match self.at {
            Some(_) => self.value,
            None => f64::NEG_INFINITY,
        }
    }
}

impl Explanation {
    /// Keeps the `top` terms of the largest magnitude (of a window's rivals the largest), in their
    /// order, and adds up the others. A winner, or the own term of a softmax, is always kept.
    pub fn limit(&mut self, top: usize) {
        let forward = &mut self.forward;
        let sizes = match forward.content {
            Content::Largest { .. } => forward.terms.iter().map(Line::rivalry).collect(),
            _ => magnitudes(&forward.terms),
        };
        let own = match forward.content {
            Content::Largest { winner: own, .. } | Content::Softmax { own, .. } => Some(own),
            _ => None,
        };
        let kept = kept(&sizes, top, own);
        if kept.len() < forward.terms.len() {
            forward.more = Some(left_out(&forward.terms, &kept, forward.more));
            forward.window = None;
            if let Content::Largest { winner: own, .. } | Content::Softmax { own, .. } =
                &mut forward.content
            {
                *own = kept.binary_search(own).unwrap_or(0);
            }
            keep(&mut forward.terms, &kept);
        }
        if let Some(gradient) = &mut self.gradient {
            let kept = self::kept(&magnitudes(&gradient.terms), top, None);
            if kept.len() < gradient.terms.len() {
                gradient.more = Some(left_out(&gradient.terms, &kept, gradient.more));
                keep(&mut gradient.terms, &kept);
            }
        }
    }

    /// Whether all sums agree with the values that the network computed.
    pub fn ok(&self) -> bool {
        let gradient = self.gradient.as_ref().and_then(|gradient| gradient.check);
        let then = self.then.as_ref().map(|then| then.check);
        let mut checks = [self.forward.check, then, gradient].into_iter().flatten();
        checks.all(|check| check.ok)
    }
}

/// The numbers of the products, largest first.
pub(super) fn ranked(products: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..products.len()).collect();
    order.sort_by(|&a, &b| products[b].abs().total_cmp(&products[a].abs()));
    order
}

/// The products of lines.
pub(super) fn products(lines: &[Line]) -> Vec<f64> {
    lines.iter().map(|line| line.product).collect()
}

/// The numbers of the `top` largest sizes in order, the `own` one among them.
pub(super) fn kept(sizes: &[f64], top: usize, own: Option<usize>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    if order.len() <= top {
        return order;
    }
    let last = |number: &usize| own != Some(*number);
    order.sort_by(|a, b| (last(a).cmp(&last(b))).then(sizes[*b].total_cmp(&sizes[*a])));
    order.truncate(top.max(1));
    order.sort_unstable();
    order
}

fn magnitudes(lines: &[Line]) -> Vec<f64> {
    lines.iter().map(|line| line.product.abs()).collect()
}

/// The terms left out when only `kept` stay, with those left out before.
fn left_out(lines: &[Line], kept: &[usize], before: Option<More>) -> More {
    let out = |number: &usize| kept.binary_search(number).is_err();
    let rest: Vec<usize> = (0..lines.len()).filter(out).collect();
    let More { count, sum } = more(&products(lines), &rest);
    let before = before.unwrap_or(More { count: 0, sum: 0.0 });
    More {
        count: count + before.count,
        sum: sum + before.sum,
    }
}

/// The sum of the products with these numbers.
pub(super) fn more(products: &[f64], numbers: &[usize]) -> More {
    let mut sum = super::sum::Exact::default();
    for &number in numbers {
        sum.add(products[number], 1.0, 0.0);
    }
    More {
        count: numbers.len(),
        sum: sum.value(),
    }
}

fn keep(lines: &mut Vec<Line>, kept: &[usize]) {
    let mut number = 0;
    let mut kept = kept.iter().peekable();
    lines.retain(|_| {
        let found = kept.next_if(|&&wanted| wanted == number).is_some();
        number += 1;
        found
    });
}

/// The sum of each channel of a window, in `f64`.
pub(super) fn channel_sums(lines: &[Line], channels: usize) -> Vec<f64> {
    let sum = |channel| {
        let own = lines.iter().skip(channel).step_by(channels.max(1));
        own.map(|line| line.product).sum()
    };
    (0..channels).map(sum).collect()
}

/// A value on the way down, with its largest contributors.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// The value's name.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its factor in the value above; `None` at the top.
    pub factor: Option<f64>,
    /// Its term in the value above; `None` at the top and below functions.
    pub product: Option<f64>,
    /// How it enters the value above, in a word or two: `largest`, `function`, ...
    pub role: &'static str,
    /// For a value of the input, the raw value.
    pub raw: Option<f64>,
    /// The largest contributors.
    pub steps: Vec<Step>,
    /// The contributors not followed.
    pub more: Option<More>,
    /// Whether the trace ends here only because it became too long.
    pub cut: bool,
}

impl Gradient {
    /// The word for what the loss compares with: a class, or the target values of other tasks.
    pub(super) fn kind(&self) -> &'static str {
        match self.class {
            Some(_) => "class",
            None => "target",
        }
    }
}
