//! Convolutions fused with the ReLU and the max pooling after them.

use super::conv::Conv;
use super::packed::{Fused, PackedConv};
use super::plan_cache::PlanCache;
use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Forward, Layer, LayerError, Memory, Prepared, Reads};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::conv::pooled::{self, Gradient, Gradients};
use stepnet_kernels::{Pass, PassPlan, PoolGeometry, Real, relu};

/// `conv -> relu`: the ReLU is applied while a block of outputs is in the cache.
#[derive(Debug, Clone)]
pub(crate) struct ConvRelu(Conv);

impl ConvRelu {
    pub(crate) fn new(conv: &Conv) -> Self {
        Self(conv.clone())
    }
}

impl<T: Real> Layer<T> for ConvRelu {
    fn text(&self) -> LayerText {
        Layer::<T>::text(&self.0)
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Layer::<T>::output_shape(&self.0, input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let memory = Layer::<T>::memory(&self.0, input, batch);
        let outputs = self.0.accepted(input, batch).y_len();
        Memory {
            backward_scratch: memory.backward_scratch + outputs,
            ..memory
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: true,
            output: true,
        }
    }

    fn prepare(&self, input: Shape, parameters: &[T]) -> Checked<Option<Prepared<T>>> {
        self.0.packed(input, parameters, Fused::Relu).map(Some)
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let plan = self.0.plan::<T>(pass.context.input, pass.context.batch);
        let (weight, bias) = pass.parameters.split_at(plan.geometry().weights_len());
        let bias = self.0.has_bias().then_some(bias);
        plan.forward_relu(pass.x, weight, bias, pass.y, pass.scratch);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let (dz, scratch) = pass.scratch.split_at_mut(pass.dy.len());
        relu::backward(pass.y, pass.dy, dz);
        self.0.backward(Backward {
            dy: dz,
            scratch,
            ..pass
        });
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for ConvRelu {
    fn multiply_adds(&self, input: Shape) -> u64 {
        Cost::<T>::multiply_adds(&self.0, input)
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        Cost::<T>::methods(&self.0, input, batch)
    }
}

/// `conv -> maxpool` or `conv -> relu -> maxpool`: only the winners leave the cache.
#[derive(Debug, Clone)]
pub(crate) struct ConvPool {
    conv: Conv,
    pool: PoolGeometry,
    relu: bool,
    plans: PlanCache<pooled::Plan>,
}

impl ConvPool {
    /// The fused layer, where it is quicker: see [`pooled::Plan::new`].
    pub(crate) fn new<T: Real>(
        conv: &Conv,
        input: Shape,
        pool: PoolGeometry,
        relu: bool,
    ) -> Option<Self> {
        pooled::Plan::new::<T>(&conv.plan::<T>(input, 1), pool, relu)?;
        Some(Self {
            conv: conv.clone(),
            pool,
            relu,
            plans: PlanCache::default(),
        })
    }

    fn plan<T: Real>(&self, input: Shape, batch: usize) -> pooled::Plan {
        let make = || {
            let conv = self.conv.plan::<T>(input, batch);
            pooled::Plan::new::<T>(&conv, self.pool.with_batch(batch), self.relu)
                .unwrap_or_else(|| panic!("a fused conv and maxpool, after their check"))
        };
        self.plans
            .get(input, batch, pooled::Plan::is_for::<T>, make)
    }
}

impl<T: Real> Layer<T> for ConvPool {
    fn text(&self) -> LayerText {
        Layer::<T>::text(&self.conv)
    }

    fn output_shape(&self, _input: Shape) -> Result<Shape, LayerError> {
        Ok(self.pool.output.into())
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let plan = self.plan::<T>(input, batch);
        Memory {
            kept: 0,
            kept_indices: plan.geometry().y_len(),
            scratch: plan.forward_scratch::<T>(),
            backward_scratch: plan.backward_scratch::<T>(),
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: true,
            output: self.relu,
        }
    }

    fn prepare(&self, input: Shape, parameters: &[T]) -> Checked<Option<Prepared<T>>> {
        let plan = self.plan::<T>(input, 1);
        let (weight, bias) = parameters.split_at(plan.conv_geometry().weights_len());
        let filters = plan.pack(weight, self.conv.has_bias().then_some(bias))?;
        let text = Layer::<T>::text(self);
        Ok(Some(PackedConv::prepared(
            text,
            Fused::Pool(Box::new(filters)),
        )))
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let weights = plan.conv_geometry().weights_len();
        let (weight, bias) = pass.parameters.split_at(weights);
        plan.forward(
            pass.x,
            weight,
            self.conv.has_bias().then_some(bias),
            pass.y,
            pass.context.backward.then_some(pass.kept_indices),
            pass.scratch,
        );
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let plan = self.plan::<T>(pass.context.input, pass.context.batch);
        let weights = plan.conv_geometry().weights_len();
        let (dw, db) = match pass.gradients {
            Some(gradients) => {
                let (dw, db) = gradients.split_at_mut(weights);
                (Some(dw), self.conv.has_bias().then_some(db))
            }
            None => (None, None),
        };
        let gradient = Gradient {
            // Without a ReLU nobody reads the outputs.
            y: if self.relu { pass.y } else { pass.dy },
            dy: pass.dy,
            winners: pass.kept_indices,
        };
        let to = Gradients {
            dx: pass.dx,
            dw,
            db,
        };
        let weight = &pass.parameters[..weights];
        plan.backward(pass.x, weight, gradient, to, pass.scratch);
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Cost<T> for ConvPool {
    fn multiply_adds(&self, input: Shape) -> u64 {
        Cost::<T>::multiply_adds(&self.conv, input)
    }

    fn methods(&self, input: Shape, batch: usize) -> Vec<PassPlan> {
        let plan = self.plan::<T>(input, batch);
        Pass::ALL.map(|pass| plan.explain::<T>(pass)).into()
    }
}
