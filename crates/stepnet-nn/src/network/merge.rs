//! Merges: several values become one, where a residual block, a scale or branches end.

use crate::Number;
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term, value};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use stepnet_kernels::ScaleGeometry;
use stepnet_kernels::join::{self, Channels};
use stepnet_kernels::scale;

/// How several values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Their sum.
    Add,
    /// The product of the first, and of a factor for each of its values or channels.
    Multiply,
    /// Their channels one after the other.
    Concat,
}

/// Several values of one batch become one: their sum, their product, or their channels one after the other. A
/// workspace gives it its inputs where they lie; as a [`Layer`] it takes them concatenated, as one array.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    rule: Rule,
    inputs: Vec<Shape>,
    output: Shape,
    /// Whether a ReLU after the sum is fused with it, in the forward pass.
    relu: bool,
}

impl Merge {
    /// The sum of values of one shape.
    ///
    /// # Errors
    /// When the shapes differ.
    pub(super) fn add(inputs: &[Shape]) -> Result<Self, String> {
        let [first, second] = inputs else {
            return Err(format!(
                "{} values are to be added, expected 2",
                inputs.len()
            ));
        };
        if first != second {
            return Err(format!(
                "its body gives {first} and its shortcut {second}, expected the same shape, as they are added"
            ));
        }
        Ok(Self {
            rule: Rule::Add,
            inputs: inputs.to_vec(),
            output: *first,
            relu: false,
        })
    }

    /// The product of a value with factors of its shape, or with one for each of its channels.
    ///
    /// # Errors
    /// When the factors are others.
    pub(super) fn multiply(inputs: &[Shape]) -> Result<Self, String> {
        let [value, factors] = inputs else {
            return Err(format!(
                "{} values are to be multiplied, expected 2",
                inputs.len()
            ));
        };
        let channels = value.channels();
        if factors != value && (factors.len() != channels || factors.channels() != channels) {
            return Err(format!(
                "its body gives {factors} for an input of {value}, expected a factor for each of the {channels} \
                 channels ({channels} or 1x1x{channels}), or the input's shape"
            ));
        }
        Ok(Self {
            rule: Rule::Multiply,
            inputs: inputs.to_vec(),
            output: *value,
            relu: false,
        })
    }

    /// The channels of values of one height and width, or the features of vectors.
    ///
    /// # Errors
    /// When they are not of one kind and size.
    pub(super) fn concat(inputs: &[Shape]) -> Result<Self, String> {
        let refuse = |expected: &str| {
            let shapes: Vec<String> = inputs.iter().map(Shape::to_string).collect();
            let shapes = shapes.join(", ");
            Err(format!("its paths give {shapes}, expected {expected}"))
        };
        let channels = inputs.iter().map(Shape::channels);
        let all = channels.fold(0, usize::saturating_add);
        let output = match inputs.first() {
            Some(&Shape::Volume { height, width, .. }) => Shape::volume(height, width, all),
            _ => Shape::Features(all),
        };
        let plane = |shape: Shape| match shape {
            Shape::Volume { height, width, .. } => Some([height, width]),
            Shape::Features(_) => None,
        };
        if inputs.iter().any(|&input| plane(input) != plane(output)) {
            let expected = match plane(output) {
                Some(_) => {
                    "the same height and width, as their channels are put one after the other"
                }
                None => "vectors from all, as the first is one",
            };
            return refuse(expected);
        }
        Ok(Self {
            rule: Rule::Concat,
            inputs: inputs.to_vec(),
            output,
            relu: false,
        })
    }

    /// The sum and the ReLU after it, whose forward passes run as one.
    pub(crate) fn with_relu(&self) -> Self {
        Self {
            relu: true,
            ..self.clone()
        }
    }

    /// The shapes of its inputs.
    pub fn inputs(&self) -> &[Shape] {
        &self.inputs
    }

    /// Whether it adds, so that the gradient with respect to each input is that of the output.
    pub fn adds(&self) -> bool {
        self.rule == Rule::Add
    }

    /// The channels of the output that input number `number` becomes; all of them in a sum or a product.
    pub fn channels(&self, number: usize) -> Channels {
        let all = self.output.channels();
        let before = match self.rule {
            Rule::Add | Rule::Multiply => &[],
            Rule::Concat => &self.inputs[..number],
        };
        Channels {
            all,
            first: before.iter().map(Shape::channels).sum(),
            count: self.inputs[number].channels(),
        }
    }

    /// Which input a place in all of them, one after the other, belongs to, and its place there.
    pub fn place(&self, mut place: usize) -> Option<(usize, usize)> {
        for (number, input) in self.inputs.iter().enumerate() {
            if place < input.len() {
                return Some((number, place));
            }
            place -= input.len();
        }
        None
    }

    /// Writes `y` from the inputs.
    pub(crate) fn forward_from<'a, T: Number>(
        &self,
        input: impl Fn(usize) -> &'a [T],
        y: &mut [T],
    ) {
        match (self.rule, self.relu) {
            (Rule::Add, false) => join::add(input(0), input(1), y),
            (Rule::Add, true) => join::add_relu(input(0), input(1), y),
            (Rule::Multiply, _) => {
                let g = self.scale_geometry(y.len());
                scale::forward(&g, input(0), input(1), y, false);
            }
            (Rule::Concat, _) => {
                for number in 0..self.inputs.len() {
                    self.channels(number).put(input(number), y);
                }
            }
        }
    }

    /// Writes the gradient with respect to one input, or adds it to what is there. The values of `input` are read
    /// in a product only.
    pub(crate) fn backward_to<'a, T: Number>(
        &self,
        number: usize,
        input: impl Fn(usize) -> &'a [T],
        dy: &[T],
        dx: &mut [T],
        add: bool,
    ) {
        match (self.rule, add) {
            (Rule::Add, false) => dx.copy_from_slice(dy),
            (Rule::Add, true) => join::add_to(dx, dy),
            (Rule::Multiply, _) => {
                let g = self.scale_geometry(dy.len());
                match number {
                    0 => scale::forward(&g, dy, input(1), dx, add),
                    _ => scale::backward_factors(&g, input(0), dy, dx, add),
                }
            }
            (Rule::Concat, _) => self.channels(number).take(dy, dx, add),
        }
    }

    /// The sizes of a product whose output has `len` values in all.
    fn scale_geometry(&self, len: usize) -> ScaleGeometry {
        let channels = self.inputs[1].len();
        ScaleGeometry {
            examples: len / self.output.len(),
            pixels: self.output.len() / channels,
            channels,
        }
    }

    /// The places of the inputs that an output is made of.
    fn sources(&self, place: usize) -> Vec<usize> {
        let all = self.output.channels().max(1);
        let (pixel, channel) = (place / all, place % all);
        let mut before = 0;
        let mut found = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            let Channels { first, count, .. } = self.channels(number);
            let pixel = pixel % (input.len() / count.max(1)).max(1);
            if (first..first + count).contains(&channel) {
                found.push(before + pixel * count + channel - first);
            }
            before += input.len();
        }
        found
    }
}

impl<T: Number> Layer<T> for Merge {
    fn text(&self) -> LayerText {
        LayerText::bare(match self.rule {
            Rule::Add => Signature::new("add", "The sum of the values that meet."),
            Rule::Multiply => Signature::new("multiply", "The product of the values that meet."),
            Rule::Concat => Signature::new("concat", "Channels one after the other."),
        })
    }

    fn output_shape(&self, _input: Shape) -> Result<Shape, LayerError> {
        Ok(self.output)
    }

    fn reads(&self) -> Reads {
        Reads {
            input: self.rule == Rule::Multiply,
            output: self.relu,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let ends = self.ends(pass.context.batch);
        self.forward_from(|number| &pass.x[ends[number]..ends[number + 1]], pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        assert!(!self.relu, "a sum fused with its ReLU has no backward pass");
        let Some(dx) = pass.dx else { return };
        let ends = self.ends(pass.context.batch);
        let input = |number: usize| &pass.x[ends[number]..ends[number + 1]];
        for number in 0..self.inputs.len() {
            let dx = &mut dx[ends[number]..ends[number + 1]];
            self.backward_to(number, input, pass.dy, dx, false);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Number> Explain<T> for Merge {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let sources = self.sources(place);
        if let (Rule::Multiply, &[x, s]) = (self.rule, &sources[..]) {
            return Ok(Some(product(x, s, example)));
        }
        let terms = sources.into_iter();
        let terms = terms.map(|place| Term::new(place, value(example.x, place), 1.0));
        let formula = match self.rule {
            Rule::Add => "y = body + shortcut",
            _ => "y = x, the channels of the paths one after the other",
        };
        Ok(Some(match self.rule {
            Rule::Add => Account::sum(formula, terms.collect(), None),
            _ => Account::new(formula, crate::account::Rule::Same, terms.collect()),
        }))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let Some((number, place)) = self.place(place) else {
            return Ok(None);
        };
        if self.rule == Rule::Multiply {
            return self.product_feeds(number, place, example).map(Some);
        }
        let Channels { all, first, count } = self.channels(number);
        let (pixel, channel) = (place / count.max(1), place % count.max(1));
        let feed = Feed::new(pixel * all + first + channel, 1.0);
        Ok(Some(Feeds::new("dx = dy", vec![feed])))
    }
}

/// The product of the values at two places, half of it credited to each.
fn product<T: Number>(x: usize, s: usize, example: &ExampleValues<'_, T>) -> Account {
    let [value_x, value_s] = [x, s].map(|place| value(example.x, place));
    let terms = vec![
        Term::new(x, value_x, value_s),
        Term::new(s, value_s, value_x),
    ];
    let rule = account::Rule::Sum {
        bias: None,
        divisor: 2.0,
    };
    let formula = "y = x s, s what the body makes: (x s + s x) / 2, half of it from each";
    Account::new(formula, rule, terms)
}

impl Merge {
    /// The products that the value at `place` of input number `number` is a factor of.
    fn product_feeds<T: Number>(
        &self,
        number: usize,
        place: usize,
        example: &ExampleValues<'_, T>,
    ) -> Checked<Feeds> {
        let (len, factors) = (self.output.len(), self.inputs[1].len());
        if number == 0 {
            let factor = value(example.x, len + place % factors);
            return Ok(Feeds::new("dx = dy s", vec![Feed::new(place, factor)]));
        }
        let mut feeds = account::room(len / factors)?;
        let outputs = (place..len).step_by(factors);
        feeds.extend(outputs.map(|at| Feed::new(at, value(example.x, at))));
        Ok(Feeds::new(
            "ds = sum of dy x over the values that s multiplies",
            feeds,
        ))
    }

    /// Where the inputs of a batch begin and end when they lie one after the other.
    fn ends(&self, batch: usize) -> Vec<usize> {
        let mut ends = vec![0];
        for input in &self.inputs {
            let before = ends.last().copied().unwrap_or(0);
            ends.push(before + batch * input.len());
        }
        ends
    }
}
