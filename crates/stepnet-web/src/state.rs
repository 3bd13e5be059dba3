//! What the page has loaded: its data, and the network that it trains or looks into.

use crate::answer::Failure;
use crate::data::Data;
use crate::opened::OpenedModel;
use crate::run::Run;
use crate::viewed::Viewed;

/// The data and the network of a page.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) data: Option<Data>,
    pub(crate) run: Option<Box<Run>>,
    pub(crate) model: Option<Box<OpenedModel>>,
}

impl State {
    /// The data.
    pub(crate) fn data(&self) -> Result<&Data, Failure> {
        let none = "there is no data: load the digits, images or files first";
        self.data.as_ref().ok_or_else(|| Failure::input(none))
    }

    /// The run.
    pub(crate) fn run(&mut self) -> Result<&mut Run, Failure> {
        let none = "there is no run: start one with a network first";
        self.run.as_deref_mut().ok_or_else(|| Failure::input(none))
    }

    /// The network to look into.
    pub(crate) fn viewed(&self) -> Result<Viewed<'_>, Failure> {
        match (&self.run, &self.model) {
            (Some(run), _) => Ok(run.viewed()),
            (None, Some(model)) => Ok(model.viewed()),
            (None, None) => Err(Failure::input(
                "there is no network: start a run or open a model first",
            )),
        }
    }
}
