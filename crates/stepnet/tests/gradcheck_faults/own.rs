//! Layers as a user might write them, as plain loops, with faults to plant.

use std::sync::Arc;

use stepnet::nn::layer::{Backward, Forward, Layer, LayerError, Memory, Parameter};
use stepnet::nn::notation::{LayerText, ParameterKind, Signature};
use stepnet::nn::{Registry, Shape};

/// The fault in a layer's backward pass.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    /// `dW` is twice what it should be.
    DoubledWeights,
    /// `db` is four times what it should be.
    QuadrupledBias,
    /// The mean over the examples is taken for a sum: `dW` and `db` are `m` times too large.
    NoMean,
    /// `dx` goes to the window at stride 1.
    IgnoredStride,
    /// The bias is added to every product of the window, as `sum of (x * w + b)`, but its gradient
    /// is that of one bias an output.
    BiasPerElement,
    /// Height and width are swapped where `dW` is written.
    SwappedWeights,
    /// Height and width are swapped where `dx` is written.
    SwappedInput,
    /// One number of `dx` is left out.
    OneInput(usize),
    /// `dW` is added to what was there.
    Added,
}

/// A convolution, `own(filters, kernel, stride)`, valid padding.
#[derive(Debug)]
pub(crate) struct Own {
    text: LayerText,
    fault: Fault,
}

/// Indices of one product of a convolution.
struct Product {
    x: usize,
    w: usize,
    y: usize,
}

struct Sizes {
    batch: usize,
    input: [usize; 3],
    output: [usize; 3],
    kernel: [usize; 2],
    stride: [usize; 2],
}

impl Sizes {
    fn window(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.input[2]
    }

    fn each(&self, stride: [usize; 2], mut act: impl FnMut(Product)) {
        let ([h, w, c], [oh, ow, filters], [kh, kw]) = (self.input, self.output, self.kernel);
        for place in 0..self.batch * oh * ow * filters * kh * kw * c {
            let (rest, channel) = (place / c, place % c);
            let (rest, j) = (rest / kw, rest % kw);
            let (rest, i) = (rest / kh, rest % kh);
            let (rest, f) = (rest / filters, rest % filters);
            let (rest, column) = (rest / ow, rest % ow);
            let (example, row) = (rest / oh, rest % oh);
            let (top, left) = (row * stride[0] + i, column * stride[1] + j);
            act(Product {
                x: ((example * h + top) * w + left) * c + channel,
                w: ((i * kw + j) * c + channel) * filters + f,
                y: ((example * oh + row) * ow + column) * filters + f,
            });
        }
    }
}

impl Own {
    fn sizes(&self, input: Shape, batch: usize) -> Sizes {
        let [height, width, channels] = input.as_image();
        let (kernel, stride) = (self.text.pair("kernel"), self.text.pair("stride"));
        let size = |n: usize, axis: usize| (n - kernel[axis]) / stride[axis] + 1;
        let filters = self.text.count("filters").number().unwrap();
        Sizes {
            batch,
            input: [height, width, channels],
            output: [size(height, 0), size(width, 1), filters],
            kernel,
            stride,
        }
    }

    /// How often the bias is added to an output.
    fn biases(&self, sizes: &Sizes) -> f64 {
        match self.fault {
            Fault::BiasPerElement => sizes.window() as f64,
            _ => 1.0,
        }
    }
}

impl Layer<f64> for Own {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(self.sizes(input, 1).output.into())
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let sizes = self.sizes(input, 1);
        let ([kh, kw], [.., c], [.., filters]) = (sizes.kernel, sizes.input, sizes.output);
        let weight = Parameter::weight(vec![kh, kw, c, filters], sizes.window(), filters);
        vec![weight, Parameter::bias(filters)]
    }

    fn forward(&self, pass: Forward<'_, f64>) {
        let sizes = self.sizes(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(sizes.window() * sizes.output[2]);
        let biases = self.biases(&sizes);
        for (at, y) in pass.y.iter_mut().enumerate() {
            *y = biases * bias[at % bias.len()];
        }
        sizes.each(sizes.stride, |at| {
            pass.y[at.y] += pass.x[at.x] * weight[at.w]
        });
    }

    fn backward(&self, pass: Backward<'_, f64>) {
        let sizes = self.sizes(pass.context.input, pass.context.batch);
        let weights = sizes.window() * sizes.output[2];
        if let Some(gradients) = pass.gradients {
            let (dw, db) = gradients.split_at_mut(weights);
            if self.fault != Fault::Added {
                dw.fill(0.0);
            }
            db.fill(0.0);
            for (at, dy) in pass.dy.iter().enumerate() {
                db[at % sizes.output[2]] += dy;
            }
            sizes.each(sizes.stride, |at| dw[at.w] += pass.x[at.x] * pass.dy[at.y]);
            self.spoil(&sizes, dw, db);
        }
        if let Some(dx) = pass.dx {
            dx.fill(0.0);
            let stride = match self.fault {
                Fault::IgnoredStride => [1, 1],
                _ => sizes.stride,
            };
            sizes.each(stride, |at| {
                dx[at.x] += pass.parameters[at.w] * pass.dy[at.y];
            });
            match self.fault {
                Fault::SwappedInput => swap(dx, sizes.input),
                Fault::OneInput(at) => dx[at] = 0.0,
                _ => {}
            }
        }
    }
}

impl Own {
    fn spoil(&self, sizes: &Sizes, dw: &mut [f64], db: &mut [f64]) {
        let times = |values: &mut [f64], factor: f64| values.iter_mut().for_each(|v| *v *= factor);
        match self.fault {
            Fault::DoubledWeights => times(dw, 2.0),
            Fault::QuadrupledBias => times(db, 4.0),
            Fault::NoMean => {
                times(dw, sizes.batch as f64);
                times(db, sizes.batch as f64);
            }
            Fault::SwappedWeights => {
                let [kh, kw] = sizes.kernel;
                swap(dw, [kh, kw, dw.len() / (kh * kw)]);
            }
            _ => {}
        }
    }
}

/// Writes each `[height, width, channels]` volume as `[width, height, channels]`.
fn swap(values: &mut [f64], [height, width, channels]: [usize; 3]) {
    for volume in values.chunks_exact_mut(height * width * channels) {
        let right = volume.to_vec();
        for (at, value) in right.chunks_exact(channels).enumerate() {
            let (row, column) = (at / width, at % width);
            let swapped = (column * height + row) * channels;
            volume[swapped..swapped + channels].copy_from_slice(value);
        }
    }
}

/// The built-in layers, `own`, which is right, and `bad`, which has the fault.
pub(crate) fn registry(fault: Fault) -> Registry<f64> {
    let mut registry = Registry::builtin();
    for (name, fault) in [("own", Fault::None), ("bad", fault)] {
        let signature = Signature::new(name, "A convolution in plain loops.")
            .required("filters", ParameterKind::Count)
            .required("kernel", ParameterKind::Pair)
            .optional("stride", ParameterKind::Pair, 1_usize);
        registry
            .register(signature, move |text| {
                let text = text.clone();
                Ok(Arc::new(Own { text, fault }))
            })
            .unwrap();
    }
    registry
}

/// The built-in linear layer with one number of `dW` doubled: large arrays in little time.
#[derive(Debug)]
struct OneDoubled {
    inner: Arc<dyn Layer<f64>>,
    place: usize,
}

impl Layer<f64> for OneDoubled {
    fn text(&self) -> LayerText {
        self.inner.text()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        self.inner.output_shape(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        self.inner.parameters(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        self.inner.memory(input, batch)
    }

    fn forward(&self, pass: Forward<'_, f64>) {
        self.inner.forward(pass);
    }

    fn backward(&self, mut pass: Backward<'_, f64>) {
        let gradients = pass.gradients.as_deref_mut().unwrap();
        self.inner.backward(Backward {
            gradients: Some(&mut *gradients),
            ..pass
        });
        gradients[self.place] *= 2.0;
    }
}

/// The built-in layers and `spoilt`, a linear layer of 150 units with one wrong number.
pub(crate) fn spoilt_linear(place: usize) -> Registry<f64> {
    let builtin = Registry::builtin();
    let arguments = [("units", 150_usize.into())];
    let text = LayerText::new(builtin.kinds(), "linear", arguments).unwrap();
    let inner = builtin.build("linear", &text).unwrap();
    let mut registry = Registry::builtin();
    registry
        .register(
            Signature::new("spoilt", "Linear, with a fault."),
            move |_| {
                let inner = Arc::clone(&inner);
                Ok(Arc::new(OneDoubled { inner, place }))
            },
        )
        .unwrap();
    registry
}
