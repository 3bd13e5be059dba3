//! Settings that are one of a few words.

use std::fmt;

use super::Value;
use super::field::{Field, Refusal};
use super::kind::{Choice, Kind};
use crate::Element;
use crate::data::TargetKind;
use crate::nn::Resize;
use crate::train::run::Traced;
use crate::train::{AllReduce, Statistics, Transfer};

/// The type of the numbers that a network computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dtype {
    /// 32 bits.
    #[default]
    F32,
    /// 64 bits.
    F64,
}

impl Dtype {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.word()
    }

    /// The type with this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::of_word(name)
    }
}

/// How to balance classes with unequal numbers of examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Balancing {
    /// Nothing.
    #[default]
    None,
    /// Every class is drawn equally often in an epoch, as [`Balance::Sampling`](crate::data::Balance::Sampling) says.
    Sampling,
    /// The loss counts each class by its [balanced weight](crate::data::Dataset::balanced_weights).
    Weights,
}

impl fmt::Display for Balancing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A type of a few values, each with a word for it.
pub(super) trait Words: Copy + PartialEq + 'static {
    /// The values with their words, in the order in which they are listed.
    const ALL: &'static [(Self, Choice)];

    fn word(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(value, _)| *value == self)
            .map_or("", |(_, choice)| choice.name)
    }

    fn of_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, choice)| choice.name == word)
            .map(|(value, _)| *value)
    }
}

const fn choice(name: &'static str, help: &'static str) -> Choice {
    Choice { name, help }
}

macro_rules! words {
    ($type:ty: $choices:ident = { $($value:expr => $name:expr, $help:expr;)+ }) => {
        pub(super) const $choices: &[Choice] = &[$(choice($name, $help)),+];

        impl Words for $type {
            const ALL: &'static [(Self, Choice)] = &[$(($value, choice($name, $help))),+];
        }

        impl Field for $type {
            fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
                Self::of_word(&value.to_string()).ok_or_else(|| Refusal::of(kind))
            }

            fn give(&self) -> Option<Value> {
                Some(Value::Text(self.word().to_owned()))
            }
        }
    };
}

words! { Dtype: DTYPES = {
    Self::F32 => f32::NAME, "";
    Self::F64 => f64::NAME, "";
} }

words! { Resize: RESIZES = {
    Self::Stretch => "stretch", "Height and width scaled independently";
    Self::Crop => "crop", "The largest centred part of the right aspect";
    Self::Fit => "fit", "The whole image, with black bars at two sides";
} }

words! { TargetKind: TARGETS = {
    Self::Classes => "classes", "Each example is of one class";
    Self::Labels => "labels", "Several labels may apply to an example, or none: a column of 0 and 1 for each";
    Self::Numbers => "numbers", "Each example has one or several numbers (regression)";
} }

words! { Transfer: TRANSFERS = {
    Self::Head => "head", "The last layer alone, fitted to the features that the frozen layers before it make";
    Self::Finetune => "finetune", "First the last layer, then all layers; the best on the test data is saved";
    Self::All => "all", "All layers that are not frozen, from the first step";
} }

words! { Statistics: STATISTICS = {
    Self::Updated => "updated", "They follow the batches, by whose statistics layers normalise";
    Self::Frozen => "frozen", "They stay, and layers normalise by them, as at inference";
} }

words! { AllReduce: ALL_REDUCE = {
    Self::Exact => "exact", "By a tree over the shares of the batch, with the same weights for any number of processes";
    Self::Fast => "fast", "In the order of the MPI library, whose last digits depend on the number of processes";
} }

words! { Balancing: BALANCINGS = {
    Self::None => "none", "Nothing";
    Self::Sampling => "sampling", "Every class is drawn equally often in an epoch, which keeps its length";
    Self::Weights => "weights", "The loss weights a class by n / (k n_c), with n examples, k classes and n_c examples of the class";
} }

words! { Traced: TRACED = {
    Self::Weights => "weights", "The weights after each step";
    Self::Gradients => "gradients", "The gradients of each step, too";
} }
