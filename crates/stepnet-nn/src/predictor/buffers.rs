//! The buffers of predictions that run at the same time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Number;
use crate::error::Result;
use crate::network::Network;
use crate::plan::PlanOptions;
use crate::workspace::Workspace;
use stepnet_kernels::AlignedVec;

/// The buffers of one call.
pub(super) struct PassBuffers<T> {
    pub(super) workspace: Workspace<T>,
    /// Room for the inputs of a pass; empty until a call needs it.
    inputs: AlignedVec<T>,
}

impl<T: Number> PassBuffers<T> {
    /// The workspace, and room for the inputs of `examples` examples, which are of `len` values each.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(super) fn with_inputs(
        &mut self,
        examples: usize,
        len: usize,
    ) -> Result<(&mut Workspace<T>, &mut [T])> {
        let wanted = examples.saturating_mul(len);
        if self.inputs.len() < wanted {
            let most = self.workspace.plan().batch().saturating_mul(len);
            self.inputs = AlignedVec::default();
            self.inputs = AlignedVec::zeros("the inputs of a prediction", most)?;
        }
        Ok((&mut self.workspace, &mut self.inputs[..wanted]))
    }

    /// Their memory, in bytes.
    fn bytes(&self) -> usize {
        let inputs = self.inputs.len().saturating_mul(size_of::<T>());
        self.workspace.plan().bytes::<T>().saturating_add(inputs)
    }
}

/// The most buffers that are kept for later calls.
const MOST_IDLE: usize = 32;

/// Buffers that no call uses at the moment.
///
/// No lock is waited for: where another thread is taking buffers from a place or putting them back, the next place is
/// tried. So a place whose lock was taken when the process forked is passed over.
pub(super) struct BufferPool<T> {
    options: PlanOptions,
    places: [Mutex<Option<Box<PassBuffers<T>>>>; MOST_IDLE],
    /// The most examples of a pass so far: new buffers are for as many.
    largest: AtomicUsize,
}

impl<T: Number> BufferPool<T> {
    pub(super) fn new(options: PlanOptions) -> Self {
        Self {
            options,
            places: [(); MOST_IDLE].map(|()| Mutex::new(None)),
            largest: AtomicUsize::new(1),
        }
    }

    /// The most examples that buffers have been planned for; 1 before there are any.
    pub(super) fn largest(&self) -> usize {
        self.largest.load(Ordering::Relaxed)
    }

    /// Runs `work` with buffers for passes over up to `examples` examples; a panic drops them.
    ///
    /// # Errors
    /// Those of `work`, and when there is not enough memory for new buffers.
    pub(super) fn with<R>(
        &self,
        network: &Network<T>,
        examples: usize,
        work: impl FnOnce(&mut PassBuffers<T>) -> Result<R>,
    ) -> Result<R> {
        let mut buffers = match self.take() {
            Some(buffers) if buffers.workspace.plan().batch() >= examples => buffers,
            smaller => {
                drop(smaller);
                let largest = self.largest().max(examples);
                let workspace = Workspace::new(network, largest, self.options)?;
                self.largest.fetch_max(examples, Ordering::Relaxed);
                Box::new(PassBuffers {
                    workspace,
                    inputs: AlignedVec::default(),
                })
            }
        };
        let done = work(&mut buffers);
        self.put_back(buffers);
        done
    }

    fn take(&self) -> Option<Box<PassBuffers<T>>> {
        let mut free = self.places.iter().flat_map(Mutex::try_lock);
        free.find_map(|mut place| place.take())
    }

    /// Where all places are taken, the buffers are dropped.
    fn put_back(&self, buffers: Box<PassBuffers<T>>) {
        let mut free = self.places.iter().flat_map(Mutex::try_lock);
        if let Some(mut place) = free.find(|place| place.is_none()) {
            *place = Some(buffers);
        }
    }

    /// Memory of the buffers that no call uses at the moment, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let free = self.places.iter().flat_map(Mutex::try_lock);
        let idle = free.map(|place| place.as_deref().map_or(0, PassBuffers::bytes));
        idle.fold(0, usize::saturating_add)
    }
}
