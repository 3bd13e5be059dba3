//! Curves as SVG in a page: coloured by the page's style, distinguished by line, marks and names, and
//! summed up in words.

use maud::{Markup, html};

/// The size of a drawing, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// The margins for the axes: left, right, top, bottom.
const MARGIN: [f64; 4] = [64.0, 16.0, 12.0, 40.0];

/// The most points of a curve that are drawn; of more, the extremes of each stretch are.
const MOST_POINTS: usize = 400;

/// Up to this many points each has a mark.
const MOST_MARKS: usize = 40;

/// A curve over the epochs.
pub(super) struct Curve<'a> {
    /// Its name in the legend.
    pub(super) name: &'a str,
    /// `(epoch, value)`.
    pub(super) points: Vec<(f64, f64)>,
}

/// Curves with common axes.
pub(super) struct Chart<'a> {
    /// The heading.
    pub(super) title: &'a str,
    /// A word for the drawing's name in the page.
    pub(super) id: &'a str,
    pub(super) curves: Vec<Curve<'a>>,
    /// How a value is written in the summary.
    pub(super) write: fn(f64) -> String,
    /// Whether a falling curve is what is hoped for; `None` where neither is.
    pub(super) lower_is_better: Option<bool>,
    /// Whether the axis of values begins at 0.
    pub(super) from_zero: bool,
}

impl Chart<'_> {
    /// The figure; nothing where there is no point.
    pub(super) fn figure(&self) -> Markup {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        if points().next().is_none() {
            return html! {};
        }
        let bound = |pick: fn(&(f64, f64)) -> f64| {
            points()
                .map(pick)
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                    (low.min(value), high.max(value))
                })
        };
        let (first, last) = bound(|point| point.0);
        let (low, high) = bound(|point| point.1);
        let low = if self.from_zero { low.min(0.0) } else { low };
        let values = Axis::new(low, high, 5);
        let epochs = Axis::whole(first, last);
        let [left, right, top, bottom] = MARGIN;
        let x = |epoch: f64| left + epochs.share(epoch) * (WIDTH - left - right);
        let y = |value: f64| HEIGHT - bottom - values.share(value) * (HEIGHT - top - bottom);
        let (title, words) = (format!("{}-title", self.id), self.words());
        html! {
            figure.chart {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(title) {
                    title id=(title) { (self.title) " over the epochs. " (words) }
                    g.axis aria-hidden="true" {
                        @for &tick in &values.ticks {
                            line x1=(left) x2=(WIDTH - right) y1=(at(y(tick))) y2=(at(y(tick))) {}
                            text x=(left - 8.0) y=(at(y(tick) + 5.0)) text-anchor="end" { (values.label(tick)) }
                        }
                        @for &tick in &epochs.ticks {
                            text x=(at(x(tick))) y=(HEIGHT - bottom + 20.0) text-anchor="middle" { (epochs.label(tick)) }
                        }
                        text x=(at((left + WIDTH - right) / 2.0)) y=(HEIGHT - 4.0) text-anchor="middle" { "epoch" }
                    }
                    @for (number, curve) in self.curves.iter().enumerate() {
                        @let drawn = thinned(&curve.points);
                        g class=(format!("curve c{number}")) aria-hidden="true" {
                            path d=(path(&drawn, x, y)) {}
                            @if drawn.len() <= MOST_MARKS {
                                @for &(epoch, value) in &drawn {
                                    @if number == 0 { circle cx=(at(x(epoch))) cy=(at(y(value))) r="3.5" {} }
                                    @else { rect x=(at(x(epoch) - 3.5)) y=(at(y(value) - 3.5)) width="7" height="7" {} }
                                }
                            }
                        }
                    }
                }
                @if self.curves.len() > 1 {
                    p.legend aria-hidden="true" {
                        @for (number, curve) in self.curves.iter().enumerate() {
                            span {
                                svg class=(format!("key curve c{number}")) viewBox="0 0 36 12" {
                                    path d="M0 6H36" {}
                                    @if number == 0 { circle cx="18" cy="6" r="3.5" {} }
                                    @else { rect x="14.5" y="2.5" width="7" height="7" {} }
                                }
                                (curve.name)
                            }
                        }
                    }
                }
                figcaption { (words) }
            }
        }
    }

    /// A description of the curves in words.
    fn words(&self) -> String {
        let told: Vec<String> = self
            .curves
            .iter()
            .filter_map(|curve| self.told(curve))
            .collect();
        told.join(" ")
    }

    fn told(&self, curve: &Curve<'_>) -> Option<String> {
        let (&(first, from), &(last, to)) = (curve.points.first()?, curve.points.last()?);
        let (name, write) = (capital(curve.name), self.write);
        if curve.points.len() == 1 {
            return Some(format!("{name}: {} in epoch {first}.", write(from)));
        }
        let mut text = format!(
            "{name}: {} in epoch {first}, {} in epoch {last}",
            write(from),
            write(to)
        );
        if let Some(lower) = self.lower_is_better {
            let better = |a: f64, b: f64| if lower { a < b } else { a > b };
            let best = curve.points.iter().fold((first, from), |best, &point| {
                if better(point.1, best.1) { point } else { best }
            });
            let word = if lower { "lowest" } else { "highest" };
            text.push_str(&format!("; {word} {} in epoch {}", write(best.1), best.0));
        }
        text.push('.');
        Some(text)
    }
}

/// A text with its first letter as a capital.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}

/// A place with one digit after the point, which is more than a screen shows.
fn at(place: f64) -> String {
    format!("{place:.1}")
}

fn path(points: &[(f64, f64)], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for (number, &(epoch, value)) in points.iter().enumerate() {
        let letter = if number == 0 { 'M' } else { 'L' };
        path.push_str(&format!("{letter}{} {}", at(x(epoch)), at(y(value))));
    }
    path
}

/// The points to draw: of too many, the lowest and the highest of each stretch, in their order.
pub(crate) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let mut drawn = Vec::with_capacity(MOST_POINTS + 1);
    for part in points.chunks(stretch) {
        let by = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (low, high) = (part.iter().min_by(by), part.iter().max_by(by));
        let mut pair: Vec<(f64, f64)> = low.into_iter().chain(high).copied().collect();
        pair.sort_by(|a, b| a.0.total_cmp(&b.0));
        pair.dedup();
        drawn.extend(pair);
    }
    drawn
}

/// An axis with round ticks.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// An axis that holds the values from `low` to `high`, with about `count` ticks at 1, 2 or 5
    /// times a power of ten.
    fn new(low: f64, high: f64, count: usize) -> Self {
        let (low, high) = match high - low {
            // Equal values stand in the middle.
            0.0 if low == 0.0 => (0.0, 1.0),
            0.0 => (low - 0.5 * low.abs(), low + 0.5 * low.abs()),
            _ => (low, high),
        };
        let rough = (high - low) / count as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let times = [1.0, 2.0, 5.0]
            .into_iter()
            .find(|times| times * power >= rough);
        Self::stepped(low, high, times.unwrap_or(10.0) * power)
    }

    /// An axis of whole numbers.
    fn whole(first: f64, last: f64) -> Self {
        let last = last.max(first + 1.0);
        let mut axis = Self::new(first, last, 8);
        if axis.step < 1.0 {
            axis = Self::stepped(first, last, 1.0);
        }
        Self {
            low: first,
            high: last,
            ..axis
        }
        .inside()
    }

    fn stepped(low: f64, high: f64, step: f64) -> Self {
        let (from, to) = ((low / step).floor(), (high / step).ceil());
        // At most a dozen, whatever the numbers: a step too small to be added would give no end.
        let count = (to - from).clamp(1.0, 12.0) as usize;
        let ticks: Vec<f64> = (0..=count)
            .map(|tick| (from + tick as f64) * step)
            .collect();
        Self {
            low: from * step,
            high: to.max(from + 1.0) * step,
            step,
            ticks,
        }
    }

    /// The axis without the ticks past its ends.
    fn inside(mut self) -> Self {
        let (low, high) = (self.low, self.high);
        self.ticks.retain(|tick| (low..=high).contains(tick));
        self
    }

    /// Where a value lies between the ends, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// A tick with as many digits as the step asks for.
    fn label(&self, tick: f64) -> String {
        let tick = if tick.abs() < 1e-9 * self.step {
            0.0
        } else {
            tick
        };
        let digits = (-self.step.log10().floor()).max(0.0);
        if digits > 4.0 || tick.abs() >= 1e6 {
            return format!("{tick:.0e}");
        }
        format!("{tick:.0$}", digits as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> String {
        let chart = Chart {
            title: "Loss",
            id: "loss",
            curves: vec![Curve {
                name: "training",
                points,
            }],
            write: |value| format!("{value:.2}"),
            lower_is_better: Some(true),
            from_zero: true,
        };
        chart.figure().into_string()
    }

    #[test]
    fn curves_are_told_in_words() {
        let text = chart(vec![(1.0, 2.0), (2.0, 0.5), (3.0, 0.75)]);
        let words = "Training: 2.00 in epoch 1, 0.75 in epoch 3; lowest 0.50 in epoch 2.";
        assert_eq!(text.matches(words).count(), 2, "{text}");
        assert!(chart(vec![(1.0, 2.0)]).contains("Training: 2.00 in epoch 1."));
        assert_eq!(chart(Vec::new()), "");
    }

    #[test]
    fn axes_hold_their_values_at_round_ticks() {
        for (low, high) in [
            (0.0, 2.3),
            (0.871, 0.9934),
            (1e-9, 3e-9),
            (-5.0, 1e7),
            (4.0, 4.0),
            (1e300, 2e300),
        ] {
            let axis = Axis::new(low, high, 5);
            assert!(
                axis.low <= low && axis.high >= high,
                "{low} {high}: {}",
                axis.high
            );
            assert!((2..=13).contains(&axis.ticks.len()), "{:?}", axis.ticks);
        }
        let axis = Axis::new(0.0, 2.3, 5);
        let labels: Vec<String> = axis.ticks.iter().map(|&tick| axis.label(tick)).collect();
        assert_eq!(labels, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]);
        assert_eq!(Axis::whole(1.0, 3.0).ticks, [1.0, 2.0, 3.0]);
        assert_eq!(Axis::whole(1.0, 1.0).ticks, [1.0, 2.0]);
    }

    #[test]
    fn long_runs_are_drawn_with_their_extremes() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|n| (f64::from(n), 1.0)).collect();
        points[5_001].1 = 9.0;
        let drawn = thinned(&points);
        assert!(drawn.len() <= MOST_POINTS + 1 && drawn.contains(&(5_001.0, 9.0)));
        assert!(drawn.is_sorted_by(|a, b| a.0 < b.0));
    }
}
