//! The sums of a panel of `dw` over one block of pixels.

use super::adder::{Adder, MOST};
use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::parts::gradient::{add_pixels, gradient};
use crate::conv::parts::layout::{LONG_STEP, Layout, in_place};
use crate::conv::parts::pack::panel_width;
use crate::conv::parts::prefetch::NextPixels;
use crate::conv::parts::stage::{Stage, Staged};
use crate::conv::parts::window_sum::{Block, WindowSum};
use crate::simd::tile::Runs;
use crate::simd::{Isa, Kernel};

/// Adds what a block gives to the sums of some panels.
pub(in crate::conv) struct PanelSums<'a, T> {
    pub(in crate::conv) g: &'a ConvGeometry,
    pub(in crate::conv) layout: &'a Layout,
    pub(in crate::conv) block: Block,
    /// The block after it, which will be asked for ahead.
    pub(in crate::conv) next: Option<&'a Block>,
    pub(in crate::conv) group: usize,
    /// The panels' first filter in its group, and how many they are wide together.
    pub(in crate::conv) column: usize,
    pub(in crate::conv) width: usize,
    /// Whether `db` is wanted too.
    pub(in crate::conv) with_bias: bool,
    /// Whether each block is a sum of its own, added to those of the blocks before it (`long_sum`).
    pub(in crate::conv) apart: bool,
    pub(in crate::conv) x: &'a [T],
    pub(in crate::conv) dy: &'a [T],
    /// `(window + 1, width)` of each panel: `dw`, then `db`.
    pub(in crate::conv) sums: &'a mut [T],
    pub(in crate::conv) scratch: &'a mut [T],
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
            Layout::Runs(window_sum) => {
                let window_sum = WindowSum {
                    first_channel: group * seen,
                    ..*window_sum
                };
                let staged = match in_place(&window_sum) {
                    true => Staged::in_place(&window_sum, &block, x),
                    false => Stage {
                        window_sum: &window_sum,
                        block: &block,
                        source: x,
                    }
                    .fill(x_scratch),
                };
                let runs = [staged.runs.rows, staged.runs.per_row, staged.runs.len];
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
            let (sums, next) = rest.split_at_mut((g.patch_len() + 1) * panel);
            rest = next;
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
                        source.first + u * source.runs.row_step + v * source.runs.run_step,
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
