//! Windows as coloured grids, channel by channel, each with its numbers as a table.

use maud::{Markup, html};

use super::colour;
use crate::why::explanation::{
    Content, Explanation, Forward, Line, channel_sums, more, products, ranked,
};
use crate::why::text::layout::short;
use stepnet_nn::account::number;

/// The most channels that are drawn, and of these those that are open at first.
const MOST_CHANNELS: usize = 64;
const OPEN: usize = 2;

/// The widest window whose cells show their numbers.
const WIDEST_NUMBERS: usize = 8;

/// The most positions of a window that is drawn.
const MOST_POSITIONS: usize = 4096;

/// The settings that the grids of one explanation share.
struct Grids<'a> {
    forward: &'a Forward,
    extents: [usize; 3],
    /// The largest magnitudes of the window, the filter and the products: the ends of their scales.
    largest: [f64; 3],
    winner: Option<usize>,
    weighted: bool,
}

/// The window as grids; `None` where there is none, or one too large to draw.
pub(super) fn grids(explanation: &Explanation, most: Option<usize>) -> Option<Markup> {
    let forward = &explanation.forward;
    let extents = forward.window?;
    let [height, width, channels] = extents;
    if height * width > MOST_POSITIONS || forward.more.is_some() {
        return None;
    }
    let largest = |of: fn(&Line) -> f64| {
        let sizes = forward.terms.iter().map(|line| of(line).abs());
        sizes.filter(|size| size.is_finite()).fold(0.0, f64::max)
    };
    let winner = match forward.content {
        Content::Largest { winner, .. } => Some(winner),
        _ => None,
    };
    let grids = Grids {
        forward,
        extents,
        largest: [
            largest(|line| line.value),
            largest(|line| line.factor),
            largest(|line| line.product),
        ],
        winner,
        weighted: winner.is_none() && forward.terms.iter().any(|line| line.factor != 1.0),
    };
    let sums = channel_sums(&forward.terms, channels);
    let order = ranked(&sums);
    let (drawn, rest) = order.split_at(order.len().min(most.unwrap_or(MOST_CHANNELS)));
    Some(html! {
        (grids.legend())
        @for (place, &channel) in drawn.iter().enumerate() {
            (grids.channel(channel, sums[channel], place < OPEN))
        }
        @if !rest.is_empty() {
            @let left = more(&sums, rest);
            p { (left.count) " more channels are not drawn; together they add " (number(left.sum)) "." }
        }
    })
}

impl Grids<'_> {
    fn legend(&self) -> Markup {
        let names = ["window x", "filter w", "products x w"];
        let shown = if self.weighted { 3 } else { 1 };
        html! {
            div.legend {
                @for (name, largest) in names.iter().zip(self.largest).take(shown) {
                    div {
                        span.name { (name) }
                        span { (short(-largest)) }
                        span.bar aria-hidden="true" {
                            @for class in colour::classes() { i class=(class) {} }
                        }
                        span { (short(largest)) }
                    }
                }
            }
        }
    }

    fn channel(&self, channel: usize, sum: f64, open: bool) -> Markup {
        let [_, _, channels] = self.extents;
        let first = self.first_name(channel);
        let body = html! {
            div.grids {
                (self.grid(channel, "window x", 0, |line| line.value))
                @if self.weighted {
                    (self.grid(channel, "filter w", 1, |line| line.factor))
                    (self.grid(channel, "products x w", 2, |line| line.product))
                }
            }
            output.readout { "Point at a cell, or move over the cells with the arrow keys." }
            details {
                summary { @if channels == 1 { "As a table" } @else { "Channel " (channel) " as a table" } }
                div.scroll tabindex="0" role="region" aria-label={ "channel " (channel) " as a table" } { (self.table(channel)) }
            }
        };
        if channels == 1 {
            return html! { div.channel { (body) } };
        }
        html! {
            details.channel open[open] {
                summary { "Channel " (channel) " of the window" (first) " adds " (number(sum)) }
                (body)
            }
        }
    }

    /// Where the channel comes from, by the first of its values that is not padding.
    fn first_name(&self, channel: usize) -> String {
        let mut lines = self.lines(channel).map(|(_, line)| line);
        let first = lines.find(|line| line.at.is_some());
        first.map_or(String::new(), |line| format!(" (from {})", line.name))
    }

    /// The channel's lines, each with its number among all.
    fn lines(&self, channel: usize) -> impl Iterator<Item = (usize, &Line)> {
        let [_, _, channels] = self.extents;
        let lines = self.forward.terms.iter().enumerate();
        lines.skip(channel).step_by(channels)
    }

    fn grid(&self, channel: usize, name: &str, scale: usize, of: fn(&Line) -> f64) -> Markup {
        let [_, width, channels] = self.extents;
        let lines: Vec<(usize, &Line)> = self.lines(channel).collect();
        let label = match channels {
            1 => name.to_owned(),
            _ => format!("{name}, channel {channel}"),
        };
        let numbers = width <= WIDEST_NUMBERS;
        let cell = |row: usize, column: usize, number: usize, line: &Line| {
            let padding = line.at.is_none() && scale != 1;
            let won = self.winner == Some(number);
            let value = of(line);
            let class = match (padding, won) {
                (true, _) => "pad".to_owned(),
                (_, true) => format!("{} win", colour::class(value, self.largest[scale])),
                _ => colour::class(value, self.largest[scale]),
            };
            let mut title = format!("row {row}, column {column}: {value}");
            if scale == 0 {
                title = format!("{title} ({})", line.name);
            }
            if won {
                title += ", the winner";
            }
            let start = if row + column == 0 { "0" } else { "-1" };
            html! {
                td class=(class) tabindex=(start) title=(title) {
                    @if numbers { @if padding { "pad" } @else { (short(value)) } }
                }
            }
        };
        html! {
            table.grid.fine[!numbers] role="grid" aria-label=(label) {
                caption { (name) }
                @for (row, lines) in lines.chunks(width.max(1)).enumerate() {
                    tr {
                        @for (column, (number, line)) in lines.iter().enumerate() {
                            (cell(row, column, *number, line))
                        }
                    }
                }
            }
        }
    }

    fn table(&self, channel: usize) -> Markup {
        let [_, width, _] = self.extents;
        let sum: f64 = products(
            &self
                .lines(channel)
                .map(|(_, line)| line.clone())
                .collect::<Vec<_>>(),
        )
        .iter()
        .sum();
        html! {
            table.list {
                thead { tr {
                    th scope="col" { "row, column" }
                    th scope="col" { "from" }
                    th scope="col" { "x" }
                    @if self.weighted { th scope="col" { "w" } th scope="col" { "x w" } }
                } }
                tbody {
                    @for (place, (number_of, line)) in self.lines(channel).enumerate() {
                        tr {
                            th scope="row" { (place / width.max(1)) ", " (place % width.max(1)) }
                            td.text {
                                (line.name)
                                @if self.winner == Some(number_of) { " (winner)" }
                            }
                            td { (number(line.value)) }
                            @if self.weighted {
                                td { (number(line.factor)) }
                                td { (number(line.product)) }
                            }
                        }
                    }
                }
                @if self.winner.is_none() {
                    tfoot { tr {
                        th scope="row" { "sum" } td {}
                        @if self.weighted { td {} td {} }
                        td { (number(sum)) }
                    } }
                }
            }
        }
    }
}
