//! What a run keeps in its folder while it trains.

use super::choices::TRACED;
use super::field::Field;
use super::kind::{Form, Group, Keyword, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::train::run::{CheckpointEvery, EventFiles, Traced};

const KEEPING_ROW: Row = Row {
    group: Group::Checkpoints,
    keyword: Keyword::Same,
    results: false,
    ..PLAIN
};

settings! {
    /// What a run keeps in its folder while it trains.
    KeepingSettings, rows KEEPING like KEEPING_ROW;

    /// How often to write a checkpoint: "100 steps", "5 minutes", "1 epoch", or never.
    checkpoint_every: Option<CheckpointEvery> = None, {
        value: "INTERVAL", kind: Kind::Notation(&[Form::Text]),
        usual: "at the end of an epoch, unless that takes more than a twentieth of the time, and every five minutes",
    }

    /// Write a hash of every weight array after every step, or of every gradient too, so that two runs can be compared
    /// step by step. This hashes about half a gigabyte per second and writes about 100 bytes per array.
    trace_hashes: Option<Traced> = None, { value: "WHAT", kind: Kind::Choice(TRACED), alone: "weights" }

    /// Write event files for TensorBoard, to a folder or to the folder tensorboard of the run.
    tensorboard: EventFiles = EventFiles::None, { value: "FOLDER", kind: Kind::Place, alone: "true" }

    /// With `tensorboard`: also log every this many steps, not only every epoch.
    tensorboard_every: Option<usize> = None, {
        value: "STEPS", kind: Kind::Whole { least: 1, most: u32::MAX as u64 }, needs: Some("tensorboard"),
    }
}
