//! Mean and variance: parts of rows in blocks, merged in order.

use super::parts::by_parts;
use crate::Real;
use crate::norm::columns::{self, Of};
use crate::norm::{NormGeometry, settled};
use crate::simd::{InstructionSet, Isa, Kernel};

pub(crate) fn run_statistics<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    x: &[T],
    mean: &mut [T],
    variance: &mut [T],
    scratch: &mut [T],
) {
    let c = g.channels;
    let parts = g.parts();
    let (states, scratch) = scratch.split_at_mut(2 * c * parts.count);
    let states = &mut states[..];
    by_parts(
        g,
        2,
        states,
        scratch,
        2 * g.width(),
        |rows, state, scratch| {
            set.run(LaneStatistics {
                g,
                x: &x[rows.start * c..rows.end * c],
                state,
                scratch,
            });
        },
    );
    // `variance` holds sums of squares until the last part has joined.
    let (first, others) = states.split_at(2 * c);
    mean.copy_from_slice(&first[..c]);
    variance.copy_from_slice(&first[c..]);
    let mut before = parts.per_part.min(g.rows);
    for other in others.chunks_exact(2 * c) {
        let rows = parts.per_part.min(g.rows - before);
        let (other_mean, squares) = other.split_at(c);
        merge([before, rows], [mean, variance], [other_mean, squares]);
        before += rows;
    }
    let rows = T::from_f64(g.rows as f64);
    variance.iter_mut().for_each(|square| *square /= rows);
    for (channel, (mean, variance)) in mean.iter_mut().zip(variance).enumerate() {
        // Of no rows there is no such channel.
        let values = x.get(channel..).unwrap_or_default().iter().step_by(c);
        [*mean, *variance] = settled([*mean, *variance], values);
    }
}

/// Joins the statistics of further rows to those of the rows before: counts, means, sums of squares.
#[inline(always)]
fn merge<T: Real>(
    [before, rows]: [usize; 2],
    [mean, squares]: [&mut [T]; 2],
    [other_mean, other_squares]: [&[T]; 2],
) {
    let (a, b) = (before as f64, rows as f64);
    let share = T::from_f64(b / (a + b));
    let weight = T::from_f64(a * (b / (a + b)));
    let own = mean.iter_mut().zip(squares.iter_mut());
    let other = other_mean.iter().zip(other_squares);
    for ((mean, squares), (&other_mean, &other_squares)) in own.zip(other) {
        let apart = other_mean - *mean;
        *mean += apart * share;
        *squares += other_squares + apart * apart * weight;
    }
}

/// The statistics of one part's rows: means, then sums of squares.
struct LaneStatistics<'a, 's, T> {
    g: &'a NormGeometry,
    x: &'a [T],
    state: &'a mut [T],
    scratch: &'s mut [T],
}

impl<T: Real> Kernel for LaneStatistics<'_, '_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let c = self.g.channels;
        let (mean, squares) = self.state.split_at_mut(c);
        let mut before = 0;
        for block in self.x.chunks(self.g.block_rows() * c) {
            // The last rows, which do not fill a wide row, are summed separately.
            let (wide, narrow) = block.split_at(block.len() / self.g.width() * self.g.width());
            for (part, width) in [(wide, self.g.width()), (narrow, c)] {
                let rows = part.len() / c;
                if rows == 0 {
                    continue;
                }
                let (sums, means) = self.scratch.split_at_mut(self.g.width());
                let (sums, means) = (&mut sums[..width], &mut means[..width]);
                columns::sum(isa, Of::Values(part), means);
                columns::fold(means, c);
                let count = T::from_f64(rows as f64);
                means[..c].iter_mut().for_each(|mean| *mean /= count);
                columns::spread(means, c);
                columns::sum(isa, Of::Squares(part, means), sums);
                columns::fold(sums, c);
                if before == 0 {
                    mean.copy_from_slice(&means[..c]);
                    squares.copy_from_slice(&sums[..c]);
                } else {
                    merge([before, rows], [mean, squares], [&means[..c], &sums[..c]]);
                }
                before += rows;
            }
        }
    }
}
