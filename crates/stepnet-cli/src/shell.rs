//! `stepnet completions` and `stepnet man`: completion scripts and manual pages, generated from the command's help.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::{Failure, Outcome};
use crate::progress::print_lines;

pub(crate) const COMPLETION_EXAMPLES: &str = "\
Examples:
  stepnet completions bash > ~/.local/share/bash-completion/completions/stepnet
  stepnet completions zsh > ~/.zfunc/_stepnet     with fpath+=~/.zfunc before compinit in ~/.zshrc
  stepnet completions fish > ~/.config/fish/completions/stepnet.fish";

pub(crate) const MAN_EXAMPLES: &str = "\
Examples:
  stepnet man train | man -l -
  stepnet man > stepnet.1
  stepnet man train > stepnet-train.1";

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The subcommand; the page of stepnet itself unless given.
    command: Option<String>,
}

/// Prints the script for `command`.
pub(crate) fn completions(args: &CompletionsArgs, mut command: Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "stepnet", &mut script);
    print(&script)
}

/// Prints a page of `command`.
pub(crate) fn man(args: &ManArgs, command: Command) -> Outcome {
    let mut whole = command.disable_help_subcommand(true);
    // Global options go to the subcommands, and these get their whole names.
    whole.build();
    let command = match &args.command {
        None => whole,
        Some(name) => subcommand(&whole, name)?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Failure::running(format!("the page cannot be made: {error}")))?;
    print(&page)
}

fn subcommand(whole: &Command, name: &str) -> Outcome<Command> {
    let found = whole.find_subcommand(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = whole.get_subcommands().map(Command::get_name).collect();
        Failure::usage(format!(
            "no subcommand {name:?}, expected {}",
            stepnet_base::text::or_list(&names)
        ))
    })?;
    let page = format!("stepnet-{name}");
    Ok(found.display_name(page))
}

fn print(bytes: &[u8]) -> Outcome {
    print_lines(String::from_utf8_lossy(bytes).trim_end());
    Ok(())
}
