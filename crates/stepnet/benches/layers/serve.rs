//! A process that waits for names, so that two libraries can take turns without restarting.

use std::io::{self, BufRead, Write};

use serde_json::json;
use stepnet::kernels::{instruction_set, peak};

use crate::arguments::{self, Arguments};
use crate::case::{Case, Name};
use crate::report::{self, Row};
use crate::{Failure, PEAK_TIME, clock};

/// Answers each line of standard input, `NAME` or `NAME SECONDS`, with one line of JSON, until it
/// ends. The arrays of the last case are kept for the next question about it.
pub(crate) fn serve(names: &[Name], arguments: &Arguments) -> Result<(), Failure> {
    let ready = json!({
        "ready": true,
        "threads": arguments.threads,
        "instruction_set": instruction_set(),
        "names": names.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    answer(&ready.to_string())?;
    let mut last = None;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("standard input cannot be read: {error}"))?;
        let reply = reply(&line, names, arguments, &mut last)
            .unwrap_or_else(|failure| json!({ "error": failure }).to_string());
        answer(&reply)?;
    }
    Ok(())
}

fn reply(
    line: &str,
    names: &[Name],
    arguments: &Arguments,
    last: &mut Option<(String, Case)>,
) -> Result<String, Failure> {
    let (wanted, window) = match line.trim().split_once(' ') {
        Some((name, seconds)) => (name, arguments::window(seconds.trim())?),
        None => (line.trim(), arguments.window),
    };
    if wanted == "peak" {
        let gflops = peak::<f32>(arguments.threads, PEAK_TIME.min(window));
        return Ok(json!({ "name": "peak", "gflops": gflops }).to_string());
    }
    let unknown = || format!("there is no case `{wanted}`");
    let name = names
        .iter()
        .find(|name| name.to_string() == wanted)
        .ok_or_else(unknown)?;
    if last.as_ref().is_none_or(|(name, _)| name != wanted) {
        // Two cases at once would take twice the memory.
        *last = None;
        *last = Some((wanted.to_owned(), Case::new(name)?));
    }
    let (_, case) = last.as_mut().ok_or_else(unknown)?;
    let timing = clock::time(window, || case.run());
    if !case.is_sound() {
        return Err(format!("{name}: some results are not finite numbers"));
    }
    report::json(&Row::new(name, &case.facts(), &timing))
}

fn answer(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    writeln!(output, "{text}")
        .and_then(|()| output.flush())
        .map_err(|error| format!("standard output cannot be written: {error}"))
}
