//! Which examples a run has, and how their files are read.

use std::path::PathBuf;

use super::Size;
use super::choices::TARGETS;
use super::field::Field;
use super::kind::{Form, Group, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::data::{OpenOptions, TargetKind};

const DATA: Row = Row {
    group: Group::Data,
    ..PLAIN
};

settings! {
    /// The examples of a run.
    SourceSettings, rows SOURCE like DATA;

    /// The data to train on; the embedded digits unless given.
    data: Option<PathBuf> = None, { kind: Kind::Path }

    /// Data to test on. Without it, a part of `data` is held out, unless `data` has its own test part.
    test: Option<PathBuf> = None, { value: "DATA", kind: Kind::Path }

    /// The share of `data` to hold out for testing if there is no other test data.
    hold_out: f64 = 0.2, { value: "SHARE", kind: Kind::Share }

    /// A list of examples to leave out: a CSV table with a column "file" or "example", such as the command examine
    /// writes.
    leave_out: Option<PathBuf> = None, { value: "FILE", kind: Kind::Path }

    /// What the examples teach.
    targets: Option<TargetKind> = None, {
        value: "KIND", kind: Kind::Choice(TARGETS), usual: "those of the model of `from`, else classes", of_network: true,
    }
}

settings! {
    /// How the files of a run's examples are read.
    ReadingSettings, rows READING like DATA;

    /// CSV: the name of the label column (label, class, target or y unless given); of several numbers or labels
    /// the names of their columns: width,height. CIFAR-100: fine or coarse.
    label_column: Option<String> = None, { value: "NAME", kind: Kind::Notation(&[Form::Text, Form::Whole]) }

    /// CSV: the encoding, if it is not UTF-8, such as latin1, windows-1252 or utf-16.
    encoding: Option<String> = None, { value: "NAME", kind: Kind::Notation(&[Form::Text]) }

    /// npy: the file with the labels of the images in `data`.
    labels: Option<PathBuf> = None, { value: "FILE", kind: Kind::Path }

    /// Skip images that cannot be read, and name each, instead of stopping at the first.
    skip_bad: bool = false, { kind: Kind::Switch }

    /// Decode the images of folders and archives only when they are needed, even if all would fit into memory.
    stream: bool = false, { kind: Kind::Switch, results: false }

    /// The memory that the images of a folder or an archive may take, such as 512MiB or 4GiB. Beyond that,
    /// images are decoded only when they are needed.
    data_memory: Option<Size> = None, {
        value: "SIZE", kind: Kind::Notation(&[Form::Text, Form::Whole]), usual: "half of what is free", results: false,
    }
}

impl ReadingSettings {
    /// The options for opening data. Unless `data_memory` is set, images take up to `memory` bytes.
    pub fn open_options(&self, memory: impl FnOnce() -> u64) -> OpenOptions {
        OpenOptions::default()
            .label_column(self.label_column.clone())
            .encoding(self.encoding.clone())
            .labels(self.labels.clone())
            .skip_bad(self.skip_bad)
            .stream(self.stream)
            .memory(Some(self.data_memory.map_or_else(memory, |size| size.0)))
    }
}
