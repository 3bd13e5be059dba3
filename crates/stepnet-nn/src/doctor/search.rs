//! The search for the nearest change: the cheapest first, each tried on the whole network.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::candidates::candidates;
use super::diagnosis::{Change, Fix};
use super::patient::{InputChange, Patient};
use super::site::{Candidate, Site};
use crate::Number;
use crate::memory;
use crate::network::attempt::{Terms, attempt};
use crate::network::limits::Limits;
use crate::network::misfit::{Kind, Misfit, Refusal};
use crate::notation::NetworkText;
use crate::shape::Shape;

/// The most networks that are tried for one fix, in each of the two ways of searching.
const TRIALS: usize = 150;

/// The most layers of all networks that are tried: what bounds the time for long networks.
const LAYERS: usize = 8_000;

/// The most changes of one fix.
const CHANGES: usize = 4;

/// The most changes where only one after the other leads on.
const GREEDY_CHANGES: usize = 12;

/// The sizes that a fix may ask for where the network asked for too much: enough for real training, and
/// within what every machine has.
const MODERATE: Limits = Limits {
    parameters: 1 << 24,
    values: 1 << 26,
    work: 1 << 34,
    training: true,
};

/// A network that some changes lead to.
#[derive(Debug, Clone)]
struct State {
    text: NetworkText,
    input: Shape,
    changes: Vec<Change>,
    cost: u32,
    /// The sizes it may ask for: less, once it was seen to ask for too much.
    limits: Limits,
}

/// The state of a search.
struct Search<'a, T> {
    terms: Terms<'a, T>,
    input_change: InputChange,
    trials: usize,
    layers: usize,
    seen: HashSet<(String, Shape)>,
    /// The names of the layers at each column before anything changed.
    names: HashMap<usize, Vec<String>>,
}

/// Whether sizes are the trouble, and not how they go together.
fn asks_for_too_much<T>(misfit: &Misfit<T>) -> bool {
    let vast = misfit.formula.is_none() && matches!(misfit.input, Shape::Volume { .. });
    misfit.kind == Kind::Size || misfit.kind == Kind::Input && vast
}

/// The nearest change with which the whole network fits, by [`cost`](super::cost).
pub(super) fn nearest<T: Number>(
    terms: &Terms<'_, T>,
    patient: &Patient<'_, T>,
    input_change: InputChange,
) -> Option<Fix> {
    let mut search = Search {
        terms: Terms { ..*terms },
        input_change,
        trials: 0,
        layers: 0,
        seen: HashSet::new(),
        names: HashMap::new(),
    };
    for named in &patient.misfit.layers {
        let names = search.names.entry(named.column).or_default();
        names.push(named.name.clone());
    }
    let start = State {
        text: patient.text.clone(),
        input: patient.input,
        changes: Vec::new(),
        cost: 0,
        limits: terms.limits,
    };
    let found = search.best_first(&start, patient.misfit).or_else(|| {
        (search.trials, search.layers) = (0, search.layers / 2);
        search.greedy(start, patient.misfit)
    })?;
    Some(Fix {
        network: (found.text != *patient.text).then(|| found.text.to_string()),
        input: (found.input != patient.input).then_some(found.input),
        changes: found.changes,
    })
}

impl<T: Number> Search<'_, T> {
    /// Tries a network, while there is time. `Ok` if it fits.
    fn attempt(&mut self, state: &State) -> Option<Result<(), Box<Misfit<T>>>> {
        if self.trials >= TRIALS || self.layers >= LAYERS {
            return None;
        }
        self.trials += 1;
        let terms = Terms {
            limits: state.limits,
            ..self.terms
        };
        match attempt(&terms, &state.text, state.input) {
            Ok((network, parameters)) => {
                self.layers += network.nodes().len();
                // The memory for a suggested network must be available.
                let room = parameters <= MODERATE.parameters
                    || memory::ensure::<T>("a network", parameters).is_ok();
                room.then_some(Ok(()))
            }
            Err(Refusal::Misfit(misfit)) => {
                self.layers += misfit.layers.len();
                Some(Err(misfit))
            }
            Err(Refusal::Plain(_)) => None,
        }
    }

    fn exhausted(&self) -> bool {
        self.trials >= TRIALS || self.layers >= LAYERS
    }

    fn next(&self, state: &State, misfit: &Misfit<T>) -> Vec<State> {
        let limits = match asks_for_too_much(misfit) {
            true => Limits {
                parameters: state.limits.parameters.min(MODERATE.parameters),
                ..MODERATE
            },
            false => state.limits,
        };
        let follow = |candidate: Candidate| {
            let mut changes = state.changes.clone();
            for change in candidate.changes {
                Change::add(&mut changes, change);
            }
            State {
                text: candidate.text,
                input: candidate.input,
                changes,
                cost: state.cost + candidate.cost,
                limits,
            }
        };
        let site = Site {
            terms: &self.terms,
            text: &state.text,
            input: state.input,
            misfit,
            names: &self.names,
            found: Vec::new(),
        };
        let mut found = candidates(site, self.input_change);
        found.sort_by_key(|candidate| candidate.cost);
        found.into_iter().map(follow).collect()
    }

    /// Dijkstra's search over texts: states in the order of their cost.
    fn best_first(&mut self, start: &State, misfit: &Misfit<T>) -> Option<State> {
        let mut states = self.next(start, misfit);
        let mut queue: BinaryHeap<Reverse<(u32, usize)>> = (states.iter().enumerate())
            .map(|(at, state)| Reverse((state.cost, at)))
            .collect();
        while let Some(Reverse((_, at))) = queue.pop() {
            let state = states[at].clone();
            if !self.seen.insert((state.text.to_string(), state.input)) {
                continue;
            }
            match self.attempt(&state) {
                Some(Ok(())) => return Some(state),
                Some(Err(misfit)) if state.changes.len() < CHANGES => {
                    for next in self.next(&state, &misfit) {
                        queue.push(Reverse((next.cost, states.len())));
                        states.push(next);
                    }
                }
                _ if self.exhausted() => return None,
                _ => {}
            }
        }
        None
    }

    /// The cheapest change that leads further, and so on: for networks with many misfits.
    fn greedy(&mut self, start: State, misfit: &Misfit<T>) -> Option<State> {
        let mut found = self.next(&start, misfit);
        let mut left = misfit.layers.len() - misfit.index;
        for _ in 0..GREEDY_CHANGES {
            let mut further = None;
            for state in found {
                match self.attempt(&state) {
                    Some(Ok(())) => return Some(state),
                    Some(Err(misfit)) if misfit.layers.len() - misfit.index < left => {
                        further = Some((state, misfit));
                        break;
                    }
                    _ if self.exhausted() => return None,
                    _ => {}
                }
            }
            let (state, misfit) = further?;
            left = misfit.layers.len() - misfit.index;
            found = self.next(&state, &misfit);
        }
        None
    }
}
