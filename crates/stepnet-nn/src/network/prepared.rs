//! A network for predictions alone: its layers have their parameters inside.

use super::core::Network;
use crate::Number;
use crate::error::Result;
use crate::fuse::{Segment, Segments};
use crate::layer::Prepared;
use crate::layers::prepared;
use crate::memory;
use stepnet_kernels::parallel;

/// Preparing one parameter takes about as long as this many multiply-adds.
const PARAMETER_COST: u64 = 16;

impl<T: Number> Network<T> {
    /// This network as it is now, for inference, and the memory of its weights in bytes. Everything that follows from the
    /// parameters alone is computed here, once. Its own array of parameters is empty, so it can be given to
    /// [`Workspace`](crate::Workspace)s planned for inference, and to nothing else.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(crate) fn prepared(&self) -> Result<(Self, usize)> {
        // Memory that is granted array by array may not be there for all of them together.
        memory::ensure::<T>("the weights of a predictor", self.parameters.len())?;
        let mut segments = self.segments.of_passes(false).to_vec();
        let mut made: Vec<_> = segments.iter().map(|_| Ok(None)).collect();
        let cost = PARAMETER_COST.saturating_mul(self.parameters.len() as u64);
        let jobs = segments.iter().zip(&mut made);
        parallel::each(jobs, cost, |(segment, made)| {
            *made = self.prepared_layer(segment);
        });
        let mut nodes = self.nodes.clone();
        for node in &mut nodes {
            node.parameters.clear();
            node.range = 0..0;
        }
        let mut bytes = 0_usize;
        for (segment, made) in segments.iter_mut().zip(made) {
            let Some(prepared) = made? else { continue };
            bytes = bytes.saturating_add(prepared.bytes);
            match &mut segment.fused {
                Some((layer, _)) => *layer = prepared.layer,
                None => nodes[segment.first].layer = prepared.layer,
            }
        }
        let network = Self {
            text: self.text.clone(),
            input: self.input,
            nodes,
            segments: Segments::of_inference(segments),
            parameters: Vec::new(),
            loss: self.loss,
            exact: self.exact,
        };
        Ok((network, bytes))
    }

    /// The layer of a segment with its parameters; `None` where it has none.
    fn prepared_layer(&self, segment: &Segment<T>) -> Result<Option<Prepared<T>>> {
        let parameters = self.span_parameters(&(segment.first..segment.first + segment.count));
        if parameters.is_empty() {
            return Ok(None);
        }
        let node = &self.nodes[segment.first];
        let layer = match &segment.fused {
            Some((layer, _)) => layer,
            None => &node.layer,
        };
        prepared(layer, node.input, parameters).map(Some)
    }
}
