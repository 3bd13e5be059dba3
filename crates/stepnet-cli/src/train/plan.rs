//! Estimates what a run will take before it begins; a run that would not fit is refused.

use std::time::Duration;

use indicatif::BinaryBytes;
use stepnet::Number;
use stepnet::nn::Network;
use stepnet::train::{Pace, TrainOptions, Transfer, largest_batch, rank_bytes, training_bytes};
use stepnet_base::text::thousands;

use crate::failure::{Failure, Outcome};
use crate::group;
use crate::material::Material;
use crate::memory::Memory;
use crate::progress::duration;

/// Where saving takes more than this share of the time that is computed, a disk that is slower than usual shows.
const LARGE_SHARE: f64 = 0.25;

/// How long steps are tried for at most.
const CALIBRATION: Duration = Duration::from_secs(2);

/// Refuses a run that would not fit into memory. The weights need not be drawn for it: a system that promises memory
/// gives it as it is written, and for a network that does not fit that takes minutes.
pub(crate) fn check<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    material: &Material,
) -> Outcome {
    let (train, tested) = (&material.train, tested(material));
    let memory = Memory::now();
    let ranks = ranks(options);
    let bytes = rank_bytes(network, options, train.len(), tested, ranks)?;
    if bytes as u64 > memory.room {
        let room = usize::try_from(memory.room).unwrap_or(usize::MAX);
        let batch = options.batch.examples(train.len());
        let advice = match largest_batch(network, options, train.len(), tested, ranks, room) {
            Some(largest) => format!("the largest batch that fits is {largest}: --batch {largest}"),
            None => "not even one example fits, so a smaller network or input is needed".to_owned(),
        };
        let each = match ranks {
            1 => String::new(),
            several => format!(" on each of {several} ranks"),
        };
        return Err(Failure::usage(format!(
            "--batch {batch} needs {}{each} in addition to the data, but only {} are free; {advice}",
            BinaryBytes(bytes as u64),
            BinaryBytes(memory.room),
        )));
    }
    Ok(())
}

/// The processes that a batch is shared by. One without shares is this one's alone.
fn ranks(options: &TrainOptions) -> usize {
    let group = group::joined().filter(|_| options.shares.is_some());
    group.map_or(1, |group| group.size())
}

fn tested(material: &Material) -> usize {
    material.test.as_ref().map_or(0, |test| test.len())
}

/// How many times the weights' size a run saves: after its first epoch the best model and a checkpoint, with
/// what the rule keeps of each weight; at its end both and the model. In between it takes a small share of the time.
fn saved(options: &TrainOptions, epochs: usize) -> f64 {
    let checkpoint = options.checkpoint_arrays();
    let times = match epochs {
        0 => 0,
        1 => checkpoint + 2,
        _ => 2 * (checkpoint + 1) + 1,
    };
    times as f64
}

/// Bytes of the features of images: as they are computed, in the cache, and scaled in double precision, with those of the folds.
fn feature_bytes<T: Number>(network: &Network<T>, images: usize) -> Outcome<usize> {
    let values = network.features()?.saturating_mul(images);
    Ok(values.saturating_mul(2 * size_of::<T>() + 2 * size_of::<f64>()))
}

/// Reports what a run will take; `epochs` are those to come. How long `several` processes take is not tried: `stepnet plan`
/// predicts it.
pub(super) fn announced<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    material: &Material,
    epochs: usize,
    several: bool,
) -> Outcome<[String; 2]> {
    let (train, test) = (&material.train, material.test.as_ref());
    let memory = Memory::now();
    let sizes = format!(
        "plan: {} parameters, {} multiply-adds an example",
        thousands(network.parameters().len() as u64),
        thousands(network.multiply_adds()),
    );
    if options.transfer == Transfer::Head {
        let mut frozen = network.clone();
        let last = frozen.last_linear()?;
        frozen.set_frozen(|node| node < last);
        let bytes = training_bytes(&frozen, options, train.len(), tested(material))?;
        let bytes = bytes.saturating_add(feature_bytes(network, train.len() * epochs.max(1))?);
        let peak = BinaryBytes(memory.used.saturating_add(bytes as u64));
        return Ok([sizes, format!("plan: peak memory about {peak}")]);
    }
    let bytes = rank_bytes(
        network,
        options,
        train.len(),
        tested(material),
        ranks(options),
    )?;
    let data = (train, test);
    let steps = options.clone().transfer(Transfer::All);
    let measure = || Pace::measure(network, &material.preprocessing, &steps, data, CALIBRATION);
    // If a trial fails, such as at a rate that is far too high, the run itself will report it.
    let pace = (!several).then(measure).and_then(Result::ok);
    let time = pace.map_or(String::new(), |pace| {
        // The report takes one test more.
        let computing = pace.seconds(epochs) + pace.testing;
        let saving = pace.saving * saved(options, epochs);
        let least = match saving > LARGE_SHARE * computing {
            true => "at least ",
            false => "",
        };
        format!(
            "about {} an epoch, {least}{} in all; ",
            duration(pace.seconds(1)),
            duration(computing + saving)
        )
    });
    let needs = format!(
        "plan: {time}peak memory about {}",
        BinaryBytes(memory.used + bytes as u64)
    );
    Ok([sizes, needs])
}
