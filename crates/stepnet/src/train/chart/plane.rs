//! Points or a curve over two axes of numbers: predicted over true values, the curves of a ranking.

use maud::{Markup, html};

use super::axis::Axis;
use super::{Frame, HEIGHT, WIDTH, at, path};

/// The most points that are drawn; of more, evenly chosen ones.
const MOST_POINTS: usize = 1500;

/// A drawing over two axes of numbers.
pub(in crate::train) struct Plane<'a> {
    /// What is drawn, as a heading.
    pub(in crate::train) title: &'a str,
    /// A word for the drawing's name in the page.
    pub(in crate::train) id: &'a str,
    /// What goes from left to right, and upwards.
    pub(in crate::train) axes: [&'a str; 2],
    pub(in crate::train) points: Vec<(f64, f64)>,
    /// Whether each point is a dot; else a line goes through them, in order.
    pub(in crate::train) dots: bool,
    /// The ends of a line to compare with.
    pub(in crate::train) compared: Option<[(f64, f64); 2]>,
    /// What it shows, in words.
    pub(in crate::train) words: String,
}

impl Plane<'_> {
    /// The figure; nothing where there is no point.
    pub(in crate::train) fn figure(&self) -> Markup {
        if self.points.is_empty() {
            return html! {};
        }
        let title = format!("{}-title", self.id);
        html! {
            figure.chart {
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-labelledby=(title) {
                    title id=(title) { (self.title) ". " (self.words) }
                    (self.drawing())
                }
                figcaption { (self.words) }
            }
        }
    }

    fn drawing(&self) -> Markup {
        let all = || self.points.iter().chain(self.compared.iter().flatten());
        let axis = |pick: fn(&(f64, f64)) -> f64| {
            let values = all().map(pick).filter(|value| value.is_finite());
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            match low <= high {
                true => Axis::new(low, high, 5),
                false => Axis::new(0.0, 1.0, 5),
            }
        };
        let (places, values) = (axis(|point| point.0), axis(|point| point.1));
        let frame = Frame { places, values };
        let (x, y) = (|place| frame.x(place), |value| frame.y(value));
        let name = format!("{} (upwards) over {}", self.axes[1], self.axes[0]);
        let step = self.points.len().div_ceil(MOST_POINTS).max(1);
        let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
        html! {
            (frame.drawing(&name))
            @if let Some(ends) = &self.compared {
                g class="curve c1" aria-hidden="true" { path d=(path(ends, x, y)) {} }
            }
            g class="curve c0" aria-hidden="true" {
                @if self.dots {
                    @for &(place, value) in self.points.iter().step_by(step).filter(finite) {
                        circle cx=(at(x(place))) cy=(at(y(value))) r="2.5" {}
                    }
                } @else {
                    path d=(path(&self.points, x, y)) {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(points: Vec<(f64, f64)>, dots: bool) -> String {
        let plane = Plane {
            title: "Angle",
            id: "angle",
            axes: ["true", "predicted"],
            points,
            dots,
            compared: Some([(0.0, 0.0), (90.0, 90.0)]),
            words: "R2 0.99.".into(),
        };
        plane.figure().into_string()
    }

    #[test]
    fn many_points_are_thinned_and_told_in_words() {
        let points = (0..10_000).map(|n| (f64::from(n % 90), 1.0)).collect();
        let drawn = plane(points, true);
        assert_eq!(drawn.matches("R2 0.99.").count(), 2);
        let dots = drawn.matches("<circle").count();
        assert!(dots > MOST_POINTS / 2 && dots <= MOST_POINTS, "{dots}");
        assert!(drawn.contains("predicted (upwards) over true"));
        let line = plane(vec![(0.0, 0.0), (45.0, 90.0)], false);
        assert_eq!(
            (
                line.matches("<circle").count(),
                line.matches("<path").count()
            ),
            (0, 2)
        );
        assert_eq!(plane(Vec::new(), true), "");
        assert!(!plane(vec![(f64::NAN, 1.0), (1.0, 2.0)], true).contains("NaN"));
    }
}
