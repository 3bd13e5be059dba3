//! An axis with round ticks, linear or logarithmic.

/// An axis with round ticks.
pub(super) struct Axis {
    low: f64,
    high: f64,
    step: f64,
    pub(super) ticks: Vec<f64>,
    /// Whether equal distances are equal ratios.
    logarithmic: bool,
}

impl Axis {
    /// An axis that holds the values from `low` to `high`, with about `count` ticks at 1, 2 or 5
    /// times a power of ten.
    pub(super) fn new(low: f64, high: f64, count: usize) -> Self {
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
    pub(super) fn whole(first: f64, last: f64) -> Self {
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
            logarithmic: false,
        }
    }

    /// An axis of positive values with ticks at powers of ten.
    pub(super) fn powers(first: f64, last: f64) -> Self {
        let low = first.max(f64::MIN_POSITIVE);
        let high = if last > low { last } else { 10.0 * low };
        let (from, to) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        Self {
            low,
            high,
            step: 1.0,
            ticks: (from..=to).map(|power| 10_f64.powi(power)).collect(),
            logarithmic: true,
        }
        .inside()
    }

    /// The axis without the ticks past its ends.
    fn inside(mut self) -> Self {
        let (low, high) = (self.low, self.high);
        self.ticks.retain(|tick| (low..=high).contains(tick));
        self
    }

    /// Where a value lies between the ends, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let share = match self.logarithmic {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// A tick with as many digits as the step asks for.
    pub(super) fn label(&self, tick: f64) -> String {
        if self.logarithmic {
            return format!("{tick:e}");
        }
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
    fn powers_of_ten_are_at_equal_distances() {
        let axis = Axis::powers(1e-4, 0.1);
        let labels: Vec<String> = axis.ticks.iter().map(|&tick| axis.label(tick)).collect();
        assert_eq!(labels, ["1e-4", "1e-3", "1e-2", "1e-1"]);
        assert!((axis.share(1e-3) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Axis::powers(0.002, 0.002).share(0.002), 0.0);
    }
}
