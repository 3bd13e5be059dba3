//! The settings of a run that a page can give.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use stepnet::train::Transfer;
use stepnet::train::settings::{Group, Kind, Setting, Settings, Value};
use stepnet_base::text::{hint, listed};

use crate::answer::Failure;

/// Settings that a page's run has no use for: it has its data and its network, and computes in `f32` on one thread.
const LEFT_OUT: [&str; 10] = [
    "data", "test", "targets", "model", "input", "resize", "divisor", "from", "dtype", "workers",
];

/// The settings that a page can give.
pub(crate) fn offered() -> impl Iterator<Item = Setting> {
    let own = |setting: &Setting| {
        // How files are read is said when they are loaded.
        let reads = setting.group == Group::Data && setting.name != "hold_out";
        let kept = setting.group == Group::Checkpoints;
        !reads && !kept && !LEFT_OUT.contains(&setting.name)
    };
    Settings::table().filter(own)
}

/// A setting as the page shows it.
pub(crate) fn described(setting: &Setting) -> Json {
    let (kind, bounds) = match setting.kind {
        Kind::Switch | Kind::On { .. } => ("switch", None),
        Kind::Whole { least, most } => ("whole", Some([least as f64, most as f64])),
        Kind::Number { least, most } => ("number", Some([least, most])),
        Kind::Share => ("number", Some([0.0, 1.0])),
        Kind::Choice(_) => ("choice", None),
        _ => ("text", None),
    };
    let choices: Vec<&str> = match setting.kind {
        Kind::Choice(choices) => choices.iter().map(|choice| choice.name).collect(),
        _ => Vec::new(),
    };
    json!({
        "name": setting.name,
        "group": setting.group.title(),
        "help": setting.help(),
        "kind": kind,
        "expected": setting.kind.expected(),
        "least": bounds.map(|[least, _]| least),
        "most": bounds.map(|[_, most]| most),
        "choices": choices,
        "default": setting.default(),
        "usual": setting.usual,
    })
}

/// The settings with these values.
///
/// # Errors
/// A setting that is not there or that a page cannot give, and values that it may not have.
pub(crate) fn given(values: &BTreeMap<String, Value>) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    for (name, value) in values {
        let setting = offered().find(|setting| setting.is_named(name));
        let Some(setting) = setting else {
            // One that is there for others, or a name with a slip in it.
            let known: Vec<&str> = offered().map(|setting| setting.name).collect();
            let hint = hint(name, known.iter().copied());
            return Err(Failure::input(format!(
                "{name:?} is not a setting of a run in a page, expected one of {}{hint}",
                listed(&known)
            )));
        };
        setting.set(&mut settings, value)?;
    }
    settings.check()?;
    Ok(settings)
}

/// Refuses settings without what they are about: the model that a run starts from, examples to test on.
pub(crate) fn check_start(settings: &Settings, tested: bool) -> Result<(), Failure> {
    settings.check()?;
    let training = &settings.training;
    if settings.network.from.is_none() && training.transfer() != Transfer::All {
        return Err(Failure::input(
            "transfer, unfreeze_after and lr_backbone are about the model that a run starts from, but it starts from none",
        ));
    }
    if training.early_stop.is_some() && !tested {
        return Err(Failure::input(
            "early_stop needs test data to see when nothing improves; give a hold_out above 0",
        ));
    }
    Ok(())
}

/// The command that trains with these settings.
pub(crate) fn command(settings: &Settings, data: Option<&str>) -> String {
    let mut words = vec!["STEPNET_ISA=portable stepnet train".to_owned()];
    words.extend(data.map(quoted));
    for (setting, value) in settings
        .given()
        .filter(|(setting, _)| setting.name != "data")
    {
        let name = setting.spelled();
        words.push(match setting.kind {
            Kind::Switch => format!("--{name}"),
            Kind::On { .. } => format!("--no-{name}"),
            _ => format!("--{name} {}", quoted(&value.to_string())),
        });
    }
    words.join(" ")
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
