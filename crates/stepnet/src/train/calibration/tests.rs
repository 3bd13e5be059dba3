//! Calibration.

use super::scores::probability;
use super::*;
use crate::data::Dataset;
use crate::nn::{Init, Network, Preprocessing, Shape};
use crate::rng::RandomState;

/// Examples whose labels are drawn by the softmax of scores, which are then multiplied: at that temperature the
/// probabilities are right.
fn overconfident(factor: f64, examples: usize) -> ClassScores {
    let mut random = RandomState::new(5);
    let (mut scores, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..examples {
        let row: Vec<f64> = (0..4).map(|_| 2.0 * random.normal()).collect();
        let mut left = random.uniform();
        let class = (0..4).find(|&class| {
            left -= probability(&row, class, 1.0);
            left < 0.0
        });
        labels.push(class.unwrap_or(3) as u32);
        scores.extend(row.iter().map(|score| factor * score));
    }
    ClassScores::new(scores, labels, 4).unwrap()
}

#[test]
fn the_temperature_is_found_and_makes_the_probabilities_right() {
    for factor in [0.4, 1.0, 3.0] {
        let scores = overconfident(factor, 20_000);
        let temperature = scores.best_temperature();
        assert!(
            (temperature / factor - 1.0).abs() < 0.03,
            "{factor}: {temperature}"
        );
        let error = |t: f64| Reliability::of(&scores.verdicts(t), BINS).expected_error;
        assert!(error(temperature) < 0.02);
        if factor > 1.0 {
            assert!(error(1.0) > 0.1);
        }
        for other in [0.97, 1.03] {
            assert!(scores.mean_loss(temperature) < scores.mean_loss(other * temperature));
        }
    }
    // All right whatever the temperature: the lowest that is taken.
    let easy = ClassScores::new(vec![1.0, 0.0, 0.0, 1.0], vec![0, 1], 2).unwrap();
    assert!((easy.best_temperature() / TEMPERATURES[0] - 1.0).abs() < 1e-9);
}

/// By hand: of the bins of width 0.5, the first has 0.4 (right), the second 0.6 (wrong), 0.8 and 1.0 (right).
#[test]
fn the_expected_error_is_that_of_its_definition() {
    let verdict = |(confidence, right)| Verdict { confidence, right };
    let verdicts = [(0.4, true), (0.6, false), (0.8, true), (1.0, true)].map(verdict);
    let found = Reliability::of(&verdicts, 2);
    assert_eq!(
        found
            .bins
            .iter()
            .map(|bin| bin.examples)
            .collect::<Vec<_>>(),
        [1, 3]
    );
    let expected = (1.0 * 0.6 + 3.0 * (0.8_f64 - 2.0 / 3.0)) / 4.0;
    assert!((found.expected_error - expected).abs() < 1e-12);
    // The upper end of a bin belongs to it.
    let edge = Reliability::of(&[verdict((0.5, true))], 2);
    assert_eq!(edge.bins[0].examples, 1);
    assert_eq!(Reliability::of(&[], 3).expected_error, 0.0);
}

#[test]
fn fewer_answers_are_given_at_a_higher_confidence() {
    let verdict = |(confidence, right)| Verdict { confidence, right };
    let verdicts = [(0.3, false), (0.6, false), (0.8, true), (0.9, true)].map(verdict);
    let at = answered(&verdicts, 0.6);
    assert_eq!((at.examples, at.share, at.right), (3, 0.75, 2));
    assert_eq!(answered(&verdicts, 0.95).accuracy(), None);
}

#[test]
fn the_threshold_has_the_cheapest_mistakes() {
    let examples = [
        (0.1, false),
        (0.3, true),
        (0.4, false),
        (0.6, false),
        (0.7, true),
        (0.9, true),
    ];
    let even = threshold_by_cost(&examples, 1.0, 1.0);
    assert_eq!((even.false_positives, even.false_negatives), (0, 1));
    assert!(even.probability > 0.6 && even.probability < 0.7);
    // Missing one of the second class is ten times as bad: the third at 0.3 must be above.
    let careful = threshold_by_cost(&examples, 1.0, 10.0);
    assert_eq!((careful.false_positives, careful.false_negatives), (2, 0));
    assert!(careful.probability > 0.1 && careful.probability < 0.3);
    assert!((careful.cost - 2.0 / 6.0).abs() < 1e-12);
    // Every threshold in between, by counting.
    for step in 0..=100 {
        let t = f64::from(step) / 100.0;
        let mistakes = |positive: bool| {
            let wrong = examples.iter().filter(|(p, second)| (*p >= t) != *second);
            wrong.filter(|(_, second)| *second != positive).count() as f64
        };
        assert!(mistakes(true) + 10.0 * mistakes(false) >= 6.0 * careful.cost - 1e-9);
    }
    let none = threshold_by_cost(&[], 3.0, 1.0);
    assert_eq!(none.probability, 0.75);
}

#[test]
fn the_temperature_is_put_into_the_last_linear_layer() {
    for (text, classes) in [("linear(3) -> softmax", 3), ("linear(1) -> sigmoid", 2)] {
        let shape = Shape::from([2, 2, 1]);
        let mut network = Network::<f64>::new(text, shape).unwrap();
        network.initialize(Init::He, &mut RandomState::new(2));
        let images =
            crate::data::Images::new([2, 2, 1], crate::data::Values::U8((0..24).collect()));
        let names = (0..classes).map(|class| class.to_string()).collect();
        let data = Dataset::new(images.unwrap(), vec![0, 1, 1, 0, 1, 0], names).unwrap();
        let preprocessing = Preprocessing::scaled(2, 2, 1, 10.0);
        let of = |network: &Network<f64>| ClassScores::of(network, &data, &preprocessing).unwrap();
        let before = of(&network);
        assert_eq!(before.classes(), classes);
        scale_outputs(&mut network, 2.5).unwrap();
        let after = of(&network);
        for (a, b) in before.verdicts(2.5).iter().zip(after.verdicts(1.0)) {
            assert!((a.confidence - b.confidence).abs() < 1e-12 && a.right == b.right);
        }
    }
    let mut other = Network::<f32>::new("linear(3) -> relu", [2, 2, 1]).unwrap();
    assert!(scale_outputs(&mut other, 2.0).is_err());
}

#[test]
fn halves_have_every_second_example() {
    let scores = overconfident(1.0, 5);
    let [first, second] = [scores.half(0), scores.half(1)];
    assert_eq!((first.len(), second.len()), (3, 2));
    assert_eq!(second.labels, [scores.labels[1], scores.labels[3]]);
}
