//! Forward passes of few examples: `w` is read square by square.
//!
//! A vector of units sums over the features in their order, as everywhere else, so an example alone gets the same
//! numbers as among others.

use crate::Real;
use crate::aligned::OnLine;
use crate::dense::DenseGeometry;
use crate::long_sum::{BLOCK, block_len, groups};
use crate::parallel;
use crate::simd::{InstructionSet, Isa, Kernel, MOST_LANES};

/// The most examples.
pub(in crate::dense) const EXAMPLES: usize = 4;

/// Units that a thread takes at a time.
const UNITS: usize = 64;

/// `y = x w^T + b`.
pub(in crate::dense) fn forward<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
) {
    let mut rows = y.chunks_exact_mut(g.outputs);
    let mut rest = [(); EXAMPLES].map(|()| rows.next().unwrap_or_default());
    let mut first = 0;
    let jobs = std::iter::from_fn(move || {
        if first >= g.outputs {
            return None;
        }
        // A rest that is too short for a vector belongs to the part before it.
        let left = g.outputs - first;
        let units = if left < 2 * UNITS { left } else { UNITS };
        let part = rest.each_mut().map(|rest| {
            let units = units.min(rest.len());
            let (part, next) = std::mem::take(rest).split_at_mut(units);
            *rest = next;
            part
        });
        first += units;
        Some((first - units, part))
    });
    let workers = parallel::workers(g.outputs.div_ceil(UNITS), g.multiply_adds());
    parallel::share(jobs, workers, 0, &mut [], |(first, y), _: &mut [T]| {
        set.run(Units {
            g,
            x,
            w,
            b,
            first,
            y,
        });
    });
}

/// Some units of all examples.
struct Units<'a, T> {
    g: &'a DenseGeometry,
    x: &'a [T],
    w: &'a [T],
    b: Option<&'a [T]>,
    first: usize,
    /// The units' values of each example.
    y: [&'a mut [T]; EXAMPLES],
}

impl<T: Real> Kernel for Units<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        match self.g.batch {
            1 => self.examples::<I, 1>(isa),
            2 => self.examples::<I, 2>(isa),
            3 => self.examples::<I, 3>(isa),
            _ => self.examples::<I, 4>(isa),
        }
    }
}

impl<T: Real> Units<'_, T> {
    /// Two vectors of units at a time; the last ones may compute again what others did.
    #[inline(always)]
    fn examples<I: Isa, const E: usize>(&mut self, isa: I) {
        let lanes = I::lanes::<T>();
        let units = self.y[0].len();
        let mut done = 0;
        while done + 2 * lanes <= units {
            self.vectors::<I, E, 2>(isa, done);
            done += 2 * lanes;
        }
        while done < units {
            self.vectors::<I, E, 1>(isa, done.min(units - lanes));
            done += lanes;
        }
    }

    #[inline(always)]
    fn vectors<I: Isa, const E: usize, const V: usize>(&mut self, isa: I, at: usize) {
        let lanes = I::lanes::<T>();
        let inputs = self.g.inputs;
        let unit = self.first + at;
        let w = &self.w[unit * inputs..];
        let zeros = [[isa.splat(T::zero()); V]; E];
        let mut sums = zeros;
        if let Some(b) = self.b {
            for sums in &mut sums {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = isa.load(&b[unit + v * lanes..]);
                }
            }
        }
        // The sum of the groups of blocks before this one, that of this one's blocks, and where the next block ends.
        let [mut before, mut group] = [None::<[[I::Vector<T>; V]; E]>; 2];
        let block = block_len(inputs);
        let group_blocks = groups(inputs, BLOCK);
        let (mut end, mut in_group) = (block, 0);
        // [feature][unit] of a square of each vector.
        let mut squares = OnLine([[T::zero(); MOST_LANES * MOST_LANES]; V]);
        let whole = inputs - inputs % lanes;
        for k in (0..inputs).step_by(lanes) {
            let count = lanes.min(inputs - k);
            for (v, square) in squares.0.iter_mut().enumerate() {
                let w = &w[v * lanes * inputs + k..];
                if k < whole {
                    for unit in (0..lanes).step_by(I::square::<T>()) {
                        for feature in (0..lanes).step_by(I::square::<T>()) {
                            let to = &mut square[feature * lanes + unit..];
                            isa.transpose(&w[unit * inputs + feature..], inputs, to, lanes);
                        }
                    }
                    continue;
                }
                for feature in 0..count {
                    for lane in 0..lanes {
                        square[feature * lanes + lane] = w[lane * inputs + feature];
                    }
                }
            }
            let mut feature = 0;
            while feature < count {
                let here = count.min(end - k);
                for feature in feature..here {
                    for (e, sums) in sums.iter_mut().enumerate() {
                        let value = isa.splat(self.x[e * inputs + k + feature]);
                        for (sum, square) in sums.iter_mut().zip(&squares.0) {
                            let by = isa.load(&square[feature * lanes..]);
                            *sum = isa.vector_mul_add(value, by, *sum);
                        }
                    }
                }
                feature = here;
                if k + here == end {
                    if let Some(group) = group {
                        add(isa, &mut sums, &group);
                    }
                    in_group += 1;
                    if in_group == group_blocks || end == inputs {
                        if let Some(before) = before {
                            add(isa, &mut sums, &before);
                        }
                        before = Some(sums);
                        (group, in_group) = (None, 0);
                    } else {
                        group = Some(sums);
                    }
                    sums = zeros;
                    end = inputs.min(end + block);
                }
            }
        }
        let sums = before.unwrap_or(sums);
        for (sums, y) in sums.iter().zip(&mut self.y) {
            for (v, &sum) in sums.iter().enumerate() {
                isa.store(&mut y[at + v * lanes..], sum);
            }
        }
    }
}

/// `sums += others`.
#[inline(always)]
fn add<I: Isa, T: Real, const E: usize, const V: usize>(
    isa: I,
    sums: &mut [[I::Vector<T>; V]; E],
    others: &[[I::Vector<T>; V]; E],
) {
    for (sums, others) in sums.iter_mut().zip(others) {
        for (sum, &other) in sums.iter_mut().zip(others) {
            *sum = isa.vector_add(*sum, other);
        }
    }
}
