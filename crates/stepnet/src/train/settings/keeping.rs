//! What a run keeps in its folder while it trains.

use super::field::Field;
use super::kind::{Form, Group, Keyword, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::train::run::CheckpointEvery;

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
}
