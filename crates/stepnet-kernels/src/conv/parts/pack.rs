//! Filters in the order in which the tiles read them: panels of one or two vectors of columns, for
//! each element of the window, the last panel filled up with zeros.

use crate::Real;
use crate::conv::direction::Direction;
use crate::conv::parts::line::Line;
use crate::simd::{InstructionSet, Isa, Kernel};

/// Packed filters of one sum over windows, with their bias.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Packed<'a, T> {
    /// The columns' biases, then the panels.
    data: &'a [T],
    /// Elements of the window, and columns rounded up to whole vectors.
    window: usize,
    columns: usize,
}

/// Columns of `columns`, rounded up to whole vectors of `lanes`.
pub(in crate::conv) fn whole(columns: usize, lanes: usize) -> usize {
    columns.next_multiple_of(lanes)
}

/// Elements of the packed filters of `columns` columns for windows of `window` elements.
pub(in crate::conv) fn packed_len(window: usize, columns: usize, lanes: usize) -> usize {
    (window + 1) * whole(columns, lanes)
}

impl<'a, T: Real> Packed<'a, T> {
    pub(in crate::conv) fn new(data: &'a [T], window: usize, columns: usize, lanes: usize) -> Self {
        let columns = whole(columns, lanes);
        Self {
            data: &data[..(window + 1) * columns],
            window,
            columns,
        }
    }

    /// Everything, the biases first.
    #[inline(always)]
    pub(in crate::conv) fn whole(&self) -> &'a [T] {
        self.data
    }

    /// The biases from `column` on.
    #[inline(always)]
    pub(in crate::conv) fn bias(&self, column: usize) -> &'a [T] {
        &self.data[column..self.columns]
    }

    /// The panel that starts at `column` and is `width` wide, from the window's element `from` on.
    #[inline(always)]
    pub(in crate::conv) fn panel(&self, column: usize, width: usize, from: usize) -> &'a [T] {
        let start = self.columns + column * self.window;
        &self.data[start + from * width..start + width * self.window]
    }
}

/// The filters to pack: `w` in the convolution's layout `(f_H, f_W, seen, filters)`.
pub(in crate::conv) struct Filters<'a, T> {
    pub(in crate::conv) set: InstructionSet,
    pub(in crate::conv) w: &'a [T],
    /// Taps in a row of the kernel, channels that a filter sees, and filters.
    pub(in crate::conv) kernel_width: usize,
    pub(in crate::conv) seen: usize,
    pub(in crate::conv) filters: usize,
    /// The group's filters.
    pub(in crate::conv) first_filter: usize,
    pub(in crate::conv) group_filters: usize,
}

impl<T: Real> Filters<'_, T> {
    /// Columns are filters, elements of the window are `(tap, tap, channel)`.
    pub(in crate::conv) fn pack_forward(
        &self,
        lines: &[Line; 2],
        bias: Option<&[T]>,
        lanes: usize,
        to: &mut [T],
    ) {
        let columns = self.group_filters;
        let (biases, mut panels) = to.split_at_mut(whole(columns, lanes));
        match bias {
            Some(bias) => copy_padded(&bias[self.first_filter..][..columns], biases),
            None => biases.fill(T::zero()),
        }
        let window = lines[0].taps * lines[1].taps * self.seen;
        for_each_panel(columns, lanes, |column, width| {
            let (panel, rest) = std::mem::take(&mut panels).split_at_mut(window * width);
            panels = rest;
            self.forward_panel(lines, column, width, panel);
        });
    }

    /// One panel, without biases.
    pub(in crate::conv) fn pack_panel(
        &self,
        direction: Direction,
        lines: &[Line; 2],
        column: usize,
        width: usize,
        to: &mut [T],
    ) {
        match direction {
            Direction::Forward => self.forward_panel(lines, column, width, to),
            Direction::Backward => self.backward_panel(lines, column, width, to),
        }
    }

    fn forward_panel(&self, lines: &[Line; 2], column: usize, width: usize, to: &mut [T]) {
        let used = (self.group_filters - column).min(width);
        let mut to = to.chunks_exact_mut(width);
        for_each_tap(lines, |u, v| {
            let tap = (u * self.kernel_width + v) * self.seen;
            for channel in 0..self.seen {
                let from = (tap + channel) * self.filters + self.first_filter + column;
                if let Some(to) = to.next() {
                    copy_padded(&self.w[from..from + used], to);
                }
            }
        });
    }

    fn backward_panel(&self, lines: &[Line; 2], column: usize, width: usize, mut to: &mut [T]) {
        let used = (self.seen - column).min(width);
        for_each_tap(lines, |u, v| {
            let (panel, rest) = std::mem::take(&mut to).split_at_mut(self.group_filters * width);
            to = rest;
            let tap = (u * self.kernel_width + v) * self.seen + column;
            self.set.run(Transposed {
                filters: self,
                tap,
                used,
                width,
                to: panel,
            });
        });
    }

    /// Columns are channels, elements of the window are taps: one filter for each channel.
    pub(in crate::conv) fn pack_channels(
        &self,
        lines: &[Line; 2],
        bias: Option<&[T]>,
        lanes: usize,
        to: &mut [T],
    ) {
        let mut to = to.chunks_exact_mut(whole(self.filters, lanes));
        if let Some(to) = to.next() {
            match bias {
                Some(bias) => copy_padded(bias, to),
                None => to.fill(T::zero()),
            }
        }
        for_each_tap(lines, |u, v| {
            let tap = (u * self.kernel_width + v) * self.filters;
            if let Some(to) = to.next() {
                copy_padded(&self.w[tap..tap + self.filters], to);
            }
        });
    }

    /// Columns are the channels seen, elements of the window are `(tap, tap, filter)`.
    pub(in crate::conv) fn pack_backward(
        &self,
        lines: &[Line; 2],
        bias: Option<&[T]>,
        lanes: usize,
        to: &mut [T],
    ) {
        let columns = self.seen;
        let (biases, mut panels) = to.split_at_mut(whole(columns, lanes));
        match bias {
            Some(bias) => copy_padded(&bias[..columns], biases),
            None => biases.fill(T::zero()),
        }
        let window = lines[0].taps * lines[1].taps * self.group_filters;
        for_each_panel(columns, lanes, |column, width| {
            let (panel, rest) = std::mem::take(&mut panels).split_at_mut(window * width);
            panels = rest;
            self.backward_panel(lines, column, width, panel);
        });
    }
}

/// `to[filter][channel] = w[tap + channel][filter]`, zeros in the channels from `used` on.
struct Transposed<'a, 'f, T> {
    filters: &'a Filters<'f, T>,
    tap: usize,
    used: usize,
    width: usize,
    to: &'a mut [T],
}

impl<T: Real> Kernel for Transposed<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self {
            filters,
            tap,
            used,
            width,
            to,
        } = self;
        let step = filters.filters;
        let from = &filters.w[tap * step + filters.first_filter..];
        // Squares of as many channels as filters, then what is left of both. A channel's filters are read in runs: where
        // channels lie a multiple of a page apart, as in the course's first layer, the lines of more than a few of them
        // would displace each other from the cache before all of their numbers were taken.
        let square = I::square::<T>();
        let channels = used - used % square;
        for (run, to) in to.chunks_mut(RUN * width).enumerate() {
            let (first, count) = (run * RUN, to.len() / width);
            let filters = count - count % square;
            for channel in (0..channels).step_by(square) {
                for filter in (0..filters).step_by(square) {
                    let from = &from[channel * step + first + filter..];
                    isa.transpose(from, step, &mut to[filter * width + channel..], width);
                }
            }
            for (filter, to) in to.chunks_exact_mut(width).enumerate() {
                let done = if filter < filters { channels } else { 0 };
                for channel in done..used {
                    to[channel] = from[channel * step + first + filter];
                }
                to[used..].fill(T::zero());
            }
            to.iter_mut().for_each(|to| *to = normal(*to));
        }
    }
}

/// Filters that are read of one channel before the next: whole lines of the cache, and of a panel no more than stays in the
/// first-level cache.
const RUN: usize = 64;

/// Subnormal numbers slow multiplications down by two orders of magnitude; as filters they are 0.
#[inline(always)]
fn normal<T: Real>(value: T) -> T {
    if value.abs() < T::min_positive_value() {
        T::zero()
    } else {
        value
    }
}

/// Turns the first `columns` of each vector of `lanes` values into as many vectors, each full of one.
pub(in crate::conv) fn spread<T: Real>(
    window: usize,
    columns: usize,
    lanes: usize,
    panel: &mut [T],
) {
    // From the back: nothing is written over before it was read.
    for element in (0..window).rev() {
        for column in (0..columns).rev() {
            let value = panel[element * lanes + column];
            panel[(element * columns + column) * lanes..][..lanes].fill(value);
        }
    }
}

fn copy_padded<T: Real>(from: &[T], to: &mut [T]) {
    let (to, rest) = to.split_at_mut(from.len());
    to.iter_mut()
        .zip(from)
        .for_each(|(to, &from)| *to = normal(from));
    rest.fill(T::zero());
}

/// Calls `f` with every panel's first column and width: two vectors, or one where that is enough.
pub(in crate::conv) fn for_each_panel(
    columns: usize,
    lanes: usize,
    mut f: impl FnMut(usize, usize),
) {
    let mut column = 0;
    while column < columns {
        let width = panel_width(columns - column, lanes);
        f(column, width);
        column += width;
    }
}

/// The width of the panel that starts where `left` columns are left.
#[inline(always)]
pub(in crate::conv) fn panel_width(left: usize, lanes: usize) -> usize {
    if left > lanes { 2 * lanes } else { lanes }
}

/// Calls `f` with the convolution's own taps in the order of the lines'.
fn for_each_tap(lines: &[Line; 2], mut f: impl FnMut(usize, usize)) {
    for s in 0..lines[0].taps {
        for t in 0..lines[1].taps {
            f(lines[0].tap(s), lines[1].tap(t));
        }
    }
}
