//! The report of a run.

use stepnet::nn::Network;
use stepnet::{Error, Number};

use super::about::About;
use crate::failure::Outcome;
use crate::note;
use crate::report::{Judgement, Report};
use crate::run_folder::RunFolder;

/// A setting that may not be there.
fn told(setting: Option<&impl std::fmt::Display>, otherwise: &str) -> String {
    setting.map_or_else(|| otherwise.to_owned(), ToString::to_string)
}

/// Writes `report.html` of a run that ended as `end` says, with `network` as what is kept of it.
pub(super) fn report<T: Number>(
    folder: &RunFolder,
    about: &About<'_>,
    network: &Network<T>,
    end: String,
    seconds: f64,
) -> Outcome {
    let material = about.material;
    let test = material.test.as_ref();
    let judgement = test
        .map(|test| Judgement::of(network, test, &material.preprocessing))
        .transpose();
    let (judgement, end) = match judgement {
        Ok(judgement) => (judgement, end),
        Err(Error::Stopped) => (
            None,
            format!("{end} It was stopped before the results on the test data were computed."),
        ),
        Err(error) => return Err(error.into()),
    };
    let settings = settings::<T>(about, network, seconds);
    let name = folder
        .path()
        .file_name()
        .unwrap_or(folder.path().as_os_str());
    let report = Report {
        name: &name.to_string_lossy(),
        end,
        records: folder.records(),
        held_out: material.test_name,
        classes: material.train.classes(),
        network,
        judgement,
        notes: note::all(),
        settings,
    };
    folder.write_report(&report.page())
}

/// The settings that a report shows, each with its name.
fn settings<T: Number>(
    about: &About<'_>,
    network: &Network<T>,
    seconds: f64,
) -> Vec<(&'static str, String)> {
    let (material, options) = (about.material, about.options);
    let test = material.test.as_ref();
    let text = |name: &str| material.origin.get(name).and_then(|value| value.as_str());
    vec![
        ("data", text("data").unwrap_or_default().to_owned()),
        ("training examples", material.train.len().to_string()),
        (
            "test examples",
            test.map_or("none".into(), |test| test.len().to_string()),
        ),
        ("epochs", options.epochs.to_string()),
        ("batch", options.batch.to_string()),
        ("optimiser", options.rule.to_string()),
        ("learning rate", options.learning_rate.to_string()),
        ("schedule", options.schedule.to_string()),
        (
            "warm-up",
            told(options.warm_up.as_ref(), "as the schedule has it"),
        ),
        ("weight decay", options.rule.weight_decay().to_string()),
        ("clipping", told(options.clipping.as_ref(), "none")),
        (
            "average of the weights",
            told(options.average.as_ref(), "none"),
        ),
        ("L2", options.l2.to_string()),
        ("label smoothing", options.label_smoothing.to_string()),
        (
            "augmentation",
            match options.augmentation.is_empty() {
                true => "none".to_owned(),
                false => options.augmentation.to_string(),
            },
        ),
        ("balance", options.balance.to_string()),
        (
            "order",
            if options.shuffle {
                "drawn anew in every epoch"
            } else {
                "as it is"
            }
            .to_owned(),
        ),
        ("seed", options.seed.to_string()),
        ("numbers", T::NAME.to_owned()),
        ("time", format!("{seconds:.1} s")),
        ("weights (SHA-256)", network.hash().to_string()),
        ("threads", rayon::current_num_threads().to_string()),
    ]
}
