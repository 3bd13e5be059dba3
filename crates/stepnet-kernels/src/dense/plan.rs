//! The plan of a dense layer: the method of each pass.

use super::method::Choice;
use super::run::{DataPass, ForwardPass, WeightsPass};
use super::{DenseGeometry, Method, data_pass, forward_pass, weights_pass};
use crate::Real;
use crate::decision::{Pass, PassPlan, Reason};
use crate::simd::InstructionSet;

/// How each pass of a dense layer is computed: decided once, for one number type and number of examples.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    geometry: DenseGeometry,
    /// Bytes of a number.
    number: usize,
    set: InstructionSet,
    /// In the order of [`Pass::ALL`].
    choices: [Choice; 3],
}

impl Plan {
    /// The plan for numbers `T` on the best instruction set here.
    pub fn new<T: Real>(geometry: &DenseGeometry) -> Self {
        Self::on::<T>(InstructionSet::best(), geometry)
    }

    /// The plan on an instruction set.
    pub(crate) fn on<T: Real>(set: InstructionSet, geometry: &DenseGeometry) -> Self {
        Self {
            geometry: *geometry,
            number: size_of::<T>(),
            set,
            choices: Pass::ALL.map(|pass| Choice::new::<T>(geometry, pass, set)),
        }
    }

    /// The plan with another method for a pass: for tests and measurements.
    ///
    /// # Errors
    ///
    /// Why the method cannot run these sizes.
    pub fn force<T: Real>(mut self, pass: Pass, method: Method) -> Result<Self, Reason> {
        self.choices[pass.place()] = Choice::forced::<T>(&self.geometry, pass, self.set, method)?;
        Ok(self)
    }

    /// The sizes.
    pub fn geometry(&self) -> &DenseGeometry {
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
        let refused = choice.refused::<T>(&self.geometry, pass);
        let set = match (choice.rows, choice.method, pass) {
            (Some(rows), ..) => rows.set,
            (None, Method::Wide, Pass::Weights) | (None, Method::Few, Pass::Data) => choice.set,
            // The other loops have no wider version.
            (None, ..) => choice.set.narrow(),
        };
        PassPlan {
            pass,
            method: choice.method.name(),
            instruction_set: set.name(),
            reason: choice.reason,
            refused: refused
                .map(|(method, reason)| (method.name(), reason))
                .collect(),
            scratch: self.scratch::<T>(pass) * size_of::<T>(),
        }
    }

    /// Elements of scratch memory that a pass needs, for the plan's batch and every smaller one.
    pub fn scratch<T: Real>(&self, pass: Pass) -> usize {
        self.choice::<T>(pass).scratch::<T>(&self.geometry, pass)
    }

    fn choice<T>(&self, pass: Pass) -> Choice {
        assert!(self.is_for::<T>(), "a dense plan for another number type");
        self.choices[pass.place()]
    }

    /// [`super::forward`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the forward pass.
    pub fn forward<T: Real>(
        &self,
        x: &[T],
        w: &[T],
        b: Option<&[T]>,
        y: &mut [T],
        scratch: &mut [T],
    ) {
        let by = (&self.geometry, self.choice::<T>(Pass::Forward));
        T::run::<ForwardPass>(forward_pass(by, [x, w], b, y, scratch));
    }

    /// [`super::backward_data`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the data gradient.
    pub fn backward_data<T: Real>(&self, dy: &[T], w: &[T], dx: &mut [T], scratch: &mut [T]) {
        let by = (&self.geometry, self.choice::<T>(Pass::Data));
        T::run::<DataPass>(data_pass(by, [dy, w], dx, scratch));
    }

    /// [`super::backward_weights`] by this plan.
    ///
    /// # Panics
    ///
    /// If a slice does not have the length that the plan's geometry says, or `scratch` is shorter than
    /// [`Plan::scratch`] of the weights gradient.
    pub fn backward_weights<T: Real>(
        &self,
        x: &[T],
        dy: &[T],
        dw: &mut [T],
        db: Option<&mut [T]>,
        scratch: &mut [T],
    ) {
        let by = (&self.geometry, self.choice::<T>(Pass::Weights));
        T::run::<WeightsPass>(weights_pass(by, [x, dy], dw, db, scratch));
    }
}
