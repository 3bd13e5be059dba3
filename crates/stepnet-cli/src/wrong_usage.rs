//! A command line that cannot be parsed, in one line.

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::args::Cli;
use crate::command_line;
use crate::display::clean;
use crate::failure::{LONGEST, say};
use crate::output;

/// Prints what could not be parsed in one line, or the help where that was asked for.
pub(crate) fn report(error: &clap::Error) -> u8 {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            if !error.use_stderr() {
                output::keep(error.print());
                if let Err(lost) = output::finish() {
                    return lost.report(false);
                }
            } else {
                error.print().ok();
            }
        }
        _ => say(&one_line(&error.render().to_string(), &subcommand())),
    }
    // 2 for wrong usage, 0 for help that was asked for.
    u8::try_from(error.exit_code()).unwrap_or(2)
}

/// The command that was called, with its subcommand if one was named.
fn subcommand() -> String {
    let words = command_line::arguments().iter();
    let command = Cli::command();
    let mut named = words.filter_map(|word| command.find_subcommand(word));
    match named.next() {
        Some(found) => format!("stepnet {}", found.get_name()),
        None => "stepnet".to_owned(),
    }
}

/// The message of a usage error without its usage text: the problem, then the tips; and where to read
/// on, at `command` unless the text names another.
fn one_line(rendered: &str, command: &str) -> String {
    let mut line = String::new();
    let mut command = command.to_owned();
    for part in rendered.lines().map(str::trim) {
        if let Some(usage) = part.strip_prefix("Usage: ") {
            let words = usage.split(' ');
            let names = words.take_while(|word| word.starts_with(|c: char| c.is_alphanumeric()));
            command = names.collect::<Vec<_>>().join(" ");
            break;
        }
        if part.is_empty() || part.starts_with("For more information") {
            continue;
        }
        if let Some(tip) = part.strip_prefix("tip: ") {
            line.push_str("; ");
            line.push_str(tip);
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(part);
        }
    }
    line.extend(["; see ", &command, " --help"]);
    clean(&line, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_errors_become_one_line() {
        let rendered = "error: unexpected argument '--modle' found\n\n  tip: a similar argument exists: '--model'\n\nUsage: stepnet train --model <NETWORK> [DATA]\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_line(rendered, "stepnet"),
            "error: unexpected argument '--modle' found; a similar argument exists: '--model'; see stepnet train --help"
        );
        let rendered = "error: invalid value '0' for '--epochs <N>': expected a whole number\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_line(rendered, "stepnet find-lr"),
            "error: invalid value '0' for '--epochs <N>': expected a whole number; see stepnet find-lr --help"
        );
    }
}
