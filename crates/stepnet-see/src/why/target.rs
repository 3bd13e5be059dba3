//! The target whose loss is explained, by what the network's outputs stand for.

use super::Why;
use crate::error::{Error, Result};
use stepnet_base::text::listed;
use stepnet_nn::account::number;
use stepnet_nn::{Number, Task};

/// What an example should be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// Of this class.
    Class(usize),
    /// A value for each output, as the network learns it.
    Values(Vec<f64>),
}

impl<T: Number> Why<'_, T> {
    /// The target that is meant: a class, the labels that apply, or numbers.
    pub(super) fn wanted(&self, text: &str) -> Result<Target> {
        match &self.task {
            Task::Classes => self.class(text).map(Target::Class),
            Task::Labels => self.labels(text),
            Task::Numbers(_) => self.numbers(text),
        }
    }

    /// The target that the network itself says.
    pub(super) fn said(&self) -> Target {
        let outputs = || self.outputs().iter().map(|y| y.as_f64());
        match &self.task {
            Task::Classes => Target::Class(self.predicted()),
            Task::Labels => {
                Target::Values(outputs().map(|p| f64::from(u8::from(p > 0.5))).collect())
            }
            Task::Numbers(_) => Target::Values(outputs().collect()),
        }
    }

    /// A target in words: the name of a class, those of the labels that apply, numbers in their unit.
    pub(super) fn target_name(&self, target: &Target) -> String {
        match (target, &self.task) {
            (Target::Class(class), _) => self.class_name(*class),
            (Target::Values(values), Task::Numbers(scale)) => {
                let values = values.iter().enumerate();
                let texts = values.map(|(at, &value)| number(scale.restored(value, at)));
                texts.collect::<Vec<_>>().join(", ")
            }
            (Target::Values(values), _) => {
                let apply = values
                    .iter()
                    .enumerate()
                    .filter(|(_, value)| **value == 1.0);
                let names: Vec<String> = apply.map(|(label, _)| self.class_name(label)).collect();
                match names.is_empty() {
                    true => "no label".to_owned(),
                    false => names.join(", "),
                }
            }
        }
    }

    fn labels(&self, text: &str) -> Result<Target> {
        let outputs = self.outputs().len();
        let mut values = vec![0.0; outputs];
        let wanted = text.split(',').map(str::trim);
        for wanted in wanted.filter(|name| !name.is_empty()) {
            let named = (0..outputs).find(|&label| self.class_name(label) == wanted);
            let number = || wanted.parse().ok().filter(|&label| label < outputs);
            let Some(label) = named.or_else(number) else {
                let names: Vec<String> = (0..outputs).map(|label| self.class_name(label)).collect();
                let hint = stepnet_base::text::hint(wanted, names.iter().map(String::as_str));
                let expected = format!("labels that apply, of {}{hint}", listed(&names));
                return Err(Error::value(
                    "why",
                    "a label",
                    format!("{wanted:?}"),
                    expected,
                ));
            };
            values[label] = 1.0;
        }
        Ok(Target::Values(values))
    }

    fn numbers(&self, text: &str) -> Result<Target> {
        let outputs = self.outputs().len();
        let scaled = |(at, text): (usize, &str)| {
            let number: f64 = text.trim().parse().ok()?;
            let scale = self.task.scale()?;
            number.is_finite().then(|| scale.scaled(number, at))
        };
        let values: Option<Vec<f64>> = text.split(',').enumerate().map(scaled).collect();
        let values = values.filter(|values| values.len() == outputs);
        values.map(Target::Values).ok_or_else(|| {
            let expected = match outputs {
                1 => "a number".to_owned(),
                _ => format!("{outputs} numbers with commas between them"),
            };
            Error::value("why", "the target", format!("{text:?}"), expected)
        })
    }
}
