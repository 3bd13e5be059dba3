//! Runs that keep themselves in a folder, as a program uses them.

use std::path::Path;

use stepnet::data::{self, Dataset};
use stepnet::nn::{Init, Model, Network, Preprocessing};
use stepnet::rng::RandomState;
use stepnet::train::run::{
    EpochRecord, Run, RunData, RunEnd, RunMessage, RunObserver, RunOptions, SavedRun, Traced, files,
};
use stepnet::train::settings::{Settings, Value};
use stepnet::train::{Learner, Progress};
use stepnet::{Number, Result};

const TEXT: &str = "flatten -> linear(8) -> bn -> relu -> dropout(0.2) -> linear(10) -> softmax";

fn network<T: Number>() -> Network<T> {
    let mut network = Network::new(TEXT, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(3));
    network
}

fn examples(range: std::ops::Range<usize>) -> Dataset {
    data::digits().subset(&range.collect::<Vec<_>>()).unwrap()
}

fn run_data() -> RunData {
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    RunData::new(examples(0..200), Some(examples(200..300)), preprocessing)
}

fn settings(given: &[(&str, Value)]) -> Settings {
    let mut settings = Settings::default();
    settings.training.epochs = Some(4);
    for (name, value) in given {
        settings.set(name, value).unwrap();
    }
    settings
}

fn create(folder: &Path, settings: &Settings) -> Result<Run<f32>> {
    Run::create(
        folder,
        network(),
        run_data(),
        settings,
        RunOptions::default(),
    )
}

/// Ends a run after a number of steps, and takes in what it sees.
#[derive(Default)]
struct After {
    steps: Option<usize>,
    seen: usize,
    epochs: Vec<usize>,
    told: Vec<String>,
}

impl After {
    fn steps(steps: usize) -> Self {
        Self {
            steps: Some(steps),
            ..Self::default()
        }
    }
}

impl<T: Number> RunObserver<T> for After {
    fn stopped_by(&self) -> Option<&str> {
        self.steps
            .is_some_and(|steps| self.seen >= steps)
            .then_some("the test")
    }

    fn step(&mut self, _: &Progress, _: &Learner<T>) {
        self.seen += 1;
    }

    fn epoch(&mut self, record: &EpochRecord, _: bool) {
        self.epochs.push(record.epoch);
    }

    fn tell(&mut self, message: RunMessage<'_>) {
        if let RunMessage::Warning(text) | RunMessage::Note(text) = message {
            self.told.push(text.to_owned());
        }
    }
}

fn whole<T: Number>(folder: &Path, settings: &Settings) -> RunEnd {
    let options = RunOptions::default();
    let mut run = Run::create(folder, network::<T>(), run_data(), settings, options).unwrap();
    run.fit(&mut ()).unwrap()
}

fn stopped_and_resumed<T: Number>(folder: &Path, settings: &Settings, steps: usize) -> RunEnd {
    let options = RunOptions::default();
    let mut run = Run::create(
        folder,
        network::<T>(),
        run_data(),
        settings,
        options.clone(),
    )
    .unwrap();
    let end = run.fit(&mut After::steps(steps)).unwrap();
    assert!(!end.finished && end.model.is_some(), "{end:?}");
    drop(run);
    let left = SavedRun::<T>::open(folder).unwrap();
    let position = left.position().unwrap();
    let done = position.epoch * 7 + position.step;
    assert_eq!(done, steps, "{position}");
    let mut run = Run::resume(left, run_data(), options, &mut ()).unwrap();
    run.fit(&mut ()).unwrap()
}

#[test]
fn a_run_that_was_stopped_goes_on_to_the_same_bits() {
    let given = [
        ("ema", Value::Number(0.9)),
        ("augment", Value::Text("crop(1)".into())),
    ];
    let settings = settings(&given);
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let wanted = whole::<f32>(&path("whole"), &settings);
    assert!(wanted.finished && wanted.epochs == 4);
    // In the middle of an epoch, at the end of one, after the first step.
    for steps in [10, 14, 1] {
        let folder = path(&format!("after {steps}"));
        let end = stopped_and_resumed::<f32>(&folder, &settings, steps);
        assert_eq!(end.weights, wanted.weights, "after {steps} steps");
        assert!(end.finished);
        for name in [files::MODEL, files::BEST] {
            let bytes = |folder: &str| std::fs::read(path(folder).join(name)).unwrap();
            let same = bytes("whole") == bytes(&format!("after {steps}"));
            assert!(same, "{name} after {steps} steps");
        }
        let lines = std::fs::read_to_string(folder.join(files::METRICS)).unwrap();
        assert_eq!(lines.lines().count(), 4);
    }
    let double = whole::<f64>(&path("double"), &settings);
    let again = stopped_and_resumed::<f64>(&path("double again"), &settings, 9);
    assert_eq!(double.weights, again.weights);
    assert_ne!(double.weights, wanted.weights);
}

/// Puts a folder in the place of the settings file when the last epoch is over.
struct SettingsBlocked<'a>(&'a Path);

impl RunObserver<f32> for SettingsBlocked<'_> {
    fn epoch(&mut self, record: &EpochRecord, _: bool) {
        if record.epoch == 4 {
            std::fs::remove_file(self.0).unwrap();
            std::fs::create_dir(self.0).unwrap();
        }
    }
}

#[test]
fn a_run_has_finished_only_when_all_its_files_are_written() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let blocked = folder.join(files::SETTINGS);
    let mut run = create(&folder, &settings(&[])).unwrap();
    let failed = run.fit(&mut SettingsBlocked(&blocked)).unwrap_err();
    assert!(failed.to_string().contains(files::SETTINGS), "{failed}");
    drop(run);

    std::fs::remove_dir(&blocked).unwrap();
    let left = SavedRun::<f32>::open(&folder).unwrap();
    assert!(!left.is_finished());
    let mut run = Run::resume(left, run_data(), RunOptions::default(), &mut ()).unwrap();
    assert!(run.fit(&mut ()).unwrap().finished);
    assert!(blocked.is_file());
    assert!(SavedRun::<f32>::open(&folder).unwrap().is_finished());
}

#[test]
fn layers_that_a_program_froze_stay_frozen() {
    let place = tempfile::tempdir().unwrap();
    let frozen = || {
        let mut network = network::<f32>();
        network.freeze(&["linear1"]).unwrap();
        network.set_exact(true);
        network
    };
    let settings = settings(&[]);
    let begin = |name: &str| {
        let folder = place.path().join(name);
        let options = RunOptions::default();
        Run::create(&folder, frozen(), run_data(), &settings, options).unwrap()
    };
    let wanted = begin("whole").fit(&mut ()).unwrap();
    begin("parts").fit(&mut After::steps(10)).unwrap();
    let left = SavedRun::<f32>::open(&place.path().join("parts")).unwrap();
    assert!(left.settings().unwrap().network.exact);
    let mut run = Run::resume(left, run_data(), RunOptions::default(), &mut ()).unwrap();
    assert_eq!(run.fit(&mut ()).unwrap().weights, wanted.weights);
    let first = |network: &Network<f32>| network.parameters()[..8].to_vec();
    assert_eq!(first(run.kept_network().0), first(&frozen()));
}

#[test]
fn all_files_are_there_and_the_model_is_the_network() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let mut settings = settings(&[]);
    settings.keeping.trace_hashes = Some(Traced::Weights);
    let options = RunOptions::default();
    let mut run = Run::create(&folder, network::<f32>(), run_data(), &settings, options).unwrap();
    let mut seen = After::default();
    let end = run.fit(&mut seen).unwrap();
    assert_eq!((seen.seen, &seen.epochs[..]), (28, &[1, 2, 3, 4][..]));
    assert_eq!(run.records().len(), 4);
    let pages = [files::CURVES, files::REPORT];
    for name in files::ALL {
        // How many checkpoints a short run writes depends on how long that takes; features are of a pretrained network.
        if [files::CHECKPOINT_BEFORE, files::FEATURES].contains(&name) {
            continue;
        }
        let wanted = cfg!(feature = "pages") || !pages.contains(&name);
        assert_eq!(folder.join(name).exists(), wanted, "{name}");
    }
    let model = Model::<f32>::load(end.model.unwrap()).unwrap();
    assert_eq!(model.network.hash(), end.weights);
    assert_eq!(model.network.hash(), run.kept_network().0.hash());
    assert_eq!(run.kept_network().1, 4);
    let text = std::fs::read_to_string(folder.join(files::SETTINGS)).unwrap();
    assert!(
        text.contains("from a program") && text.contains("linear(8)"),
        "{text}"
    );
    // There is nothing left to do, and doing it again changes nothing.
    assert!(!run.epoch(&mut seen).unwrap() && seen.seen == 28);
}

#[test]
fn early_stopping_ends_a_run_and_keeps_its_best_epoch() {
    let place = tempfile::tempdir().unwrap();
    let given = [
        ("early_stop", Value::Whole(1)),
        ("min_delta", Value::Number(0.5)),
        ("epochs", Value::Whole(9)),
    ];
    let settings = settings(&given);
    let mut run = create(&place.path().join("run"), &settings).unwrap();
    let end = run.fit(&mut ()).unwrap();
    assert!(end.finished && end.epochs < 9, "{end:?}");
    let kept = end.kept.unwrap();
    assert!(
        kept.starts_with("stopped early: no improvement for 1 epoch"),
        "{kept}"
    );
    let (best, _) = run
        .records()
        .iter()
        .map(|record| (record.epoch, record.score().unwrap()))
        .reduce(|best, next| {
            if next.1.beats(&best.1, 0.0) {
                next
            } else {
                best
            }
        })
        .unwrap();
    assert_eq!(run.kept_network().1, best);
    drop(run);
    // Without test data nothing could be seen to improve.
    let mut data = run_data();
    data.test = None;
    let other = place.path().join("other");
    let refused = Run::create(
        &other,
        network::<f32>(),
        data,
        &settings,
        RunOptions::default(),
    );
    let refused = refused.unwrap_err().to_string();
    assert!(
        refused.contains("early stopping needs test data"),
        "{refused}"
    );
    assert!(!other.exists());
}

#[test]
fn nothing_is_replaced_or_resumed_that_should_not_be() {
    let place = tempfile::tempdir().unwrap();
    let folder = &place.path().join("run");
    let settings = settings(&[("epochs", Value::Whole(2))]);
    let mut run = create(folder, &settings).unwrap();
    let busy = create(folder, &settings).unwrap_err().to_string();
    assert!(
        busy.contains("earlier run") || busy.contains("another stepnet is training"),
        "{busy}"
    );
    run.fit(&mut ()).unwrap();
    drop(run);
    let there = create(folder, &settings).unwrap_err().to_string();
    assert!(
        there.contains("holds the model.safetensors of an earlier run"),
        "{there}"
    );

    let left = || SavedRun::<f32>::open(folder).unwrap();
    let resume = |left: SavedRun<f32>, data: RunData| {
        Run::resume(left, data, RunOptions::default(), &mut ()).map(drop)
    };
    let mut data = run_data();
    data.train = examples(1..201);
    let other = resume(left(), data).unwrap_err().to_string();
    assert!(
        other.contains("the training data is not what the run was started with"),
        "{other}"
    );
    let fewer = resume(left().epochs(1).unwrap(), run_data())
        .unwrap_err()
        .to_string();
    assert!(
        fewer.contains("`epochs` is 1, but the run is already in epoch 3"),
        "{fewer}"
    );
    // The default schedule spans the whole run.
    let more = resume(left().epochs(5).unwrap(), run_data())
        .unwrap_err()
        .to_string();
    assert!(
        more.contains("which its cosine schedule depends on"),
        "{more}"
    );
    let element = SavedRun::<f64>::open(folder).unwrap_err().to_string();
    assert!(element.contains("made in f32, expected f64"), "{element}");
    let nothing = SavedRun::<f32>::open(&place.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(
        nothing.contains("is not a folder, expected the folder of a run"),
        "{nothing}"
    );

    let mut changed = settings.clone();
    changed.training.l2 = 0.5;
    let (setting, was) = left().difference(&changed).unwrap().unwrap();
    assert_eq!(
        (setting.name, was.unwrap().to_string()),
        ("l2", "0".to_owned())
    );

    // Replaced when asked, but not before the new one has something to keep.
    let options = RunOptions::default().overwrite(true);
    let mut run = Run::create(folder, network::<f32>(), run_data(), &settings, options).unwrap();
    let end = run.fit(&mut After::steps(0)).unwrap();
    assert!(end.model.is_none() && folder.join(files::MODEL).exists());
}

#[test]
fn a_run_at_a_constant_rate_can_be_made_longer() {
    let place = tempfile::tempdir().unwrap();
    let constant = [("schedule", Value::Text("constant".into()))];
    let (long, short) = (
        settings(&constant),
        settings(&[constant[0].clone(), ("epochs", Value::Whole(2))]),
    );
    let wanted = whole::<f32>(&place.path().join("long"), &long);
    let folder = &place.path().join("short");
    assert!(whole::<f32>(folder, &short).finished);
    assert!(SavedRun::<f32>::open(folder).unwrap().is_finished());
    let left = SavedRun::<f32>::open(folder).unwrap().epochs(4).unwrap();
    assert!(!left.is_finished());
    let mut run = Run::resume(left, run_data(), RunOptions::default(), &mut ()).unwrap();
    assert_eq!(run.fit(&mut ()).unwrap().weights, wanted.weights);
}

#[test]
fn a_run_whose_weights_overflow_keeps_the_last_good_ones() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let given = [
        ("lr", Value::Number(1e4)),
        ("optimizer", Value::Text("gd".into())),
        ("schedule", Value::Text("constant".into())),
    ];
    let mut network =
        Network::<f32>::new("flatten -> linear(8) -> linear(10) -> softmax", [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(3));
    let mut run = Run::create(
        &folder,
        network,
        run_data(),
        &settings(&given),
        RunOptions::default(),
    )
    .unwrap();
    let failed = run.fit(&mut ()).unwrap_err().to_string();
    assert!(
        failed.contains(&folder.display().to_string()) || failed.contains("no good update"),
        "{failed}"
    );
    if failed.contains("are saved in") {
        Model::<f32>::load(folder.join(files::MODEL))
            .unwrap()
            .check_finite()
            .unwrap();
    }
}
