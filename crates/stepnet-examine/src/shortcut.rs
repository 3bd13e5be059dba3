//! What a network could learn instead of the classes: how well something that is not the content of an image predicts
//! its class.

mod names;
mod neighbours;

use rayon::prelude::*;
use stepnet::Result;
use stepnet::rng::RandomState;

use crate::look::Look;
use crate::source::Source;

use names::Names;
use neighbours::Neighbours;

/// The most examples that take part: the time grows with the square of their number.
const MOST: usize = 5000;

/// The fewest examples from which something is concluded.
const FEWEST: usize = 30;

/// The random orders of the labels that a cue is compared with: a cue that says nothing is better than all in one data set
/// of a thousand.
const ORDERS: usize = 999;

/// Examples times classes times orders, from which on there are fewer orders, to save time: with so many examples and
/// classes chance has no notable gain anyway.
const WORK: usize = 500_000_000;

/// The fewest orders.
const FEWEST_ORDERS: usize = 99;

/// Something about an image that is not its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cue {
    /// Its mean colour.
    Colour,
    /// Its height and width.
    Size,
    /// The length and the format of its file.
    File,
    /// The name of its file, without that of its folder.
    Name,
}

impl Cue {
    /// The words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Colour => "the mean colour",
            Self::Size => "height and width",
            Self::File => "length and format of the file",
            Self::Name => "the name of the file",
        }
    }
}

/// How well something that is not the content of an image predicts its class.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Shortcut {
    /// What predicts.
    pub cue: Cue,
    /// The share of right predictions, each made from other examples.
    pub accuracy: f64,
    /// The share of the most frequent class, which needs no cue.
    pub chance: f64,
    /// How many examples took part.
    pub examples: usize,
    /// Whether it predicts the labels better than each of up to 999 random orders of them. Only asked where the gain is
    /// notable.
    pub beats_chance: bool,
}

impl Shortcut {
    /// The share of what chance leaves open that the cue closes.
    pub fn gain(&self) -> f64 {
        (self.accuracy - self.chance) / (1.0 - self.chance).max(f64::MIN_POSITIVE)
    }

    /// Whether it is worth a remark, and more than chance explains.
    pub fn is_notable(&self) -> bool {
        self.has_notable_gain() && self.beats_chance
    }

    /// Colour belongs to the content in part, the others do not.
    fn has_notable_gain(&self) -> bool {
        let least = match self.cue {
            Cue::Colour => 0.5,
            Cue::Size | Cue::File | Cue::Name => 0.2,
        };
        self.gain() >= least
    }
}

/// The labels that cues are to predict.
struct Labels {
    labels: Vec<u32>,
    classes: usize,
    chance: f64,
    seed: u32,
}

impl Labels {
    fn new(labels: Vec<u32>, classes: usize, seed: u32) -> Self {
        Self {
            chance: share_of_most(&labels, classes),
            labels,
            classes,
            seed,
        }
    }

    /// How well a cue predicts the labels: `predict` has the class of each example from the labels of the others.
    ///
    /// Predictions from one another are not independent, so that no binomial distribution says what chance explains: the
    /// same predictions of labels in random order do (a permutation test).
    fn shortcut(&self, cue: Cue, predict: impl Fn(&[u32]) -> Vec<u32> + Sync) -> Shortcut {
        let right = |labels: &[u32]| {
            let predicted = predict(labels);
            predicted.iter().zip(labels).filter(|(a, b)| a == b).count()
        };
        let (found, examples) = (right(&self.labels), self.labels.len());
        let mut shortcut = Shortcut {
            cue,
            accuracy: found as f64 / examples as f64,
            chance: self.chance,
            examples,
            beats_chance: false,
        };
        let is_as_good = |order: usize| {
            let mut random = RandomState::new(self.seed.wrapping_add(1 + order as u32));
            let order = random.permutation(examples);
            let labels: Vec<u32> = order.into_iter().map(|at| self.labels[at]).collect();
            right(&labels) >= found
        };
        let orders = (WORK / (examples * self.classes)).clamp(FEWEST_ORDERS, ORDERS);
        shortcut.beats_chance =
            shortcut.has_notable_gain() && !(0..orders).into_par_iter().any(is_as_good);
        shortcut
    }
}

/// How well each cue predicts the classes of the training part; none where the targets are not classes, or too few.
///
/// # Errors
/// None for data that has been read.
pub(crate) fn shortcuts(source: &Source<'_>, looks: &[Look], seed: u32) -> Result<Vec<Shortcut>> {
    let (train, labels) = (source.train, source.train.labels());
    let present = train.class_counts().iter().filter(|&&n| n > 0).count();
    if train.len() < FEWEST || present < 2 || labels.is_empty() {
        return Ok(Vec::new());
    }
    // In random order, so that equal examples are no order of classes.
    let mut picks = RandomState::new(seed).permutation(train.len());
    picks.truncate(MOST);
    let labels = picks.iter().map(|&pick| labels[pick]).collect();
    let labels = Labels::new(labels, train.classes().len(), seed);
    let looks: Vec<&Look> = picks.iter().map(|&pick| &looks[pick]).collect();
    let mut found = Vec::new();
    let mut add = |cue, values: Vec<Vec<f64>>| {
        let neighbours = Neighbours::of(&values);
        found.push(labels.shortcut(cue, |labels| neighbours.predict(labels)));
    };
    let colours = looks.iter().map(|look| look.colour.to_vec());
    add(Cue::Colour, colours.collect());
    let sizes = looks.iter().map(|look| [look.height, look.width]);
    if differ(sizes.clone()) {
        let logs = sizes.map(|size| size.map(|side| (side as f64).ln()).to_vec());
        add(Cue::Size, logs.collect());
    }
    if let Some(files) = files(&looks) {
        let value = |&[format, bytes]: &[usize; 2]| vec![format as f64, (bytes as f64).ln()];
        add(Cue::File, files.iter().map(value).collect());
    }
    let name = |&pick: &usize| train.name(pick)?.file_stem();
    let named: Option<Vec<_>> = picks.iter().map(name).collect();
    if let Some(named) = named {
        let named: Vec<String> = (named.iter())
            .map(|name| name.to_string_lossy().to_lowercase())
            .collect();
        let names = Names::of(&named);
        found.push(labels.shortcut(Cue::Name, |labels| names.predict(labels)));
    }
    Ok(found)
}

/// A number for the format and the length of each file, where all are from one and they differ.
fn files(looks: &[&Look]) -> Option<Vec<[usize; 2]>> {
    let mut formats = Vec::new();
    let mut of = |look: &&Look| {
        let (kind, bytes) = look.file?;
        let known = formats.iter().position(|&format| format == kind);
        let place = known.unwrap_or(formats.len());
        if place == formats.len() {
            formats.push(kind);
        }
        Some([place, bytes])
    };
    let files: Option<Vec<[usize; 2]>> = looks.iter().map(&mut of).collect();
    files.filter(|files| differ(files.iter().copied()))
}

fn differ(mut values: impl Iterator<Item = [usize; 2]>) -> bool {
    let first = values.next();
    values.any(|value| Some(value) != first)
}

fn share_of_most(labels: &[u32], classes: usize) -> f64 {
    let mut counts = vec![0_usize; classes];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    counts.into_iter().max().unwrap_or(0) as f64 / labels.len() as f64
}

#[cfg(test)]
mod tests;
