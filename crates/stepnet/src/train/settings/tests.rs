//! Each row of the tables, in every form that its value goes through.

use std::collections::BTreeSet;

use super::*;
use crate::train::{BatchSize, TrainOptions};

/// A value for every kind that is no default: found by the row itself, so that a new one needs none here, unless it is
/// a notation that none of these words belongs to.
fn examples(setting: &Setting) -> Vec<Value> {
    let words = [
        "lenet5",
        "28x28x1",
        "0.01",
        "64",
        "all",
        "gd",
        "adamw",
        "step(0.1, 30)",
        "constant",
        "0.25",
        "3 epochs",
        "1,2,0.5",
        "cat=2,a=b=0.5",
        "flip, crop(2)",
        "3GiB",
        "huber",
        "70000",
    ];
    let values: Vec<Value> = match setting.kind {
        Kind::Switch => vec![Value::Switch(true)],
        Kind::On { .. } => vec![Value::Switch(false)],
        Kind::Whole { least, most } => [least, least + 1, most]
            .map(|n| Value::Whole(n as i64))
            .to_vec(),
        Kind::Number { least, most } => {
            vec![
                Value::Number(least),
                Value::Number(0.1 * least + 0.9 * most.min(1.0)),
                Value::Number(most),
            ]
        }
        Kind::Share => vec![Value::Number(0.5), Value::Number(1e-17)],
        Kind::Choice(choices) => choices
            .iter()
            .map(|choice| Value::Text(choice.name.into()))
            .collect(),
        Kind::List => vec![
            Value::Text("conv1,linear".into()),
            Value::List(vec![Value::Text("3".into())]),
        ],
        Kind::Path => vec![Value::Text("folder/a \"b\" \\ ä\t.npy".into())],
        Kind::Place => vec![Value::Switch(true), Value::Text("folder/a \"b\" ä".into())],
        Kind::Notation(_) => words.map(|word| Value::Word(word.into())).to_vec(),
    };
    let fits = |value: &Value| {
        let mut settings = Settings::default();
        setting.set(&mut settings, value).is_ok() && setting.is_given(&settings)
    };
    values.into_iter().filter(fits).collect()
}

fn with(setting: &Setting, value: &Value) -> Settings {
    let mut settings = Settings::default();
    let set = setting.set(&mut settings, value);
    set.unwrap_or_else(|error| panic!("{}: {value:?}: {error}", setting.name));
    settings
}

#[test]
fn every_setting_round_trips_through_values_texts_and_json() {
    for setting in &Settings::table().collect::<Vec<_>>() {
        let examples = examples(setting);
        assert!(
            !examples.is_empty(),
            "{}: no example fits, add one",
            setting.name
        );
        for example in examples {
            let value = setting.get(&with(setting, &example)).unwrap();
            let settings = with(setting, &value);
            assert_eq!(setting.get(&settings).unwrap(), value, "{}", setting.name);
            let word = Value::Word(value.to_string().into());
            assert_eq!(with(setting, &word), settings, "{}: {word:?}", setting.name);
            let json = serde_json::to_string(&value).unwrap();
            let read: Value = serde_json::from_str(&json).unwrap();
            assert_eq!(with(setting, &read), settings, "{}: {json}", setting.name);
            let given: Vec<_> = settings.given().map(|(setting, _)| setting.name).collect();
            assert_eq!(given, [setting.name]);
        }
    }
}

#[cfg(feature = "files")]
#[test]
fn every_setting_round_trips_through_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    for setting in &Settings::table().collect::<Vec<_>>() {
        for example in examples(setting) {
            let value = setting.get(&with(setting, &example)).unwrap();
            let settings = with(setting, &value);
            let file = settings.to_file("a heading", folder.path());
            assert!(file.missing.is_empty());
            std::fs::write(&path, &file.text).unwrap();
            let mut read = Settings::default();
            read.read_file(&path, |_| false).unwrap();
            let expected = match setting.kind {
                Kind::Path | Kind::Place if value != Value::Switch(true) => {
                    let path = folder.path().join(value.to_string());
                    with(setting, &Value::Word(path.into()))
                }
                _ => settings,
            };
            assert_eq!(read, expected, "{}", file.text);
        }
    }
}

#[test]
fn every_row_says_what_a_user_needs() {
    let (mut names, mut keywords) = (BTreeSet::new(), BTreeSet::new());
    let named = |name: &str| Settings::named(name).is_ok();
    for setting in &Settings::table().collect::<Vec<_>>() {
        let (name, help) = (setting.name, setting.help());
        assert!(names.insert(name), "{name} is there twice");
        assert!(
            setting.keyword().is_none_or(|name| keywords.insert(name)),
            "{name}"
        );
        assert!(help.len() > 15 && help.ends_with('.'), "{name}: {help}");
        assert!(
            !help.contains("--") && !help.contains("  "),
            "{name}: {help}"
        );
        assert!(
            setting
                .conflicts
                .iter()
                .chain(&setting.needs)
                .all(|other| named(other)),
            "{name}"
        );
        let backticks = help.split('`').skip(1).step_by(2);
        let unknown: Vec<_> = backticks
            .filter(|word| !named(word) && *word != "classes")
            .collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        // Any wrong value is refused in one line.
        for value in [
            Value::Whole(-7),
            Value::Number(f64::NAN),
            Value::Number(1e300),
            Value::Text("no such thing \u{1b}".repeat(100)),
            Value::List(vec![Value::Switch(true)]),
            Value::Map([("a".to_owned(), Value::Whole(-1))].into()),
            Value::Word("".into()),
        ] {
            if let Err(error) = setting.set(&mut Settings::default(), &value) {
                let said = error.to_string();
                assert!(
                    said.starts_with(&setting.spelled()) && said.contains(", expected "),
                    "{said}"
                );
                assert!(said.lines().count() == 1 && said.len() < 1500, "{said}");
            }
        }
    }
}

#[test]
fn names_are_known_in_both_spellings_and_near_ones_are_suggested() {
    for name in ["label_smoothing", "label-smoothing"] {
        assert_eq!(Settings::named(name).unwrap().spelled(), "label-smoothing");
    }
    for (name, near) in [
        ("label-smothing", "label-smoothing"),
        ("clipnorm", "clip-norm"),
    ] {
        let error = Settings::named(name).unwrap_err().to_string();
        assert!(error.contains(&format!("did you mean {near}?")), "{error}");
    }
}

#[test]
fn settings_that_do_not_go_together_are_refused() {
    let check = |given: &[(&str, &str)]| {
        let mut settings = Settings::default();
        for (name, word) in given {
            settings.set(name, &Value::Word(word.into())).unwrap();
        }
        settings.check().map_err(|error| error.to_string())
    };
    assert_eq!(check(&[("clip_norm", "1"), ("lr", "0.1")]), Ok(()));
    assert_eq!(check(&[("early_stop", "2"), ("min_delta", "0.1")]), Ok(()));
    for (given, said) in [
        (
            [("clip_norm", "1"), ("clip_value", "2")],
            "`clip_norm` cannot be used with `clip_value`",
        ),
        (
            [("from", "m"), ("resize", "fit")],
            "`from` cannot be used with `resize`",
        ),
        (
            [("min_delta", "0.1"), ("lr", "1")],
            "`min_delta` is given without `early_stop`",
        ),
        (
            [("balance", "weights"), ("class_weights", "1,2")],
            "cannot be used with `class_weights`",
        ),
        (
            [("balance", "sampling"), ("shuffle", "false")],
            "cannot be used with `shuffle` = false",
        ),
    ] {
        let error = check(&given).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn what_applies_follows_from_the_settings() {
    let data = crate::data::digits();
    let defaults = Settings::default().train_options(&data).unwrap();
    assert_eq!(defaults, TrainOptions::default().epochs(25));
    let mut settings = Settings::default();
    for (name, word) in [
        ("optimizer", "gd"),
        ("data", "somewhere"),
        ("balance", "weights"),
    ] {
        settings.set(name, &Value::Word(word.into())).unwrap();
    }
    let options = settings.train_options(&data).unwrap();
    assert_eq!((options.epochs, options.learning_rate), (10, 0.1));
    assert_eq!(options.class_weights, Some(data.balanced_weights()));
    let out = settings.written_out(&options);
    assert_eq!(
        (out.training.lr, out.training.epochs),
        (Some(0.1), Some(10))
    );
    assert_eq!(out.network.model.as_deref(), Some("small-cnn"));
    let entries = settings.entries(&options);
    assert_eq!(entries["lr"], 0.1);
    assert_eq!(entries["class_weights"][0], data.balanced_weights()[0]);
    assert!(!entries.contains_key("workers") && !entries.contains_key("epochs"));
    settings.training.weight_decay = Some(0.1);
    let error = settings.train_options(&data).unwrap_err();
    assert_eq!(error.setting().unwrap().name, "weight_decay");
    assert!(error.to_string().contains("expected adamw"), "{error}");
}

#[cfg(feature = "files")]
#[test]
fn what_is_wrong_in_a_file_is_said_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    let read = |text: &str, given: &'static [&str]| {
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings::default();
        let read = settings.read_file(&path, |setting| given.contains(&setting.name));
        read.map(|()| settings).map_err(|error| error.to_string())
    };
    for (text, said) in [
        (
            "lr = 0.1\n\nlabel-smothing = 0.1\n",
            "line 3: \"label-smothing\" is not a setting; did you mean label-smoothing?",
        ),
        (
            "\nlr = \"0.1\"\n",
            "line 2: lr is \"0.1\", expected a number from 1e-40 to 1e38",
        ),
        (
            "epochs = 1.5",
            "line 1: epochs is 1.5, expected a whole number from 1 to 10000000",
        ),
        (
            "label_smoothing = 1",
            "line 1: label-smoothing is 1, expected a share from 0 to less than 1",
        ),
        (
            "standardize = \"yes\"",
            "line 1: standardize is \"yes\", expected true or false",
        ),
        (
            "seed = 99999999999999999999",
            "line 1: seed is integer, expected a whole number",
        ),
        (
            "seed = 2024-01-01",
            "line 1: seed is datetime, expected a whole number",
        ),
        ("[training]\nlr = 0.1", "line 1: [training] is a table"),
        ("# a\nlr = = 0.1", "line 2: is not TOML: "),
        ("lr = 0.1\nlr = 0.2", "line 2: is not TOML: "),
        (
            "resize = \"strech\"",
            "expected \"stretch\", \"crop\" or \"fit\"",
        ),
        ("data = \"\"", "line 1: data is \"\", expected a path"),
        (
            "class-weights = [1, -1]",
            "line 1: class-weights is -1, expected weights that are each a number from 0 to 1e6",
        ),
    ] {
        let error = read(text, &[]).unwrap_err();
        assert!(
            error.contains(said) && error.lines().count() == 1,
            "{error}\n{said}"
        );
    }
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let error = Settings::default().read_file(&path, |_| false).unwrap_err();
    assert!(error.to_string().contains("is not UTF-8"), "{error}");
    // Settings that are given elsewhere need not be valid in the file.
    let settings = read(
        "lr = \"x\"\ndata = \"\"\nbatch = \"all\"\nfreeze = 3\n",
        &["lr", "data"],
    )
    .unwrap();
    assert_eq!(
        (settings.training.lr, settings.training.batch),
        (None, BatchSize::All)
    );
    assert_eq!(settings.network.freeze, ["3"]);
    // Paths start from the file's folder.
    let settings = read("data = \"pictures\"", &[]).unwrap();
    assert_eq!(settings.source.data, Some(folder.path().join("pictures")));
    let settings = read("class_weights = {cat = 2, dog = 0.5}", &[]).unwrap();
    assert_eq!(
        settings.training.class_weights.unwrap().to_string(),
        "cat=2,dog=0.5"
    );
}

#[cfg(all(feature = "files", target_os = "linux"))]
#[test]
fn paths_that_are_no_text_are_named_and_not_lost_in_silence() {
    use std::os::unix::ffi::OsStrExt;
    let word = std::ffi::OsStr::from_bytes(b"data\xff");
    let mut settings = Settings::default();
    settings.set("data", &Value::Word(word.to_owned())).unwrap();
    let file = settings.to_file("", std::path::Path::new("/"));
    assert_eq!(
        file.missing
            .iter()
            .map(|setting| setting.name)
            .collect::<Vec<_>>(),
        ["data"]
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    std::fs::write(&path, &file.text).unwrap();
    let error = Settings::default().read_file(&path, |_| false).unwrap_err();
    assert!(
        error.to_string().contains("data is \"\", expected a path"),
        "{error}"
    );
    // JSON holds them.
    let value = Settings::named("data").unwrap().get(&settings).unwrap();
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
}
