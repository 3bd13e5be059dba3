//! Schedules against their formulas, PyTorch, and their own texts.

use super::*;

#[test]
fn cosine_rises_and_falls() {
    let near = |progress: f64, expected: f64| {
        let rate = Schedule::Cosine.rate(0.2, 3, progress);
        assert!(
            (rate - expected).abs() < 1e-15,
            "{rate} at {progress}, expected {expected}"
        );
    };
    near(0.0, 0.0);
    near(0.025, 0.1);
    near(0.05, 0.2);
    near(0.525, 0.1);
    near(1.0, 0.0);
    assert_eq!(Schedule::Constant.rate(0.2, 9, 0.7), 0.2);
}

#[test]
fn decay_starts_with_two_epochs_alike() {
    let each = Schedule::Decay {
        rate: 1.0,
        every: 1,
    };
    let rates: Vec<f64> = (0..4).map(|epoch| each.rate(0.6, epoch, 0.0)).collect();
    assert_eq!(rates, [0.6, 0.6, 0.6 / 2.0, 0.6 / 3.0]);
    let fixed: Schedule = "decay(0.5, 1000)".parse().unwrap();
    assert_eq!(fixed.rate(0.6, 1000, 0.0), 0.6);
    assert_eq!(fixed.rate(0.6, 1001, 0.0), 0.6 / 1.5);
    assert_eq!(fixed.rate(0.6, 2001, 0.0), 0.6 / 2.0);
}

/// PyTorch's rates, by `tools/torch_training.py`.
const TORCH: &str = include_str!("../../../fixtures/torch_training.json");

#[test]
fn rates_are_pytorchs() {
    let fixture: serde_json::Value = serde_json::from_str(TORCH).unwrap();
    let cases = fixture["schedules"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        let values = value.as_array().into_iter().flatten();
        values.map(|value| value.as_f64().unwrap()).collect()
    };
    for case in cases {
        let schedule: Schedule = case["schedule"].as_str().unwrap().parse().unwrap();
        let base = case["base"].as_f64().unwrap();
        let near = |rate: f64, expected: f64| {
            assert!(
                (rate - expected).abs() < 1e-12 * base,
                "{schedule}: {rate} {expected}"
            );
        };
        let epochs = numbers(&case["epochs"]);
        for (epoch, &expected) in epochs.iter().enumerate() {
            near(schedule.rate(base, epoch, 0.5), expected);
        }
        let run = numbers(&case["run"]);
        let steps = 100.0;
        let rise = case["peak"].as_f64().unwrap_or(0.0);
        for (step, &expected) in run.iter().enumerate() {
            let rate = schedule.rate_after(base, 0, step as f64 / steps, rise);
            near(rate, expected);
        }
        assert!(epochs.len() == 12 || run.len() >= 100);
    }
}

#[test]
fn one_cycle_rises_and_falls() {
    let cycle = Schedule::ONE_CYCLE;
    let near = |progress: f64, expected: f64| {
        let rate = cycle.rate(0.5, 7, progress);
        assert!((rate - expected).abs() < 1e-15, "{rate} at {progress}");
    };
    near(0.0, 0.02);
    near(0.15, 0.26);
    near(0.3, 0.5);
    near(0.65, 0.5 * (0.5 + 0.02e-4));
    near(1.0, 0.02e-4);
}

#[test]
fn every_schedule_warms_up() {
    for text in [
        "constant",
        "cosine",
        "decay(1)",
        "step(0.5, 1)",
        "exponential(0.5)",
    ] {
        let schedule: Schedule = text.parse().unwrap();
        let half = schedule.rate_after(0.8, 0, 0.1, 0.2);
        assert!((half - 0.4).abs() < 1e-15, "{text}: {half}");
        assert_eq!(schedule.rate_after(0.8, 0, 0.0, 0.0), 0.8, "{text}");
        // Behind it the cosine falls over the rest; the others are where they would be anyway.
        let (with, without) = (
            schedule.rate_after(0.8, 3, 0.6, 0.2),
            schedule.rate_after(0.8, 3, 0.6, 0.0),
        );
        match schedule {
            Schedule::Cosine => assert!((with - 0.4).abs() < 1e-15),
            _ => assert_eq!(with, without, "{text}"),
        }
    }
    // While it rises, what the epochs say goes on.
    let step: Schedule = "step(0.5, 1)".parse().unwrap();
    assert_eq!(step.rate_after(0.8, 1, 0.25, 0.5), 0.2);
    let cycle = Schedule::ONE_CYCLE;
    assert_eq!(cycle.rate_after(0.5, 0, 0.1, 0.1), 0.5);
    assert!((cycle.rate_after(0.5, 0, 0.0, 0.1) - 0.02).abs() < 1e-15);
}

#[test]
fn no_rate_is_negative_or_infinite() {
    for text in ["cosine", "one-cycle", "step(0.1, 1)", "exponential(2)"] {
        let schedule: Schedule = text.parse().unwrap();
        for warm_up in [0.0, 0.05, 0.999] {
            for step in 0..=1000 {
                let rate = schedule.rate_after(0.1, step, f64::from(step as u32) / 1000.0, warm_up);
                assert!(rate >= 0.0 && (rate.is_finite() || text == "exponential(2)"));
            }
        }
    }
}

#[test]
fn warm_ups_parse_and_print() {
    for (text, warm_up, printed) in [
        ("0.05", WarmUp::Share(0.05), "0.05"),
        (" 25% ", WarmUp::Share(0.25), "0.25"),
        ("0", WarmUp::Share(0.0), "0"),
        ("1", WarmUp::Epochs(1), "1 epoch"),
        ("3 Epochs", WarmUp::Epochs(3), "3 epochs"),
    ] {
        assert_eq!(text.parse::<WarmUp>().unwrap(), warm_up);
        assert_eq!(warm_up.to_string(), printed);
        assert_eq!(printed.parse::<WarmUp>().unwrap(), warm_up);
    }
    for text in [
        "",
        "1.5",
        "-1",
        "100%",
        "nan",
        "0 epochs",
        "0.5 epochs",
        "x",
    ] {
        let error = text.parse::<WarmUp>().unwrap_err().to_string();
        assert!(error.contains("such as 0.05"), "{text}: {error}");
    }
    assert_eq!(WarmUp::Epochs(2).share(8).unwrap(), 0.25);
    let error = WarmUp::Epochs(8).share(8).unwrap_err().to_string();
    assert!(
        error.contains("8 epochs, expected less than the 8"),
        "{error}"
    );
    assert!(WarmUp::Share(1.0).share(8).is_err());
}

#[test]
fn schedules_parse_and_print() {
    for text in [
        "constant",
        "cosine",
        "decay(1)",
        "decay(0.25, 1000)",
        "step(0.1, 30)",
        "exponential(0.95)",
        "one-cycle",
        "one-cycle(0.4, 10, 100)",
    ] {
        assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
    }
    for (text, printed) in [
        ("Decay", "decay(1)"),
        (" Step ( 0.50 ,2 ) ", "step(0.5, 2)"),
        ("OneCycle", "one-cycle"),
        ("one-cycle(0.3, 25, 1e4)", "one-cycle"),
    ] {
        assert_eq!(text.parse::<Schedule>().unwrap().to_string(), printed);
    }
    for (text, said) in [
        ("", "constant; cosine; decay(RATE)"),
        ("cosin", "did you mean \"cosine\"?"),
        ("one-cylce(0.3)", "did you mean \"one-cycle\"?"),
        ("constant()", "expected constant"),
        ("decay(", "decay(1, 1000)"),
        ("decay()", "decay(1, 1000)"),
        ("decay(0)", "decay(1, 1000)"),
        ("decay(-1)", "decay(1, 1000)"),
        ("decay(1, 0)", "decay(1, 1000)"),
        ("decay(1,2,3)", "decay(1, 1000)"),
        ("decay(nan)", "decay(1, 1000)"),
        ("decay(1) x", "decay(1, 1000)"),
        ("step", "expected step(FACTOR, EPOCHS)"),
        ("step(0.1)", "step(0.1, 30)"),
        ("step(0.1, 1.5)", "step(0.1, 30)"),
        ("exponential", "exponential(0.95)"),
        ("exponential(inf)", "exponential(0.95)"),
        ("one-cycle(1, 25, 100)", "one-cycle(0.3, 25, 10000)"),
        ("one-cycle(0.3)", "one-cycle(0.3, 25, 10000)"),
        ("one-cycle(0.3, 0.5, 10)", "one-cycle(0.3, 25, 10000)"),
    ] {
        let error = text.parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}
