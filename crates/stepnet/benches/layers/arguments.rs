//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use crate::Failure;

pub(crate) const HELP: &str = "\
usage: cargo bench --bench layers -- [options] [names]

Names pick the cases that have one of them in their own name: `vgg64`, `backward:`, `step:lenet5`.
`forward:vgg64@windows` is a pass by a method, whether it would be chosen or not; `@` picks all of these.

  --threads N       threads to compute on [1]
  --window SECONDS  how long each case is measured [1]
  --layers FILE     other layers, in the format of benches/layers.json
  --json            one JSON document instead of a table
  --serve           read names from standard input, one a line, with a number of seconds after each
                    if not those of --window; answer each with one JSON line; `peak` is the machine's
  --list            the names of all cases";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Once over small sizes.
    Check,
    Table,
    Json,
    Serve,
    List,
    /// The list of cases that are marked to be left out: there are none.
    Nothing,
    Help,
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) mode: Mode,
    pub(crate) threads: usize,
    pub(crate) window: Duration,
    pub(crate) layers: Option<PathBuf>,
    pub(crate) filters: Vec<String>,
}

impl Arguments {
    /// Reads arguments, those of cargo and of test runners among them: `--bench` asks for times,
    /// without it everything is only tried.
    pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut parsed = Self {
            mode: Mode::Table,
            threads: 1,
            window: Duration::from_secs(1),
            layers: None,
            filters: Vec::new(),
        };
        let (mut bench, mut test, mut ignored) = (false, false, false);
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = |what: &str| {
                let missing = || format!("{argument} needs {what} after it");
                arguments.next().ok_or_else(missing)
            };
            match argument.as_str() {
                "--bench" => bench = true,
                "--test" => test = true,
                "--threads" => parsed.threads = threads(&value("a number of threads")?)?,
                "--window" => parsed.window = window(&value("a number of seconds")?)?,
                "--layers" => parsed.layers = Some(value("a file")?.into()),
                "--json" => parsed.mode = Mode::Json,
                "--serve" => parsed.mode = Mode::Serve,
                "--list" => parsed.mode = Mode::List,
                "--help" | "-h" => parsed.mode = Mode::Help,
                // What test runners say to every target.
                "--exact" | "--nocapture" => {}
                "--ignored" => ignored = true,
                "--format" => drop(value("a format")?),
                unknown if unknown.starts_with('-') => {
                    return Err(format!("there is no option {unknown}; --help lists them"));
                }
                _ => parsed.filters.push(argument),
            }
        }
        let times = matches!(parsed.mode, Mode::Table | Mode::Json);
        if test || (times && !bench) {
            parsed.mode = Mode::Check;
        }
        if ignored && parsed.mode == Mode::List {
            parsed.mode = Mode::Nothing;
        }
        Ok(parsed)
    }
}

/// More threads than this are a slip of the keyboard.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<usize, Failure> {
    match text.parse() {
        Ok(threads @ 1..=MOST_THREADS) => Ok(threads),
        _ => Err(format!(
            "--threads is {text}, expected a whole number from 1 to {MOST_THREADS}"
        )),
    }
}

/// A length of time to measure for.
pub(crate) fn window(text: &str) -> Result<Duration, Failure> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!(
            "the window is {text}, expected a number of seconds from 0 to 3600"
        )),
    }
}
