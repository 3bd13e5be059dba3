//! The sums of a panel of `dw` over one block of pixels.

use super::ConvGeometry;
use super::layout::{LONG_STEP, Layout, in_place};
use super::pack::panel_width;
use super::prefetch::NextPixels;
use super::rows::{add_row, load_row, store_row};
use super::stage::{Stage, Staged};
use super::sweep::{Block, Sweep};
use crate::Real;
use crate::simd::tile::{self, Pixels, Runs, Tile};
use crate::simd::{Isa, Kernel};

/// The most vectors of sums of a tile.
const MOST: usize = 12;

/// Adds what a block gives to the sums of some panels.
pub(super) struct PanelSums<'a, T> {
    pub(super) g: &'a ConvGeometry,
    pub(super) layout: &'a Layout,
    pub(super) block: Block,
    /// The block after it, which will be asked for ahead.
    pub(super) next: Option<&'a Block>,
    pub(super) group: usize,
    /// The panels' first filter in its group, and how many they are wide together.
    pub(super) column: usize,
    pub(super) width: usize,
    /// Whether `db` is wanted too.
    pub(super) with_bias: bool,
    /// Whether each block is a sum of its own, added to those of the blocks before it (`long_sum`).
    pub(super) apart: bool,
    pub(super) x: &'a [T],
    pub(super) dy: &'a [T],
    /// `(window + 1, width)` of each panel: `dw`, then `db`.
    pub(super) sums: &'a mut [T],
    pub(super) scratch: &'a mut [T],
}

/// The block's part of `dy`: where it starts, and its steps by image, row and pixel.
pub(super) struct Gradient<'a, T> {
    pub(super) data: &'a [T],
    pub(super) first: usize,
    pub(super) steps: [usize; 3],
}

impl<T: Real> Kernel for PanelSums<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self {
            g,
            layout,
            block,
            next,
            group,
            column,
            width,
            with_bias,
            apart,
            x,
            dy,
            sums,
            scratch,
        } = self;
        let lanes = I::lanes::<T>();
        let pixels = block.pixels();
        let (dy_scratch, x_scratch) = scratch.split_at_mut(pixels * width.min(2 * lanes));
        let seen = g.group_channels();
        let (source, runs) = match layout {
            Layout::Runs(sweep) => {
                let sweep = Sweep {
                    first_channel: group * seen,
                    ..*sweep
                };
                let staged = match in_place(&sweep) {
                    true => Staged::in_place(&sweep, &block, x),
                    false => Stage {
                        sweep: &sweep,
                        block: &block,
                        source: x,
                    }
                    .fill(x_scratch),
                };
                let runs = [staged.runs.rows, staged.runs.cols, staged.runs.len];
                (staged, runs)
            }
            _ => (image(g, x), [g.kernel[0], g.kernel[1], seen]),
        };
        let columns = [group * g.group_filters() + column, width];
        let tiles = (g.patch_len() * width).div_ceil(MOST * lanes);
        let mut view = View {
            isa,
            g,
            layout,
            block: &block,
            next: NextPixels::new(g, next, columns, dy, tiles),
            group,
            with_bias,
            apart,
            source,
            runs,
            dy,
            scratch: dy_scratch,
        };
        let mut rest = sums;
        let mut done = 0;
        while done < width {
            let panel = panel_width(width - done, lanes);
            let (sums, behind) = rest.split_at_mut((g.patch_len() + 1) * panel);
            rest = behind;
            if panel == lanes {
                view.panel::<1>(column + done, sums);
            } else {
                view.panel::<2>(column + done, sums);
            }
            done += panel;
        }
    }
}

/// A block of the image as its windows see it, for one panel after the other.
struct View<'a, I, T> {
    isa: I,
    g: &'a ConvGeometry,
    layout: &'a Layout,
    block: &'a Block,
    next: NextPixels<'a, T>,
    group: usize,
    with_bias: bool,
    apart: bool,
    source: Staged<'a, T>,
    /// Rows of runs, runs in a row, and elements of a run.
    runs: [usize; 3],
    dy: &'a [T],
    scratch: &'a mut [T],
}

impl<I: Isa, T: Real> View<'_, I, T> {
    /// The panel of `V` vectors from `column` on.
    #[inline(always)]
    fn panel<const V: usize>(&mut self, column: usize, sums: &mut [T]) {
        let Self {
            isa,
            g,
            layout,
            block,
            group,
            source,
            runs,
            ..
        } = *self;
        let width = V * I::lanes::<T>();
        let filter = group * g.group_filters() + column;
        let counts = [block.examples.len(), block.rows.len(), block.cols.len()];
        let dy = gradient(
            isa,
            g,
            block,
            [filter, width],
            LONG_STEP,
            self.dy,
            self.scratch,
        );
        let (sums, bias) = sums.split_at_mut(g.patch_len() * width);
        if self.with_bias {
            add_pixels::<I, T, V>(isa, &dy, counts, bias);
        }
        let mut add = Adder::<I, T, V> {
            isa,
            dy,
            apart: self.apart,
            sums,
            next: &mut self.next,
        };
        // Where each run of elements of the window lies, and over which pixels it is summed.
        let [down, right] = g.axes();
        let seen = g.group_channels();
        let x_steps = [
            source.image,
            g.stride[0] * source.row,
            g.stride[1] * source.pixel,
        ];
        for u in 0..runs[0] {
            for v in 0..runs[1] {
                let (rows, cols, from) = match layout {
                    Layout::Runs(_) => (
                        block.rows.clone(),
                        block.cols.clone(),
                        source.first + u * source.runs.row_step + v * source.runs.col_step,
                    ),
                    _ => {
                        let rows = down.windows_inside(u, block.rows.clone());
                        let cols = right.windows_inside(v, block.cols.clone());
                        if rows.is_empty() || cols.is_empty() {
                            continue;
                        }
                        let row = rows.start * g.stride[0] + u * g.dilation[0] - g.padding.top;
                        let col = cols.start * g.stride[1] + v * g.dilation[1] - g.padding.left;
                        let from = block.examples.start * source.image
                            + row * source.row
                            + col * source.pixel
                            + group * seen;
                        (rows, cols, from)
                    }
                };
                let skipped = (rows.start - block.rows.start) * add.dy.steps[1]
                    + (cols.start - block.cols.start) * add.dy.steps[2];
                let first = (u * runs[1] + v) * runs[2];
                let counts = [block.examples.len(), rows.len(), cols.len()];
                add.run(
                    &source.data[from..],
                    first..first + runs[2],
                    skipped,
                    counts,
                    x_steps,
                );
            }
        }
    }
}

/// The image as it lies.
#[inline(always)]
fn image<'a, T>(g: &ConvGeometry, x: &'a [T]) -> Staged<'a, T> {
    let [height, width, channels] = g.input;
    Staged {
        data: x,
        first: 0,
        pixel: channels,
        row: width * channels,
        image: height * width * channels,
        runs: Runs::default(),
    }
}

/// `dy` of the block from `filter` on; laid out where a vector would end behind the last filter, and at
/// steps of `long_step` bytes or more.
#[inline(always)]
pub(super) fn gradient<'a, I: Isa, T: Real>(
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
pub(super) fn add_pixels<I: Isa, T: Real, const V: usize>(
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

/// Adds runs of elements of the window to a panel.
struct Adder<'a, 'n, I, T, const V: usize> {
    isa: I,
    dy: Gradient<'a, T>,
    apart: bool,
    sums: &'a mut [T],
    next: &'a mut NextPixels<'n, T>,
}

impl<I: Isa, T: Real, const V: usize> Adder<'_, '_, I, T, V> {
    /// The elements `run` of the window, which lie one behind the other from the start of `x` on,
    /// over pixels that start `skipped` elements into the block's `dy`.
    #[inline(always)]
    fn run(
        &mut self,
        x: &[T],
        run: std::ops::Range<usize>,
        skipped: usize,
        counts: [usize; 3],
        x_steps: [usize; 3],
    ) {
        let pixels = Pixels {
            counts,
            x_steps,
            dy_steps: self.dy.steps,
        }
        .joined();
        // Tiles as equal as whole elements allow.
        let most = match I::EVERY_TILE {
            true => MOST / V,
            false => 4,
        };
        let mut tiles = run.len().div_ceil(most);
        let mut done = 0;
        while tiles > 0 {
            let size = (run.len() - done).div_ceil(tiles);
            let at = Place {
                x: &x[done..],
                skipped,
                pixels,
                first: run.start + done,
            };
            match size {
                12 if I::EVERY_TILE => self.tile::<12>(at),
                11 if I::EVERY_TILE => self.tile::<11>(at),
                10 if I::EVERY_TILE => self.tile::<10>(at),
                9 if I::EVERY_TILE => self.tile::<9>(at),
                8 if I::EVERY_TILE => self.tile::<8>(at),
                7 if I::EVERY_TILE => self.tile::<7>(at),
                6 if I::EVERY_TILE => self.tile::<6>(at),
                5 if I::EVERY_TILE => self.tile::<5>(at),
                4 => self.tile::<4>(at),
                3 => self.tile::<3>(at),
                2 => self.tile::<2>(at),
                _ => self.tile::<1>(at),
            }
            self.next.prefetch(self.isa);
            done += size;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn tile<const K: usize>(&mut self, at: Place<'_, T>) {
        // Never asked for: more vectors than there are registers.
        if K * V > MOST {
            return;
        }
        let (isa, width) = (self.isa, V * I::lanes::<T>());
        let to = &mut self.sums[at.first * width..(at.first + K) * width];
        let mut tile: Tile<I, T, K, V> = [[isa.splat(T::zero()); V]; K];
        if !self.apart {
            for (row, from) in tile.iter_mut().zip(to.chunks_exact(width)) {
                *row = load_row::<I, T, V>(isa, from);
            }
        }
        let dy = &self.dy.data[self.dy.first + at.skipped..];
        tile::outer(isa, at.x, dy, &at.pixels, &mut tile);
        for (row, to) in tile.iter().zip(to.chunks_exact_mut(width)) {
            if self.apart {
                add_row::<I, T, V>(isa, row, to);
            } else {
                store_row::<I, T, V>(isa, row, to);
            }
        }
    }
}

/// What a tile sums over.
struct Place<'a, T> {
    x: &'a [T],
    skipped: usize,
    pixels: Pixels,
    first: usize,
}
