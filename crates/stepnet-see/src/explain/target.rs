//! The output whose score is explained.

use serde::Serialize;

use super::methods::grad_cam::class_weights;
use crate::error::{Error, Result};
use stepnet_base::text::{hint, listed};
use stepnet_nn::{Model, Number, Task, largest, predicted_class};

/// The class, the label or the number that a map is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Target {
    /// Its number: a class, or an output.
    pub class: usize,
    /// Its name.
    pub name: String,
    /// What the model says of it: a probability, or a number in its unit.
    pub output: f64,
    /// Whether it is what the model predicts.
    pub predicted: bool,
}

impl Target {
    /// The target of an example with these outputs: the one that is named or numbered, or else the predicted class, the most
    /// probable label, or the first number.
    pub(super) fn of<T: Number>(
        model: &Model<T>,
        outputs: &[T],
        wanted: Option<&str>,
    ) -> Result<Self> {
        let task = &model.preprocessing.task;
        let predicted = match task {
            Task::Classes => predicted_class(outputs),
            Task::Labels => largest(outputs),
            Task::Numbers(_) => 0,
        };
        let count = count(task, outputs.len());
        let name = |class: usize| {
            let name = model.classes.get(class).cloned();
            name.unwrap_or_else(|| class.to_string())
        };
        let class = match wanted.map(str::trim) {
            None => predicted,
            Some(wanted) => {
                // A name before a number.
                let named = (0..count).find(|&class| name(class) == wanted);
                let number = || wanted.parse().ok().filter(|&class| class < count);
                named.or_else(number).ok_or_else(|| {
                    let names: Vec<String> = (0..count.min(21)).map(&name).collect();
                    let hint = hint(wanted, names.iter().map(String::as_str));
                    let last = count.saturating_sub(1);
                    let expected = format!(
                        "a number from 0 to {last}, or one of {}{hint}",
                        listed(&names)
                    );
                    Error::value("explain", "the class", format!("{wanted:?}"), expected)
                })?
            }
        };
        let output = match (task, outputs) {
            (Task::Classes, [one]) if class == 0 => 1.0 - one.as_f64(),
            (_, [one]) => one.as_f64(),
            _ => outputs[class].as_f64(),
        };
        Ok(Self {
            class,
            name: name(class),
            output: task
                .scale()
                .map_or(output, |scale| scale.restored(output, class)),
            predicted: class == predicted,
        })
    }

    /// The weight of each output in the target's score.
    pub(super) fn weights<T: Number>(&self, task: &Task, outputs: usize) -> Vec<T> {
        // Of a single output only a class can be the other side.
        match (task, outputs) {
            (Task::Classes, _) => class_weights(outputs, self.class),
            (_, 1) => vec![T::one()],
            _ => class_weights(outputs, self.class),
        }
    }
}

/// How many targets there are.
fn count(task: &Task, outputs: usize) -> usize {
    match task {
        Task::Classes => outputs.max(2),
        Task::Labels | Task::Numbers(_) => outputs,
    }
}
