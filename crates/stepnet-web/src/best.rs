//! Early stopping, and the best weights of a run, as the command keeps them.

use stepnet::nn::{Network, Scores};
use stepnet::train::Transfer;
use stepnet::train::early_stopping::{EarlyStopping, ValidationScore, Verdict};
use stepnet::train::settings::TrainingSettings;

use crate::answer::Failure;

/// The best weights so far, where a run keeps them.
#[derive(Debug)]
pub(crate) struct BestWeights {
    early: Option<EarlyStopping>,
    keeps: bool,
    best: Option<(Network<f32>, usize, ValidationScore)>,
    stopped: bool,
}

impl BestWeights {
    /// None yet. They are kept with early stopping; fine-tuning keeps the fitted last layer where nothing after it is
    /// better.
    pub(crate) fn new(settings: &TrainingSettings, tested: bool) -> Result<Self, Failure> {
        let gain = settings.min_delta.unwrap_or(0.0);
        let early = settings
            .early_stop
            .map(|patience| EarlyStopping::new(patience as usize, gain));
        let early = early.transpose()?;
        let tuned = tested && settings.transfer() == Transfer::Finetune;
        Ok(Self {
            keeps: early.is_some() || tuned,
            early,
            best: None,
            stopped: false,
        })
    }

    /// Sees the network after an epoch, numbered from 1, and its scores on the test examples.
    pub(crate) fn epoch(&mut self, epoch: usize, scores: &Scores, network: &Network<f32>) {
        let score = ValidationScore::from(scores);
        let better = |(_, _, best): &(_, _, ValidationScore)| score.beats(best, 0.0);
        if self.keeps && self.best.as_ref().is_none_or(better) {
            self.best = Some((network.clone(), epoch, score));
        }
        if let Some(early) = &mut self.early {
            self.stopped = early.observe(score) == Verdict::Stop;
        }
    }

    /// Whether the run is to end.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped
    }

    /// The best weights and the number of their epoch.
    pub(crate) fn kept(&self) -> Option<(&Network<f32>, usize)> {
        let best = self.best.as_ref();
        best.map(|(network, epoch, _)| (network, *epoch))
    }
}
