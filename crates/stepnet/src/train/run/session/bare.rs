//! The end of a run where the feature `pages` is left out: no report and no drawing.

use super::Run;
use crate::error::Result;
use crate::nn::{Network, Number};

impl<T: Number> Run<T> {
    /// Whether the last epoch has its results on the test data, if there is any.
    pub(super) fn write_pages(&self, _: &Network<T>, _: &str) -> Result<bool> {
        let last = self.records().last();
        let tested = last.is_none_or(|last| last.test_loss.is_some());
        Ok(tested || self.about.data.test.is_none())
    }
}
