//! The part of `dy` under a block of pixels, for the weights gradient: as it lies, or laid out.

use super::rows::load_row;
use super::window_sum::Block;
use crate::Real;
use crate::conv::ConvGeometry;
use crate::simd::Isa;
use crate::simd::tile::Tile;

/// The block's part of `dy`: where it starts, and its steps by image, row and pixel.
pub(in crate::conv) struct Gradient<'a, T> {
    pub(in crate::conv) data: &'a [T],
    pub(in crate::conv) first: usize,
    pub(in crate::conv) steps: [usize; 3],
}

/// `dy` of the block from `filter` on; laid out where a vector would end after the last filter, and at
/// steps of `long_step` bytes or more.
#[inline(always)]
pub(in crate::conv) fn gradient<'a, I: Isa, T: Real>(
    isa: I,
    g: &ConvGeometry,
    block: &Block,
    [filter, width]: [usize; 2],
    long_step: usize,
    dy: &'a [T],
    scratch: &'a mut [T],
) -> Gradient<'a, T> {
    let [rows, cols, filters] = g.output;
    let place = |example: usize, row: usize| {
        ((example * rows + row) * cols + block.cols.start) * filters + filter
    };
    if filter + width <= filters && filters * size_of::<T>() < long_step {
        return Gradient {
            data: dy,
            first: place(block.examples.start, block.rows.start),
            steps: [rows * cols * filters, cols * filters, filters],
        };
    }
    let used = width.min(filters - filter);
    let mut to = scratch.chunks_exact_mut(width);
    for example in block.examples.clone() {
        for row in block.rows.clone() {
            let from = dy[place(example, row)..].chunks(filters);
            for (from, to) in from.take(block.cols.len()).zip(&mut to) {
                for first in (0..width).step_by(I::lanes::<T>()) {
                    let from = from[..used].get(first..).unwrap_or_default();
                    let [values] = load_row::<I, T, 1>(isa, from);
                    isa.store(&mut to[first..], values);
                }
            }
        }
    }
    let row = block.cols.len() * width;
    Gradient {
        data: scratch,
        first: 0,
        steps: [block.rows.len() * row, row, width],
    }
}

/// `bias[column] += sum over the pixels of dy[pixel][column]`, four sums apart.
#[inline(always)]
pub(in crate::conv) fn add_pixels<I: Isa, T: Real, const V: usize>(
    isa: I,
    dy: &Gradient<'_, T>,
    [images, rows, cols]: [usize; 3],
    bias: &mut [T],
) {
    let lanes = I::lanes::<T>();
    let mut sums: Tile<I, T, 4, V> = [[isa.splat(T::zero()); V]; 4];
    for image in 0..images {
        for row in 0..rows {
            let first = dy.first + image * dy.steps[0] + row * dy.steps[1];
            for col in 0..cols {
                let from = &dy.data[first + col * dy.steps[2]..];
                for (v, sum) in sums[col % 4].iter_mut().enumerate() {
                    *sum = isa.vector_add(*sum, isa.load(&from[v * lanes..]));
                }
            }
        }
    }
    for v in 0..V {
        let [a, b, c, d] = [0, 1, 2, 3].map(|i| sums[i][v]);
        let all = isa.vector_add(isa.vector_add(a, b), isa.vector_add(c, d));
        let bias = &mut bias[v * lanes..];
        isa.store(bias, isa.vector_add(isa.load(bias), all));
    }
}
