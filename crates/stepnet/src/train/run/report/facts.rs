//! The pages of a run: its report and the drawing of its curves, from the facts about it.

use stepnet_files::write_atomic;

use super::super::about::About;
use super::super::files::{CARD, CURVES, REPORT};
use super::super::session::Run;
use super::contents::{Judgement, Report};
use super::curves::drawing;
use crate::error::{Error, Result};
use crate::nn::{Network, Number};
use crate::train::Transfer;
use crate::train::settings::Settings;

impl<T: Number> Run<T> {
    /// Where the report is written at the end.
    pub fn report(&self) -> std::path::PathBuf {
        self.folder.path().join(REPORT)
    }

    /// Writes the drawing of the curves, and the report of a run that ended as `end` says with `network` as the saved
    /// weights; whether it has the results on the test data, if there is any.
    pub(in crate::train::run) fn write_pages(
        &self,
        network: &Network<T>,
        end: &str,
    ) -> Result<bool> {
        let (records, data) = (self.folder.records(), &self.about.data);
        let here = self.folder.here();
        let curves = drawing(records, data.test_name);
        write_atomic(&here.join(CURVES), curves.as_bytes())?;
        let test = data.test.as_ref();
        // The weights that are saved are those of the trainer, where only the last layer is fitted.
        let on = match self.about.options.transfer {
            Transfer::Head => self.trainer.tested_features()?,
            _ => None,
        };
        let stop = self.stop.as_ref();
        let judgement = test
            .map(|test| Judgement::of(stop, network, test, &data.preprocessing, on.as_ref()))
            .transpose();
        let (judgement, end, whole) = match judgement {
            Ok(judgement) => (judgement, end.to_owned(), true),
            Err(Error::Stopped) => (
                None,
                format!("{end} It was stopped before the results on the test data were computed."),
                false,
            ),
            Err(error) => return Err(error),
        };
        let path = self.folder.path();
        let report = Report {
            name: &path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy(),
            end,
            records,
            held_out: data.test_name,
            classes: data.train.classes(),
            network,
            task: &data.preprocessing.task,
            judgement,
            notes: self.keeper.run.notes.clone(),
            head: self.keeper.run.head.clone(),
            settings: facts(&self.about, network, self.seconds()),
        };
        write_atomic(&here.join(REPORT), report.page().as_bytes())?;
        write_atomic(&here.join(CARD), report.card().as_bytes())?;
        Ok(whole)
    }
}

/// The facts about a run, each with its name: data, settings, time.
fn facts<T: Number>(about: &About, network: &Network<T>, seconds: f64) -> Vec<(String, String)> {
    let test = about.data.test.as_ref();
    let origin = about.data.origin.get("data");
    let origin = origin.and_then(|value| value.as_str());
    let before = [
        ("data", origin.unwrap_or("a program's own").to_owned()),
        ("training examples", about.data.train.len().to_string()),
        (
            "test examples",
            test.map_or("none".into(), |test| test.len().to_string()),
        ),
    ];
    let after = [
        ("time", format!("{seconds:.1} s")),
        ("weights (SHA-256)", network.hash().to_string()),
        (
            "threads",
            stepnet_base::parallel::current_num_threads().to_string(),
        ),
    ];
    let named = |(name, value): (&str, String)| (name.to_owned(), value);
    let before = before.into_iter().map(named);
    let after = after.into_iter().map(named);
    before.chain(of_table(about)).chain(after).collect()
}

/// The settings that say something about a run: those with a value, but for switches that are as usual.
fn of_table(about: &About) -> impl Iterator<Item = (String, String)> {
    let settings = about.settings.written_out(&about.options);
    let table = Settings::table().filter(|setting| setting.name != "data");
    table.filter_map(move |setting| {
        let value = setting.get(&settings)?.to_string();
        let given = setting.is_given(&settings);
        let said = given || !(setting.kind.is_switch() || value.is_empty());
        said.then(|| (setting.title(), value))
    })
}
