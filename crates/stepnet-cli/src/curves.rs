//! `curves.svg`: loss and accuracy over the epochs.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::report::thinned;
use crate::run_folder::EpochRecord;

type Problem = Box<dyn std::error::Error>;

/// The two curves side by side as an SVG text.
pub(crate) fn draw(records: &[EpochRecord], held_out: &str) -> Result<String, Problem> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (960, 360)).into_drawing_area();
        root.fill(&WHITE)?;
        let (left, right) = root.split_horizontally(480);
        let epochs: Vec<f64> = records.iter().map(|record| record.epoch as f64).collect();
        let series = |pick: fn(&EpochRecord) -> Option<f64>| -> Vec<(f64, f64)> {
            let values = epochs.iter().zip(records);
            let points: Vec<_> = values
                .filter_map(|(&epoch, record)| Some((epoch, pick(record)?)))
                .filter(|(_, y)| y.is_finite())
                .collect();
            thinned(&points)
        };
        let loss = [series(|r| Some(r.train_loss)), series(|r| r.test_loss)];
        let accuracy = [
            series(|r| Some(r.train_accuracy)),
            series(|r| r.test_accuracy),
        ];
        chart(&left, "loss", &loss, held_out)?;
        chart(&right, "accuracy", &accuracy, held_out)?;
        root.present()?;
    }
    Ok(svg)
}

fn chart<DB>(
    area: &DrawingArea<DB, Shift>,
    title: &str,
    [train, test]: &[Vec<(f64, f64)>; 2],
    held_out: &str,
) -> Result<(), Problem>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let points = || train.iter().chain(test);
    let last = points().map(|&(epoch, _)| epoch).fold(2.0, f64::max);
    let low = points().map(|&(_, y)| y).fold(f64::INFINITY, f64::min);
    let high = points().map(|&(_, y)| y).fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if low < high {
        (low, high)
    } else {
        (0.0, 1.0_f64.max(high))
    };
    let margin = 0.05 * (high - low);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(56)
        .build_cartesian_2d(1.0..last, (low - margin)..(high + margin))?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .light_line_style(WHITE)
        .draw()?;
    for (points, name, color) in [(train, "training", BLUE), (test, held_out, RED)] {
        if points.is_empty() {
            continue;
        }
        chart
            .draw_series(
                LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(2),
            )?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color.stroke_width(2)));
    }
    let corner = if title == "loss" {
        SeriesLabelPosition::UpperRight
    } else {
        SeriesLabelPosition::LowerRight
    };
    chart
        .configure_series_labels()
        .position(corner)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    Ok(())
}
