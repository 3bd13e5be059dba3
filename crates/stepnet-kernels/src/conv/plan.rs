//! The plan of a convolution: the method of each pass, and the passes by it.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::method::{Choice, Method};
use crate::decision::{Pass, PassPlan, Reason};
use crate::simd::InstructionSet;

/// How each pass of a convolution is computed: decided once, for one number type.
///
/// ```
/// use stepnet_kernels::conv::{ConvGeometry, ConvWindow, Method, Plan};
/// use stepnet_kernels::Pass;
///
/// let window = ConvWindow { kernel: [5, 5], ..ConvWindow::default() };
/// let g = ConvGeometry::new(1, [28, 28, 1], 6, window, 1)?;
/// let plan = Plan::new::<f32>(&g);
/// let x = vec![1.0_f32; g.x_len()];
/// let w = vec![0.5; g.weights_len()];
/// let mut y = vec![0.0; g.y_len()];
/// let mut scratch = vec![0.0; plan.scratch::<f32>(Pass::Forward)];
/// plan.forward(&x, &w, None, &mut y, &mut scratch);
/// assert_eq!(y[0], 12.5);
/// assert!(plan.force::<f32>(Pass::Forward, Method::Winograd).is_err());
/// # Ok::<(), stepnet_base::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    geometry: ConvGeometry,
    /// Bytes of a number.
    number: usize,
    set: InstructionSet,
    /// In the order of [`Pass::ALL`].
    choices: [Choice; 3],
}

impl Plan {
    /// The plan for numbers `T` on the best instruction set here.
    pub fn new<T: Real>(geometry: &ConvGeometry) -> Self {
        Self::on::<T>(InstructionSet::best(), geometry)
    }

    /// The plan on an instruction set.
    pub(crate) fn on<T: Real>(set: InstructionSet, geometry: &ConvGeometry) -> Self {
        Self {
            geometry: *geometry,
            number: size_of::<T>(),
            set,
            choices: Pass::ALL.map(|pass| Choice::new::<T>(geometry, pass, set)),
        }
    }

    /// The plan for another number of examples.
    ///
    /// What does not depend on the batch stays: the methods of the forward pass and of the data gradient, so that
    /// an image gets the same values alone and among others.
    ///
    /// # Panics
    ///
    /// If the arrays of `batch` examples cannot be addressed.
    #[must_use]
    pub fn with_batch<T: Real>(&self, batch: usize) -> Self {
        if batch == self.geometry.batch {
            return *self;
        }
        let mut plan = Self {
            geometry: self.geometry.with_batch(batch),
            ..*self
        };
        let weights = self.choice::<T>(Pass::Weights);
        let (g, pass) = (&plan.geometry, Pass::Weights);
        // A method that was forced stays as long as it can run the batch.
        let forced = match weights.is_forced() {
            true => Choice::forced::<T>(g, pass, weights.asked, weights.method).ok(),
            false => None,
        };
        let choice = forced.unwrap_or_else(|| Choice::new::<T>(g, pass, weights.asked));
        *plan.choice_mut(pass) = choice;
        plan
    }

    /// The plan with another method for a pass: for tests and measurements.
    ///
    /// # Errors
    ///
    /// Why the method cannot run this geometry.
    pub fn force<T: Real>(mut self, pass: Pass, method: Method) -> Result<Self, Reason> {
        let choice = Choice::forced::<T>(&self.geometry, pass, self.set, method)?;
        *self.choice_mut(pass) = choice;
        Ok(self)
    }

    /// The sizes.
    pub fn geometry(&self) -> &ConvGeometry {
        &self.geometry
    }

    /// Whether the plan was made for numbers `T`.
    pub fn is_for<T>(&self) -> bool {
        self.number == size_of::<T>()
    }

    /// The method of a pass.
    pub fn method(&self, pass: Pass) -> Method {
        self.choices[pass.place()].method
    }

    /// The method of a pass and why, to be printed.
    pub fn explain<T: Real>(&self, pass: Pass) -> PassPlan {
        let choice = self.choice::<T>(pass);
        PassPlan {
            pass,
            method: choice.method.name(),
            instruction_set: choice.set.name(),
            reason: choice.reason,
            refused: choice.refused::<T>(&self.geometry, pass),
            scratch: self.scratch::<T>(pass) * size_of::<T>(),
        }
    }

    /// Elements of scratch memory that a pass needs, for the plan's batch and every smaller one.
    pub fn scratch<T: Real>(&self, pass: Pass) -> usize {
        self.choice::<T>(pass).scratch::<T>(&self.geometry, pass)
    }

    pub(in crate::conv) fn choice<T>(&self, pass: Pass) -> Choice {
        assert!(
            self.is_for::<T>(),
            "a convolution's plan for another number type"
        );
        self.choices[pass.place()]
    }

    pub(super) fn choice_mut(&mut self, pass: Pass) -> &mut Choice {
        &mut self.choices[pass.place()]
    }
}
