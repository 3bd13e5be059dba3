//! Curves as SVG: coloured by the page's style, distinguished by line, marks and names, and summed up in words; the one
//! drawer of the report and of the files with drawings.

mod axis;
mod file;
mod plane;

use maud::{Markup, html};

use axis::Axis;
pub(in crate::train) use file::file;
pub(in crate::train) use plane::Plane;

/// The size of a drawing, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// The margins for the axes: left, right, top, bottom.
const MARGIN: [f64; 4] = [64.0, 16.0, 12.0, 40.0];

/// The most points of a curve that are drawn; of more, the extremes of each stretch are.
const MOST_POINTS: usize = 400;

/// Up to this many points each has a mark.
const MOST_MARKS: usize = 40;

/// What goes from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::train) enum Across {
    /// Epochs, from 1.
    Epochs,
    /// Learning rates, by their logarithm.
    Rates,
}

/// A curve.
pub(in crate::train) struct Curve<'a> {
    /// What it is called.
    pub(in crate::train) name: &'a str,
    /// `(epoch or rate, value)`.
    pub(in crate::train) points: Vec<(f64, f64)>,
}

/// Curves with common axes.
pub(in crate::train) struct Chart<'a> {
    /// What is drawn, as a heading.
    pub(in crate::train) title: &'a str,
    /// A word for the drawing's name in the page.
    pub(in crate::train) id: &'a str,
    pub(in crate::train) across: Across,
    pub(in crate::train) curves: Vec<Curve<'a>>,
    /// Places from left to right that are marked by a line, with their names.
    pub(in crate::train) marks: Vec<(String, f64)>,
    /// How a value is written in the summary.
    pub(in crate::train) write: fn(f64) -> String,
    /// Whether a falling curve is what is hoped for; `None` where neither is.
    pub(in crate::train) lower_is_better: Option<bool>,
    /// Whether the axis of values begins at 0.
    pub(in crate::train) from_zero: bool,
}

impl Chart<'_> {
    /// The figure; nothing where there is no point.
    pub(in crate::train) fn figure(&self) -> Markup {
        if self.is_empty() {
            return html! {};
        }
        let (title, words) = (format!("{}-title", self.id), self.words());
        html! {
            figure.chart {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(title) {
                    title id=(title) { (self.title) " over the epochs. " (words) }
                    (self.drawing())
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

    fn is_empty(&self) -> bool {
        self.curves.iter().all(|curve| curve.points.is_empty())
    }

    /// The axes and the curves.
    fn drawing(&self) -> Markup {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
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
        let (places, name) = match self.across {
            Across::Epochs => (Axis::whole(first, last), "epoch"),
            Across::Rates => (Axis::powers(first, last), "learning rate"),
        };
        let frame = Frame { places, values };
        let (x, y) = (|place| frame.x(place), |value| frame.y(value));
        let [_, _, top, bottom] = MARGIN;
        html! {
            (frame.drawing(name))
            @for (number, (_, place)) in self.marks.iter().enumerate() {
                g class=(format!("mark m{number}")) aria-hidden="true" {
                    line x1=(at(x(*place))) x2=(at(x(*place))) y1=(top) y2=(HEIGHT - bottom) {}
                }
            }
            @for (number, curve) in self.curves.iter().enumerate() {
                @let drawn = thinned(&curve.points);
                g class=(format!("curve c{number}")) aria-hidden="true" {
                    path d=(path(&drawn, x, y)) {}
                    @if drawn.len() <= MOST_MARKS {
                        @for &(place, value) in &drawn {
                            @if number == 0 { circle cx=(at(x(place))) cy=(at(y(value))) r="3.5" {} }
                            @else { rect x=(at(x(place) - 3.5)) y=(at(y(value) - 3.5)) width="7" height="7" {} }
                        }
                    }
                }
            }
        }
    }

    /// What the curves show, in words.
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
        let place = match self.across {
            Across::Epochs => "in epoch",
            Across::Rates => "at",
        };
        if curve.points.len() == 1 {
            return Some(format!("{name}: {} {place} {first}.", write(from)));
        }
        let mut text = format!(
            "{name}: {} {place} {first}, {} {place} {last}",
            write(from),
            write(to)
        );
        if let Some(lower) = self.lower_is_better {
            let better = |a: f64, b: f64| if lower { a < b } else { a > b };
            let best = curve.points.iter().fold((first, from), |best, &point| {
                if better(point.1, best.1) { point } else { best }
            });
            let word = if lower { "lowest" } else { "highest" };
            text.push_str(&format!("; {word} {} {place} {}", write(best.1), best.0));
        }
        text.push('.');
        Some(text)
    }
}

/// Two axes, on which everything is placed.
struct Frame {
    /// From left to right.
    places: Axis,
    /// Upwards.
    values: Axis,
}

impl Frame {
    fn x(&self, place: f64) -> f64 {
        let [left, right, ..] = MARGIN;
        left + self.places.share(place) * (WIDTH - left - right)
    }

    fn y(&self, value: f64) -> f64 {
        let [_, _, top, bottom] = MARGIN;
        HEIGHT - bottom - self.values.share(value) * (HEIGHT - top - bottom)
    }

    /// The axes with their ticks, and a name below.
    fn drawing(&self, name: &str) -> Markup {
        let [left, right, _, bottom] = MARGIN;
        html! {
            g.axis aria-hidden="true" {
                @for &tick in &self.values.ticks {
                    line x1=(left) x2=(WIDTH - right) y1=(at(self.y(tick))) y2=(at(self.y(tick))) {}
                    text x=(left - 8.0) y=(at(self.y(tick) + 5.0)) text-anchor="end" { (self.values.label(tick)) }
                }
                @for &tick in &self.places.ticks {
                    text x=(at(self.x(tick))) y=(HEIGHT - bottom + 20.0) text-anchor="middle" { (self.places.label(tick)) }
                }
                text x=(at((left + WIDTH - right) / 2.0)) y=(HEIGHT - 4.0) text-anchor="middle" { (name) }
            }
        }
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
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> String {
        let chart = Chart {
            title: "Loss",
            id: "loss",
            across: Across::Epochs,
            marks: Vec::new(),
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
    fn long_runs_are_drawn_with_their_extremes() {
        let mut points: Vec<(f64, f64)> = (0..10_000).map(|n| (f64::from(n), 1.0)).collect();
        points[5_001].1 = 9.0;
        let drawn = thinned(&points);
        assert!(drawn.len() <= MOST_POINTS + 1 && drawn.contains(&(5_001.0, 9.0)));
        assert!(drawn.is_sorted_by(|a, b| a.0 < b.0));
    }
}
