//! Saves what is left of a run that fails.

use stepnet_base::error::short;
use stepnet_base::text::count;

use super::Run;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::train::{Evaluation, first_overflow, not_finite};

impl<T: Number> Run<T> {
    /// Saves weights from before training failed, and adds to the failure where they are: those of the
    /// last epoch that ended well, and in the first epoch those that gave the last finite loss.
    pub(super) fn rescue(&mut self, error: Error) -> Error {
        if matches!(error, Error::Group(_)) {
            // The others are gone: there is no time to lose.
            return error.and(&self.keeper.kept());
        }
        let updates = self.trainer.learner().updates_kept();
        let (good, at) = match &self.good {
            Some((good, position)) => (good.clone(), position.to_string()),
            None if self.keeper.last.is_some() => return error.and(&self.keeper.kept()),
            // What an earlier run left is worth more than the beginning of one that failed.
            None if updates == 0 || self.folder.replaces() => {
                self.folder.discard();
                return error.and("no good update came before, so no model is written");
            }
            None => {
                let updates = usize::try_from(updates).unwrap_or(usize::MAX);
                let at = format!("after {} of the first epoch", count(updates, "update"));
                (self.trainer.network().clone(), at)
            }
        };
        let model = self.about.model(&good, self.folder.records());
        let best = self.keeper.write_best(&self.about, &mut self.folder);
        if let Err(unsaved) = self.folder.save(&model) {
            return error.and(&format!("{unsaved}; {}", self.keeper.kept()));
        }
        // What else belongs to a run is written as far as it can be: the report may need data that is gone.
        let ended = format!("Failed: {error}; this is what the run was {at}.");
        let pages = self.write_pages(&good, &ended);
        let kept = format!(
            "the weights {at} are saved in {}",
            self.folder.path().display()
        );
        match best.and(pages) {
            Ok(_) => error.and(&kept),
            Err(unsaved) if unsaved.to_string() == error.to_string() => error.and(&kept),
            Err(unsaved) => error.and(&kept).and(&unsaved.to_string()),
        }
    }

    /// Fails if the last update of an epoch has spoiled the weights, and takes it back.
    pub(super) fn check(&mut self, test: Option<&Evaluation>) -> Result<()> {
        let spoiled = not_finite(self.trainer.learner().network());
        let spoiled = spoiled.or_else(|| not_finite(self.trainer.network()));
        let what = match (spoiled, test) {
            (Some(what), _) => what,
            (None, Some(test)) if !test.scores.mean_loss().is_finite() => {
                let material = &self.about.data;
                let place = material.test.as_ref().and_then(|data| {
                    let network = self.trainer.network();
                    first_overflow(network, data, &material.preprocessing).ok()?
                });
                let loss = test.scores.mean_loss();
                let place = place.map_or(String::new(), |place| format!(": {place}"));
                format!("the loss on the test data is {loss}{place}")
            }
            _ => return Ok(()),
        };
        self.trainer.roll_back();
        Err(Error::Training(format!(
            "at the end of epoch {} {what}; a lower learning rate than {} or another initialisation may help",
            self.folder.records().len() + 1,
            short(self.about.options.learning_rate)
        )))
    }
}
