//! Forward passes whose filters are packed once, for any number of passes and batches.
//!
//! A pass on its own packs them each time: into panels, by Winograd's method after they are transformed. In a layer
//! of many filters on few pixels that takes longer than the sums.

use crate::Real;
use crate::aligned::AlignedVec;
use crate::assert_len;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::{Choice, Method};
use crate::conv::methods::winograd::{Winograd, serves};
use crate::conv::parts::schedule::Sums;
use crate::conv::plan::Plan;
use crate::conv::run::{SumArguments, SumPass};
use crate::decision::Pass;
use crate::error::Result;
use crate::work::compiled;

const NAME: &str = "convolution forward with packed filters";

/// The purpose of the memory, in errors.
const WHAT: &str = "packed filters";

/// The filters and the bias of a convolution as the forward pass of a [`Plan`] reads them, and that pass.
#[derive(Debug)]
pub struct PackedFilters<T> {
    geometry: ConvGeometry,
    choice: Choice,
    packed: AlignedVec<T>,
    /// Filters and bias as they were, where the method reads them too; else empty.
    w: AlignedVec<T>,
    b: AlignedVec<T>,
}

impl Plan {
    /// Packs the filters for the forward pass by this plan; without `b` the bias is 0.
    ///
    /// # Shapes
    ///
    /// `w` (f_H, f_W, channels / groups, filters), `b` (filters).
    ///
    /// # Errors
    ///
    /// When there is not enough memory.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says.
    pub fn pack<T: Real>(&self, w: &[T], b: Option<&[T]>) -> Result<PackedFilters<T>> {
        let (g, choice) = (self.geometry(), self.choice::<T>(Pass::Forward));
        assert_len(NAME, "w", w, g.weights_len());
        if let Some(b) = b {
            assert_len(NAME, "b", b, g.filters);
        }
        let [packed, scratch] = choice.pack_sizes::<T>(g);
        let mut packed = AlignedVec::zeros(WHAT, packed)?;
        T::run::<PackPass>(PackArguments {
            g,
            choice,
            w,
            bias: b,
            packed: &mut packed,
            scratch: &mut AlignedVec::zeros(WHAT, scratch)?,
        });
        let [w, b] = match choice.method {
            // The first reads nothing else; the second sums tiles again whose results are not finite.
            Method::Reference | Method::Winograd => [w, b.unwrap_or(&[])],
            _ => [&[][..]; 2],
        };
        Ok(PackedFilters {
            geometry: *g,
            choice,
            packed,
            w: copy(w)?,
            b: copy(b)?,
        })
    }
}

fn copy<T: Real>(values: &[T]) -> Result<AlignedVec<T>> {
    let mut copy = AlignedVec::zeros(WHAT, values.len())?;
    copy.copy_from_slice(values);
    Ok(copy)
}

impl Choice {
    /// Elements of the packed filters of the forward pass, the same for any batch, and of the scratch memory in which
    /// they are packed.
    fn pack_sizes<T: Real>(&self, g: &ConvGeometry) -> [usize; 2] {
        match self.method {
            Method::Reference => [0; 2],
            Method::Winograd => {
                let winograd = Winograd::new::<T>(g, Direction::Forward, self.set);
                [winograd.packed_len(), winograd.pack_scratch()]
            }
            method => {
                let sums = Sums::new::<T>(g, Direction::Forward, method, self.set);
                [sums.packed_len(), 0]
            }
        }
    }
}

impl<T: Real> PackedFilters<T> {
    /// The sizes, for the number of examples of the plan.
    pub fn geometry(&self) -> &ConvGeometry {
        &self.geometry
    }

    pub(in crate::conv) fn choice(&self) -> Choice {
        self.choice
    }

    pub(in crate::conv) fn packed(&self) -> &[T] {
        &self.packed
    }

    /// Their memory, in bytes.
    pub fn bytes(&self) -> usize {
        let len = self.packed.len() + self.w.len() + self.b.len();
        len.saturating_mul(size_of::<T>())
    }

    /// Elements of scratch memory of the forward pass over `batch` examples or fewer.
    ///
    /// # Panics
    ///
    /// If the arrays of `batch` examples cannot be addressed.
    pub fn scratch(&self, batch: usize) -> usize {
        let scratch = self
            .choice
            .scratch::<T>(&self.geometry.with_batch(batch), Pass::Forward);
        scratch - self.packed.len()
    }

    /// The forward pass over `batch` examples, with a ReLU after it if `relu`: bitwise [`Plan::forward`] or
    /// [`Plan::forward_relu`] with the same filters.
    ///
    /// # Shapes
    ///
    /// `x` (batch, height, width, channels), `y` (batch, out_height, out_width, filters), written.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the geometry says, or `scratch` is shorter than
    /// [`PackedFilters::scratch`].
    pub fn forward(&self, batch: usize, x: &[T], y: &mut [T], scratch: &mut [T], relu: bool) {
        let g = self.geometry.with_batch(batch);
        assert_len(NAME, "x", x, g.x_len());
        assert_len(NAME, "y", y, g.y_len());
        T::run::<SumPass>(SumArguments {
            name: NAME,
            g: &g,
            choice: self.choice,
            direction: Direction::Forward,
            source: x,
            w: &self.w,
            bias: (!self.b.is_empty()).then_some(&self.b[..]),
            packed: Some(&self.packed),
            out: y,
            scratch,
            relu,
        });
    }
}

/// Filters to be packed for a forward pass.
#[derive(Debug)]
pub(crate) struct PackArguments<'a, T> {
    g: &'a ConvGeometry,
    choice: Choice,
    w: &'a [T],
    bias: Option<&'a [T]>,
    packed: &'a mut [T],
    scratch: &'a mut [T],
}

compiled!(PackPass, PackArguments);

impl<T: Real> PackArguments<'_, T> {
    fn run(self) {
        let Self {
            g,
            choice: Choice { method, set, .. },
            w,
            bias,
            packed,
            scratch,
        } = self;
        match method {
            Method::Reference => {}
            Method::Winograd => {
                if const { serves::<T>() } {
                    let winograd = Winograd::new::<T>(g, Direction::Forward, set);
                    winograd.pack_once(w, bias, packed, scratch);
                }
            }
            _ if T::NAIVE => unreachable!("{method} for numbers with naive loops alone"),
            method => Sums::new::<T>(g, Direction::Forward, method, set).pack(w, bias, packed),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
