//! Sums over windows with few columns: pixels in the lanes of a vector.
//!
//! Where a pixel has few columns (the filters of a first layer, or its gradient with respect to the channels of a
//! picture), most lanes of a vector of columns would be empty. So the part of the source under a block
//! is laid out channel by channel, `[example, row, channel, column of pixels]`, and a tile is some
//! vectors of neighbouring pixels by all columns:
//!
//! ```text
//! sums[column][pixels] += packed[s, t, c, column] * laid_out[row + s, c, pixels + t]
//! ```

use crate::Real;
use crate::aligned::OnLine;
use crate::conv::parts::places::Places;
use crate::conv::parts::stage::{Staged, inside};
use crate::conv::parts::window_sum::{Block, BlockSums, WindowSum};
use crate::conv::thresholds::Thresholds;
use crate::decision::{Relation, Verdict, at_least, at_most, compare, is};
use crate::long_sum::LONGEST;
use crate::simd::tile::{self, Runs, Tile};
use crate::simd::{InstructionSet, Isa, Kernel, MOST_LANES};

/// Columns of which there is a kernel.
const MOST_COLUMNS: usize = 8;

/// Columns of which a tile has several vectors of pixels on any set.
const FEW_COLUMNS: usize = 4;

/// Whether filters of `columns` columns are spread out, for a set that `broadcasts` or does not: each number
/// fills a vector, so that a multiply-add can take it from memory where the set has no other way.
pub(in crate::conv) const fn is_spread(columns: usize, broadcasts: bool) -> bool {
    columns > FEW_COLUMNS && !broadcasts
}

/// Whether pixels can be in the lanes of the vectors of `set`.
pub(in crate::conv) fn can<T: Real>(window_sum: &WindowSum, set: InstructionSet) -> Verdict {
    let [line_h, line_w] = &window_sum.lines;
    let most = set.lanes::<T>().min(MOST_COLUMNS);
    let reason = at_most("columns", window_sum.columns, most)?;
    let strides = [
        line_h.stride,
        line_w.stride,
        window_sum.out_step[0],
        window_sum.out_step[1],
    ];
    is("stride", strides.into_iter().max().unwrap_or(1), 1)?;
    at_least("taps", line_h.taps.min(line_w.taps), 1)?;
    Ok(reason)
}

/// Whether the lanes of the vectors of `set` are better filled with pixels than with columns.
pub(in crate::conv) fn pays<T: Real>(window_sum: &WindowSum, set: InstructionSet) -> Verdict {
    let limits = &Thresholds::of(set).pixels;
    let (lanes, columns) = (set.lanes::<T>(), window_sum.columns);
    let [line_h, line_w] = &window_sum.lines;
    at_least("taps", line_h.taps * line_w.taps, limits.taps)?;
    if is_spread(columns, set.broadcasts()) {
        let bytes = window_sum.window() * columns * lanes * size_of::<T>();
        at_most("bytes of filters, spread out", bytes, limits.spread)?;
    }
    // Vectors of a row of pixels: with columns in the lanes it is one for each.
    let vectors = line_w.outputs.div_ceil(lanes) * columns;
    let [most, of] = limits.vectors;
    compare(
        "vectors per pixel",
        vectors as f64 / line_w.outputs.max(1) as f64,
        Relation::AtMost,
        most as f64 / of as f64,
        of * vectors <= most * line_w.outputs,
    )
}

impl WindowSum {
    /// Elements of a channel's row for `cols` columns of pixels.
    fn plane(&self, cols: usize, lanes: usize) -> usize {
        let line = &self.lines[1];
        cols.next_multiple_of(lanes) + line.taps.saturating_sub(1) * line.dilation
    }

    /// Source elements laid out for `[examples, rows, cols]` of outputs.
    pub(in crate::conv) fn laid_out_in_planes(
        &self,
        [examples, rows, cols]: [usize; 3],
        lanes: usize,
    ) -> usize {
        examples * self.lines[0].span(rows) * self.channels * self.plane(cols, lanes)
    }
}

/// The sums of one block.
pub(in crate::conv) struct PlanarSums<'a, T>(pub(in crate::conv) BlockSums<'a, T>);

impl<T: Real> Kernel for PlanarSums<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        match self.0.window_sum.columns {
            1 => self.columns::<I, 1>(isa),
            2 => self.columns::<I, 2>(isa),
            3 => self.columns::<I, 3>(isa),
            4 => self.columns::<I, 4>(isa),
            5 => self.columns::<I, 5>(isa),
            6 => self.columns::<I, 6>(isa),
            7 => self.columns::<I, 7>(isa),
            8 => self.columns::<I, 8>(isa),
            columns => unreachable!("{columns} columns are many"),
        }
    }
}

impl<T: Real> PlanarSums<'_, T> {
    #[inline(always)]
    fn columns<I: Isa, const C: usize>(self, isa: I) {
        let BlockSums {
            window_sum,
            block,
            source,
            packed,
            out,
            out_image,
            out_start,
            scratch,
            ..
        } = self.0;
        let lanes = I::lanes::<T>();
        let plane = window_sum.plane(block.cols.len(), lanes);
        let sizes = [block.examples.len(), block.rows.len(), block.cols.len()];
        let x = &mut scratch[..window_sum.laid_out_in_planes(sizes, lanes)];
        lay_out(window_sum, &block, source, plane, x);
        let [line_h, line_w] = &window_sum.lines;
        let row = window_sum.channels * plane;
        let staged = Staged {
            data: &*x,
            first: 0,
            pixel: 1,
            row,
            image: line_h.span(block.rows.len()) * row,
            runs: Runs {
                rows: line_h.taps,
                row_step: line_h.dilation * row,
                per_row: line_w.taps,
                run_step: line_w.dilation,
                len: window_sum.channels,
            },
        };
        let cols = sizes[2];
        let vectors = cols.div_ceil(lanes);
        let mut pass = Pass {
            isa,
            window_sum,
            places: Places::new(window_sum, &block, &staged, out_image).by_vectors(lanes),
            last: cols - (vectors - 1) * lanes,
            staged,
            plane,
            bias: packed.bias(0),
            w: packed.panel(0, lanes, 0),
            out,
            out_start,
            turned: OnLine([[T::zero(); MOST_COLUMNS * MOST_LANES]; 2]),
        };
        let mut left = sizes[0] * sizes[1] * vectors;
        while left > 0 {
            left -= match (I::SUMS / C).min(left) {
                9.. if I::EVERY_TILE => pass.tile::<C, 9>(),
                8 if I::EVERY_TILE => pass.tile::<C, 8>(),
                7 if I::EVERY_TILE => pass.tile::<C, 7>(),
                6 if I::EVERY_TILE => pass.tile::<C, 6>(),
                5 if I::EVERY_TILE => pass.tile::<C, 5>(),
                4.. => pass.tile::<C, 4>(),
                3 if I::EVERY_TILE => pass.tile::<C, 3>(),
                2 if I::EVERY_TILE => pass.tile::<C, 2>(),
                _ => pass.tile::<C, 1>(),
            };
        }
    }
}

/// Lays out the part of the source under a block, with its zeros, `plane` elements for a channel's row.
#[inline(always)]
fn lay_out<T: Real>(
    window_sum: &WindowSum,
    block: &Block,
    source: &[T],
    plane: usize,
    to: &mut [T],
) {
    let [line_h, line_w] = &window_sum.lines;
    let rows = line_h.span(block.rows.len());
    let top = line_h.start(block.rows.start);
    let left = line_w.start(block.cols.start);
    let inside = inside(line_w.n, left, plane);
    let row_len = window_sum.channels * plane;
    let mut to = to.chunks_exact_mut(row_len.max(1));
    for example in block.examples.clone() {
        for row in 0..rows {
            let Some(to) = to.next() else { return };
            let at = top + row.cast_signed();
            if at < 0 || at >= line_h.n.cast_signed() || inside.is_empty() {
                to.fill(T::zero());
                continue;
            }
            let image_row = (example * line_h.n + at.cast_unsigned()) * line_w.n;
            let first = image_row + (left + inside.start.cast_signed()).cast_unsigned();
            let from = &source[first * window_sum.source_channels + window_sum.first_channel..];
            to.fill(T::zero());
            if window_sum.source_channels == 1 {
                to[inside.clone()].copy_from_slice(&from[..inside.len()]);
                continue;
            }
            for (channel, to) in to.chunks_exact_mut(plane).enumerate() {
                let to = &mut to[inside.clone()];
                let from = from[channel..].iter().step_by(window_sum.source_channels);
                to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
            }
        }
    }
}

/// A block on its way through an instruction set.
struct Pass<'a, I, T> {
    isa: I,
    window_sum: &'a WindowSum,
    /// Vectors of pixels, and how many pixels the last one of a row has.
    places: Places,
    last: usize,
    /// The elements of a window; from one channel to the next lies a plane.
    staged: Staged<'a, T>,
    plane: usize,
    bias: &'a [T],
    w: &'a [T],
    out: &'a mut [T],
    out_start: usize,
    /// A vector of each column, and the columns of each of its pixels.
    turned: OnLine<[[T; MOST_COLUMNS * MOST_LANES]; 2]>,
}

impl<I: Isa, T: Real> Pass<'_, I, T> {
    /// The next `V` vectors of pixels by all columns; answers `V`.
    #[inline(always)]
    fn tile<const C: usize, const V: usize>(&mut self) -> usize {
        // Never asked for: more vectors than there are registers.
        if const { C * V > I::SUMS } {
            return V;
        }
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let (mut starts, mut outs, mut counts) = ([0; V], [0; V], [lanes; V]);
        for v in 0..V {
            if self.places.left_in_row() == 1 {
                counts[v] = self.last;
            }
            (starts[v], outs[v]) = self.places.next();
        }
        let zeros: Tile<I, T, C, V> = [[isa.splat(T::zero()); V]; C];
        let mut sums = zeros;
        for (sums, &bias) in sums.iter_mut().zip(self.bias) {
            *sums = [isa.splat(bias); V];
        }
        let runs = self.staged.runs;
        if runs.elements() <= LONGEST {
            self.add::<C, V>(&starts, &runs, 0, &mut sums);
        } else {
            runs.for_each_part(
                #[inline(always)]
                |part| {
                    let [row, run, channel] = part.at;
                    let offset = row * runs.row_step + run * runs.run_step + channel * self.plane;
                    let starts = starts.map(|start| start + offset);
                    let mut block = zeros;
                    self.add::<C, V>(&starts, &part.runs, part.first, &mut block);
                    for (sum, block) in sums.as_flattened_mut().iter_mut().zip(block.as_flattened())
                    {
                        *sum = isa.vector_add(*sum, *block);
                    }
                },
            );
        }
        for v in 0..V {
            self.store::<C, V>(&sums, v, outs[v] - self.out_start, counts[v]);
        }
        V
    }

    /// Adds some elements of the windows, the first of which is number `first`.
    #[inline(always)]
    fn add<const C: usize, const V: usize>(
        &self,
        starts: &[usize; V],
        runs: &Runs,
        first: usize,
        sums: &mut Tile<I, T, C, V>,
    ) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let (data, plane) = (self.staged.data, self.plane);
        if const { is_spread(C, I::BROADCASTS) } {
            let w = &self.w[first * C * lanes..];
            tile::planes::<I, T, C, V, true>(isa, data, *starts, runs, plane, w, sums);
        } else {
            let w = &self.w[first * lanes..];
            tile::planes::<I, T, C, V, false>(isa, data, *starts, runs, plane, w, sums);
        }
    }

    /// Writes the first `count` pixels of vector `v` at `out`.
    #[inline(always)]
    fn store<const C: usize, const V: usize>(
        &mut self,
        sums: &Tile<I, T, C, V>,
        v: usize,
        out: usize,
        count: usize,
    ) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let (channels, square) = (self.window_sum.out_channels, I::square::<T>());
        let out = &mut self.out[out..];
        if channels == 1 {
            isa.store_part(&mut out[..count], sums[0][v]);
            return;
        }
        // From a vector for each column to one for each pixel, in squares.
        let [columns, pixels] = &mut self.turned.0;
        for (column, sums) in columns.chunks_exact_mut(lanes).zip(sums) {
            isa.store(column, sums[v]);
        }
        if C == square && count == lanes {
            for pixel in (0..lanes).step_by(square) {
                isa.transpose(
                    &columns[pixel..],
                    lanes,
                    &mut out[pixel * channels..],
                    channels,
                );
            }
            return;
        }
        for pixel in (0..lanes).step_by(square) {
            for column in (0..C).step_by(square) {
                let to = &mut pixels[pixel * MOST_COLUMNS + column..];
                isa.transpose(&columns[column * lanes + pixel..], lanes, to, MOST_COLUMNS);
            }
        }
        let pixels = pixels.chunks_exact(MOST_COLUMNS).take(count);
        for (to, pixel) in out.chunks_mut(channels).zip(pixels) {
            to[..C].copy_from_slice(&pixel[..C]);
        }
    }
}
