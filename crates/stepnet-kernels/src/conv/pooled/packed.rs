//! The forward pass with filters that are packed once, for any number of passes and batches.

use crate::Real;
use crate::assert_len;
use crate::conv::packed as conv;
use crate::conv::pooled::choose::sums;
use crate::conv::pooled::geometry::PooledGeometry;
use crate::conv::pooled::plan::{Forward, ForwardPass, Plan};
use crate::error::Result;

const NAME: &str = "pooled convolution forward with packed filters";

/// The filters and the bias of a pooled convolution as the forward pass of a [`Plan`] reads them, and that pass.
#[derive(Debug)]
pub struct PackedFilters<T> {
    geometry: PooledGeometry,
    filters: conv::PackedFilters<T>,
}

impl Plan {
    /// Packs the filters for the forward pass by this plan; without `b` the bias is 0.
    ///
    /// # Shapes, errors and panics
    ///
    /// As [`pack`](crate::conv::Plan::pack) of the convolution's plan.
    pub fn pack<T: Real>(&self, w: &[T], b: Option<&[T]>) -> Result<PackedFilters<T>> {
        Ok(PackedFilters {
            geometry: self.geometry,
            filters: self.conv.pack(w, b)?,
        })
    }
}

impl<T: Real> PackedFilters<T> {
    /// The sizes of the convolution, for the number of examples of the plan.
    pub fn conv_geometry(&self) -> &crate::conv::ConvGeometry {
        &self.geometry.conv
    }

    /// Rows, columns and channels of the output of an example.
    pub fn output(&self) -> [usize; 3] {
        self.geometry.pool.output
    }

    /// Their memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.filters.bytes()
    }

    /// Elements of scratch memory of the forward pass over `batch` examples or fewer.
    ///
    /// # Panics
    ///
    /// If the arrays of `batch` examples cannot be addressed.
    pub fn scratch(&self, batch: usize) -> usize {
        let g = self.geometry.with_batch(batch);
        let scratch = sums::<T>(&g, self.filters.choice()).pooled_scratch::<T>(&g);
        scratch - self.filters.packed().len()
    }

    /// The forward pass over `batch` examples, without the winners: bitwise [`Plan::forward`] with the same filters.
    ///
    /// # Shapes
    ///
    /// `x` (batch, height, width, channels), `y` (batch, out_height, out_width, filters) of the pooling, written.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the geometry says, or `scratch` is shorter than
    /// [`PackedFilters::scratch`].
    pub fn forward(&self, batch: usize, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let g = self.geometry.with_batch(batch);
        assert_len(NAME, "x", x, g.conv.x_len());
        assert_len(NAME, "y", y, g.y_len());
        T::run::<ForwardPass>(Forward {
            name: NAME,
            g: &g,
            choice: self.filters.choice(),
            x,
            w: &[],
            b: None,
            packed: Some(self.filters.packed()),
            y,
            winners: None,
            scratch,
        });
    }
}

#[cfg(test)]
pub(super) mod tests;
