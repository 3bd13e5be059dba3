//! The features of images.

use std::sync::atomic::Ordering;

use pyo3::prelude::*;
use stepnet::Error;
use stepnet::nn::Model;
use stepnet::train::features::FeatureExtractor;
use stepnet_base::memory;

use crate::convert::to_numpy;
use crate::examples::Rows;
use crate::kept::{Dtype, Kept, each};
use crate::network::Network;
use crate::passes::is_long;
use crate::signals::run_listening;

/// The features of examples: the values before the last `linear` layer.
#[pyfunction]
pub(crate) fn embed(
    py: Python<'_>,
    network: &Network,
    x: &Bound<'_, PyAny>,
    divisor: f64,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        kept: &Kept<T>,
        (rows, divisor): (&Rows<'_>, f64),
    ) -> PyResult<Py<PyAny>> {
        let len = kept.network.input().len();
        let x = rows.slices(len)?;
        let preprocessing = kept.preprocessing.clone().divisor(divisor);
        let (features, found) = run_listening(py, is_long(kept, &x), |stop| {
            let model: &Model<T> = kept;
            let extractor = FeatureExtractor::new(model)?;
            let (features, batch) = (extractor.features(), extractor.batch().max(1));
            let values = x.examples.saturating_mul(features);
            let mut found = memory::zeros("the features", values)?;
            let most = batch.min(x.examples).saturating_mul(len);
            let mut inputs: Vec<T> = memory::zeros("a batch of examples", most)?;
            let batches = found.chunks_mut(batch * features.max(1));
            for (at, rows) in batches.enumerate() {
                if stop.load(Ordering::Relaxed) {
                    return Err(Error::Stopped);
                }
                let examples = at * batch..x.examples.min((at + 1) * batch);
                let inputs = &mut inputs[..examples.len() * len];
                x.write(examples, &preprocessing, inputs);
                extractor.extract_into(inputs, rows)?;
            }
            Ok((features, found))
        })?;
        to_numpy(py, &found, &[x.examples, features])
    }
    let rows = Rows::of(x)?;
    each!(&network.held(), kept => typed(py, kept, (&rows, divisor)))
}
