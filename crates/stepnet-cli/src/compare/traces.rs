//! The first step, layer and array at which two traces diverge.

use std::cmp::Ordering;
use std::path::Path;

use stepnet::Hash;
use stepnet::train::run::{TraceLine, TraceLines};
use stepnet_base::text::count;

use crate::failure::{Failure, Outcome};
use crate::progress::print_sentence;

type Hashes = [(String, String, Hash)];

/// Reports where they diverge; returns whether they do.
pub(super) fn compare(a: &Path, b: &Path) -> Outcome<bool> {
    let mut traces = [Trace::open(a)?, Trace::open(b)?];
    let mut steps = 0_u64;
    let parted = loop {
        let lines = next_of_both(&mut traces)?;
        match lines {
            [Some(of_a), Some(of_b)] => {
                if let Some(said) = parted(&of_a, &of_b) {
                    print_sentence(&said);
                    break true;
                }
                steps += 1;
            }
            [None, None] => {
                let steps = count(steps, "step");
                print_sentence(&format!("identical: the weights after each of {steps}"));
                break false;
            }
            [longer, _] => {
                let path = if longer.is_some() { a } else { b };
                print_sentence(&format!(
                    "identical up to the end of the shorter: the weights after each of {}; {} is longer",
                    count(steps, "step"),
                    path.display()
                ));
                break false;
            }
        }
    };
    for trace in &traces {
        if let Some(number) = trace.lines.damaged {
            print_sentence(&format!(
                "{}: line {number} is damaged and was skipped",
                trace.path.display()
            ));
        }
    }
    Ok(parted)
}

/// A trace that is read.
struct Trace<'a> {
    path: &'a Path,
    lines: TraceLines,
    /// The step of the last line.
    last: u64,
}

impl<'a> Trace<'a> {
    fn open(path: &'a Path) -> Outcome<Self> {
        Ok(Self {
            path,
            lines: TraceLines::open(path)?,
            last: 0,
        })
    }

    /// The next line; steps missing before it are reported.
    fn next(&mut self) -> Outcome<Option<TraceLine>> {
        let line = self.lines.next()?;
        if let Some(line) = &line {
            if line.step > self.last.saturating_add(1) {
                let (first, last) = (self.last + 1, line.step - 1);
                print_sentence(&format!(
                    "{}: has no lines for steps {first} to {last}, so these are not compared",
                    self.path.display()
                ));
            }
            self.last = line.step;
        } else if let (0, Some(number)) = (self.last, self.lines.damaged) {
            return Err(Failure::usage(format!(
                "{}: line {number} is not a line of a trace, and neither is any other",
                self.path.display()
            )));
        }
        Ok(line)
    }
}

/// The next lines for the same step; lines for steps that the other trace does not have are skipped.
fn next_of_both(traces: &mut [Trace<'_>; 2]) -> Outcome<[Option<TraceLine>; 2]> {
    let [a, b] = traces;
    let mut lines = [a.next()?, b.next()?];
    while let [Some(of_a), Some(of_b)] = &lines {
        match of_a.step.cmp(&of_b.step) {
            Ordering::Equal => break,
            Ordering::Less => lines[0] = a.next()?,
            Ordering::Greater => lines[1] = b.next()?,
        }
    }
    Ok(lines)
}

/// Where the lines of a step diverge, in the order of computation: the rate, the loss, the gradients from
/// the last layer to the first, the weights.
fn parted(a: &TraceLine, b: &TraceLine) -> Option<String> {
    if (a.step, a.epoch) != (b.step, b.epoch) {
        return Some(format!(
            "the runs have different steps: step {} of epoch {} in one is step {} of epoch {} in the other",
            a.step, a.epoch, b.step, b.epoch
        ));
    }
    let weights = first(&a.weights, &b.weights);
    let gradients = match a.gradients.is_empty() || b.gradients.is_empty() {
        true => None,
        false => {
            let reversed = |hashes: &Hashes| hashes.iter().rev().cloned().collect::<Vec<_>>();
            first(&reversed(&a.gradients), &reversed(&b.gradients))
        }
    };
    let rate = a.learning_rate.to_bits() != b.learning_rate.to_bits();
    let loss = a.loss.to_bits() != b.loss.to_bits();
    if !(rate || loss || weights.is_some() || gradients.is_some()) {
        return None;
    }
    let mut said = format!("the runs diverge at step {} (epoch {}):", a.step, a.epoch);
    let mut parts = Vec::new();
    if rate {
        parts.push(format!(
            " the learning rate is {:?} and {:?}",
            a.learning_rate, b.learning_rate
        ));
    }
    if loss {
        parts.push(format!(
            " the loss before the update differs, {:?} and {:?} summed over the epoch, so the examples or the passes differ",
            a.loss, b.loss
        ));
    }
    let named = |(layer, array): (String, String)| format!("layer {layer}, tensor {array}");
    if let Some(place) = gradients {
        parts.push(format!(
            " the first gradient to differ, from the end, is {}",
            named(place)
        ));
    }
    if let Some(place) = weights {
        parts.push(format!(" the first weights to differ are {}", named(place)));
    }
    said += &parts.join(";");
    Some(said)
}

/// The layer and array of the first hash that differs.
fn first(a: &Hashes, b: &Hashes) -> Option<(String, String)> {
    let unlike = a.iter().zip(b).find(|(a, b)| a != b).map(|(a, _)| a);
    let longer = if a.len() > b.len() { a } else { b };
    let rest = (a.len() != b.len()).then(|| longer.get(a.len().min(b.len())));
    let (layer, array, _) = unlike.or(rest.flatten())?;
    Some((layer.clone(), array.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> TraceLine {
        let hash = |digit: &str| digit.repeat(64).parse::<Hash>().unwrap();
        let arrays = |digit: &str| {
            [("conv1", "weight"), ("linear1", "bias")]
                .map(|(layer, array)| (layer.to_owned(), array.to_owned(), hash(digit)))
                .to_vec()
        };
        serde_json::from_value(serde_json::json!({
            "step": 12,
            "epoch": 2,
            "learning_rate": 0.1,
            "loss": 3.5,
            "gradients": arrays("1"),
            "weights": arrays("2"),
        }))
        .unwrap()
    }

    #[track_caller]
    fn said(change: impl FnOnce(&mut TraceLine), parts: &[&str]) {
        let mut other = line();
        change(&mut other);
        let said = parted(&line(), &other).unwrap();
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
    }

    #[test]
    fn what_parts_first_is_named() {
        let other: Hash = "3".repeat(64).parse().unwrap();
        assert_eq!(parted(&line(), &line()), None);
        said(
            |line| line.weights[1].2 = other,
            &["step 12 (epoch 2)", "layer linear1, tensor bias"],
        );
        said(
            |line| {
                line.weights[0].2 = other;
                line.gradients[0].2 = other;
                line.gradients[1].2 = other;
            },
            &[
                "gradient to differ, from the end, is layer linear1, tensor bias",
                "weights to differ are layer conv1, tensor weight",
            ],
        );
        said(
            |line| line.loss = 3.25,
            &["the loss before the update differs, 3.5 and 3.25"],
        );
        said(
            |line| line.learning_rate = 0.2,
            &["learning rate is 0.1 and 0.2"],
        );
        said(|line| line.step = 13, &["step 12 of epoch 2", "step 13"]);
        said(
            |line| line.weights.truncate(1),
            &["layer linear1, tensor bias"],
        );
        // Gradients that only one run has say nothing.
        let mut without = line();
        without.gradients.clear();
        assert_eq!(parted(&line(), &without), None);
    }
}
