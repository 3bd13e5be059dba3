//! A run: the data parted by its seed, a network, new or of an opened model, and its trainer; as the command begins one,
//! so that the same settings end in the same weights.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value as Json, json};
use stepnet::data::{Dataset, TargetKind, ValueRange};
use stepnet::nn::{InputChange, Model, Network, Node, Preprocessing, Scores};
use stepnet::rng::RandomState;
use stepnet::train::settings::{Settings, Value};
use stepnet::train::{Trainer, check_task, has_other_outputs, task_for};

use crate::answer::Failure;
use crate::best::BestWeights;
use crate::check::{MOST_PARAMETERS, summary};
use crate::data::Data;
use crate::opened::OpenedModel;
use crate::settings::{check_start, command, given};
use crate::viewed::Viewed;

/// A network in training.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) train: Dataset,
    pub(crate) test: Option<Dataset>,
    pub(crate) trainer: Trainer<f32>,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) settings: Settings,
    pub(crate) best: BestWeights,
    /// The raw values that the model it starts from was trained on.
    before: Option<ValueRange>,
    /// The facts of a model file about its data.
    pub(crate) origin: Json,
    /// What the user should know.
    notes: Vec<String>,
    /// The sums of the last whole epoch, for its end.
    pub(crate) last: Option<Scores>,
    pub(crate) steps: u64,
    pub(crate) recent: Recent,
}

/// The steps since the page was last told.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Recent {
    pub(crate) loss: f64,
    pub(crate) correct: usize,
    pub(crate) examples: usize,
    pub(crate) time: Duration,
}

/// The network and the settings of a new run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewRun {
    network: Option<String>,
    /// Whether it starts from the opened model.
    #[serde(default)]
    pub(crate) from_model: bool,
    settings: BTreeMap<String, Value>,
}

/// A network before its training, and how raw values become its input.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) network: Network<f32>,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) notes: Vec<String>,
}

impl Run {
    pub(crate) fn new(
        data: &Data,
        from: Option<&OpenedModel>,
        params: NewRun,
    ) -> Result<Self, Failure> {
        let mut settings = given(&params.settings)?;
        settings.network.model = params.network;
        settings.network.from = from.map(|opened| PathBuf::from(&opened.name));
        // The usual network and number of epochs are others for the digits.
        settings.source.data = data.place.clone();
        let (train, test) = parted(data, &settings)?;
        check_several(&train)?;
        if let Some(opened) = from {
            settings = settings.with_transfer(has_other_outputs(&opened.model, &train));
        }
        check_start(&settings, test.is_some())?;
        let Start {
            mut network,
            preprocessing,
            notes,
        } = match from {
            Some(opened) => opened.start(data, &train, &settings)?,
            None => new_network(data, &train, &settings)?,
        };
        check_task(&network, &preprocessing.task)?;
        network.set_exact(settings.network.exact);
        network.freeze(&settings.network.freeze)?;
        if !network.nodes().iter().any(Node::trains) {
            let problem = "freeze names every layer, so there is nothing to train";
            return Err(Failure::input(problem));
        }
        let mut options = settings.train_options(&train)?;
        // A page has no threads to prepare batches with.
        options.workers = Some(0);
        let trainer = Trainer::new(network, preprocessing.clone(), options, train.len())?;
        Ok(Self {
            origin: origin(data, &settings, test.is_some()),
            best: BestWeights::new(&settings.training, test.is_some())?,
            before: from.and_then(OpenedModel::range),
            train,
            test,
            trainer,
            preprocessing,
            settings,
            notes,
            last: None,
            steps: 0,
            recent: Recent::default(),
        })
    }

    /// Whether the training has ended: all epochs are done, or none was better for as many as the settings say.
    pub(crate) fn finished(&self) -> bool {
        self.best.stopped() || self.trainer.position().epoch >= self.trainer.options().epochs
    }

    /// The best weights and their epoch, from 1, where the training has ended and they are kept.
    pub(crate) fn kept(&self) -> Option<(&Network<f32>, usize)> {
        self.best.kept().filter(|_| self.finished())
    }

    /// The network to look into, to measure and to save.
    pub(crate) fn network(&self) -> &Network<f32> {
        let last = self.trainer.network();
        self.kept().map_or(last, |(best, _)| best)
    }

    /// The network, and what goes with it.
    pub(crate) fn viewed(&self) -> Viewed<'_> {
        Viewed {
            network: self.network(),
            preprocessing: &self.preprocessing,
            classes: self.train.classes(),
        }
    }

    /// What the page is told of it.
    pub(crate) fn described(&self, data: &Data) -> Json {
        let options = self.trainer.options();
        let place = data.place.as_ref().map(|_| data.name.as_str());
        json!({
            "summary": summary(self.trainer.network(), &HashMap::new()),
            "epochs": options.epochs,
            "stepsPerEpoch": self.trainer.steps(self.train.len()),
            "batch": options.batch.examples(self.train.len()),
            "learningRate": options.learning_rate,
            "seed": options.seed,
            "trainExamples": self.train.len(),
            "testExamples": self.test.as_ref().map_or(0, Dataset::len),
            "hash": self.trainer.network().hash(),
            "bytes": Trainer::bytes(self.trainer.network(), options, self.train.len()).ok(),
            "command": command(&self.settings, place),
            "notes": self.notes,
        })
    }
}

impl Run {
    /// The network as a model, with the facts of its training that the command writes.
    pub(crate) fn model(&self) -> Model<f32> {
        let done = self.trainer.position().epoch;
        let epochs = self.kept().map_or(done, |(_, epoch)| epoch);
        let facts = [
            ("origin".to_owned(), self.origin.clone()),
            ("examples".to_owned(), json!(self.train.len())),
            ("epochs".to_owned(), json!(epochs)),
        ];
        let range = ValueRange::of(self.train.images());
        let range = match (range, self.before) {
            (Some(range), Some(before)) => Some(range.union(before)),
            (range, before) => range.or(before),
        };
        let range = range.map(ValueRange::entry);
        let settings = self.settings.entries(self.trainer.options());
        let training = facts.into_iter().chain(settings).chain(range);
        Model::new(
            self.network().clone(),
            self.train.classes().to_vec(),
            self.preprocessing.clone(),
        )
        .training(training.collect())
    }
}

/// A new network for the examples to train on.
fn new_network(data: &Data, train: &Dataset, settings: &Settings) -> Result<Start, Failure> {
    let mut preprocessing = data.preprocessing();
    if settings.network.standardize {
        train.standardize(&mut preprocessing)?;
    }
    let mut builder = Network::builder();
    if let Some(loss) = settings.network.loss {
        builder = builder.loss(loss);
    }
    let builder = match train.targets().kind() {
        TargetKind::Classes => builder.class_names(train.classes()),
        TargetKind::Labels | TargetKind::Numbers => builder.output_names(train.classes()),
    };
    let mut network: Network<f32> = builder
        .most_parameters(MOST_PARAMETERS)
        .input_change(InputChange::Never)
        .build(settings.model_text(), preprocessing.shape())?;
    let mut random = RandomState::new(settings.training.seed);
    network.initialize(settings.network.init, &mut random);
    preprocessing.task = task_for(&network, train);
    Ok(Start {
        network,
        preprocessing,
        notes: Vec::new(),
    })
}

/// The examples to train and to test on.
fn parted(data: &Data, settings: &Settings) -> Result<(Dataset, Option<Dataset>), Failure> {
    let share = settings.source.hold_out;
    match &data.test {
        Some(test) => {
            let test = test.clone().with_classes(data.all.classes())?;
            Ok((data.all.clone(), Some(test)))
        }
        None if share == 0.0 => Ok((data.all.clone(), None)),
        None => {
            let (train, held_out) = data.all.split(share, settings.training.seed)?;
            Ok((train, Some(held_out)))
        }
    }
}

/// Fails if all examples to train on are of one class.
fn check_several(train: &Dataset) -> Result<(), Failure> {
    if train.targets().kind() != TargetKind::Classes {
        return Ok(());
    }
    let counts = train.class_counts();
    let present = counts.iter().filter(|count| **count > 0).count();
    match present {
        0 | 1 => Err(Failure::input(
            "the examples to train on are of one class only; training needs at least two",
        )),
        _ => Ok(()),
    }
}

/// Where the examples are from, as the command writes it into model files.
fn origin(data: &Data, settings: &Settings, tested: bool) -> Json {
    let own = data.test.is_some();
    let name = data.place.as_ref().map(|place| place.display().to_string());
    json!({
        "data": name.unwrap_or_else(|| "digits".to_owned()),
        "held_out": if own { 0.0 } else { settings.source.hold_out },
        "test": (own && tested).then_some("its own"),
        "seed": settings.training.seed,
        "examples": data.all.len(),
        "label_column": null,
        "encoding": null,
        "skip_bad": false,
        "labels": null,
    })
}
