//! Convolutions for predictions: their filters are packed once, as the kernels read them.

use std::sync::Arc;

use crate::layer::{Backward, Cost, Forward, Layer, LayerError, Memory, Prepared};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::conv::{PackedFilters, pooled};

const BACKWARD: &str = "a convolution that was prepared for predictions has no backward pass";

/// A convolution with its filters, and with the ReLU after it if `relu`. It leaves the parameters of a pass alone.
#[derive(Debug)]
pub(super) struct PackedConv<T> {
    text: LayerText,
    filters: PackedFilters<T>,
    relu: bool,
}

impl<T: Real> PackedConv<T> {
    pub(super) fn prepared(text: LayerText, filters: PackedFilters<T>, relu: bool) -> Prepared<T> {
        let bytes = filters.bytes();
        let layer = Self {
            text,
            filters,
            relu,
        };
        Prepared::new(Arc::new(layer), bytes)
    }
}

impl<T: Real> Layer<T> for PackedConv<T> {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, _input: Shape) -> Result<Shape, LayerError> {
        Ok(self.filters.geometry().output.into())
    }

    fn memory(&self, _input: Shape, batch: usize) -> Memory {
        Memory::default().scratch(self.filters.scratch(batch))
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let batch = pass.context.batch;
        self.filters
            .forward(batch, pass.x, pass.y, pass.scratch, self.relu);
    }

    fn backward(&self, _pass: Backward<'_, T>) {
        panic!("{BACKWARD}");
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for PackedConv<T> {
    fn multiply_adds(&self, _input: Shape) -> u64 {
        self.filters.geometry().with_batch(1).multiply_adds()
    }
}

/// A convolution with its filters, and with the max pooling after it. It leaves the parameters of a pass alone.
#[derive(Debug)]
pub(super) struct PackedConvPool<T> {
    text: LayerText,
    filters: pooled::PackedFilters<T>,
}

impl<T: Real> PackedConvPool<T> {
    pub(super) fn prepared(text: LayerText, filters: pooled::PackedFilters<T>) -> Prepared<T> {
        let bytes = filters.bytes();
        Prepared::new(Arc::new(Self { text, filters }), bytes)
    }
}

impl<T: Real> Layer<T> for PackedConvPool<T> {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, _input: Shape) -> Result<Shape, LayerError> {
        Ok(self.filters.output().into())
    }

    fn memory(&self, _input: Shape, batch: usize) -> Memory {
        Memory::default().scratch(self.filters.scratch(batch))
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let batch = pass.context.batch;
        self.filters.forward(batch, pass.x, pass.y, pass.scratch);
    }

    fn backward(&self, _pass: Backward<'_, T>) {
        panic!("{BACKWARD}");
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for PackedConvPool<T> {
    fn multiply_adds(&self, _input: Shape) -> u64 {
        self.filters.conv_geometry().with_batch(1).multiply_adds()
    }
}
