//! Training by the members of a group: the weights of one that has all shares, and no member that waits for ever.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use stepnet::data::{self, Dataset};
use stepnet::group::{Group, Member, in_process};
use stepnet::nn::{Init, Network, Preprocessing};
use stepnet::rng::RandomState;
use stepnet::train::run::{
    Assistant, EpochRecord, Run, RunData, RunObserver, RunOptions, SavedRun,
};
use stepnet::train::settings::Settings;
use stepnet::train::{AllReduce, BatchSize, TrainOptions, Trainer, usual_shares};
use stepnet::{Error, Hash, Result};

const SHARES: usize = 8;

/// The last batch of 50 has one example, so that shares are uneven, and some are empty.
fn digits() -> Dataset {
    let some: Vec<usize> = (0..151).collect();
    data::digits().subset(&some).unwrap()
}

fn network(text: &str) -> Network<f32> {
    let mut network = Network::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn preprocessing() -> Preprocessing {
    Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR)
}

fn options() -> TrainOptions {
    TrainOptions::default()
        .epochs(2)
        .batch(BatchSize::Examples(50))
        .learning_rate(0.01)
        .shares(Some(SHARES))
}

const PLAIN: &str = "conv(4, 3) -> relu -> maxpool(2) -> linear(10) -> softmax";
const RICH: &str = "conv(4, 3) -> bn -> relu -> residual(conv(4, 3, same) -> bn) -> dropout(0.3) -> linear(10) -> softmax";

/// What `work` gives on each member of a group.
fn each<R: Send>(members: usize, work: impl Fn(Arc<dyn Group>) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let work = &work;
        let start = |member: Member| scope.spawn(move || work(Arc::new(member)));
        let threads: Vec<_> = in_process(members).into_iter().map(start).collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.collect()
    })
}

fn fit(text: &str, options: &TrainOptions, group: Option<Arc<dyn Group>>) -> Result<Network<f32>> {
    let data = digits();
    let (network, options) = (network(text), options.clone());
    let mut trainer = Trainer::in_group(network, preprocessing(), options, data.len(), group)?;
    trainer.fit(&data, |_| {})?;
    Ok(trainer.into_network())
}

fn hashes(text: &str, options: &TrainOptions, members: usize) -> Vec<Hash> {
    each(members, |group| {
        fit(text, options, Some(group)).unwrap().hash()
    })
}

#[test]
fn weights_do_not_depend_on_the_number_of_members() {
    let augmented = options().augmentation("flip, crop(1), mixup(0.4)".parse().unwrap());
    let weighted = options()
        .class_weights(Some((1..=10).map(f64::from).collect()))
        .label_smoothing(0.1)
        .l2(0.5)
        .average(Some(0.9));
    let two_shares = options().shares(Some(2)).shuffle(false);
    for (text, options) in [
        (PLAIN, options()),
        (RICH, augmented),
        (RICH, weighted),
        (RICH, two_shares),
    ] {
        let alone = fit(text, &options, None).unwrap().hash();
        let most = options.shares.unwrap();
        for members in [1, 2, 3, 4, 8]
            .into_iter()
            .filter(|&members| members <= most)
        {
            let hashes = hashes(text, &options, members);
            assert!(
                hashes.iter().all(|&hash| hash == alone),
                "{members} members, {options:?}"
            );
        }
        // The shares do make a difference, or this test could not fail.
        let unshared = options.clone().shares(None);
        assert_ne!(fit(text, &unshared, None).unwrap().hash(), alone);
    }
}

#[test]
fn one_share_is_a_batch_as_it_ever_was() {
    let one = options().shares(Some(1));
    let unshared = options().shares(None);
    let expected = fit(RICH, &unshared, None).unwrap().hash();
    assert_eq!(fit(RICH, &one, None).unwrap().hash(), expected);
    assert_eq!(hashes(RICH, &one, 1), [expected]);
}

#[test]
fn a_group_chooses_the_shares_by_the_batch() {
    assert_eq!(
        [1, 8, 15, 16, 50, 512].map(usual_shares),
        [1, 1, 1, 2, 4, 64]
    );
    let unset = options().shares(None);
    let four = fit(PLAIN, &options().shares(Some(4)), None).unwrap().hash();
    for members in [1, 3] {
        assert!(
            hashes(PLAIN, &unset, members)
                .iter()
                .all(|&hash| hash == four)
        );
    }
    let refused = each(5, |group| {
        fit(PLAIN, &unset, Some(group)).unwrap_err().to_string()
    });
    for refused in refused {
        assert!(
            refused.contains("4 shares for 5 ranks") && refused.contains("`shares`"),
            "{refused}"
        );
    }
    let refused = fit(PLAIN, &options().shares(Some(6)), None)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("a power of two"), "{refused}");
}

#[test]
fn the_fast_sum_differs_in_the_last_digits_alone() {
    let exact = fit(PLAIN, &options().epochs(1), None).unwrap();
    let fast = options().epochs(1).all_reduce(AllReduce::Fast);
    let members = each(3, |group| fit(PLAIN, &fast, Some(group)).unwrap());
    for network in &members {
        assert_eq!(network.hash(), members[0].hash());
        // Adam moves every weight by about the rate, however small its gradient: they are compared with that.
        let pairs = network.parameters().iter().zip(exact.parameters());
        let far = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-3, "{far}");
    }
}

#[test]
fn statistics_over_all_shares_are_those_of_the_batch() {
    let synced = options().sync_bn(true);
    let alone = fit(RICH, &synced, None).unwrap().hash();
    for members in [1, 2, 3, 8] {
        assert!(
            hashes(RICH, &synced, members)
                .iter()
                .all(|&hash| hash == alone),
            "{members}"
        );
    }
    // Without shares it is the same but for the order of sums, of which twice the digits leave nothing.
    let text =
        "conv(4, 3) -> bn -> relu -> residual(conv(4, 3, same) -> bn) -> linear(10) -> softmax";
    let trained = |options: &TrainOptions| {
        let data = digits();
        let mut network = Network::<f64>::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let options = options.clone().rule("gd".parse().unwrap());
        let mut trainer = Trainer::new(network, preprocessing(), options, data.len()).unwrap();
        trainer.fit(&data, |_| {}).unwrap();
        trainer.into_network().parameters().to_vec()
    };
    let far = |options: &TrainOptions| {
        let pairs = trained(options)
            .into_iter()
            .zip(trained(&options.clone().shares(None)));
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(far(&synced) < 1e-11, "{}", far(&synced));
    assert!(far(&options()) > 1e-4, "without it they differ");
}

/// A share counts by its examples: the mean of the shares' running means is that of the batch.
#[test]
fn running_means_are_those_of_the_batch() {
    let one_step = options().epochs(1).batch(BatchSize::All).shuffle(false);
    let means = |options: TrainOptions, group: Option<Arc<dyn Group>>| {
        let data = digits();
        let mut network = Network::<f64>::new("bn -> linear(10) -> softmax", [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let (largest, raw) = (data.len(), preprocessing());
        let mut trainer = Trainer::in_group(network, raw, options, largest, group).unwrap();
        trainer.fit(&data, |_| {}).unwrap();
        let network = trainer.into_network();
        let arrays = network.nodes()[0].placed_parameters();
        let mut running = arrays.filter(|(parameter, _)| !parameter.trainable);
        network.parameters()[running.next().unwrap().1].to_vec()
    };
    let expected = means(one_step.clone().shares(None), None);
    assert!(expected.iter().any(|mean| mean.abs() > 1e-3));
    // 151 examples: shares of 9 and of 10.
    let shared = one_step.shares(Some(16));
    let mut all = each(3, |group| means(shared.clone(), Some(group)));
    all.push(means(shared.clone(), None));
    for means in all {
        let far = means.iter().zip(&expected).map(|(a, b)| (a - b).abs());
        assert!(far.fold(0.0, f64::max) < 1e-14, "{means:?} {expected:?}");
    }
}

#[test]
fn a_loss_that_is_not_finite_is_the_same_error_for_all() {
    let wild = options()
        .rule("gd".parse().unwrap())
        .learning_rate(1e38)
        .schedule(stepnet::optim::Schedule::Constant);
    let errors = each(3, |group| {
        fit(
            "linear(30) -> relu -> linear(10) -> softmax",
            &wild,
            Some(group),
        )
        .unwrap_err()
        .to_string()
    });
    assert!(
        errors[0].contains("the loss is") && errors[0].contains("at update"),
        "{errors:?}"
    );
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
}

/// Examples of which one cannot be read, on one member.
#[derive(Debug)]
struct Damaged(bool);

impl data::Examples for Damaged {
    fn shape(&self) -> [usize; 3] {
        [8, 8, 1]
    }

    fn labels(&self) -> Vec<u32> {
        (0..100).map(|example| example % 10).collect()
    }

    fn classes(&self) -> Vec<String> {
        (0..10).map(|class| class.to_string()).collect()
    }

    fn fill(&self, index: usize, values: &mut [f32]) -> Result<()> {
        values.fill(index as f32 / 100.0);
        match self.0 && index == 77 {
            true => Err(Error::Training("it is damaged".to_owned())),
            false => Ok(()),
        }
    }
}

#[test]
fn what_one_member_cannot_read_is_told_by_all() {
    let errors = each(3, |group| {
        let data = Dataset::of(Damaged(group.rank() == 1)).unwrap();
        let preprocessing = Preprocessing::scaled(8, 8, 1, 1.0);
        let options = options().shuffle(false);
        let mut trainer =
            Trainer::in_group(network(PLAIN), preprocessing, options, 100, Some(group)).unwrap();
        trainer.fit(&data, |_| {}).unwrap_err().to_string()
    });
    for error in errors {
        assert!(
            error.starts_with("rank 1: ") && error.contains("damaged"),
            "{error}"
        );
    }
}

#[test]
fn a_member_that_stops_stops_all_between_two_steps() {
    let data = digits();
    let expected = fit(RICH, &options(), None).unwrap().hash();
    let hashes = each(3, |group| {
        let rank = group.rank();
        let trainer = Trainer::in_group(
            network(RICH),
            preprocessing(),
            options(),
            data.len(),
            Some(group),
        );
        let mut trainer = trainer.unwrap();
        let ended = trainer.epoch(&data, |progress| match rank == 1 && progress.step == 2 {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        match rank {
            1 => assert!(ended.unwrap().interrupted),
            _ => assert!(matches!(ended, Err(Error::Stopped))),
        }
        assert_eq!((trainer.position().epoch, trainer.position().step), (0, 2));
        trainer.fit(&data, |_| {}).unwrap();
        trainer.into_network().hash()
    });
    assert_eq!(hashes, [expected; 3]);
}

#[test]
fn a_member_that_is_gone_is_an_error_for_the_others() {
    let data = digits();
    let errors = each(3, |group| {
        let rank = group.rank();
        let trainer = Trainer::in_group(
            network(PLAIN),
            preprocessing(),
            options(),
            data.len(),
            Some(group),
        );
        let mut trainer = trainer.unwrap();
        if rank == 2 {
            trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap();
            return None;
        }
        trainer.fit(&data, |_| {}).err()
    });
    for error in &errors[..2] {
        let Some(Error::Group(error)) = error else {
            panic!("{error:?}");
        };
        assert!(error.contains("rank 2 is gone"), "{error}");
    }
}

/// What a run has recorded, without its times.
type Figures = Vec<(f64, Option<f64>, Option<f64>)>;

fn figures(records: &[EpochRecord]) -> Figures {
    let figures =
        |record: &EpochRecord| (record.train_loss, record.test_loss, record.test_accuracy);
    records.iter().map(figures).collect()
}

struct StopAfter(usize, usize);

impl RunObserver<f32> for StopAfter {
    fn stopped_by(&self) -> Option<&str> {
        (self.0 >= self.1).then_some("the test")
    }

    fn step(&mut self, _: &stepnet::train::Progress, _: &stepnet::train::Learner<f32>) {
        self.0 += 1;
    }
}

fn run_data() -> RunData {
    let (train, test) = data::digits().split(0.8, 1).unwrap();
    RunData::new(train, Some(test), preprocessing())
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.training.epochs = Some(3);
    settings.training.batch = BatchSize::Examples(64);
    settings
}

/// A run by a group, which stops after some steps; its figures and weights.
fn begin(folder: &Path, members: usize, steps: usize) -> Vec<Option<(Figures, Hash)>> {
    each(members, |group| {
        let rank = group.rank();
        let options = RunOptions::default().group(Some(group));
        if rank > 0 {
            let mut assistant =
                Assistant::create(network(RICH), run_data(), &settings(), &options).unwrap();
            assistant.serve(&mut ()).unwrap();
            return None;
        }
        let mut run = Run::create(folder, network(RICH), run_data(), &settings(), options).unwrap();
        let end = run.fit(&mut StopAfter(0, steps)).unwrap();
        Some((figures(run.records()), end.weights))
    })
}

fn resume(folder: &Path, members: usize) -> (Figures, Hash) {
    let results = each(members, |group| {
        let rank = group.rank();
        let options = RunOptions::default().group((members > 1).then_some(group));
        let left = SavedRun::<f32>::open(folder).unwrap();
        let (network, settings) = (
            left.model().unwrap().network.clone(),
            left.settings().unwrap(),
        );
        if rank > 0 {
            let assistant = Assistant::resume_with(&left, network, run_data(), &settings, &options);
            assistant.unwrap().serve(&mut ()).unwrap();
            return None;
        }
        let run = Run::resume_with(left, network, run_data(), &settings, options, &mut ());
        let mut run = run.unwrap();
        let end = run.fit(&mut ()).unwrap();
        assert!(end.finished);
        Some((figures(run.records()), end.weights))
    });
    results.into_iter().flatten().next().unwrap()
}

#[test]
fn a_run_is_resumed_by_any_number_of_members() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| place.path().join(name);
    let whole = begin(&folder("whole"), 1, usize::MAX).remove(0).unwrap();
    assert_eq!(whole.0.len(), 3);
    let three = begin(&folder("three"), 3, usize::MAX).remove(0).unwrap();
    assert_eq!(three, whole);
    // In the middle of the second epoch, and between two.
    for (steps, before, after) in [(8, 3, 2), (6, 2, 1), (8, 1, 4)] {
        let folder = folder(&format!("{steps}-{before}-{after}"));
        begin(&folder, before, steps);
        assert_eq!(
            resume(&folder, after),
            whole,
            "{steps} steps, {before} to {after}"
        );
    }
}

#[test]
fn a_run_that_another_member_stops_says_which_and_why_and_is_resumed() {
    let place = tempfile::tempdir().unwrap();
    let folder = |name: &str| place.path().join(name);
    let whole = begin(&folder("whole"), 1, usize::MAX).remove(0).unwrap();
    let stopped = folder("stopped");
    let ends = each(3, |group| {
        let rank = group.rank();
        let options = RunOptions::default().group(Some(group));
        if rank > 0 {
            let assistant = Assistant::create(network(RICH), run_data(), &settings(), &options);
            let mut assistant = assistant.unwrap();
            let most = if rank == 2 { 8 } else { usize::MAX };
            assistant.serve(&mut StopAfter(0, most)).unwrap();
            return None;
        }
        let run = Run::create(&stopped, network(RICH), run_data(), &settings(), options);
        Some(run.unwrap().fit(&mut ()).unwrap())
    });
    let end = ends[0].as_ref().unwrap();
    assert!(!end.finished);
    assert_eq!(end.stopped.as_deref(), Some("the test on rank 2"));
    let report = std::fs::read_to_string(stopped.join("report.html")).unwrap();
    assert!(report.contains("Stopped by the test on rank 2"));
    assert_eq!(resume(&stopped, 2), whole);
}

#[test]
fn all_members_have_the_records_and_the_network_of_the_first_in_the_end() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("run");
    let mut settings = settings();
    // At so high a rate an epoch is soon worse than the one before, which is kept.
    (settings.training.early_stop, settings.training.lr) = (Some(1), Some(0.05));
    settings.training.epochs = Some(40);
    let ends = each(3, |group| {
        let rank = group.rank();
        let options = RunOptions::default().group(Some(group));
        if rank > 0 {
            let assistant = Assistant::create(network(RICH), run_data(), &settings, &options);
            let mut assistant = assistant.unwrap();
            while assistant.epoch(&mut ()).unwrap() {}
            assistant.finish(&mut ()).unwrap();
            let kept = assistant.kept_network().hash();
            return (figures(assistant.records()), kept);
        }
        let mut run = Run::create(&folder, network(RICH), run_data(), &settings, options).unwrap();
        while run.epoch(&mut ()).unwrap() {}
        let end = run.finish_for_all(&mut ()).unwrap();
        assert_ne!(end.weights, run.trainer().network().hash(), "not the last");
        (figures(run.records()), end.weights)
    });
    assert!(ends[0].0.len() < 40);
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}

#[test]
fn members_with_other_data_or_settings_are_refused_by_name() {
    let place = tempfile::tempdir().unwrap();
    for (what, expected) in [
        ("data", "rank 1: its training data"),
        ("settings", "rank 1: `lr` is 0.5"),
    ] {
        let folder = place.path().join(what);
        let errors = each(3, |group| {
            let rank = group.rank();
            let (mut data, mut settings) = (run_data(), settings());
            match what {
                "data" if rank > 0 => {
                    let all: Vec<usize> = (1..data.train.len()).collect();
                    data.train = data.train.subset(&all).unwrap();
                }
                "settings" if rank > 0 => settings.training.lr = Some(0.5),
                _ => {}
            }
            let options = RunOptions::default().group(Some(group));
            match rank {
                0 => Run::create(&folder, network(PLAIN), data, &settings, options).err(),
                _ => Assistant::create(network(PLAIN), data, &settings, &options).err(),
            }
        });
        for error in errors {
            let error = error.unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(!folder.exists(), "nothing is written before");
    }
}
