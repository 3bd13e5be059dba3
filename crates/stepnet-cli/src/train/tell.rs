//! The report of a run.

use stepnet::nn::Network;
use stepnet::train::settings::Settings;
use stepnet::{Error, Number};

use super::about::About;
use crate::failure::Outcome;
use crate::note;
use crate::report::{Judgement, Report};
use crate::run_folder::RunFolder;

/// Writes `report.html` of a run that ended as `end` says, with `network` as the saved weights.
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

/// The facts about a run in its report, each with its name: data, settings, time.
fn settings<T: Number>(
    about: &About<'_>,
    network: &Network<T>,
    seconds: f64,
) -> Vec<(String, String)> {
    let material = about.material;
    let test = material.test.as_ref();
    let data = material.origin.get("data").and_then(|value| value.as_str());
    let before = [
        ("data", data.unwrap_or_default().to_owned()),
        ("training examples", material.train.len().to_string()),
        (
            "test examples",
            test.map_or("none".into(), |test| test.len().to_string()),
        ),
    ];
    let after = [
        ("time", format!("{seconds:.1} s")),
        ("weights (SHA-256)", network.hash().to_string()),
        ("threads", rayon::current_num_threads().to_string()),
    ];
    let named = |(name, value): (&str, String)| (name.to_owned(), value);
    let before = before.into_iter().map(named);
    let after = after.into_iter().map(named);
    before.chain(of_table(about)).chain(after).collect()
}

/// The settings that say something about a run: those with a value, but for switches that are as usual.
fn of_table(about: &About<'_>) -> impl Iterator<Item = (String, String)> {
    let settings = about.settings.written_out(about.options);
    let table = Settings::table().filter(|setting| setting.name != "data");
    table.filter_map(move |setting| {
        let value = setting.get(&settings)?.to_string();
        let given = setting.is_given(&settings);
        let said = given || !(setting.kind.is_switch() || value.is_empty());
        said.then(|| (setting.title(), value))
    })
}
