//! The tables of a calibration.

use stepnet::train::calibration::{Answered, Reliability, Verdict, answered};

use crate::table::{Align, Table};

/// The confidences below which a classifier could keep silent.
const LEVELS: [f64; 7] = [0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

/// Confidence next to accuracy, for the bins that have examples.
pub(super) fn reliability(found: &Reliability) -> Table {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("confidence", Align::Left),
        ("examples", right),
        ("mean", right),
        ("accuracy", right),
    ]);
    let count = found.bins.len() as f64;
    for (at, bin) in found
        .bins
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.examples > 0)
    {
        let (low, high) = (at as f64 / count, (at as f64 + 1.0) / count);
        table.row(vec![
            format!("{:.1} to {:.1} %", 100.0 * low, 100.0 * high),
            bin.examples.to_string(),
            percent(bin.confidence),
            percent(bin.accuracy),
        ]);
    }
    table
}

/// What is answered at each level.
pub(super) fn levels(verdicts: &[Verdict]) -> Vec<Answered> {
    LEVELS
        .iter()
        .map(|&level| answered(verdicts, level))
        .collect()
}

/// How much a classifier answers that says "I do not know" below a confidence, and how often it is right then.
pub(super) fn silence(verdicts: &[Verdict]) -> Table {
    let right = Align::Right;
    let mut table = Table::new(&[
        ("silent below", Align::Left),
        ("answered", right),
        ("accuracy", right),
    ]);
    for level in levels(verdicts) {
        table.row(vec![
            percent(level.confidence),
            percent(level.share),
            level.accuracy().map_or("-".to_owned(), percent),
        ]);
    }
    table
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
