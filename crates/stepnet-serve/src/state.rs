//! What all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::budget::Budget;
use crate::event::Event;
use crate::http::{Answer, Refusal};
use crate::metrics::Metrics;
use crate::model::Slot;
use crate::options::{Limits, Options, Token};

/// Memory of bodies that have arrived and are not answered.
const BODIES: usize = 256 << 20;

/// Memory of inputs that are waiting to be computed, and of their outputs.
const INPUTS: usize = 256 << 20;

/// Who is told of what happens.
pub(crate) type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// What all requests share.
pub(crate) struct State {
    pub(crate) slots: Vec<Slot>,
    pub(crate) token: Option<Token>,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) bodies: Arc<Budget>,
    pub(crate) inputs: Arc<Budget>,
    pub(crate) tell: Tell,
    stopping: AtomicBool,
    /// Ends what is being computed, between two layers.
    abort: Arc<AtomicBool>,
}

impl State {
    pub(crate) fn new(
        options: Options,
        slots: Vec<Slot>,
        metrics: Arc<Metrics>,
        abort: Arc<AtomicBool>,
        tell: Tell,
    ) -> Self {
        let Options { token, limits, .. } = options;
        Self {
            slots,
            token,
            // A body may always be as large as the limit, and its text takes less than five times as much once it is read.
            bodies: Budget::new(BODIES.max(limits.body.saturating_mul(6))),
            inputs: Budget::new(INPUTS),
            limits,
            metrics,
            tell,
            stopping: AtomicBool::new(false),
            abort,
        }
    }

    /// The model of a name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn slot(&self, name: &str) -> Answer<&Slot> {
        let found = self.slots.iter().find(|slot| slot.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = self.slots.iter().map(Slot::name).collect();
            let expected = stepnet_base::text::listed(&names);
            Refusal::not_found(format!("there is no model {name:?}, expected {expected}"))
        })
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// From now on no request begins.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// From now on none goes on.
    pub(crate) fn abort(&self) {
        self.abort.store(true, Ordering::Release);
    }
}
