//! The first step, layer and array at which two traces part.

use std::path::Path;

use stepnet::Hash;

use crate::failure::Outcome;
use crate::progress::print_line;
use crate::train::{Line, Lines};
use crate::usage::count;

type Hashes = [(String, String, Hash)];

/// Says where they part, and whether they do.
pub(super) fn compare(a: &Path, b: &Path) -> Outcome<bool> {
    let (mut of_a, mut of_b) = (Lines::open(a)?, Lines::open(b)?);
    let mut steps = 0_u64;
    loop {
        let (line_a, line_b) = (of_a.next()?, of_b.next()?);
        let (line_a, line_b) = match (line_a, line_b) {
            (Some(line_a), Some(line_b)) => (line_a, line_b),
            (None, None) => {
                let steps = count(steps, "step");
                print_line(&format!("identical: the weights after each of {steps}"));
                return Ok(false);
            }
            (longer, _) => {
                let path = if longer.is_some() { a } else { b };
                print_line(&format!(
                    "identical up to the end of the shorter: the weights after each of {}; {} goes on",
                    count(steps, "step"),
                    path.display()
                ));
                return Ok(false);
            }
        };
        if let Some(said) = parted(&line_a, &line_b) {
            print_line(&said);
            return Ok(true);
        }
        steps += 1;
    }
}

/// Where the lines of a step part, by what is computed first: the rate, the loss, the gradients from
/// the last layer to the first, the weights.
fn parted(a: &Line, b: &Line) -> Option<String> {
    if (a.step, a.epoch) != (b.step, b.epoch) {
        return Some(format!(
            "the runs part in what a step is: step {} of epoch {} stands where the other has step {} of epoch {}",
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
    let mut said = format!("the runs part at step {} (epoch {}):", a.step, a.epoch);
    let mut parts = Vec::new();
    if rate {
        parts.push(format!(
            " the learning rate is {:?} and {:?}",
            a.learning_rate, b.learning_rate
        ));
    }
    if loss {
        parts.push(format!(
            " the loss before the update differs, {:?} and {:?} summed over the epoch, so the examples or the passes do",
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

    fn line() -> Line {
        let hash = |digit: &str| digit.repeat(64).parse::<Hash>().unwrap();
        let arrays = |digit: &str| {
            [("conv1", "weight"), ("linear1", "bias")]
                .map(|(layer, array)| (layer.to_owned(), array.to_owned(), hash(digit)))
                .to_vec()
        };
        Line {
            step: 12,
            epoch: 2,
            learning_rate: 0.1,
            loss: 3.5,
            gradients: arrays("1"),
            weights: arrays("2"),
        }
    }

    #[track_caller]
    fn said(change: impl FnOnce(&mut Line), parts: &[&str]) {
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
