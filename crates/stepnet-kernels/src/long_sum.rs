//! Sums over long axes that keep their digits.
//!
//! Each addition to a running sum of `n` terms rounds it: the error grows with `n`, for equal terms
//! in one direction. So long sums are taken in blocks. A block starts at zero, and is added to the sum
//! of the blocks before it:
//!
//! ```text
//! error of one running sum        about  n u          (u: half an epsilon)
//! error of n / B blocks of B      about (B + n / B) u
//! the same with [`add`]           about  B u
//! ```
//!
//! The products of the heavy passes add their blocks up plainly, in registers or in place; where there
//! are more than `MANY`, some of them together (`groups`). Sums of single numbers (biases, means,
//! gradients of normalisations, poolings) carry in `rests` what each addition of a block rounds off
//! (`add`, Knuth's two-sum), and add it at the end (`finish`) and, because the rests are running
//! sums too, now and then in between (`settle`). Where blocks begin depends on the length alone.

use crate::Real;

/// The most terms that are summed one after the other: the sums of shorter axes are not cut.
pub(super) const LONGEST: usize = 512;

/// Terms of a block of an axis that is longer, at most: 24 KiB of `f32` by two vectors of eight, so that
/// a block of filters stays in the first-level cache.
pub(super) const BLOCK: usize = 384;

/// Terms of a block of sums of single numbers, where there are more than [`FEW`].
pub(super) const SHORT_BLOCK: usize = 8;

/// Single numbers that are summed one after the other.
pub(super) const FEW: usize = 64;

/// Blocks of products that are added up one after the other.
pub(super) const MANY: usize = 64;

/// Additions of blocks after which the rests are added to the sums.
pub(super) const SETTLED: usize = 512;

/// How many blocks of `len` terms are added up among themselves before they are added to the others.
#[inline(always)]
pub(super) fn groups(terms: usize, len: usize) -> usize {
    terms.div_ceil(MANY * len).max(1)
}

/// Terms of each block of an axis: as equal as whole terms allow.
#[inline(always)]
pub(super) fn block_len(terms: usize) -> usize {
    match terms {
        0..=LONGEST => terms.max(1),
        _ => terms.div_ceil(terms.div_ceil(BLOCK)),
    }
}

/// Terms of each block of an axis of single numbers.
#[inline(always)]
pub fn short_block(terms: usize) -> usize {
    match terms {
        0..=FEW => terms.max(1),
        _ => SHORT_BLOCK,
    }
}

/// Adds `parts` to sums that are kept as `sums + rests`.
#[inline(always)]
pub(super) fn add<T: Real>(sums: &mut [T], rests: &mut [T], parts: &[T]) {
    for ((sum, rest), &part) in sums.iter_mut().zip(rests).zip(parts) {
        let total = *sum + part;
        let added = total - *sum;
        *rest += (*sum - (total - added)) + (part - added);
        *sum = total;
    }
}

/// Adds the rests to the sums after every [`SETTLED`] additions; what that rounds off is the new rest.
#[inline(always)]
pub(super) fn settle<T: Real>(sums: &mut [T], rests: &mut [T], additions: usize) {
    if !additions.is_multiple_of(SETTLED) {
        return;
    }
    for (sum, rest) in sums.iter_mut().zip(rests) {
        let total = finished(*sum, *rest);
        let left = *rest - (total - *sum);
        // Of a sum that is not finite there is none.
        *rest = if left.is_nan() { T::zero() } else { left };
        *sum = total;
    }
}

/// The sums, from what [`add`] left.
#[inline(always)]
pub(super) fn finish<T: Real>(sums: &mut [T], rests: &[T]) {
    for (sum, &rest) in sums.iter_mut().zip(rests) {
        *sum = finished(*sum, rest);
    }
}

/// `sum + rest`; a sum that is not finite has no rest.
#[inline(always)]
fn finished<T: Real>(sum: T, rest: T) -> T {
    let total = sum + rest;
    if total.is_nan() { sum } else { total }
}

/// The sum of `block(first..end)` over the blocks of `0..len`, each of at most `most` terms.
#[inline(always)]
pub fn of_blocks<T: Real>(
    len: usize,
    most: usize,
    block: impl Fn(std::ops::Range<usize>) -> T,
) -> T {
    let (mut sum, mut rest) = ([T::zero()], [T::zero()]);
    for (number, first) in (0..len).step_by(most).enumerate() {
        add(&mut sum, &mut rest, &[block(first..len.min(first + most))]);
        settle(&mut sum, &mut rest, number + 1);
    }
    finished(sum[0], rest[0])
}

/// `sums[column] = sum over the rows of values[row][column]`.
pub(super) fn columns<T: Real>(values: &[T], sums: &mut [T]) {
    /// Columns at a time: what is summed stays in registers.
    const WIDTH: usize = 16;
    let width = sums.len();
    let block_rows = short_block(values.len() / width);
    for (number, sums) in sums.chunks_mut(WIDTH).enumerate() {
        let (first, used) = (number * WIDTH, sums.len());
        let [mut total, mut rest] = [[T::zero(); WIDTH]; 2];
        for (number, rows) in values.chunks(block_rows * width).enumerate() {
            let mut block = [T::zero(); WIDTH];
            for row in rows.chunks_exact(width) {
                let row = &row[first..first + used];
                for (sum, &value) in block.iter_mut().zip(row) {
                    *sum += value;
                }
            }
            add(&mut total, &mut rest, &block);
            settle(&mut total, &mut rest, number + 1);
        }
        finish(&mut total, &rest);
        sums.copy_from_slice(&total[..used]);
    }
}

#[cfg(test)]
mod tests;
