//! The scales of colours: one that rises from 0, and one that has 0 in its middle.

/// Red, green and blue.
pub(super) type Rgb = [u8; 3];

/// Which values a scale is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// From 0 to 1: dark to light, so that it can be read without colours, too.
    Rising,
    /// From -1 to 1: orange below 0, blue above, distinguishable with any colour vision.
    Diverging,
}

const RISING: [[f64; 3]; 5] = [
    [12.0, 10.0, 40.0],
    [92.0, 22.0, 110.0],
    [196.0, 60.0, 78.0],
    [246.0, 148.0, 40.0],
    [252.0, 250.0, 164.0],
];

const DIVERGING: [[f64; 3]; 5] = [
    [160.0, 82.0, 10.0],
    [253.0, 184.0, 99.0],
    [247.0, 247.0, 247.0],
    [146.0, 197.0, 222.0],
    [31.0, 95.0, 168.0],
];

impl Scale {
    /// The scale of maps with or without values below 0.
    pub(super) fn of(signed: bool) -> Self {
        if signed {
            Self::Diverging
        } else {
            Self::Rising
        }
    }

    /// The least value.
    pub(super) fn low(self) -> f64 {
        match self {
            Self::Rising => 0.0,
            Self::Diverging => -1.0,
        }
    }

    fn stops(self) -> &'static [[f64; 3]; 5] {
        match self {
            Self::Rising => &RISING,
            Self::Diverging => &DIVERGING,
        }
    }

    /// The colour of a value; values beyond the ends have the ends' colours, and those that are no number are grey.
    pub(super) fn colour(self, value: f64) -> Rgb {
        if value.is_nan() {
            return [128; 3];
        }
        let share = ((value - self.low()) / (1.0 - self.low())).clamp(0.0, 1.0);
        let stops = self.stops();
        let place = share * (stops.len() - 1) as f64;
        let first = (place as usize).min(stops.len() - 2);
        let (from, to) = (stops[first], stops[first + 1]);
        let t = place - first as f64;
        [0, 1, 2].map(|i| (from[i] + t * (to[i] - from[i])).round() as u8)
    }

    /// The stops as a gradient of CSS from left to right.
    pub(super) fn css(self) -> String {
        let colours = self
            .stops()
            .map(|[red, green, blue]| format!("rgb({red},{green},{blue})"));
        format!("linear-gradient(to right,{})", colours.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brightness(colour: Rgb) -> f64 {
        let [red, green, blue] = colour.map(f64::from);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn larger_values_are_lighter() {
        let steps: Vec<f64> = (0..=50).map(|step| f64::from(step) / 50.0).collect();
        let light: Vec<f64> = steps
            .iter()
            .map(|&t| brightness(Scale::Rising.colour(t)))
            .collect();
        assert!(light.windows(2).all(|pair| pair[0] < pair[1]), "{light:?}");
        assert!(light[50] - light[0] > 200.0);
    }

    #[test]
    fn sides_have_their_own_colour_and_zero_has_none() {
        let colour = |value| Scale::Diverging.colour(value);
        assert_eq!(colour(0.0), [247; 3]);
        for step in 1..=10 {
            let t = f64::from(step) / 10.0;
            let ([red, _, blue], [other_red, _, other_blue]) = (colour(t), colour(-t));
            assert!(blue > other_blue && other_red > red, "{t}");
        }
        assert_eq!(colour(7.0), colour(1.0));
        assert_eq!(colour(f64::NAN), [128; 3]);
        assert_eq!(Scale::of(true), Scale::Diverging);
        assert!(
            Scale::Rising
                .css()
                .starts_with("linear-gradient(to right,rgb(12,10,40),")
        );
    }
}
