//! The check of one layer by itself.

use std::ops::{ControlFlow, Range};

use super::examples;
use super::examples::noise_of;
use super::options::Options;
use super::pace::{Pace, Progress};
use super::report::{Report, report};
use super::subject::{Array, Reading, Sides, Subject};
use super::tensor::Outcome;
use crate::error::{Error, Result};
use crate::memory::zeros;
use stepnet_base::rng::RandomState;
use stepnet_nn::layer::{Backward, Context, Forward, PassValues};
use stepnet_nn::{Layer, Shape};

/// Checks one layer, such as one of your own, without a network around it.
///
/// Inputs, parameters and the gradient with respect to the output, `dy`, are drawn, and the gradients that the
/// layer gives for its input and its parameters are compared with finite differences of
/// `J = sum of dy * y`. Everything that a layer is to write holds NaN before, so that what it
/// leaves out, or adds to, shows.
///
/// # Errors
/// When the layer does not take inputs of this shape, an option is out of its range, or there is
/// not enough memory. A wrong gradient is not an error: see [`Report::passed`].
///
/// # Example
///
/// ```
/// use stepnet::nn::notation::LayerText;
/// use stepnet::nn::Registry;
/// use stepnet::see::gradcheck::{self, Options};
///
/// let registry = Registry::<f64>::builtin();
/// let text = LayerText::new(registry.kinds(), "tanh", [])?;
/// let tanh = registry.build("tanh", &text)?;
/// let report = gradcheck::layer(tanh.as_ref(), [4, 4, 2], &Options::default())?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn layer(layer: &dyn Layer<f64>, input: impl Into<Shape>, options: &Options) -> Result<Report> {
    options.check()?;
    let input = input.into().checked()?;
    let mut random = RandomState::new(options.seed);
    let len = options.batch.saturating_mul(input.len());
    let mut x = zeros("the examples", len)?;
    random.fill_randn(&mut x);
    let kind = layer.text().kind().to_owned();
    // Asked first: parameters are only known for an input that fits.
    output_of(layer, &kind, input)?;
    let parameters = examples::draw_parameters(&layer.parameters(input), &mut random)?;
    let described = LayerInfo {
        name: kind,
        number: 0,
        input,
        examples: options.batch,
    };
    let mut subject = SingleLayer::new(layer, described, x, parameters, options.seed)?;
    let mut unobserved = |_: &Progress<'_>| ControlFlow::Continue(());
    let mut pace = Pace::new(options.time_limit, &mut unobserved);
    pace.plan(subject.arrays.iter().map(|_| 1.0));
    let outcomes = check(&mut subject, &mut pace, 1.0, options)?;
    let mut report = report(pace.outcomes(outcomes), options, subject.cost());
    report.subject = layer.text().to_string();
    report.examples = options.batch;
    Ok(report)
}

/// Checks all arrays of a layer, each with this weight in the plan of the time.
///
/// # Errors
/// When there is not enough memory.
pub(super) fn check(
    subject: &mut SingleLayer<'_>,
    pace: &mut Pace<'_>,
    weight: f64,
    options: &Options,
) -> Result<Vec<Outcome>> {
    let arrays = 0..subject.arrays.len();
    arrays
        .map(|array| pace.check(subject, array, weight, options))
        .collect()
}

fn output_of(layer: &dyn Layer<f64>, name: &str, input: Shape) -> Result<Shape> {
    let shape = layer.output_shape(input);
    let checked = shape.and_then(|shape| Ok(shape.checked()?));
    checked.map_err(|error| Error::layer(name, error.message))
}

/// A layer's name, number, input shape and number of examples.
#[derive(Debug, Clone)]
pub(super) struct LayerInfo {
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) input: Shape,
    pub(super) examples: usize,
}

/// A layer with all the arrays of its passes.
pub(super) struct SingleLayer<'l> {
    layer: &'l dyn Layer<f64>,
    described: LayerInfo,
    output: Shape,
    named: Vec<u64>,
    arrays: Vec<Array>,
    /// Where each array but the first, which is the input, lies in `parameters`.
    ranges: Vec<Range<usize>>,
    parameters: Vec<f64>,
    x: Vec<f64>,
    y: Vec<f64>,
    kept: Vec<f64>,
    kept_indices: Vec<u32>,
    scratch: Vec<f64>,
    dy: Vec<f64>,
    dx: Vec<f64>,
    gradients: Vec<f64>,
}

impl<'l> SingleLayer<'l> {
    /// A layer on these inputs and parameters, after one pass in both directions.
    ///
    /// # Errors
    /// When the shapes do not fit, or there is not enough memory.
    pub(super) fn new(
        layer: &'l dyn Layer<f64>,
        described: LayerInfo,
        x: Vec<f64>,
        parameters: Vec<f64>,
        seed: u32,
    ) -> Result<Self> {
        let LayerInfo {
            input, examples, ..
        } = described;
        let output = output_of(layer, &described.name, input)?;
        let memory = layer.memory(input, examples);
        let outputs = examples.saturating_mul(output.len());
        let mut shape = input.extents();
        shape.insert(0, examples);
        let name = "input".to_owned();
        let mut subject = Self {
            named: (0..examples as u64).collect(),
            arrays: vec![Array { name, shape }],
            ranges: Vec::new(),
            y: zeros("the output", outputs)?,
            kept: zeros("what the layer keeps", memory.kept)?,
            kept_indices: zeros("the indices that the layer keeps", memory.kept_indices)?,
            scratch: zeros("scratch", memory.scratch.max(memory.backward_scratch))?,
            dy: zeros("the gradient with respect to the output", outputs)?,
            dx: zeros("the gradient with respect to the input", x.len())?,
            gradients: zeros("the gradients", parameters.len())?,
            layer,
            described,
            output,
            parameters,
            x,
        };
        let mut start = 0;
        for parameter in layer.parameters(input) {
            let range = start..start + parameter.len();
            start = range.end;
            if parameter.trainable && !range.is_empty() {
                let (name, shape) = (parameter.name.to_owned(), parameter.shape);
                subject.arrays.push(Array { name, shape });
                subject.ranges.push(range);
            }
        }
        RandomState::new(seed ^ 0x5eed).fill_randn(&mut subject.dy);
        subject.forward();
        subject.backward();
        Ok(subject)
    }

    fn cost(&self) -> f64 {
        self.dy.iter().zip(&self.y).map(|(dy, y)| dy * y).sum()
    }

    fn forward(&mut self) {
        if self.layer.is_view(true) {
            self.y.copy_from_slice(&self.x);
            return;
        }
        self.y.fill(f64::NAN);
        self.kept.fill(f64::NAN);
        self.scratch.fill(f64::NAN);
        self.layer.forward(Forward {
            context: context(&self.described, self.output, &self.named),
            parameters: &self.parameters,
            x: &self.x,
            y: &mut self.y,
            kept: &mut self.kept,
            kept_indices: &mut self.kept_indices,
            scratch: &mut self.scratch,
        });
    }

    fn backward(&mut self) {
        if self.layer.is_view(true) {
            self.dx.copy_from_slice(&self.dy);
            return;
        }
        self.dx.fill(f64::NAN);
        self.gradients.fill(f64::NAN);
        self.scratch.fill(f64::NAN);
        let reads = self.layer.reads();
        self.layer.backward(Backward {
            context: context(&self.described, self.output, &self.named),
            parameters: &self.parameters,
            x: if reads.input { &self.x } else { &[] },
            y: if reads.output { &self.y } else { &[] },
            dy: &self.dy,
            dx: Some(&mut self.dx),
            gradients: (!self.parameters.is_empty()).then_some(&mut self.gradients),
            kept: &self.kept,
            kept_indices: &self.kept_indices,
            scratch: &mut self.scratch,
        });
    }
}

fn context<'n>(described: &LayerInfo, output: Shape, named: &'n [u64]) -> Context<'n> {
    Context::new(
        described.number,
        described.input,
        output,
        described.examples,
    )
    .backward(true)
    .noise(Some(noise_of(named)))
}

impl Subject for SingleLayer<'_> {
    fn arrays(&self) -> &[Array] {
        &self.arrays
    }

    fn values(&mut self, array: usize) -> &mut [f64] {
        match array.checked_sub(1) {
            None => &mut self.x,
            Some(at) => &mut self.parameters[self.ranges[at].clone()],
        }
    }

    fn gradient(&self, array: usize) -> &[f64] {
        match array.checked_sub(1) {
            None => &self.dx,
            Some(at) => &self.gradients[self.ranges[at].clone()],
        }
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    fn read(&mut self, _array: usize) -> Result<Reading> {
        self.forward();
        let mut sides = Sides::default();
        let passed = PassValues {
            context: context(&self.described, self.output, &self.named),
            x: &self.x,
            y: &self.y,
            kept: &self.kept,
            kept_indices: &self.kept_indices,
        };
        if !self.layer.is_view(true) {
            self.layer
                .explain()
                .sides(passed, &mut |side| sides.mark(side));
        }
        Ok(Reading {
            cost: self.cost(),
            sides: sides.finish(),
        })
    }
}
