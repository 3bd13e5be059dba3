//! What is wrong with an example.

use std::fmt;

use serde::Serialize;
use stepnet::data::ListedPart;

use crate::source::Source;

/// Where an example stands: its part, and its number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The part of the data.
    pub part: ListedPart,
    /// The number of the example in its part, counted from 0.
    pub example: usize,
}

impl Place {
    pub(crate) fn training(example: usize) -> Self {
        let part = ListedPart::Training;
        Self { part, example }
    }

    pub(crate) fn test(example: usize) -> Self {
        let part = ListedPart::Test;
        Self { part, example }
    }

    pub(crate) fn is_test(self) -> bool {
        self.part == ListedPart::Test
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part.word();
        write!(f, "example {} of the {part} part", self.example)
    }
}

/// The kinds of what can be wrong with an example, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A training example that is also in the test part, which therefore measures nothing.
    Leak,
    /// The same image under several classes.
    Conflict,
    /// A file that cannot be read.
    Broken,
    /// A label that may be wrong.
    Label,
    /// A training example that looks like one of the test part.
    NearLeak,
    /// An image that looks like one of another class.
    NearConflict,
    /// An image that occurs before.
    Duplicate,
    /// An image that looks like one before.
    NearDuplicate,
    /// An image of one colour.
    OneColour,
    /// An image without bright pixels.
    Dark,
    /// An image that is much less sharp than the others.
    Blurred,
    /// An image of another aspect than the others.
    Aspect,
}

impl FindingKind {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Leak,
        Self::Conflict,
        Self::Broken,
        Self::Label,
        Self::NearLeak,
        Self::NearConflict,
        Self::Duplicate,
        Self::NearDuplicate,
        Self::OneColour,
        Self::Dark,
        Self::Blurred,
        Self::Aspect,
    ];

    /// The word for it in tables: `near_leak`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Conflict => "conflict",
            Self::Broken => "broken",
            Self::Label => "label",
            Self::NearLeak => "near_leak",
            Self::NearConflict => "near_conflict",
            Self::Duplicate => "duplicate",
            Self::NearDuplicate => "near_duplicate",
            Self::OneColour => "one_colour",
            Self::Dark => "dark",
            Self::Blurred => "blurred",
            Self::Aspect => "aspect",
        }
    }

    /// What the examples are, after their number: "3 " and this.
    pub fn of_examples(self) -> &'static str {
        match self {
            Self::Leak => "in both the training and the test part",
            Self::Conflict => "under more than one class",
            Self::Broken => "that cannot be read",
            Self::Label => "with a label that may be wrong",
            Self::NearLeak => "of the training part that look like one of the test part",
            Self::NearConflict => "that look like one of another class",
            Self::Duplicate => "that occur before",
            Self::NearDuplicate => "that look like one before",
            Self::OneColour => "of one colour",
            Self::Dark => "that are very dark",
            Self::Blurred => "that are blurred, compared with the others",
            Self::Aspect => "of another aspect than the others",
        }
    }

    /// Whether it makes a training or its test wrong, rather than merely worse.
    pub fn is_problem(self) -> bool {
        matches!(self, Self::Leak | Self::Conflict | Self::Broken)
    }

    /// Whether the list says that such an example is to be left out: where that does no harm even if it is an error.
    pub(crate) fn leaves_out(self) -> bool {
        match self {
            Self::Leak
            | Self::Conflict
            | Self::Broken
            | Self::Label
            | Self::NearLeak
            | Self::Duplicate
            | Self::OneColour => true,
            Self::NearConflict
            | Self::NearDuplicate
            | Self::Dark
            | Self::Blurred
            | Self::Aspect => false,
        }
    }
}

/// Something that is wrong with an example.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The example; `None` for a file that cannot be read, which is none.
    pub place: Option<Place>,
    /// The file, or what stands for it.
    pub name: String,
    /// Its class.
    pub class: Option<String>,
    /// The other example that it is about.
    pub other: Option<Place>,
    /// What was found, in words.
    pub detail: String,
    /// How certain or how strong it is; comparable within a kind.
    pub score: f64,
    /// Whether a training should leave it out.
    pub leave_out: bool,
}

impl Finding {
    /// A finding on an example.
    pub(crate) fn of(source: &Source<'_>, kind: FindingKind, place: Place, detail: String) -> Self {
        Self {
            kind,
            place: Some(place),
            name: source.name(place),
            class: source.class(place).map(str::to_owned),
            other: None,
            detail,
            score: 1.0,
            leave_out: kind.leaves_out(),
        }
    }
}
