//! What a run will take, said before it begins; a run that would not fit is refused.

use std::time::Duration;

use indicatif::BinaryBytes;
use stepnet::Element;
use stepnet::nn::Network;
use stepnet::train::{Pace, TrainOptions, largest_batch, training_bytes};

use crate::failure::{Failure, Outcome};
use crate::material::Material;
use crate::memory::Memory;
use crate::table::thousands;

/// How long steps are tried for at most.
const CALIBRATION: Duration = Duration::from_secs(2);

/// Refuses a run that would not fit into memory, and tells of any other what it will take; `epochs`
/// are those to come.
pub(super) fn announced<T: Element>(
    network: &Network<T>,
    options: &TrainOptions,
    material: &Material,
    epochs: usize,
) -> Outcome<String> {
    let (train, test) = (&material.train, material.test.as_ref());
    let tested = test.map_or(0, |test| test.len());
    let memory = Memory::now();
    let bytes = training_bytes(network, options, train.len(), tested)?;
    if bytes as u64 > memory.room {
        let room = usize::try_from(memory.room).unwrap_or(usize::MAX);
        let batch = options.batch.examples(train.len());
        let advice = match largest_batch(network, options, train.len(), tested, room) {
            Some(largest) => format!("the largest batch that fits is {largest}: --batch {largest}"),
            None => "not even one example fits, so it takes a smaller network or input".to_owned(),
        };
        return Err(Failure::usage(format!(
            "--batch {batch} needs {} beside the data, and {} are free; {advice}",
            BinaryBytes(bytes as u64),
            BinaryBytes(memory.room),
        )));
    }
    let data = (train, test);
    let pace = Pace::measure(network, &material.preprocessing, options, data, CALIBRATION);
    // A trial that fails, such as at a rate that is far too high, leaves it to the run to say so.
    let time = pace.map_or(String::new(), |pace| {
        format!(
            "; about {} an epoch, {} in all",
            duration(pace.seconds(1)),
            // The report takes one test more.
            duration(pace.seconds(epochs) + pace.testing)
        )
    });
    Ok(format!(
        "plan: {} parameters, {} multiply-adds an example{time}; peak memory about {}",
        thousands(network.parameters().len() as u64),
        thousands(network.multiply_adds()),
        BinaryBytes(memory.used + bytes as u64),
    ))
}

/// `0.4 s`, `48 s`, `3 min 20 s`, `2 h 5 min`.
fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_two_units() {
        for (seconds, told) in [
            (0.04, "0.0 s"),
            (9.94, "9.9 s"),
            (9.96, "10 s"),
            (59.6, "1 min 0 s"),
            (200.2, "3 min 20 s"),
            (7500.0, "2 h 5 min"),
        ] {
            assert_eq!(duration(seconds), told);
        }
    }
}
