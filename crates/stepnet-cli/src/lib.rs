//! The `stepnet` command: train image classifiers, measure them, use them, look into them.
//!
//! A library, so that the Python package holds the command, too: [`run`] is all of it.

mod args;
mod calibrate;
mod command_line;
mod compare;
mod display;
mod embed;
mod evaluate;
mod examine;
mod expand;
mod explain;
mod export;
mod failure;
mod find_lr;
mod gradcheck;
mod group;
mod import;
mod inspect;
mod interrupt;
mod known;
mod lab;
mod licenses;
mod material;
mod memory;
mod methods;
mod models;
mod named;
mod note;
mod output;
mod plan;
mod predict;
mod progress;
mod quiet;
#[cfg(feature = "serve")]
mod serve;
mod shell;
mod show;
mod similar;
mod table;
mod table_args;
mod train;
mod usage;
mod verify_course;
mod why;
mod wording;
mod wrong_usage;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};
use stepnet_base::text::count;
use stepnet_base::threads::start_or_stay;

use args::{Cli, Command};
use failure::{Failure, Outcome, say};

/// Runs the command and gives its exit code. `arguments` begin with the name of the program, as
/// [`std::env::args_os`] does.
///
/// It takes the process over: it listens to signals, may end the process after one, may change the current
/// folder, and is meant to be called once.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    group::notice();
    let words = command_line::keep(arguments);
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return wrong_usage::report(&error),
    };
    let verbose = cli.verbose;
    let outcome = interrupt::watch()
        .and_then(|()| expand::expand(cli))
        .and_then(|cli| dispatch(&cli))
        .and_then(|()| note::check(Failure::running));
    // What was lost is said after what the command itself has to say.
    let failures = [outcome.err(), output::finish().err()];
    let failures: Vec<Failure> = failures.into_iter().flatten().collect();
    let codes: Vec<u8> = failures
        .iter()
        .map(|failure| failure.report(verbose))
        .collect();
    let code = codes.first().copied().unwrap_or(0);
    group::leave(code, failures.iter().any(Failure::is_told));
    code
}

fn dispatch(cli: &Cli) -> Outcome {
    if let Some(name) = &cli.isa {
        stepnet::kernels::request_instruction_set(name)
            .map_err(|error| Failure::from(error).context("--isa"))?;
    }
    stepnet::kernels::requested_instruction_set()
        .map_err(|error| Failure::usage(error.to_string()))?;
    note::set(cli.strict, cli.verbose);
    let threads = cli.threads.map(usize::from).or_else(group::threads);
    let started = start_or_stay(threads);
    if started.threads < started.wanted {
        say(&format!(
            "note: {} of {} could be started; results do not depend on it",
            started.threads,
            count(started.wanted, "thread")
        ));
    }
    match &cli.command {
        Command::Train(args) => train::run(args),
        Command::FindLr(args) => find_lr::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Calibrate(args) => calibrate::run(args),
        Command::Examine(args) => examine::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Embed(args) => embed::run(args),
        Command::Similar(args) => similar::run(args),
        Command::Explain(args) => explain::run(args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args),
        Command::Import(args) => import::run(args),
        Command::Export(args) => export::run(args),
        Command::Models(args) => models::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::VerifyCourse(args) => verify_course::run(args),
        Command::Gradcheck(args) => gradcheck::run(args),
        Command::Compare(args) => compare::run(args, expand::started_with),
        Command::Show(args) => show::run(args),
        Command::Why(args) => why::run(args),
        Command::Lab(args) => lab::run(args),
        Command::Licenses => {
            licenses::run();
            Ok(())
        }
        Command::Completions(args) => shell::completions(args, Cli::command()),
        Command::Man(args) => shell::man(args, Cli::command()),
    }
}
