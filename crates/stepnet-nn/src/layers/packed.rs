//! Convolutions for predictions: their filters are packed once, as the kernels read them.

use std::sync::Arc;

use crate::layer::{Backward, Cost, Forward, Layer, LayerError, Memory, Prepared};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::conv::{ConvGeometry, PackedFilters, pooled};

/// A convolution with its filters, and with what is fused after it. It leaves the parameters of a pass alone.
#[derive(Debug)]
pub(super) struct PackedConv<T> {
    text: LayerText,
    fused: Fused<T>,
}

/// The filters, packed for the layers that run as one.
#[derive(Debug)]
pub(super) enum Fused<T> {
    /// A convolution alone.
    Conv(PackedFilters<T>),
    /// With the ReLU after it.
    Relu(PackedFilters<T>),
    /// With the max pooling after it.
    Pool(Box<pooled::PackedFilters<T>>),
}

impl<T: Real> PackedConv<T> {
    pub(super) fn prepared(text: LayerText, fused: Fused<T>) -> Prepared<T> {
        let bytes = match &fused {
            Fused::Conv(filters) | Fused::Relu(filters) => filters.bytes(),
            Fused::Pool(filters) => filters.bytes(),
        };
        Prepared::new(Arc::new(Self { text, fused }), bytes)
    }

    fn geometry(&self) -> &ConvGeometry {
        match &self.fused {
            Fused::Conv(filters) | Fused::Relu(filters) => filters.geometry(),
            Fused::Pool(filters) => filters.conv_geometry(),
        }
    }
}

impl<T: Real> Layer<T> for PackedConv<T> {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, _input: Shape) -> Result<Shape, LayerError> {
        let output = match &self.fused {
            Fused::Conv(_) | Fused::Relu(_) => self.geometry().output,
            Fused::Pool(filters) => filters.output(),
        };
        Ok(output.into())
    }

    fn memory(&self, _input: Shape, batch: usize) -> Memory {
        Memory::default().scratch(match &self.fused {
            Fused::Conv(filters) | Fused::Relu(filters) => filters.scratch(batch),
            Fused::Pool(filters) => filters.scratch(batch),
        })
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let (batch, x, y, scratch) = (pass.context.batch, pass.x, pass.y, pass.scratch);
        match &self.fused {
            Fused::Conv(filters) => filters.forward(batch, x, y, scratch, false),
            Fused::Relu(filters) => filters.forward(batch, x, y, scratch, true),
            Fused::Pool(filters) => filters.forward(batch, x, y, scratch),
        }
    }

    fn backward(&self, _pass: Backward<'_, T>) {
        panic!("a convolution that was prepared for predictions has no backward pass");
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for PackedConv<T> {
    fn multiply_adds(&self, _input: Shape) -> u64 {
        self.geometry().with_batch(1).multiply_adds()
    }
}
