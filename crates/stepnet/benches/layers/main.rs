//! Times convolution layers, batch normalisation, whole training steps and single predictions, in `f32`.
//!
//! ```text
//! cargo bench --bench layers                          everything, on 1 thread
//! cargo bench --bench layers -- --threads 2 vgg       what has `vgg` in its name, on 2 threads
//! cargo bench --bench layers -- --json forward:       one JSON document
//! cargo bench --bench layers -- --serve               a measurement for each name on standard input
//! ```
//!
//! Packing, padding and transforms are part of every call, so they are part of every time. Without
//! `--bench`, which `cargo bench` adds, everything runs once on small sizes, to see that it works.

mod arguments;
mod case;
mod clock;
mod convolution;
mod networks;
mod normalisation;
mod report;
mod serve;

use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Mode};
use case::{Case, Name};
use convolution::Layer;
use report::{Report, Row};
use stepnet::kernels::{instruction_set, peak};

/// The error, in one line.
type Failure = String;

/// How long the multiply-add peak is looked for.
const PEAK_TIME: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Failure> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    let layers = match &arguments.layers {
        Some(path) => Layer::read(path)?,
        None => Layer::built_in()?,
    };
    let names = case::select(&layers, &arguments.filters)?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(arguments.threads)
        .build()
        .map_err(|error| format!("{} threads cannot be had: {error}", arguments.threads))?;
    match arguments.mode {
        Mode::Help => println!("{}", arguments::HELP),
        Mode::Nothing => {}
        Mode::List => names.iter().for_each(|name| println!("{name}: benchmark")),
        Mode::Check => pool.install(|| check(&names))?,
        Mode::Serve => pool.install(|| serve::serve(&names, &arguments))?,
        Mode::Table | Mode::Json => pool.install(|| measure(&names, &arguments))?,
    }
    Ok(())
}

/// Every case once, made small: a fault shows in seconds.
fn check(names: &[Name]) -> Result<(), Failure> {
    for name in names {
        let mut case = Case::new(&name.small())?;
        case.run();
        if !case.is_sound() {
            return Err(format!("{name}: some results are not finite numbers"));
        }
    }
    println!("{} cases work; times need `cargo bench`", names.len());
    Ok(())
}

fn measure(names: &[Name], arguments: &Arguments) -> Result<(), Failure> {
    let mut report = Report {
        threads: arguments.threads,
        instruction_set: instruction_set(),
        peak_gflops: peak::<f32>(arguments.threads, PEAK_TIME),
        rows: Vec::new(),
    };
    let table = arguments.mode == Mode::Table;
    if table {
        println!("{}", report.heading());
    }
    for name in names {
        let mut case = Case::new(name)?;
        let row = Row::new(
            name,
            &case.facts(),
            &clock::time(arguments.window, || case.run()),
        );
        if table {
            println!("{}", report.line(&row));
        }
        report.rows.push(row);
    }
    if !table {
        println!("{}", report::json(&report)?);
    }
    Ok(())
}
