//! `stepnet lab`: the laboratory's page in the user's browser, with their model and data in it.
//!
//! The page is served to this machine alone. Its address begins with a random word, so that no other page of the browser
//! can read what it serves: the page's own files, the model, and the data.

#[cfg(feature = "lab")]
mod address;
#[cfg(feature = "lab")]
mod answer;
#[cfg(feature = "lab")]
mod body;
#[cfg(feature = "lab")]
mod browser;
#[cfg(feature = "lab")]
mod listen;
#[cfg(feature = "lab")]
mod own;
#[cfg(feature = "lab")]
mod page;
#[cfg(all(test, feature = "lab"))]
mod tests;

use std::path::PathBuf;

use clap::Args;

use crate::failure::Outcome;
use crate::usage::whole;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet lab                                     the embedded digits, and a network to train
  stepnet lab runs/mnist/model.safetensors        with a model to look into
  stepnet lab model.safetensors mnist-folder/     with a model and data
  stepnet lab images/                             with data alone
  stepnet lab --no-browser --port 8800            there; here: ssh -L 8800:127.0.0.1:8800 THERE

A first name that does not end in .safetensors is that of the data. Nothing leaves this machine: the
page computes in the browser. Ctrl-C ends the command.";

#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// The model file to open in the page.
    model: Option<PathBuf>,
    /// The data to open in the page: a file, or a folder.
    data: Option<PathBuf>,
    /// Serve the page from this folder, as tools/build_web.sh writes it [default: the page in this program].
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The port to listen on [default: one that is free].
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1, 65_535), allow_negative_numbers = true)]
    port: Option<u16>,
    /// Print the address, and open no browser.
    #[arg(long)]
    no_browser: bool,
}

#[cfg(not(feature = "lab"))]
pub(crate) fn run(_: &LabArgs) -> Outcome {
    Err(crate::failure::Failure::running(
        "lab: this program was built without the laboratory; in the repository, build its page with tools/build_web.sh, \
         then STEPNET_LAB=target/lab cargo build --release -p stepnet-cli --features lab",
    ))
}

#[cfg(feature = "lab")]
pub(crate) fn run(args: &LabArgs) -> Outcome {
    use crate::failure::{Failure, say};
    use crate::output::print_line;

    let page = page::Page::find(args.folder.as_deref())?;
    let own = own::Own::check(args.model.as_deref(), args.data.as_deref())?;
    let listener = listen::bind(args.port)?;
    let address = address::Address::of(&listener)?;
    let link = address.link(&own);
    print_line(&format!("the laboratory: {link}"));
    print_line("for this machine only; Ctrl-C ends it");
    if !args.no_browser && !browser::open(&link) {
        say("note: no browser could be started; open the address yourself");
    }
    let server = answer::Server { address, page, own };
    listen::serve(listener, listen::Limits::default(), server)
        .map_err(|error| Failure::running(format!("lab: cannot listen: {error}")))
}
