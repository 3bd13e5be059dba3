//! Tests of the finder.

use super::*;
use crate::data;
use crate::nn::Init;
use crate::rng::RandomState;

fn find(sweep: RateSweep, loss: &str) -> Result<(Network<f32>, RateCurve)> {
    let text = format!("flatten -> linear(16) -> relu -> linear(10){loss}");
    let mut network = Network::new(&text, [8, 8, 1])?;
    network.initialize(Init::He, &mut RandomState::new(1));
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let goes_on = |_: &SweepProgress| ControlFlow::Continue(());
    let options = TrainOptions::default();
    let digits = data::digits();
    let curve = find_rate(&network, &preprocessing, &options, &digits, &sweep, goes_on)?;
    Ok((network, curve))
}

#[test]
fn a_sweep_rises_evenly_goes_through_epochs_and_leaves_the_network_alone() {
    let sweep = RateSweep {
        steps: 130,
        ..RateSweep::default()
    };
    let (network, curve) = find(sweep, " -> softmax").unwrap();
    let mut fresh = network.clone();
    fresh.initialize(Init::He, &mut RandomState::new(1));
    assert_eq!(network.parameters(), fresh.parameters());
    // 57 steps are an epoch.
    assert!(curve.trials.len() > 57, "{}", curve.trials.len());
    assert!((curve.trials[0].rate - 1e-7).abs() < 1e-15);
    let factor = 10f64.powf(8.0 / 129.0);
    for pair in curve.trials.windows(2) {
        assert!((pair[1].rate / pair[0].rate / factor - 1.0).abs() < 1e-9);
    }
    let (suggestion, turn) = (curve.suggestion.unwrap(), curve.turn.unwrap());
    let (least, most) = curve.spread.unwrap();
    assert!(suggestion <= turn / 3.0 && least <= most, "{curve:?}");
    assert!(
        (1e-3..0.2).contains(&suggestion) && most < 10.0 * least,
        "{suggestion} {least} {most}"
    );
    let (steepest, valley) = (curve.steepest.unwrap(), curve.valley.unwrap());
    for rate in [steepest, valley] {
        assert!((1e-5..0.5).contains(&rate), "{steepest} {valley}");
    }
    // The same again, bit for bit.
    assert_eq!(find(sweep, " -> softmax").unwrap().1, curve);
}

#[test]
fn a_sweep_ends_where_the_loss_blows_up() {
    let sweep = RateSweep {
        highest: 1e6,
        steps: 60,
        ..RateSweep::default()
    };
    let (_, curve) = find(sweep, "").unwrap();
    assert!(curve.diverged && curve.trials.len() < 60, "{curve:?}");
    assert!(curve.trials.iter().all(|trial| trial.loss.is_finite()));
}

#[test]
fn the_observer_sees_every_sweep_and_may_end_them() {
    let sweep = RateSweep {
        highest: 1e-3,
        steps: 20,
        sweeps: 3,
        ..RateSweep::default()
    };
    let text = "flatten -> linear(10) -> softmax";
    let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(1));
    let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
    let (options, digits) = (TrainOptions::default(), data::digits());
    let mut seen = Vec::new();
    let observe = |progress: &SweepProgress| {
        seen.push((progress.sweep, progress.step, progress.trial.loss));
        match (progress.sweep, progress.step) {
            (2, 4) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    };
    find_rate(&network, &preprocessing, &options, &digits, &sweep, observe).unwrap();
    assert_eq!(seen.len(), 45);
    assert_eq!((seen[44].0, seen[44].1), (2, 4));
    // Other orders, so other first batches.
    assert!(
        seen[0].2 != seen[20].2 && seen[20].2 != seen[40].2,
        "{seen:?}"
    );
}

#[test]
fn sweeps_that_cannot_be_are_refused() {
    let usual = RateSweep::default();
    for (sweep, said) in [
        (
            RateSweep {
                lowest: 0.0,
                ..usual
            },
            "a number from 1e-30 to 1e6",
        ),
        (
            RateSweep {
                highest: 1e-9,
                ..usual
            },
            "more than the lowest",
        ),
        (
            RateSweep {
                highest: f64::NAN,
                ..usual
            },
            "NaN",
        ),
        (
            RateSweep {
                highest: 1e308,
                ..usual
            },
            "a number from 1e-30 to 1e6",
        ),
        (
            RateSweep {
                lowest: 1e-320,
                ..usual
            },
            "the lowest rate",
        ),
        (RateSweep { steps: 19, ..usual }, "20 to 100000"),
        (RateSweep { sweeps: 0, ..usual }, "1 to 100"),
    ] {
        let error = find(sweep, " -> softmax").unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_flat_curve_is_one_whose_suggestion_is_less_than_a_third_of_the_turn() {
    let (_, mut curve) = find(RateSweep::default(), " -> softmax").unwrap();
    curve.turn = Some(0.6);
    curve.suggestion = Some(suggest::PART * 0.6);
    assert!(!curve.is_flat());
    curve.suggestion = Some(0.02);
    assert!(curve.is_flat());
    (curve.turn, curve.suggestion) = (None, None);
    assert!(!curve.is_flat());
}
