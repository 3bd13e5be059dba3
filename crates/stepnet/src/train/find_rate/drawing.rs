//! The curve of a sweep as a drawing: the loss over the logarithm of the learning rate.

use super::RateCurve;
use crate::train::chart::{self, Across, Chart, Curve};

/// How far above the range of the smoothed loss the drawing goes, as a share of it: losses that grow without end would
/// press the rest flat.
const ROOM: f64 = 0.25;

const WIDTH: f64 = 720.0;

impl RateCurve {
    /// The drawing as the contents of an SVG file: the smoothed loss and that of the median batch, with the suggested
    /// rate and the one at which the loss turns.
    pub fn to_svg(&self) -> String {
        let (low, high) = self.shown();
        let line = |pick: fn(&super::RateTrial) -> f64| {
            let trials = self.trials.iter();
            let points = trials.map(|trial| (trial.rate, pick(trial).clamp(low, high)));
            points.filter(|point| point.1.is_finite()).collect()
        };
        let curves = vec![
            Curve {
                name: "smoothed",
                points: line(|trial| trial.smoothed),
            },
            Curve {
                name: "median batch",
                points: line(|trial| trial.loss),
            },
        ];
        let marks = [("suggested", self.suggestion), ("loss turns", self.turn)];
        let marks = marks.into_iter();
        let marks =
            marks.filter_map(|(name, rate)| Some((format!("{name}, {:.1e}", rate?), rate?)));
        let chart = Chart {
            title: "loss over the learning rate",
            id: "rates",
            across: Across::Rates,
            curves,
            marks: marks.collect(),
            write: |loss| format!("{loss:.4}"),
            lower_is_better: Some(true),
            from_zero: false,
        };
        chart::file(&[chart], WIDTH)
    }

    /// The losses that are shown: the smoothed ones up to the lowest, and some more.
    fn shown(&self) -> (f64, f64) {
        let smoothed = || self.trials.iter().map(|trial| trial.smoothed);
        let low = smoothed().fold(f64::INFINITY, f64::min);
        let lowest = smoothed().position(|loss| loss == low).unwrap_or(0);
        let high = smoothed().take(lowest + 1).fold(low, f64::max);
        let room = if high > low { ROOM * (high - low) } else { 1.0 };
        (low - room, high + room)
    }
}
