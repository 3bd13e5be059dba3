//! A diverging scale of colours: orange below zero, blue above, distinguishable with any colour vision.

use std::fmt::Write as _;

/// Steps on either side of zero.
const STEPS: i32 = 10;

type Colour = [f64; 3];

/// Zero, half way and the end, below and above zero.
struct Scale {
    zero: Colour,
    below: [Colour; 2],
    above: [Colour; 2],
}

const LIGHT: Scale = Scale {
    zero: [247.0, 247.0, 247.0],
    below: [[253.0, 184.0, 99.0], [160.0, 82.0, 10.0]],
    above: [[146.0, 197.0, 222.0], [31.0, 95.0, 168.0]],
};

const DARK: Scale = Scale {
    zero: [32.0, 36.0, 43.0],
    below: [[148.0, 89.0, 26.0], [255.0, 191.0, 117.0]],
    above: [[47.0, 102.0, 144.0], [140.0, 200.0, 245.0]],
};

impl Scale {
    /// The colour of step `step`, from `-STEPS` to `STEPS`.
    fn colour(&self, step: i32) -> Colour {
        let [half, end] = if step < 0 { self.below } else { self.above };
        let t = f64::from(step.abs()) / f64::from(STEPS);
        let (from, to, t) = if t < 0.5 {
            (self.zero, half, 2.0 * t)
        } else {
            (half, end, 2.0 * t - 1.0)
        };
        [0, 1, 2].map(|i| (from[i] + (to[i] - from[i]) * t).round())
    }
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: Colour) -> f64 {
    let linear = |value: f64| {
        let value = value / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// Contrast of white and of black text on a colour.
fn contrasts(colour: Colour) -> [f64; 2] {
    let luminance = luminance(colour) + 0.05;
    [1.05 / luminance, luminance / 0.05]
}

fn hex(colour: Colour) -> String {
    let [red, green, blue] = colour.map(|value| value as u8);
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The class of a value where `largest` is the end of the scale.
pub(super) fn class(value: f64, largest: f64) -> String {
    if !value.is_finite() {
        return "kx".into();
    }
    let t = if largest > 0.0 { value / largest } else { 0.0 };
    format!(
        "k{}",
        (t.clamp(-1.0, 1.0) * f64::from(STEPS)).round() as i32 + STEPS
    )
}

/// All classes in the order of the scale.
pub(super) fn classes() -> impl Iterator<Item = String> {
    (0..=2 * STEPS).map(|step| format!("k{step}"))
}

/// The rules of the classes, for light and for dark.
pub(super) fn css() -> String {
    let rules = |scale: &Scale| {
        let mut text = String::new();
        for step in -STEPS..=STEPS {
            let colour = scale.colour(step);
            let [white, black] = contrasts(colour);
            let ink = if white > black { "#fff" } else { "#000" };
            let background = hex(colour);
            write!(
                text,
                ".k{}{{background:{background};color:{ink}}}",
                step + STEPS
            )
            .ok();
        }
        text
    };
    format!(
        "{}@media (prefers-color-scheme:dark){{{}}}",
        rules(&LIGHT),
        rules(&DARK)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read_on_every_colour() {
        for scale in [LIGHT, DARK] {
            for step in -STEPS..=STEPS {
                let best = contrasts(scale.colour(step))
                    .into_iter()
                    .fold(0.0, f64::max);
                assert!(best >= 4.5, "{step}: {best}");
            }
        }
    }

    #[test]
    fn the_sides_differ_and_grow_away_from_zero() {
        for scale in [LIGHT, DARK] {
            let zero = luminance(scale.zero);
            for side in [-1, 1] {
                let mut before = 0.0;
                for step in 1..=STEPS {
                    let away = (luminance(scale.colour(side * step)) - zero).abs();
                    assert!(away > before, "{side} {step}");
                    before = away;
                }
            }
            // Blue against orange: the difference that every kind of colour blindness keeps.
            for step in 3..=STEPS {
                let ([red, _, blue], [other_red, _, other_blue]) =
                    (scale.colour(step), scale.colour(-step));
                assert!(blue - other_blue > 25.0 && other_red - red > 25.0, "{step}");
            }
        }
    }

    #[test]
    fn values_have_their_step() {
        assert_eq!(class(0.0, 1.0), "k10");
        assert_eq!(class(2.0, 2.0), "k20");
        assert_eq!(class(-9.0, 2.0), "k0");
        assert_eq!(class(1.0, 0.0), "k10");
        assert_eq!(class(f64::NAN, 1.0), "kx");
        assert_eq!(classes().count(), 21);
    }

    #[test]
    fn the_laboratory_has_the_same_scale() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../web/src/figure/colour.ts"
        );
        let text = std::fs::read_to_string(path).unwrap();
        for (name, scale) in [("LIGHT", LIGHT), ("DARK", DARK)] {
            let (_, after) = text.split_once(&format!("const {name}: Scale = ")).unwrap();
            let (there, _) = after.split_once("};").unwrap();
            let words = there.split(|c: char| !c.is_ascii_digit());
            let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
            let ours = [
                scale.zero,
                scale.below[0],
                scale.below[1],
                scale.above[0],
                scale.above[1],
            ];
            assert_eq!(numbers, ours.concat(), "{name}");
        }
    }
}
