//! Layers that do not account for themselves: their backward passes are asked instead.

use super::Why;
use super::at::Spot;
use super::explanation::{Content, Forward};
use crate::error::Result;
use crate::memory::zeros;
use stepnet_nn::Number;
use stepnet_nn::account::{Feed, Feeds, Term};
use stepnet_nn::layer::{Backward, Context, Forward as Pass};

/// The most derivatives that are computed, one backward pass for each output.
const MAX_DERIVATIVES: usize = 1 << 22;

/// The arrays that a layer left for its backward pass.
struct LayerArrays<T> {
    y: Vec<T>,
    kept: Vec<T>,
    kept_indices: Vec<u32>,
    scratch: Vec<T>,
}

impl<T: Number> Why<'_, T> {
    /// The values a layer read, and the derivative of one output with respect to each.
    pub(super) fn opaque_terms(&self, spot: Spot) -> Result<Vec<Term>> {
        let before = spot.value - 1;
        let mut passed = self.pass(before)?;
        let derivatives = self.derivatives(before, spot.place, &mut passed)?;
        let inputs = self.taken(before).iter().zip(&derivatives).enumerate();
        Ok(inputs
            .filter(|(_, (_, derivative))| !derivative.is_zero())
            .map(|(place, (x, derivative))| Term::new(place, x.as_f64(), derivative.as_f64()))
            .collect())
    }

    /// The same as an account that adds up to nothing in particular.
    pub(super) fn of_opaque(&self, spot: Spot) -> Result<Forward> {
        Ok(Forward {
            formula: "not given by the layer; next to each x is dy/dx, from its backward pass"
                .into(),
            content: Content::Opaque,
            window: None,
            terms: self.lines(spot.value - 1, &self.opaque_terms(spot)?)?,
            more: None,
            check: None,
        })
    }

    /// The outputs of layer number `number` that the value at `place` of what it took moves; `None`
    /// where that would take too long.
    pub(super) fn opaque_feeds(&self, number: usize, place: usize) -> Result<Option<Feeds>> {
        let node = &self.network.nodes()[number];
        let outputs = node.output().len();
        if outputs.saturating_mul(node.input().len()) > MAX_DERIVATIVES {
            return Ok(None);
        }
        let mut passed = self.pass(number)?;
        let mut feeds = Vec::new();
        for output in 0..outputs {
            let derivatives = self.derivatives(number, output, &mut passed)?;
            let derivative = derivatives.get(place).map_or(0.0, |d| d.as_f64());
            if derivative != 0.0 {
                feeds.push(Feed::new(output, derivative));
            }
        }
        Ok(Some(Feeds::new("dx = sum of dy dy/dx", feeds)))
    }

    fn context(&self, node: usize) -> Context<'static> {
        let described = &self.network.nodes()[node];
        Context::new(node, described.input(), described.output(), 1).backward(true)
    }

    /// A forward pass of one layer alone, as its backward pass wants it.
    fn pass(&self, node: usize) -> Result<LayerArrays<T>> {
        let described = &self.network.nodes()[node];
        let memory = described.layer().memory(described.input(), 1);
        let what = "a pass of one layer";
        let mut passed = LayerArrays {
            y: zeros(what, described.output().len())?,
            kept: zeros(what, memory.kept)?,
            kept_indices: zeros(what, memory.kept_indices)?,
            scratch: zeros(what, memory.scratch.max(memory.backward_scratch))?,
        };
        described.layer().forward(Pass {
            context: self.context(node),
            parameters: self.seen(node).parameters,
            x: self.taken(node),
            y: &mut passed.y,
            kept: &mut passed.kept,
            kept_indices: &mut passed.kept_indices,
            scratch: &mut passed.scratch,
        });
        Ok(passed)
    }

    /// The derivative of output number `place` with respect to every input value.
    fn derivatives(
        &self,
        node: usize,
        place: usize,
        passed: &mut LayerArrays<T>,
    ) -> Result<Vec<T>> {
        let described = &self.network.nodes()[node];
        let reads = described.layer().reads();
        let mut dx = zeros("the derivatives of one layer", described.input().len())?;
        let mut dy = zeros("the derivatives of one layer", described.output().len())?;
        if let Some(own) = dy.get_mut(place) {
            *own = T::one();
        }
        described.layer().backward(Backward {
            context: self.context(node),
            parameters: self.seen(node).parameters,
            x: if reads.input { self.taken(node) } else { &[] },
            y: if reads.output { &passed.y } else { &[] },
            dy: &dy,
            dx: Some(&mut dx),
            gradients: None,
            kept: &passed.kept,
            kept_indices: &passed.kept_indices,
            scratch: &mut passed.scratch,
        });
        Ok(dx)
    }
}
