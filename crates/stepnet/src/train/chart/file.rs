//! Charts as an SVG file of their own.

use maud::{Markup, PreEscaped, html};
use stepnet_base::design::light;

use super::{Chart, HEIGHT, WIDTH};

/// Above a chart its title, below it the names of its curves.
const TITLE: f64 = 40.0;
const NAMES: f64 = 36.0;

/// The width of a name, an estimate: a text cannot be measured here.
const LETTER: f64 = 8.5;
const KEY: f64 = 60.0;

/// The style of the file, whose ground is light: a program that shows it may not know custom properties.
fn style() -> String {
    let [ink, soft, line] = ["--ink", "--soft", "--line"].map(light);
    let [one, two, bad, good] = ["--one", "--two", "--bad", "--good"].map(light);
    format!(
        "text{{font:15px system-ui,sans-serif;fill:{ink}}}.title{{font-size:18px}}.axis text{{fill:{soft}}}\
         .axis line{{stroke:{line}}}.curve path{{fill:none;stroke-width:2.5;stroke-linejoin:round}}\
         .c0 path{{stroke:{one}}}.c0 circle{{fill:{one}}}\
         .c1 path{{stroke:{two};stroke-dasharray:7 4}}.c1 rect{{fill:{two}}}\
         .mark line{{stroke-width:2}}.m0 line{{stroke:{bad}}}.m1 line{{stroke:{good};stroke-dasharray:2 4}}"
    )
}

/// The contents of an SVG file with charts side by side, each `width` pixels wide.
pub(in crate::train) fn file(charts: &[Chart<'_>], width: f64) -> String {
    let whole = TITLE + HEIGHT + NAMES;
    let height = (width * whole / WIDTH).ceil();
    let all = width * charts.len() as f64;
    let words: Vec<String> = charts
        .iter()
        .map(|chart| format!("{}. {}", chart.title, chart.words()))
        .collect();
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(all) height=(height) viewBox=(format!("0 0 {all} {height}")) role="img" {
            title { (words.join(" ")) }
            style { (PreEscaped(style())) }
            rect width="100%" height="100%" fill=(light("--ground")) {}
            @for (number, chart) in charts.iter().enumerate() {
                svg x=(width * number as f64) y="0" width=(width) height=(height) viewBox=(format!("0 0 {WIDTH} {whole}")) {
                    text.title x=(WIDTH / 2.0) y="26" text-anchor="middle" { (chart.title) }
                    @if !chart.is_empty() {
                        g transform=(format!("translate(0 {TITLE})")) { (chart.drawing()) }
                        g transform=(format!("translate(64 {})", TITLE + HEIGHT + 16.0)) { (names(chart)) }
                    }
                }
            }
        }
    };
    let mut text = drawn.into_string();
    text.push('\n');
    text
}

/// The names of curves and marks, each after a piece of its line.
fn names(chart: &Chart<'_>) -> Markup {
    let curves = chart.curves.iter().enumerate();
    let curves = curves.map(|(number, curve)| (format!("curve c{number}"), curve.name));
    let marks = chart.marks.iter().enumerate();
    let marks = marks.map(|(number, (name, _))| (format!("mark m{number}"), name.as_str()));
    let mut x = 0.0;
    let placed: Vec<(f64, String, &str)> = curves
        .chain(marks)
        .map(|(class, name)| {
            let place = x;
            x += KEY + LETTER * name.chars().count() as f64;
            (place, class, name)
        })
        .collect();
    html! {
        @for (x, class, name) in placed {
            g class=(class) {
                @if class.starts_with("mark") { line x1=(x) x2=(x + 28.0) y1="0" y2="0" {} }
                @else { path d=(format!("M{x} 0H{}", x + 28.0)) {} }
                text x=(x + 34.0) y="5" { (name) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Across, Curve};
    use super::*;

    #[test]
    fn a_file_has_each_curve_and_each_name_safely() {
        let chart = |title| Chart {
            title,
            id: "",
            across: Across::Rates,
            curves: vec![Curve {
                name: "a<b",
                points: vec![(1e-3, 2.0), (1e-2, 1.0)],
            }],
            marks: vec![("here & now".to_owned(), 5e-3)],
            write: |value| format!("{value:.1}"),
            lower_is_better: None,
            from_zero: false,
        };
        let text = file(&[chart("first"), chart("second")], 480.0);
        assert!(
            text.contains("width=\"960\"") && text.contains(">second<"),
            "{text}"
        );
        assert!(text.contains("a&lt;b") && text.contains("here &amp; now"));
        assert_eq!(text.matches("class=\"curve c0\"").count(), 4, "{text}");
        assert_eq!(text.matches("<svg").count(), text.matches("</svg>").count());
        let none = Chart {
            curves: Vec::new(),
            ..chart("nothing")
        };
        assert!(file(&[none], 480.0).contains("nothing"));
    }
}
