//! Model files that change while the server runs.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::loaded::{Loaded, Stamp, stamp};
use super::slot::Slot;
use crate::event::Event;
use crate::state::State;

/// How often files are looked at. One that has changed is read when it has stayed the same for as long: whoever writes it may not
/// be done.
const PACE: Duration = Duration::from_millis(500);

/// The file of a model, as it was last looked at.
struct Watched {
    /// The state of the file that was read last.
    read: Stamp,
    /// The state at the last look.
    seen: Stamp,
}

/// Looks at the files until the server stops. A file that is a model replaces the one that answers; of one that is not the old one
/// goes on answering.
pub(crate) fn watch(state: &State) {
    let stamps = state.slots.iter().map(|slot| slot.current().stamp);
    let mut files: Vec<Watched> = stamps
        .map(|now| Watched {
            read: now,
            seen: now,
        })
        .collect();
    while !state.is_stopping() {
        thread::sleep(PACE);
        for (slot, file) in state.slots.iter().zip(&mut files) {
            let now = stamp(slot.path());
            if now != file.read && now == file.seen {
                file.read = now;
                look(slot, state);
            }
            file.seen = now;
        }
    }
}

/// Takes what a file holds now.
fn look(slot: &Slot, state: &State) {
    let name = slot.name().to_owned();
    match Loaded::open(slot.path()) {
        // Only its time has changed.
        Ok(loaded) if same(&loaded, &slot.current()) => slot.set_problem(None),
        Ok(loaded) => {
            let hash = loaded.hash.short();
            slot.replace(Arc::new(loaded));
            state.metrics.replaced(&name, true);
            (state.tell)(Event::Replaced { name, hash });
        }
        Err(error) => {
            let problem = error.to_string();
            slot.set_problem(Some(problem.clone()));
            state.metrics.replaced(&name, false);
            (state.tell)(Event::Kept { name, problem });
        }
    }
}

/// Whether two models answer alike in every way.
fn same(one: &Loaded, other: &Loaded) -> bool {
    one.hash == other.hash
        && one.model.network.text() == other.model.network.text()
        && one.names == other.names
        && one.model.preprocessing == other.model.preprocessing
}
