//! The tiles of a block of outputs, a chunk at a time.

use crate::Real;
use crate::conv::methods::winograd::plan::{Cut, MOST_TILES, TAPS, Winograd};
use crate::conv::methods::winograd::tiles::{Place, Tiles};
use crate::conv::methods::winograd::transform::OUT;
use crate::conv::parts::blocks::Output;
use crate::conv::parts::pack::{Filters, Packed, for_each_panel};
use crate::conv::parts::window_sum::{Block, BlockSums, WindowSum};

/// A pass with its arrays.
pub(super) struct Sums<'a, T> {
    pub(super) winograd: &'a Winograd<'a>,
    pub(super) cut: Cut,
    pub(super) source: &'a [T],
    pub(super) filters: &'a Filters<'a, T>,
    pub(super) packed: Packed<'a, T>,
}

impl<T: Real> Sums<'_, T> {
    /// The tiles of a block, a chunk at a time.
    pub(super) fn block(&self, output: &mut Output<'_, T>, scratch: &mut [T]) {
        let [_, tile_cols] = self.winograd.grid();
        let mut places = output.examples.clone().flat_map(|example| {
            let rows = output.rows.clone();
            rows.flat_map(move |row| (0..tile_cols).map(move |col| Place { example, row, col }))
        });
        let mut chunk = [Place::default(); MOST_TILES];
        loop {
            let mut count = 0;
            for (to, place) in chunk.iter_mut().zip(places.by_ref().take(self.cut.tiles)) {
                *to = place;
                count += 1;
            }
            if count == 0 {
                return;
            }
            let [line_h, line_w] = &self.winograd.window_sum.lines;
            let image = line_h.outputs * line_w.outputs * self.winograd.window_sum.columns;
            let part = Part {
                tiles: &chunk[..count],
                first_example: output.examples.start,
                image,
                start: output.start,
                out: &mut *output.out,
            };
            self.chunk(part, scratch);
        }
    }

    fn chunk(&self, mut part: Part<'_, T>, scratch: &mut [T]) {
        let wild = self.winograd.set.run(Tiles {
            shape: self.winograd.shape(),
            tiles: part.tiles,
            source: self.source,
            packed: self.packed,
            out: &mut *part.out,
            out_start: part.first_example * part.image + part.start,
            scratch: &mut *scratch,
        });
        if wild {
            self.recompute(&mut part, scratch);
        }
    }

    /// Computes the tiles with results that are not finite again, as sums over windows: a NaN or an
    /// infinity reaches the windows that see it, and no others.
    #[cold]
    fn recompute(&self, part: &mut Part<'_, T>, scratch: &mut [T]) {
        let Winograd {
            set,
            window_sum,
            lanes,
            ..
        } = *self.winograd;
        for_each_panel(window_sum.columns, lanes, |column, width| {
            let window = TAPS * window_sum.channels;
            let (direct, staged) = scratch.split_at_mut((window + 1) * width);
            let (biases, panel) = direct.split_at_mut(width);
            biases.copy_from_slice(&self.packed.bias(column)[..width]);
            self.filters.pack_panel(
                self.winograd.direction,
                &window_sum.lines,
                column,
                width,
                panel,
            );
            let columns = (window_sum.columns - column).min(width);
            let window_sum = WindowSum {
                first_column: column,
                columns,
                ..window_sum
            };
            let packed = Packed::new(direct, window, columns, lanes);
            let (out_image, out_start) = (part.image, part.start);
            for number in 0..part.tiles.len() {
                let Some((block, out)) = part.wild(number, &window_sum) else {
                    continue;
                };
                set.run(BlockSums {
                    window_sum: &window_sum,
                    block,
                    source: self.source,
                    packed: &packed,
                    out,
                    out_image,
                    out_start,
                    scratch: &mut *staged,
                    workers: 1,
                });
            }
        });
    }
}

/// A chunk of tiles and the outputs they lie in.
struct Part<'a, T> {
    tiles: &'a [Place],
    /// Which example `out` starts in, elements of an output image, and the element it starts with.
    first_example: usize,
    image: usize,
    start: usize,
    out: &'a mut [T],
}

impl<T: Real> Part<'_, T> {
    /// The outputs of a tile, from its example on, where one in the sum's columns is not finite.
    fn wild(&mut self, number: usize, window_sum: &WindowSum) -> Option<(Block, &mut [T])> {
        let Place { example, row, col } = self.tiles[number];
        let [line_h, line_w] = &window_sum.lines;
        let rows = OUT * row..line_h.outputs.min(OUT * (row + 1));
        let cols = OUT * col..line_w.outputs.min(OUT * (col + 1));
        let out = &mut self.out[(example - self.first_example) * self.image..];
        let wild = rows.clone().any(|row| {
            cols.clone().any(|col| {
                let at = (row * line_w.outputs + col) * window_sum.out_channels
                    + window_sum.first_column;
                let values = &out[at - self.start..][..window_sum.columns];
                values.iter().any(|value| !value.is_finite())
            })
        });
        let block = Block {
            examples: example..example + 1,
            rows,
            cols,
        };
        wild.then_some((block, out))
    }
}
