//! Passes of a network over examples that may be many.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use stepnet::Number;
use stepnet::nn::{Model, PlanOptions, Purpose, Workspace};
use stepnet_base::memory;

use crate::examples::Slices;

/// Examples of one pass.
const BATCH: usize = 256;

/// Operations of calls that are over in a moment.
const LONG: u64 = 50_000_000;

/// Whether so many examples may take longer than anybody wants to wait for Ctrl-C.
pub(crate) fn is_long<T: Number>(model: &Model<T>, x: &Slices<'_>) -> bool {
    model.network.work().saturating_mul(x.examples as u64) > LONG
}

/// Runs the network for a purpose on all examples in passes; `each` gets the workspace and the inputs of one, and the
/// number of its first example.
pub(crate) fn passes<T: Number>(
    model: &Model<T>,
    (x, divisor): (&Slices<'_>, f64),
    purpose: Purpose,
    stop: &Arc<AtomicBool>,
    mut each: impl FnMut(&mut Workspace<T>, &[T], usize) -> stepnet::Result<()>,
) -> stepnet::Result<()> {
    let options = PlanOptions::new(purpose);
    let network = &model.network;
    let batch = BATCH.min(x.examples.max(1));
    let mut workspace = Workspace::new(network, batch, options)?;
    workspace.set_stop(Arc::clone(stop));
    let len = network.input().len();
    let mut inputs = memory::zeros("the inputs of a pass", batch.saturating_mul(len))?;
    let preprocessing = model.preprocessing.clone().divisor(divisor);
    for first in (0..x.examples).step_by(batch) {
        let last = x.examples.min(first + batch);
        let inputs = &mut inputs[..(last - first) * len];
        x.write(first..last, &preprocessing, inputs);
        each(&mut workspace, inputs, first)?;
    }
    Ok(())
}
