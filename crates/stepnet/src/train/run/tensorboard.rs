//! Event files for TensorBoard, a folder each for training and test, so that their curves share axes.
//!
//! A record is the length of its event, the event as a protocol buffer, and the checksums of both:
//! <https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/record_writer.h>.

use std::fs;
use std::path::{Path, PathBuf};

use super::record::EpochRecord;
use crate::error::{Error, Result};
use crate::train::Progress;

/// The folders of the two.
const TRAIN: &str = "train";
const TEST: &str = "test";

/// How names of event files begin, and what ours have further on.
const NAME: &str = "events.out.tfevents.";
const OURS: &str = ".stepnet.";

/// The event files that [`Board::create`] made in `folder`.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let parts = [TRAIN, TEST].map(|part| fs::read_dir(folder.join(part)));
    let entries = parts.into_iter().flatten().flatten().flatten();
    let named = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(NAME) && name.contains(OURS)
    });
    named.map(|entry| entry.path()).collect()
}

/// The event files of a run.
#[derive(Debug)]
pub(super) struct Board {
    train: Events,
    test: Option<Events>,
}

impl Board {
    /// Begins event files in `folder/train` and, where there is test data, `folder/test`.
    pub(super) fn create(folder: &Path, tested: bool) -> Result<Self> {
        Ok(Self {
            train: Events::create(&folder.join(TRAIN))?,
            test: tested
                .then(|| Events::create(&folder.join(TEST)))
                .transpose()?,
        })
    }

    /// Adds the numbers of an epoch, and lets all out that was added.
    pub(super) fn epoch(&mut self, record: &EpochRecord) -> Result<()> {
        let mut values = vec![("epoch/loss", record.train_loss)];
        let accuracy = record.train_accuracy;
        values.extend(accuracy.map(|accuracy| ("epoch/accuracy", accuracy)));
        values.extend([
            ("epoch/learning_rate", record.learning_rate),
            ("epoch/images_per_second", record.images_per_second),
        ]);
        self.train.add(record.epoch, &values)?;
        self.train.flush()?;
        let scores = record.test_loss.zip(record.measure());
        if let (Some(test), Some((loss, measure))) = (&mut self.test, scores) {
            let name = format!("epoch/{}", measure.name());
            let values = [("epoch/loss", loss), (name.as_str(), measure.value)];
            test.add(record.epoch, &values)?;
            test.flush()?;
        }
        Ok(())
    }

    /// Adds the numbers of an epoch so far after one of its steps.
    pub(super) fn step(&mut self, progress: &Progress) -> Result<()> {
        let values = [
            ("step/loss", progress.scores.mean_loss()),
            ("step/accuracy", progress.scores.accuracy()),
            ("step/learning_rate", progress.learning_rate),
        ];
        self.train
            .add(progress.epoch * progress.steps + progress.step, &values)
    }
}

#[cfg(feature = "tensorboard")]
use events::Events;

#[cfg(feature = "tensorboard")]
mod events {
    use std::fs::{self, File};
    use std::io::{BufWriter, ErrorKind, Write};
    use std::path::{Path, PathBuf};
    use std::time::{SystemTime, UNIX_EPOCH};

    use prost::Message;

    use super::{Error, NAME, OURS, Result};

    /// The part of TensorFlow's `Event` that is written, with the numbers of its `event.proto`.
    #[derive(Clone, PartialEq, Message)]
    struct Event {
        #[prost(double, tag = "1")]
        wall_time: f64,
        #[prost(int64, tag = "2")]
        step: i64,
        #[prost(string, optional, tag = "3")]
        file_version: Option<String>,
        #[prost(message, optional, tag = "5")]
        summary: Option<Summary>,
    }

    /// The same of `Summary` in `summary.proto`.
    #[derive(Clone, PartialEq, Message)]
    struct Summary {
        #[prost(message, repeated, tag = "1")]
        value: Vec<Value>,
    }

    /// The same of `Summary.Value`.
    #[derive(Clone, PartialEq, Message)]
    struct Value {
        #[prost(string, tag = "1")]
        tag: String,
        #[prost(float, optional, tag = "2")]
        simple_value: Option<f32>,
    }

    /// One event file.
    #[derive(Debug)]
    pub(super) struct Events {
        path: PathBuf,
        file: BufWriter<File>,
    }

    impl Events {
        /// A new file in `folder`.
        pub(super) fn create(folder: &Path) -> Result<Self> {
            fs::create_dir_all(folder).map_err(|error| Error::io(folder, "write", error))?;
            let (path, file) = new_file(folder)?;
            let mut events = Self {
                path,
                file: BufWriter::new(file),
            };
            events.write(&Event {
                wall_time: now(),
                file_version: Some("brain.Event:2".to_owned()),
                ..Event::default()
            })?;
            events.flush()?;
            Ok(events)
        }

        /// Adds the values of a step.
        pub(super) fn add(&mut self, step: usize, values: &[(&str, f64)]) -> Result<()> {
            let values = values.iter().map(|&(tag, value)| Value {
                tag: tag.to_owned(),
                simple_value: Some(value as f32),
            });
            self.write(&Event {
                wall_time: now(),
                step: i64::try_from(step).unwrap_or(i64::MAX),
                summary: Some(Summary {
                    value: values.collect(),
                }),
                ..Event::default()
            })
        }

        /// Lets out what was added.
        pub(super) fn flush(&mut self) -> Result<()> {
            let flushed = self.file.flush();
            flushed.map_err(|error| Error::io(&self.path, "write", error))
        }

        fn write(&mut self, event: &Event) -> Result<()> {
            let written = self.file.write_all(&record(&event.encode_to_vec()));
            written.map_err(|error| Error::io(&self.path, "write", error))
        }
    }

    /// A file with a name that TensorBoard looks for and that no other has.
    fn new_file(folder: &Path) -> Result<(PathBuf, File)> {
        let (seconds, process) = (now() as u64, std::process::id());
        for number in 0..u32::MAX {
            let path = folder.join(format!("{NAME}{seconds:010}{OURS}{process}.{number}"));
            match File::create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io(path, "write", error)),
            }
        }
        Err(Error::file(folder, "is full"))
    }

    /// Seconds since 1970; a clock before that counts as then.
    fn now() -> f64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0.0, |time| time.as_secs_f64())
    }

    /// An event with its length and the checksums of both.
    fn record(bytes: &[u8]) -> Vec<u8> {
        let length = (bytes.len() as u64).to_le_bytes();
        let parts = [&length[..], &masked(&length), bytes, &masked(bytes)];
        parts.concat()
    }

    /// The CRC-32C of the bytes, turned and shifted as the format has it, so that a checksum of
    /// something with checksums in it is none of its own.
    fn masked(bytes: &[u8]) -> [u8; 4] {
        const CASTAGNOLI: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);
        let sum = CASTAGNOLI.checksum(bytes);
        sum.rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// The events of a file, after checking lengths and checksums.
        fn read(path: &Path) -> Vec<Event> {
            let bytes = fs::read(path).unwrap();
            let mut rest = &bytes[..];
            let mut events = Vec::new();
            while !rest.is_empty() {
                let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
                assert_eq!(rest[8..12], masked(&rest[..8]));
                let body = &rest[12..12 + length];
                assert_eq!(rest[12 + length..16 + length], masked(body));
                events.push(Event::decode(body).unwrap());
                rest = &rest[16 + length..];
            }
            events
        }

        #[test]
        fn what_is_written_is_read_again() {
            let folder = tempfile::tempdir().unwrap();
            let mut events = Events::create(folder.path()).unwrap();
            events.add(3, &[("a/b", 0.5), ("c", -2.0)]).unwrap();
            events.flush().unwrap();
            let other = Events::create(folder.path()).unwrap();
            assert_ne!(other.path, events.path);
            let found = read(&events.path);
            assert_eq!(found[0].file_version.as_deref(), Some("brain.Event:2"));
            assert_eq!(found[1].step, 3);
            let summary = found[1].summary.as_ref().unwrap();
            let values: Vec<_> = summary
                .value
                .iter()
                .map(|value| (value.tag.as_str(), value.simple_value))
                .collect();
            assert_eq!(values, [("a/b", Some(0.5)), ("c", Some(-2.0))]);
            assert_eq!(found.len(), 2);
        }

        /// The bytes by the encoding of protocol buffers: a field's number and type, then its value.
        #[test]
        fn events_have_the_bytes_of_the_format() {
            let value = Value {
                tag: "a/b".to_owned(),
                simple_value: Some(0.5),
            };
            let event = Event {
                wall_time: 1.5,
                step: 3,
                summary: Some(Summary { value: vec![value] }),
                ..Event::default()
            };
            let expected = [
                &[
                    0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x10, 3, 0x2a, 12, 0x0a, 10,
                ][..],
                &[0x0a, 3, b'a', b'/', b'b', 0x15, 0, 0, 0, 0x3f],
            ];
            assert_eq!(event.encode_to_vec(), expected.concat());
        }

        /// The version record of a file that TensorBoard 2.21 wrote at wall time 0.
        #[test]
        fn checksums_are_those_of_the_format() {
            assert_eq!(masked(&24_u64.to_le_bytes()), [0xa3, 0x7f, 0x4b, 0x22]);
        }
    }
}

/// Stands in for the files where the feature is left out.
#[cfg(not(feature = "tensorboard"))]
#[derive(Debug)]
struct Events;

#[cfg(not(feature = "tensorboard"))]
impl Events {
    fn create(_: &Path) -> Result<Self> {
        let expected = "none: this stepnet was built without the feature tensorboard";
        Err(Error::value(
            "training",
            "`tensorboard`",
            "asked for",
            expected,
        ))
    }

    fn add(&mut self, _: usize, _: &[(&str, f64)]) -> Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
