//! Predictions by several ranks: the output is, byte for byte, that of one.
//!
//! The first rank finds the images, gives each rank a part of the next ones, and writes the answers in the order in
//! which the images were found. While a round of images is computed, the next one is read. An image that a rank cannot
//! read is tried by the first one, as if it were alone: a file that is missing on one machine only costs time.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use stepnet::Number;
use stepnet::group::Group;
use stepnet_base::text::count;

use super::answer::{Answer, Prediction};
use super::batch::{Loaded, answers, load, next};
use super::sink::{Sink, top};
use super::sources::{Found, Sources};
use super::tally::Tally;
use super::{PredictArgs, Ready, none_found, write};
use crate::failure::{Failure, Outcome, say};
use crate::group::messages::{FIRST, from_first, to_all, to_first};
use crate::group::{agreed, settle};
use crate::note;
use crate::output::{Reader, Target};

/// The images that all ranks predict next.
#[derive(Debug, Serialize, Deserialize)]
struct Round {
    pictures: Vec<OsString>,
    /// Whether nothing is left, not even a place that could not be searched.
    end: bool,
}

/// The answers of a rank in their order, each the ranked classes or why there are none; or why the rank must stop.
type Told = Result<Vec<Result<Vec<(usize, f64)>, String>>, (u8, String)>;

pub(super) fn predict<T: Number>(
    args: &PredictArgs,
    table: Option<Target>,
    ready: &Ready<T>,
    sources: Sources<'_>,
    group: &dyn Group,
) -> Outcome {
    let batch = to_all(group, &ready.batch)?.into_iter().min().unwrap_or(1);
    let lead = match group.rank() {
        FIRST => Lead::open(args, table, ready, sources, (batch, group.size())).map(Some),
        _ => Ok(None),
    };
    let mut lead = agreed(Some(group), lead)?;
    let named = top(args, &ready.model);
    let mut following = from_first(group, lead.as_mut().map(Lead::next))?;
    let mut loaded = load_part(&following, ready, group);
    while !following.end {
        following = from_first(group, lead.as_mut().map(Lead::next))?;
        let (answered, after) = rayon::join(
            || loaded.and_then(|loaded| answers(loaded, &ready.model, ready.predictor.as_ref())),
            || load_part(&following, ready, group),
        );
        loaded = after;
        let told = to_first(group, &told(answered, named))?;
        let written = lead.as_mut().zip(told).map(|(lead, told)| lead.write(told));
        let end = written.as_ref().map(end_code);
        let Some(code) = from_first(group, end)? else {
            continue;
        };
        // All know of the end, so that none is waited for.
        settle();
        return match (written, code) {
            (Some(Err(failure)), _) => Err(failure),
            (_, 0) => Ok(()),
            (_, code) => Err(Failure::said(code)),
        };
    }
    agreed(Some(group), lead.map_or(Ok(()), Lead::finish))
}

/// The exit code if the work ends after a round was written.
fn end_code(written: &Outcome<Reader>) -> Option<u8> {
    match written {
        Ok(Reader::There) => None,
        Ok(Reader::Gone) => Some(0),
        Err(failure) => Some(failure.code()),
    }
}

/// The part of `len` things that is a rank's.
fn part(len: usize, size: usize, rank: usize) -> Range<usize> {
    len * rank / size..len * (rank + 1) / size
}

/// Reads this rank's part of a round.
fn load_part<T: Number>(round: &Round, ready: &Ready<T>, group: &dyn Group) -> Outcome<Loaded<T>> {
    let own = part(round.pictures.len(), group.size(), group.rank());
    let found = round.pictures[own].iter();
    let found = found.map(|path| Found::Picture(PathBuf::from(path)));
    load(found.collect(), &ready.model)
}

/// What is sent of a rank's answers: the `named` classes that are written.
fn told(answers: Outcome<Vec<(PathBuf, Answer)>>, named: usize) -> Told {
    let one = |(_, answer): (PathBuf, Answer)| match answer {
        Ok(Prediction(mut ranked)) => {
            ranked.truncate(named);
            Ok(ranked)
        }
        Err(failure) => Err(failure.line()),
    };
    match answers {
        Ok(answers) => Ok(answers.into_iter().map(one).collect()),
        Err(failure) => Err((failure.code(), failure.line())),
    }
}

/// What the first rank does in addition: find images, and write answers.
struct Lead<'a, T> {
    ready: &'a Ready<T>,
    sources: Sources<'a>,
    /// Images that are predicted at a time by one rank, and how many ranks there are.
    batch: usize,
    ranks: usize,
    /// The rounds that were not written yet, the images of which were given to the ranks.
    open: VecDeque<Vec<Found>>,
    /// What was found before the first round, to see whether there is anything.
    ahead: Option<Vec<Found>>,
    sink: Sink,
    tally: Tally,
    /// Images that this rank could read and another not, with the first of its messages.
    read_here: (usize, Option<String>),
}

impl<'a, T: Number> Lead<'a, T> {
    fn open(
        args: &PredictArgs,
        table: Option<Target>,
        ready: &'a Ready<T>,
        mut sources: Sources<'a>,
        (batch, ranks): (usize, usize),
    ) -> Outcome<Self> {
        let tally = Tally::new();
        let ahead = next(&mut sources, batch * ranks);
        if ahead.is_empty() {
            return Err(none_found(args));
        }
        Ok(Self {
            sink: Sink::open(args, table, &ready.model)?,
            ahead: Some(ahead),
            read_here: (0, None),
            open: VecDeque::new(),
            ready,
            sources,
            batch,
            ranks,
            tally,
        })
    }

    /// The next round.
    fn next(&mut self) -> Round {
        let most = self.batch * self.ranks;
        let found = match self.ahead.take() {
            Some(ahead) => ahead,
            None => next(&mut self.sources, most),
        };
        let pictures = found.iter().filter_map(|found| match found {
            Found::Picture(path) => Some(path.clone().into_os_string()),
            Found::Problem(..) => None,
        });
        let round = Round {
            pictures: pictures.collect(),
            end: found.is_empty(),
        };
        self.open.push_back(found);
        round
    }

    /// Writes the answers of the oldest round.
    fn write(&mut self, told: Vec<Told>) -> Outcome<Reader> {
        let found = self.open.pop_front().unwrap_or_default();
        let is_picture = |found: &&Found| matches!(found, Found::Picture(_));
        let pictures = found.iter().filter(is_picture).count();
        let mut answers = VecDeque::new();
        for (rank, told) in told.into_iter().enumerate() {
            let of_rank =
                told.map_err(|(code, line)| Failure::coded(code, format!("rank {rank}: {line}")))?;
            let expected = part(pictures, self.ranks, rank).len();
            if of_rank.len() != expected {
                return Err(Failure::running(format!(
                    "rank {rank} sent the answers for {} of its {}",
                    of_rank.len(),
                    count(expected, "image")
                )));
            }
            answers.extend(of_rank.into_iter().map(|answer| (rank, answer)));
        }
        let mut row = Vec::with_capacity(found.len());
        let mut unread = Vec::new();
        for found in found {
            let (path, answer) = match found {
                Found::Problem(path, failure) => (path, Err(failure)),
                Found::Picture(path) => match answers.pop_front() {
                    Some((_, Ok(ranked))) => (path, Ok(Prediction(ranked))),
                    Some((rank, Err(line))) => {
                        unread.push((row.len(), rank, line.clone()));
                        (path, Err(Failure::usage(line)))
                    }
                    None => return Err(Failure::running("the answer for an image is missing")),
                },
            };
            row.push((path, answer));
        }
        self.try_here(&mut row, &unread)?;
        write(&mut self.sink, &mut self.tally, row)
    }

    /// Predicts here what other ranks could not, a batch at a time.
    fn try_here(
        &mut self,
        row: &mut [(PathBuf, Answer)],
        unread: &[(usize, usize, String)],
    ) -> Outcome {
        for some in unread.chunks(self.batch.max(1)) {
            let found = some
                .iter()
                .map(|&(at, ..)| Found::Picture(row[at].0.clone()));
            let loaded = load(found.collect(), &self.ready.model)?;
            let tried = answers(loaded, &self.ready.model, self.ready.predictor.as_ref())?;
            for ((_, answer), (at, rank, line)) in tried.into_iter().zip(some) {
                if answer.is_ok() {
                    self.read_here.0 += 1;
                    let first = || format!("rank {rank}: {line}");
                    self.read_here.1.get_or_insert_with(first);
                }
                row[*at].1 = answer;
            }
        }
        Ok(())
    }

    fn finish(self) -> Outcome {
        self.sink.finish()?;
        if let (images, Some(first)) = self.read_here {
            note::note(&format!(
                "rank {FIRST} predicted {} that other ranks could not read; the first: {first}",
                count(images, "image")
            ));
        }
        say(&self.tally.line(self.sources.passed_over()));
        self.tally.outcome()?;
        note::check(Failure::running)
    }
}
