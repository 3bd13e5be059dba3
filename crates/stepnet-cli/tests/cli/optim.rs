//! `stepnet train`: how the weights learn, and what that is refused.

use crate::files::{RGB, colours};
use crate::run::Desk;

#[test]
fn smoothing_and_class_weights_change_the_training_and_not_the_measure() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 12, 6);
    let train = |options: &str| {
        desk.run(&format!(
            "train data --epochs 12 --batch 4 --out run --overwrite {options}"
        ))
        .fine();
        let last = desk.metrics("run/metrics.jsonl").pop().unwrap();
        let of = |name: &str| last[name].as_f64().unwrap();
        (of("train_loss"), of("test_loss"), of("test_accuracy"))
    };
    let plain = train("");
    let smooth = train("--label-smoothing 0.3");
    // Nobody can know the spread share: -(0.8 ln 0.8 + 2 * 0.1 ln 0.1) is the least.
    assert!(smooth.0 > 0.639, "{smooth:?}");
    assert!(plain.0 < 0.639 && smooth.2 == 1.0, "{plain:?} {smooth:?}");
    // Of the plain loss that is little.
    assert!(smooth.1 < smooth.0, "{smooth:?}");
    let names = train("--class-weights blue=0,green=0");
    assert!(names.2 < 0.9, "only red counts: {names:?}");
    let same = train("--class-weights 2,2,2");
    assert!((same.0 - plain.0).abs() < 1e-4, "{same:?} {plain:?}");
}

#[test]
fn loss_settings_that_fit_nothing_are_refused() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 6);
    for (options, said) in [
        ("--label-smoothing 1", "from 0 to less than 1"),
        ("--class-weights 1,2", "2, expected 3, one for each class"),
        ("--class-weights gren=2", "did you mean \"green\"?"),
        ("--class-weights 0,0,0", "at least one above 0"),
        ("--class-weights 1,-1,1", "weights from 0 to 1e6"),
        (
            "--label-smoothing 0.1 --model linear(classes)",
            "does not end in softmax",
        ),
    ] {
        let options: Vec<&str> = options.split(' ').collect();
        let arguments = [&["train", "data", "--epochs", "1"], &options[..]].concat();
        desk.args(&arguments).fails(2, &[said]);
    }
}

#[test]
fn averaged_weights_are_what_is_tested_and_saved() {
    let desk = Desk::new();
    let train = |out: &str, options: &str| {
        desk.run(&format!("train --epochs 2 --out {out} {options}"))
            .fine();
        let last = desk.metrics(&format!("{out}/metrics.jsonl")).pop().unwrap();
        let of = |name: &str| last[name].as_f64().unwrap();
        (of("train_loss"), of("test_loss"))
    };
    let options = "--schedule constant --clip-norm 5";
    let (plain, averaged) = (
        train("plain", options),
        train("averaged", &format!("{options} --ema 0.98")),
    );
    // The weights that train are the same; those that are measured are not.
    assert_eq!(plain.0, averaged.0);
    assert!(plain.1 != averaged.1, "{plain:?} {averaged:?}");
    let json = desk
        .run("evaluate averaged/model.safetensors --json")
        .fine();
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(
        (found["loss"].as_f64().unwrap() - averaged.1).abs() < 1e-12,
        "{json}"
    );
}

#[test]
fn update_settings_that_do_not_go_together_are_refused() {
    let desk = Desk::new();
    for (options, said) in [
        (
            "--weight-decay 0.1",
            "--weight-decay: the rule with a weight decay is adam, expected adamw",
        ),
        ("--nesterov", "expected classic-momentum"),
        ("--ema 1", "from 0 to less than 1"),
        ("--clip-norm 0", "a number from 1e-12 to 1e12"),
        ("--clip-value inf", "a number from 1e-12 to 1e12"),
        ("--clip-norm 1 --clip-value 1", "cannot be used with"),
    ] {
        desk.run(&format!("train --epochs 1 {options}"))
            .fails(2, &[said]);
    }
}

#[test]
fn every_update_setting_trains() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 12, 6);
    for options in [
        "--optimizer adamw --weight-decay 0.1 --clip-value 0.5",
        "--optimizer classic-momentum --weight-decay 0.0005 --nesterov --ema 0.9",
    ] {
        let out = desk
            .run(&format!(
                "train data --epochs 12 --batch 4 --out run --overwrite {options}"
            ))
            .fine();
        assert!(out.contains("accuracy 100.00 %"), "{options}: {out}");
    }
}

#[test]
fn find_lr_draws_a_curve_and_suggests_a_rate_that_trains() {
    let desk = Desk::new();
    for seed in ["1", "2", "3"] {
        let model = "flatten -> linear(32) -> relu -> linear(classes) -> softmax";
        let find = ["find-lr", "--model", model, "--seed", seed, "--json"];
        let found: serde_json::Value = serde_json::from_str(&desk.args(&find).fine()).unwrap();
        let rate = found["suggestion"].as_f64().unwrap().to_string();
        let out = format!("run{seed}");
        let train = [
            "train", "--model", model, "--seed", seed, "--lr", &rate, "--epochs", "8", "--out",
            &out,
        ];
        desk.args(&train).fine();
        let last = desk.metrics(&format!("{out}/metrics.jsonl")).pop().unwrap();
        let accuracy = last["test_accuracy"].as_f64().unwrap();
        assert!(accuracy > 0.93, "seed {seed}, rate {rate}: {accuracy}");
        let trials = found["trials"].as_array().unwrap();
        assert!(trials.len() <= 400 && trials.len() > 100);
    }
    // Each run had a name of its own.
    for name in ["find-lr.svg", "find-lr-2.svg", "find-lr-3.svg"] {
        let svg = String::from_utf8(desk.bytes(name)).unwrap();
        for needed in ["<svg", "learning rate", "smoothed", "suggested"] {
            assert!(svg.contains(needed), "no {needed} in {name}");
        }
    }
}

#[test]
fn find_lr_says_what_it_does_and_replaces_nothing_unasked() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 12, 6);
    // A command line of train may be used as it is.
    let out = desk
        .run("find-lr data --epochs 3 --lr 0.1 --out run --steps 40 --svg curve.svg")
        .fine();
    assert!(out.contains("suggested learning rate: "), "{out}");
    assert!(out.contains("curve in curve.svg"), "{out}");
    assert!(!desk.join("run").exists() && !desk.join("runs").exists());
    let first = desk.bytes("curve.svg");
    let again = desk.run("find-lr data --steps 40 --seed 3 --svg curve.svg");
    again.fails(2, &["curve.svg is there already", "--overwrite"]);
    assert!(first == desk.bytes("curve.svg"));
    desk.run("find-lr data --steps 40 --seed 3 --svg curve.svg --overwrite")
        .fine();
    assert!(first != desk.bytes("curve.svg"));
    for (options, said) in [
        ("--steps 5", "a whole number from 20"),
        (
            "--lowest 1 --highest 0.1",
            "expected more than the lowest, 1",
        ),
        ("--lowest 0", "a number from 1e-30 to 1e6"),
        ("--svg data", "is a folder"),
        ("--resume run", "find-lr does not start one"),
        ("--model covn(3)", "did you mean"),
    ] {
        desk.run(&format!("find-lr data {options}"))
            .fails(2, &[said]);
    }
    // Data so easy that the loss is close to 0 over powers of ten and turns at the last rates.
    let model = "flatten -> linear(16) -> relu -> linear(classes) -> softmax";
    let easy = ["find-lr", "data", "--model", model, "--svg", "easy.svg"];
    let out = desk.args(&easy).fine();
    assert!(out.contains("hardly lower at higher rates up to"), "{out}");
    assert!(!out.contains("still falls"), "{out}");
    let json = [&easy[..], &["--json", "--overwrite"]].concat();
    let found: serde_json::Value = serde_json::from_str(&desk.args(&json).fine()).unwrap();
    let (rate, turn) = (found["suggestion"].as_f64(), found["turn"].as_f64());
    let (rate, turn) = (rate.unwrap(), turn.unwrap());
    assert!((1e-3..0.1).contains(&rate) && turn > 1.0, "{rate} {turn}");
    // Steps that are none: what differs is the batches.
    let flat = [
        "find-lr",
        "data",
        "--steps",
        "40",
        "--lowest",
        "1e-30",
        "--highest",
        "1e-29",
        "--svg",
        "flat.svg",
        "--model",
        "flatten -> linear(classes) -> softmax",
    ];
    let none = desk.args(&flat);
    none.fails(1, &["so no rate can be suggested", "flat.svg"]);
    let again = "the sweeps start again, with 80 updates each";
    assert_eq!(none.out.matches(again).count(), 1, "{}", none.out);
}
