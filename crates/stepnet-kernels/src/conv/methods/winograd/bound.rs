//! How far a result may be off.

use crate::Real;
use crate::conv::direction::Direction;
use crate::conv::geometry::ConvGeometry;
use crate::conv::method::{Choice, Method};
use crate::conv::methods::winograd::plan::Winograd;
use crate::conv::methods::winograd::transform::{AMPLIFICATION, IN, OUT, ROUNDINGS};
use crate::conv::parts::line::Line;
use crate::decision::Pass;
use crate::simd::InstructionSet;
use std::ops::Range;

/// The inputs whose rounding is felt in an output, and by how much: the output is off by at most
/// `factor` times the sum, over the channels, of the largest magnitude among these inputs times the
/// sum of the magnitudes of the channel's nine weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The rows of the inputs.
    pub rows: Range<usize>,
    /// Their columns.
    pub cols: Range<usize>,
    /// The factor of their magnitudes.
    pub factor: f64,
}

/// The error bound of [`crate::conv::forward`] at the output `[row, col]`; `None` where it sums over
/// windows.
pub fn spread_forward<T: Real>(g: &ConvGeometry, at: [usize; 2]) -> Option<Spread> {
    spread::<T>(g, Pass::Forward, at)
}

/// The error bound of [`crate::conv::backward_data`] at `[row, col]` of `dx`; `None` where it sums over
/// windows.
pub fn spread_backward<T: Real>(g: &ConvGeometry, at: [usize; 2]) -> Option<Spread> {
    spread::<T>(g, Pass::Data, at)
}

fn spread<T: Real>(g: &ConvGeometry, pass: Pass, at: [usize; 2]) -> Option<Spread> {
    let choice = Choice::new::<T>(g, pass, InstructionSet::best());
    let direction = Direction::of(pass)?;
    let winograd = || Winograd::new::<T>(g, direction, choice.set).spread::<T>(at);
    (choice.method == Method::Winograd).then(winograd)
}

impl Winograd<'_> {
    /// Of the output at `[row, col]`.
    fn spread<T: Real>(&self, at: [usize; 2]) -> Spread {
        let [rows, cols] = [0, 1].map(|axis| inputs(&self.window_sum.lines[axis], at[axis]));
        Spread {
            rows,
            cols,
            factor: factor::<T>(self.window_sum.channels),
        }
    }
}

/// `176 gamma(terms + 28)`: by how much of its terms' magnitudes a sum of `terms` products is off.
pub(super) fn factor<T: Real>(terms: usize) -> f64 {
    let share = (terms + ROUNDINGS) as f64 * T::epsilon().as_f64() / 2.0;
    // Only below 2^24 roundings does a sum in `f32` have a bound.
    let gamma = if share < 1.0 {
        share / (1.0 - share)
    } else {
        f64::INFINITY
    };
    AMPLIFICATION * gamma
}

/// The inputs of the tile that output `at` is in.
fn inputs(line: &Line, at: usize) -> Range<usize> {
    let first = line.start(at / OUT * OUT);
    let coordinate = |at: isize| at.max(0).cast_unsigned().min(line.n);
    coordinate(first)..coordinate(first.saturating_add_unsigned(IN))
}
