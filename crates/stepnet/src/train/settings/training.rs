//! How a network is trained.

use super::SettingError;
use super::choices::{ALL_REDUCE, BALANCINGS, Balancing, STATISTICS, TRANSFERS};
use super::field::Field;
use super::kind::{Form, Group, Keyword, Kind};
use super::row::{Entry, PLAIN, Row, settings};
use crate::data::{Augmentation, Balance, Dataset, TargetKind};
use crate::limits;
use crate::optim::{Clipping, Rule, Schedule, WarmUp};
use crate::train::options::MOST_SHARES;
use crate::train::{
    AllReduce, BackboneRate, BatchSize, ClassWeights, Statistics, TrainOptions, Transfer,
    usual_shares,
};

const TRAINING_ROW: Row = Row {
    group: Group::Training,
    keyword: Keyword::Same,
    ..PLAIN
};

settings! {
    /// How a network is trained.
    TrainingSettings, rows TRAINING like TRAINING_ROW;

    /// Passes over the training data.
    epochs: Option<u32> = None, {
        value: "N", kind: Kind::Whole { least: 1, most: limits::MOST_EPOCHS as u64 },
        usual: "10; 25 for the embedded digits; with `transfer` head 1, and 5 where `augment` is given",
    }

    /// Examples in one update: a number, or all.
    batch: BatchSize = BatchSize::Examples(32), {
        value: "N", kind: Kind::Notation(&[Form::Whole, Form::Text]), keyword: Keyword::Named("batch_size"),
    }

    /// How to train a model that `from` names: the last layer alone, or all layers.
    transfer: Option<Transfer> = None, {
        value: "HOW", kind: Kind::Choice(TRANSFERS),
        usual: "head where the outputs are not those of the model, finetune if epochs or a rate for its layers is given; else all",
    }

    /// With `transfer` finetune: epochs that fit the last layer, before all layers are trained.
    unfreeze_after: Option<u32> = None, {
        value: "EPOCHS", kind: Kind::Whole { least: 1, most: limits::MOST_EPOCHS as u64 }, usual: "1",
    }

    /// With `transfer` finetune: the learning rate of the layers before the last, as a multiple of `lr`, such as 0.1x, or as a
    /// rate.
    lr_backbone: Option<BackboneRate> = None, {
        value: "RATE", kind: Kind::Notation(&[Form::Text, Form::Number]),
        keyword: Keyword::Named("backbone_learning_rate"), usual: "0.1x",
    }

    /// What becomes of the running statistics of batch normalisation.
    statistics: Option<Statistics> = None, {
        value: "WHAT", kind: Kind::Choice(STATISTICS), usual: "frozen with `transfer` finetune, else updated",
    }

    /// The learning rate.
    lr: Option<f64> = None, {
        value: "RATE", kind: Kind::number(limits::LEARNING_RATE), keyword: Keyword::Named("learning_rate"),
        usual: "0.003 for adam and adamw, 0.01 for classic-momentum, 0.1 for gd and momentum",
    }

    /// The update rule: gd, momentum (the course's average), classic-momentum, adam or adamw.
    optimizer: Rule = Rule::ADAM, { value: "RULE", kind: Kind::Notation(&[Form::Text]) }

    /// How the learning rate changes over the run: cosine (a short rise, then down to 0), constant,
    /// step(FACTOR, EPOCHS), exponential(FACTOR) at each epoch, one-cycle or one-cycle(RISE, START, END),
    /// decay(RATE) (over 1 + RATE e after epoch e) or decay(RATE, EPOCHS) (every EPOCHS epochs).
    schedule: Schedule = Schedule::Cosine, { value: "NAME", kind: Kind::Notation(&[Form::Text]) }

    /// Raise the learning rate gradually over this much of the run, whatever the schedule: a share such as
    /// 0.05, or a number of epochs; 0 for no warm-up.
    warm_up: Option<WarmUp> = None, {
        value: "SHARE", kind: Kind::Notation(&[Form::Number, Form::Text]),
        usual: "0.05 for cosine, 0.3 for one-cycle, else 0",
    }

    /// L2 regularisation (lambda in the course).
    l2: f64 = 0.0, { value: "LAMBDA", kind: Kind::number(limits::DECAY) }

    /// The share of each target that is spread over all classes, such as 0.1. The training loss is then
    /// reported for these targets; the loss on test data is not affected.
    label_smoothing: f64 = 0.0, { value: "SHARE", kind: Kind::Share }

    /// The weight of each class in the training loss: 1,2,0.5 in the order of the classes, or
    /// cat=2,dog=3 by name (others 1). The loss of a batch is the weighted mean.
    class_weights: Option<ClassWeights> = None, {
        value: "WEIGHTS", kind: Kind::Notation(&[Form::Text, Form::List, Form::Map]),
        keyword: Keyword::Named("class_weight"),
    }

    /// Weight decay, not on biases: decoupled for adamw [default there: 0.01], in the gradient for
    /// classic-momentum.
    weight_decay: Option<f64> = None, { value: "DECAY", kind: Kind::number(limits::DECAY) }

    /// Use Nesterov's look-ahead with classic-momentum.
    nesterov: bool = false, { kind: Kind::Switch }

    /// Scale the gradients down if their global norm is larger than this, such as 1.0.
    clip_norm: Option<f64> = None, {
        value: "NORM", kind: Kind::number(limits::CLIPPING), conflicts: &["clip_value"],
    }

    /// Clip each element of the gradients to the range from -VALUE to VALUE.
    clip_value: Option<f64> = None, { value: "VALUE", kind: Kind::number(limits::CLIPPING) }

    /// Keep an exponential moving average of the weights, and test and save the average. With 0.999, each
    /// update takes 0.999 of the old average and 0.001 of the new weights.
    ema: Option<f64> = None, { value: "DECAY", kind: Kind::Share }

    /// Seed for everything that is drawn at random: the held-out part, the weights, the order, the dropout.
    seed: u32 = 0, { value: "N", kind: Kind::Whole { least: 0, most: u32::MAX as u64 }, of_network: true }

    /// Shuffle the data in every epoch.
    shuffle: bool = true, { kind: Kind::On { off: "Go through the data in the same order in every epoch" } }

    /// Augment training images at random, differently in every epoch: any of flip, flip(vertical),
    /// crop(PIXELS) (after padding by the same number), rotate(DEGREES) (up to that angle), jitter(STRENGTH)
    /// (brightness, contrast, saturation by up to a share), cutout(PIXELS) (a black square),
    /// mixup(ALPHA) (pairs of images blended). Training accuracy is then measured on the augmented images,
    /// with mixup against the first of their two classes.
    augment: Augmentation = Augmentation::default(), {
        value: "LIST", kind: Kind::Notation(&[Form::Text, Form::List]),
    }

    /// What to do if classes have unequal numbers of examples.
    balance: Balancing = Balancing::None, { value: "HOW", kind: Kind::Choice(BALANCINGS) }

    /// Threads that prepare the next batches during a training step. Results do not depend on it.
    workers: Option<usize> = None, {
        value: "N", kind: Kind::Whole { least: 0, most: 64 }, results: false,
        usual: "1; as many as there are compute threads if images are decoded when needed",
    }

    /// The number of shares that a batch is cut into, a power of two. Each is trained as a batch of its own, with statistics of
    /// batch normalisation over the share, and the gradients are added in an order that depends on this number alone: so
    /// the weights are bitwise the same for any number of processes that train together, one included.
    shares: Option<usize> = None, {
        value: "N", kind: Kind::Whole { least: 1, most: MOST_SHARES as u64 },
        usual: "1; started by mpirun or the like, as many as leave 8 examples of the batch to each",
    }

    /// How processes that train together add their gradients.
    all_reduce: AllReduce = AllReduce::Exact, { value: "HOW", kind: Kind::Choice(ALL_REDUCE) }

    /// Take the statistics of batch normalisation over the whole batch instead of each of its `shares`. The shares are then
    /// trained at the same time, with memory for all of them.
    sync_bn: bool = false, { kind: Kind::Switch }

    /// Stop after this many epochs in a row without a better score on the test data, and save the best
    /// weights: those with the highest accuracy (mAP of labels, R2 of numbers), and among equals the lowest loss.
    early_stop: Option<u32> = None, {
        value: "EPOCHS", kind: Kind::Whole { least: 1, most: limits::MOST_EPOCHS as u64 },
    }

    /// With `early_stop`: the smallest gain in accuracy, mAP or R2 that counts as better, as a share.
    min_delta: Option<f64> = None, { value: "SHARE", kind: Kind::Share, needs: Some("early_stop"), usual: "0" }
}

impl TrainingSettings {
    /// The options for training for `epochs` epochs on `data`.
    ///
    /// # Errors
    /// When settings do not go together with each other or with the data.
    pub fn options(&self, epochs: usize, data: &Dataset) -> Result<TrainOptions, SettingError> {
        self.check_targets(data.targets().kind())?;
        if let Some(shares) = self.shares.filter(|shares| !shares.is_power_of_two()) {
            return Err(SettingError::Value {
                setting: row("shares"),
                found: shares.to_string(),
                expected: "a power of two".to_owned(),
            });
        }
        Ok(TrainOptions::default()
            .epochs(epochs)
            .batch(self.batch)
            .rule(self.rule()?)
            .learning_rate(self.learning_rate())
            .schedule(self.schedule)
            .warm_up(self.warm_up)
            .l2(self.l2)
            .label_smoothing(self.label_smoothing)
            .clipping(self.clipping())
            .average(self.ema)
            .class_weights(self.weights_of(data)?)
            .shuffle(self.shuffle)
            .seed(self.seed)
            .augmentation(self.augment.clone())
            .transfer(self.transfer())
            .unfreeze_after(self.unfreeze_after.map_or(1, |epochs| epochs as usize))
            .backbone_rate(self.lr_backbone.unwrap_or(BackboneRate::Times(0.1)))
            .statistics(self.statistics)
            .balance(match self.balance {
                Balancing::Sampling => Balance::Sampling,
                Balancing::None | Balancing::Weights => Balance::None,
            })
            .workers(self.workers)
            .shares(self.shares)
            .all_reduce(self.all_reduce)
            .sync_bn(self.sync_bn))
    }

    /// Sets the number of shares that a batch has where processes train together on `examples` examples, unless it is
    /// set: a run keeps it, however many processes resume it.
    pub fn share_for_group(&mut self, examples: usize) {
        let usual = || usual_shares(self.batch.examples(examples));
        self.shares = Some(self.shares.unwrap_or_else(usual));
    }

    /// Refuses settings that mean something for classes alone, where the targets are others.
    fn check_targets(&self, kind: TargetKind) -> Result<(), SettingError> {
        let mixup = self.augment.mixup().is_some();
        let smoothed = self.label_smoothing != 0.0 && kind == TargetKind::Numbers;
        for (name, given, found, expected) in [
            (
                "balance",
                self.balance != Balancing::None,
                self.balance.to_string(),
                "none",
            ),
            (
                "class_weights",
                self.class_weights.is_some(),
                "given".to_owned(),
                "none",
            ),
            ("augment", mixup, self.augment.to_string(), "no mixup"),
            (
                "label_smoothing",
                smoothed,
                self.label_smoothing.to_string(),
                "0",
            ),
        ] {
            if given && kind != TargetKind::Classes {
                return Err(SettingError::Value {
                    setting: row(name),
                    found,
                    expected: format!("{expected}: the targets are {kind}, not classes"),
                });
            }
        }
        Ok(())
    }

    /// The update rule, with the weight decay and Nesterov's look-ahead if they are set.
    ///
    /// # Errors
    /// When the rule does not support them.
    pub fn rule(&self) -> Result<Rule, SettingError> {
        let mut rule = self.optimizer;
        if let Some(decay) = self.weight_decay {
            rule = rule
                .with_weight_decay(decay)
                .map_err(refused("weight_decay"))?;
        }
        if self.nesterov {
            rule = rule.with_nesterov().map_err(refused("nesterov"))?;
        }
        Ok(rule)
    }

    /// How a model that training starts from is trained: with all layers unless a setting asks for something else.
    pub fn transfer(&self) -> Transfer {
        let tuned = self.unfreeze_after.is_some() || self.lr_backbone.is_some();
        self.transfer.unwrap_or(match tuned {
            true => Transfer::Finetune,
            false => Transfer::All,
        })
    }

    /// The base learning rate.
    pub fn learning_rate(&self) -> f64 {
        self.lr.unwrap_or(self.optimizer.usual_learning_rate())
    }

    /// How gradients are clipped.
    pub fn clipping(&self) -> Option<Clipping> {
        let norm = self.clip_norm.map(Clipping::Norm);
        norm.or(self.clip_value.map(Clipping::Value))
    }

    /// The weights of the classes of some data, in their order.
    ///
    /// # Errors
    /// When they do not fit these classes.
    pub fn weights_of(&self, data: &Dataset) -> Result<Option<Vec<f64>>, SettingError> {
        if self.balance == Balancing::Weights {
            return Ok(Some(data.balanced_weights()));
        }
        let weights = self
            .class_weights
            .as_ref()
            .map(|weights| weights.of(data.classes()));
        weights.transpose().map_err(refused("class_weights"))
    }
}

fn refused(name: &'static str) -> impl FnOnce(crate::Error) -> SettingError {
    move |error| SettingError::Refused {
        setting: row(name),
        error,
    }
}

/// The row of a setting of this table.
fn row(name: &str) -> &'static Row {
    let mut rows = TRAINING.iter().map(|entry| &entry.row);
    rows.find(|row| row.name == name).unwrap_or(&TRAINING_ROW)
}
