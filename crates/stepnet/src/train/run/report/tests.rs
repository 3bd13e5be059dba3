use super::contents::Judgement;
use super::*;
use crate::data::Dataset;
use crate::data::{Images, Targets, Values};
use crate::nn::Init;
use crate::nn::{Network, Preprocessing};
use crate::rng::RandomState;
use crate::train::mistakes::MOST_SHOWN;
use crate::train::run::record::EpochRecord;
use crate::train::task_for;

const HOSTILE: &str = "<script>alert(1)</script>\"'&";

fn record(epoch: usize) -> EpochRecord {
    EpochRecord {
        epoch,
        train_loss: 2.0 / epoch as f64,
        train_accuracy: Some(0.5),
        test_loss: Some(f64::NAN),
        test_accuracy: Some(0.25),
        test_recalls: vec![Some(0.5), None, Some(0.25)],
        test_map: None,
        test_r2: None,
        test_mae: None,
        learning_rate: 0.003,
        seconds: 1.0,
        images_per_second: 1234.5,
        waited: 0.0,
        interrupted: epoch == 3,
    }
}

fn network(classes: usize) -> Network<f32> {
    let text = format!("conv(2, 3, same) -> relu -> linear({classes}) -> softmax");
    let mut network = Network::new(&text, [4, 4, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn page(classes: usize, records: &[EpochRecord]) -> String {
    let network = network(classes);
    let names: Vec<String> = (0..classes)
        .map(|class| format!("{HOSTILE}{class}"))
        .collect();
    let values = (0..16 * 100).map(|v| (v * 37 % 256) as u8).collect();
    let images = Images::new([4, 4, 1], Values::U8(values)).unwrap();
    let labels = (0..100).map(|example| example % classes as u32).collect();
    let data = Dataset::new(images, labels, names.clone()).unwrap();
    let preprocessing = Preprocessing::scaled(4, 4, 1, 255.0);
    let report = Report {
        name: HOSTILE,
        end: "finished".into(),
        records,
        held_out: "held out",
        classes: &names,
        network: &network,
        task: &preprocessing.task,
        judgement: Some(Judgement::of(None, &network, &data, &preprocessing, None).unwrap()),
        notes: vec![HOSTILE.into()],
        head: None,
        settings: vec![("data".into(), HOSTILE.into())],
    };
    // As code it may stand as it is.
    let card = report.card().replace(&format!("`{HOSTILE}`"), "");
    // Names are no markup, and each class has its row.
    assert!(
        !card.contains("<script") && card.contains("&lt;script"),
        "{card}"
    );
    assert_eq!(
        card.matches("\n| &lt;script").count(),
        classes.min(100),
        "{card}"
    );
    report.page()
}

/// Names of tags in the order in which they are opened and closed.
fn check_nesting(page: &str) {
    const VOID: [&str; 4] = ["meta", "img", "br", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let name = rest[..end].split([' ', '\n']).next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_page_is_whole_safe_and_alone() {
    for (classes, records) in [(3, 3), (40, 1), (2, 0)] {
        let records: Vec<EpochRecord> = (1..=records).map(record).collect();
        let page = page(classes, &records);
        check_nesting(&page);
        assert!(!page.contains("<script"), "{classes}");
        assert!(page.contains("&lt;script&gt;alert"), "{classes}");
        for outside in ["http:", "https:", "src=\"/", "url(", "@import", "<link"] {
            assert!(!page.contains(outside), "{classes}: {outside}");
        }
        assert_eq!(page.matches("<h1>").count(), 1);
        for drawing in page.split("<svg").skip(1) {
            let drawing = drawing.split("</svg>").next().unwrap();
            assert!(!drawing.contains("NaN"), "a curve has no place for it");
        }
        let images = page.matches("<img").count();
        assert_eq!(images, page.matches("alt=\"example").count());
        // The worst twelve have a heat map, too.
        assert_eq!(images, MOST_SHOWN + 12);
        assert_eq!(page.matches("what speaks for class").count(), 12);
        assert_eq!(
            page.matches("<table").count(),
            page.matches("<caption>").count()
        );
        assert_eq!(
            page.matches("role=\"img\"").count(),
            page.matches("</title>").count() - 1
        );
    }
}

#[test]
fn many_classes_show_the_pairs_that_were_confused_most() {
    let square = page(30, &[record(1)]);
    assert!(square.contains("predicted as</th>") && square.contains("class=\"confusion\""));
    let pairs = page(31, &[record(1)]);
    assert!(pairs.contains("confused most often") && !pairs.contains("class=\"confusion\""));
}

#[test]
fn numbers_are_short() {
    assert_eq!(
        [0.0, 0.003, 1.5, 123.456, 1e-9].map(short),
        ["0", "0.003000", "1.500", "123.5", "1.000e-9"]
    );
}

/// The page of a network that learns `targets` from drawn images.
fn page_of(text: &str, targets: Targets) -> String {
    let values = (0..16 * 60).map(|v| (v * 37 % 256) as u8).collect();
    let images = Images::new([4, 4, 1], Values::U8(values)).unwrap();
    let data = Dataset::with_targets(images, targets).unwrap();
    let mut network = Network::<f32>::new(text, [4, 4, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let preprocessing = Preprocessing::scaled(4, 4, 1, 255.0).task(task_for(&network, &data));
    let judgement = Judgement::of(None, &network, &data, &preprocessing, None).unwrap();
    let mut records = [record(1), record(2)];
    for record in &mut records {
        (record.train_accuracy, record.test_accuracy) = (None, None);
        record.test(Some(&judgement.evaluation));
    }
    let report = Report {
        name: "run",
        end: "finished".into(),
        records: &records,
        held_out: "held out",
        classes: data.classes(),
        network: &network,
        task: &preprocessing.task,
        judgement: Some(judgement),
        notes: Vec::new(),
        head: None,
        settings: Vec::new(),
    };
    let page = report.page();
    check_nesting(&page);
    let count = |text: &str| page.matches(text).count();
    assert_eq!(count("role=\"img\""), count("</title>") - 1);
    assert_eq!(count("<table"), count("<caption>"));
    assert!(!page.contains("NaN"));
    page
}

#[test]
fn numbers_and_labels_have_sections_of_their_own() {
    let names = |names: [&str; 2]| names.map(|name| format!("{HOSTILE}{name}")).to_vec();
    let page = page_of(
        "linear(2)",
        Targets::Numbers {
            values: (0..120).map(|v| f64::from(v * v % 17)).collect(),
            names: names(["a", "b"]),
        },
    );
    for words in [
        "Predicted and true numbers",
        "R2, held out",
        "Table of the numbers",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // 60 examples, two outputs; and the marks of the curves.
    assert!(page.matches("<circle").count() >= 120);
    for words in ["Confusions", "Each class", "accuracy", "<script"] {
        assert!(!page.contains(words), "{words}");
    }
    assert!(page.contains("60 of 60 examples (held out) were not predicted exactly; the 24 with"));
    assert_eq!(page.matches("<img").count(), MOST_SHOWN);
    // The true numbers of the first that is shown, in their unit.
    let first = page.split("class=\"mistakes\"").nth(1).unwrap();
    let example = first.split(", example ").nth(1).unwrap();
    let example: u64 = example.split('<').next().unwrap().parse().unwrap();
    for (name, v) in [("a", 2 * (example - 1)), ("b", 2 * (example - 1) + 1)] {
        let actual = short((v * v % 17) as f64);
        let said = format!("{name} is <strong>{actual}</strong>, predicted as <strong>");
        assert!(first.contains(&said), "{said}: {first}");
    }
    let page = page_of(
        "linear(2) -> sigmoid",
        Targets::Labels {
            marks: (0..120).map(|v| u8::from(v % 3 == 0)).collect(),
            names: names(["a", "b"]),
        },
    );
    for words in [
        "Each label",
        "mAP, held out",
        "average precision",
        "all labels right",
        "have a label that was predicted wrongly",
        "not predicted: <strong>",
        "predicted, but does not apply: <strong>",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("training accuracy") && !page.contains("<script"));
}

#[test]
fn two_classes_have_the_curves_of_every_threshold() {
    let page = page(2, &[record(1)]);
    for words in [
        "Every threshold",
        "ROC curve",
        "precision (upwards) over recall",
        "ROC AUC",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!self::page(3, &[record(1)]).contains("ROC"));
}

#[test]
fn probabilities_are_compared_with_what_came_true() {
    let page = page(3, &[record(1)]);
    for words in [
        "Are the probabilities right?",
        "Expected calibration error: ",
        "accuracy, 95 % interval, held out",
        "silent below",
    ] {
        assert!(page.contains(words), "{words}");
    }
    // Each class has its curve over several epochs; without examples of it, a heading alone.
    let page = self::page(3, &[record(1), record(2)]);
    assert_eq!(page.matches("id=\"chart-class-").count(), 2);
    assert!(page.contains("Recall of every class (held out)"));
    // Numbers have none.
    let targets = Targets::Numbers {
        values: (0..60).map(f64::from).collect(),
        names: vec!["a".into()],
    };
    assert!(!page_of("linear(1)", targets).contains("calibration"));
}

#[test]
fn colours_and_fonts_are_those_of_the_shared_design() {
    let used = STYLE.split("var(--").skip(1);
    let names: Vec<&str> = used
        .filter_map(|rest| rest.split([')', ',']).next())
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        // `--share` is a cell's own.
        let defined = design::TOKENS.contains(&format!("  --{name}: "));
        assert!(defined || name == "share", "--{name}");
    }
    for line in STYLE.lines() {
        for literal in ["#", "rgb(", "sans-serif", "monospace"] {
            assert!(!line.contains(literal), "{literal} in {line}");
        }
    }
}
