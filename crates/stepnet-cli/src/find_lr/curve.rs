//! The curve of a sweep as an SVG text: the loss over the logarithm of the learning rate.

use plotters::prelude::*;
use stepnet::train::RateCurve;

type Problem = Box<dyn std::error::Error>;

/// How far above the range of the smoothed loss the picture goes, as a share of it: what blows up would
/// press the rest flat.
const ROOM: f64 = 0.25;

pub(super) fn draw(curve: &RateCurve) -> Result<String, Problem> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (720, 420)).into_drawing_area();
        root.fill(&WHITE)?;
        let trials = &curve.trials;
        let rates = || trials.iter().map(|trial| trial.rate);
        let first = rates().fold(f64::INFINITY, f64::min);
        let last = rates().fold(2.0 * first, f64::max);
        let (low, high) = range(curve);
        let mut chart = ChartBuilder::on(&root)
            .caption("loss over the learning rate", ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(56)
            .build_cartesian_2d((first..last).log_scale(), low..high)?;
        chart
            .configure_mesh()
            .x_desc("learning rate")
            .x_label_formatter(&|rate| format!("{rate:.0e}"))
            .light_line_style(WHITE)
            .draw()?;
        let inside = |loss: f64| loss.clamp(low, high);
        let batches = trials.iter().map(|t| (t.rate, inside(t.loss)));
        chart
            .draw_series(LineSeries::new(batches, RGBColor(190, 200, 230)))?
            .label("median batch")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], RGBColor(190, 200, 230)));
        let smoothed = trials.iter().map(|t| (t.rate, inside(t.smoothed)));
        chart
            .draw_series(LineSeries::new(smoothed, BLUE.stroke_width(2)))?
            .label("smoothed")
            .legend(|(x, y)| PathElement::new([(x, y), (x + 16, y)], BLUE.stroke_width(2)));
        let marks = [
            ("suggested", curve.suggestion, RED),
            ("loss turns", curve.turn, GREEN),
        ];
        for (name, rate, color) in marks {
            let Some(rate) = rate else { continue };
            chart
                .draw_series(LineSeries::new([(rate, low), (rate, high)], color))?
                .label(format!("{name}, {rate:.1e}"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerLeft)
            .background_style(WHITE)
            .border_style(BLACK)
            .draw()?;
        root.present()?;
    }
    Ok(svg)
}

/// The losses that are shown: the smoothed ones up to the lowest, and some more.
fn range(curve: &RateCurve) -> (f64, f64) {
    let smoothed = || curve.trials.iter().map(|trial| trial.smoothed);
    let low = smoothed().fold(f64::INFINITY, f64::min);
    let lowest = smoothed().position(|loss| loss == low).unwrap_or(0);
    let high = smoothed().take(lowest + 1).fold(low, f64::max);
    let room = if high > low { ROOM * (high - low) } else { 1.0 };
    (low - room, high + room)
}
