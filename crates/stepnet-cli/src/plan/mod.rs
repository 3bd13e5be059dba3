//! `stepnet plan`: what a training over several ranks would take.

mod table;

use std::time::Duration;

use clap::{Arg, Args};
use stepnet::Number;
use stepnet::group::Shares;
use stepnet::nn::Network;
use stepnet::train::scaling::{Bandwidth, Calibration, Latency, Link, RankForecast, Workload};
use stepnet::train::settings::Dtype;
use stepnet::train::{AllReduce, BatchSize, TrainOptions, Transfer, rank_bytes, usual_shares};

use crate::failure::{Failure, Outcome, say};
use crate::group;
use crate::material::Material;
use crate::memory::Memory;
use crate::note;
use crate::output::print_line;
use crate::progress::print_sentence;
use crate::train::{TrainArgs, build, check_model, gather, load_start};
use crate::usage::{any, whole};

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet plan my-pictures/ --model resnet20 --batch 512 --ranks 1,2,4,16,64
  stepnet plan my-pictures/ --batch 512 --bandwidth 1Gbit --latency 50us --json
  mpirun -n 2 --host one,two stepnet plan my-pictures/ --batch 512       measures the network, too

The forecast is for `mpirun -n RANKS stepnet train` with the same options, each rank on a machine like this
one. Steps of one share of the batch are timed here for about two seconds; what the ranks send is counted.
A batch has no more ranks than shares. Under mpirun the ranks measure the network between them; otherwise
it is given, or assumed to be 10 Gbit/s with 20 microseconds a message.";

/// Options of train that plan takes and does not use.
const UNUSED: [&str; 13] = [
    "epochs",
    "lr",
    "schedule",
    "warm_up",
    "transfer",
    "unfreeze_after",
    "lr_backbone",
    "out",
    "overwrite",
    "checkpoint_every",
    "trace_hashes",
    "tensorboard",
    "tensorboard_every",
];

/// Hides the options that are not used.
pub(crate) fn unused(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "resume" => arg.hide(true),
        id if UNUSED.contains(&id) => arg.hide(true),
        _ => arg,
    }
}

/// More ranks than any batch has shares.
const MOST_RANKS: u64 = 1 << 24;

/// How long steps are timed.
const CALIBRATION: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) train: TrainArgs,
    /// Numbers of ranks, separated by commas.
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "1,2,4,8,16", value_parser = whole::<usize>(1, MOST_RANKS), allow_negative_numbers = true, help_heading = "Ranks")]
    ranks: Vec<usize>,
    /// What each machine can send and receive at the same time, such as 10Gbit or 1.25GB, a second
    /// [default: as measured under mpirun, or 10Gbit].
    #[arg(long, value_parser = any::<Bandwidth>, allow_hyphen_values = true, help_heading = "Ranks")]
    bandwidth: Option<Bandwidth>,
    /// What a message takes in addition, such as 20us [default: as measured under mpirun, or 20us].
    #[arg(long, value_parser = any::<Latency>, allow_hyphen_values = true, help_heading = "Ranks")]
    latency: Option<Latency>,
    /// Print one JSON object.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

pub(crate) fn run(args: &PlanArgs) -> Outcome {
    match args.train.settings().network.dtype {
        Dtype::F32 => plan::<f32>(args),
        Dtype::F64 => plan::<f64>(args),
    }
}

/// Where the figures of the network come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Given,
    Measured,
    Assumed,
}

/// A number of ranks, and its forecast with the bytes of a rank, or why there is none.
type Row = (usize, Result<(RankForecast, u64), String>);

/// All that is printed.
struct Plan {
    parameters: usize,
    multiply_adds: u64,
    workload: Workload,
    calibration: Calibration,
    link: Link,
    origins: [Origin; 2],
    rows: Vec<Row>,
    /// The forecast for one rank, with which the others are compared.
    one: RankForecast,
}

fn plan<T: Number>(args: &PlanArgs) -> Outcome {
    if args.train.keeping.resume.is_some() {
        return Err(Failure::usage(
            "--resume continues a run, but plan does not start one; name the data and the model",
        ));
    }
    let group = group::join_and(if args.json { say } else { print_sentence })?;
    let group = group.as_deref();
    let planned = group::together(|| prepare::<T>(args))?;
    // All at the same time, as they would compute: ranks on one machine share it.
    let calibration = group::together(|| planned.calibrate())?;
    let (calibration, measured) = match group {
        Some(group) => (calibration.slowest(group)?, Link::measure(group)?),
        None => (calibration, None),
    };
    let plan = group::together(|| planned.forecast(args, calibration, measured))?;
    match args.json {
        true => print_line(&table::json(&plan).to_string()),
        false => table::print(&plan),
    }
    group::settle();
    note::check(Failure::running)
}

/// A network and its data, ready to be timed.
struct Planned<T> {
    network: Network<T>,
    material: Material,
    options: TrainOptions,
    shares: usize,
    /// Bytes of this process before anything is timed.
    held: u64,
}

fn prepare<T: Number>(args: &PlanArgs) -> Outcome<Planned<T>> {
    let settings = args.train.settings();
    settings.check()?;
    let from = settings.network.from.as_deref();
    let from = from.map(load_start::<T>).transpose()?;
    check_model(settings, from.as_ref())?;
    let mut material = gather(settings, from.as_ref())?;
    if !args.json {
        material.facts.iter().for_each(|fact| print_line(fact));
    }
    note::check(Failure::usage)?;
    let mut options = settings.train_options(&material.train)?;
    options.transfer = Transfer::All;
    let batch = options.batch.examples(material.train.len());
    let shares = settings
        .training
        .shares
        .unwrap_or_else(|| usual_shares(batch));
    Shares::new(shares, 1).map_err(|error| Failure::from(error).context("--shares"))?;
    let share = BatchSize::Examples(batch.div_ceil(shares));
    // A batch that no machine could hold is possible: a rank has one share of it at a time.
    let of_share = options.clone().batch(share).shares(None);
    let network = build(settings, from.as_ref(), &mut material, &of_share)?;
    Ok(Planned {
        network,
        material,
        options,
        shares,
        held: Memory::now().used,
    })
}

impl<T: Number> Planned<T> {
    fn workload(&self) -> Workload {
        let examples = self.material.train.len();
        let batch = self.options.batch.examples(examples);
        Workload {
            fast: self.options.all_reduce == AllReduce::Fast,
            ..Workload::of(&self.network, examples, batch, self.shares)
        }
    }

    fn calibrate(&self) -> Outcome<Calibration> {
        Ok(Calibration::measure(
            &self.network,
            &self.material.preprocessing,
            &self.options,
            &self.material.train,
            self.workload().share_examples(),
            CALIBRATION,
        )?)
    }

    fn forecast(
        &self,
        args: &PlanArgs,
        calibration: Calibration,
        measured: Option<Link>,
    ) -> Outcome<Plan> {
        let workload = self.workload();
        let found = match measured {
            Some(_) => Origin::Measured,
            None => Origin::Assumed,
        };
        let other = measured.unwrap_or_default();
        let link = Link {
            bandwidth: args.bandwidth.unwrap_or(other.bandwidth),
            latency: args.latency.unwrap_or(other.latency),
        };
        let origin = |given: bool| if given { Origin::Given } else { found };
        // What this process has: the program, the data. In addition come the arrays of a rank with its part of a batch.
        let held = self.held;
        let options = self.options.clone().shares(Some(self.shares));
        let test = self.material.test.as_ref().map_or(0, |test| test.len());
        let row = |&ranks: &usize| {
            let row = workload
                .forecast(&calibration, link, ranks)
                .and_then(|forecast| {
                    let examples = self.material.train.len();
                    let bytes = rank_bytes(&self.network, &options, examples, test, ranks)?;
                    Ok((forecast, held.saturating_add(bytes as u64)))
                });
            (ranks, row.map_err(|error| error.to_string()))
        };
        let mut ranks = args.ranks.clone();
        ranks.sort_unstable();
        ranks.dedup();
        Ok(Plan {
            parameters: self.network.parameters().len(),
            multiply_adds: self.network.multiply_adds(),
            rows: ranks.iter().map(row).collect(),
            one: workload.forecast(&calibration, link, 1)?,
            origins: [args.bandwidth.is_some(), args.latency.is_some()].map(origin),
            workload,
            calibration,
            link,
        })
    }
}
