//! An explanation as one self-contained page: no other file, no network, readable without a mouse.

mod colour;
mod grid;
mod image;
#[cfg(test)]
mod tests;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::explanation::Step;
use super::explanation::{Content, Explanation, Forward, Gradient, Line, more, products, ranked};
use super::sum::Check;
use super::text::layout::by;
use stepnet_base::design;
use stepnet_nn::account::number;

/// The rows of a table of terms, the largest first.
const MOST_ROWS: usize = 100;

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// What this page adds to the shared design.
const STYLE: &str = include_str!("style.css");

impl Explanation {
    /// The explanation as a page of HTML: the image with the receptive field, the window, the
    /// filter and the products as coloured grids with their numbers, the sums, and the rest as tables.
    ///
    /// `top` bounds the rows of each table and the channels that are drawn.
    pub fn page(&self, top: Option<usize>) -> String {
        let rows = top.unwrap_or(MOST_ROWS);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { "why " (self.name) }
                    style {
                        (PreEscaped(design::TOKENS)) (PreEscaped(design::BASE))
                        (PreEscaped(STYLE)) (PreEscaped(colour::css()))
                    }
                }
                body {
                    main {
                        (self.head())
                        section aria-labelledby="forward" {
                            h2 id="forward" { "Its terms" }
                            (self.forward(top, rows))
                        }
                        (self.then())
                        @if let Some(gradient) = &self.gradient {
                            (self.gradient(gradient, rows))
                        }
                        @if let Some(trace) = &self.trace {
                            section aria-labelledby="trace" {
                                h2 id="trace" { "The largest contributors, layer by layer" }
                                ul.trace { (step(trace)) }
                            }
                        }
                    }
                    script { (PreEscaped(include_str!("script.js"))) }
                }
            }
        };
        page.into_string()
    }

    fn head(&self) -> Markup {
        let said = &self.prediction;
        html! {
            header {
                h1 { "Why is " code { (self.name) } " " strong { (self.exactly(self.value)) } "?" }
                div.about {
                    dl {
                        @if let Some(subject) = &self.subject { dt { "asked about" } dd { (subject) } }
                        dt { "the network predicts" }
                        dd { (said.name) ": " code { (said.at) } " = " (self.exactly(said.value)) }
                        dt { "layer" }
                        dd {
                            @if self.layer == self.text { "the network's input, " (by(&self.output)) }
                            @else {
                                (self.layer) ": " (by(&self.input)) " \u{2192} " code { (self.text) }
                                " \u{2192} " (by(&self.output))
                            }
                        }
                        dt { "network" }
                        dd { code { (self.arrows()) } ", in " (self.element) }
                    }
                    (image::figure(self))
                }
            }
        }
    }

    /// The network's text, whose arrows are not to be broken.
    fn arrows(&self) -> Markup {
        html! {
            @for (place, part) in self.network.split("->").enumerate() {
                @if place > 0 { span.arrow { "->" } }
                (part)
            }
        }
    }

    fn forward(&self, top: Option<usize>, rows: usize) -> Markup {
        let forward = &self.forward;
        let drawn = grid::grids(self, top);
        html! {
            p.formula { (forward.formula) }
            @match &forward.content {
                Content::Input { raw: Some(raw), numbers: Some(numbers) } => {
                    p { (numbers) " = " (self.exactly(self.value)) ", from the raw value " (raw) "." }
                }
                Content::Input { .. } => p { (self.exactly(self.value)) },
                Content::Function { numbers } => {
                    @for line in &forward.terms {
                        p { "x = " code { (line.name) } " = " (self.exactly(line.value)) }
                    }
                    p { (numbers) }
                }
                Content::Same => @for line in &forward.terms {
                    p { "x = " code { (line.name) } " = " (self.exactly(line.value)) }
                },
                Content::Largest { winner, margin } => (largest(forward, *winner, *margin)),
                Content::Softmax { .. } => (softmax(forward, rows)),
                Content::Opaque => (lines(&forward.terms, ["x", "dy/dx", "x dy/dx"], rows)),
                Content::Sum { bias, divisor } => {
                    @if drawn.is_none() { (lines(&forward.terms, ["x", "w", "x w"], rows)) }
                    @else { (drawn.clone().unwrap_or_default()) }
                    dl.sum {
                        @if let Some(bias) = bias { dt { "bias" } dd { (number(*bias)) } }
                        @if *divisor != 1.0 { dt { "divided by" } dd { (number(*divisor)) } }
                    }
                }
            }
            @if let (Content::Largest { .. }, Some(drawn)) = (&forward.content, &drawn) { (drawn) }
            @if let Some(check) = &forward.check { (self.check(check)) }
        }
    }

    fn then(&self) -> Markup {
        let Some(then) = &self.then else {
            return html! {};
        };
        html! {
            section aria-labelledby="then" {
                h2 id="then" { "What became of it next" }
                p.formula { (then.formula) }
                p { code { (then.name) } " = " (then.numbers) " = " strong { (self.exactly(then.value)) } }
                (verdict(&then.check))
            }
        }
    }

    fn gradient(&self, gradient: &Gradient, rows: usize) -> Markup {
        let heads = match &gradient.through {
            Some(_) => ["dy", "dy/dx", "sent back"],
            None => ["value", "factor", "product"],
        };
        html! {
            section aria-labelledby="gradient" {
                h2 id="gradient" { "Its effect on the loss" }
                p {
                    "The gradient of the " (gradient.loss) " of " (gradient.kind()) " " strong { (gradient.class_name) }
                    " (loss " (number(gradient.loss_value)) ")"
                    @if gradient.predicted { ", the " (gradient.kind()) " that the network predicts" }
                    @if let Some(layer) = &gradient.through { ", sent back by the outputs of " code { (layer) } " that it fed" }
                    @if let Some(value) = gradient.value { ": " strong { (self.exactly(value)) } }
                    "."
                }
                p.formula { (gradient.formula) }
                @if !gradient.terms.is_empty() { (lines(&gradient.terms, heads, rows)) }
                @if let Some(check) = &gradient.check { (self.check(check)) }
                @if let Some(note) = &gradient.note { p { (note) } }
            }
        }
    }

    fn check(&self, check: &Check) -> Markup {
        html! {
            dl.sum {
                dt { "what these add up to" } dd { (check.sum) }
                dt { "as the network computed it" } dd { (self.exactly(check.value)) }
                dt { "difference" } dd { (number(check.difference)) }
                dt { "bound on rounding" } dd { (check.bound_words()) }
            }
            (verdict(check))
        }
    }
}

fn verdict(check: &Check) -> Markup {
    let class = if check.ok { "ok" } else { "wrong" };
    html! {
        p class=(class) {
            @if check.ok { "\u{2713} " } @else { "\u{2717} " }
            (check.verdict()) ": the difference " (number(check.difference))
            @if check.ok { " is within " } @else { " is beyond " }
            "the bound " (number(check.bound))
        }
    }
}

/// The largest lines as a table, coloured by their products, and the others' sum.
fn lines(all: &[Line], [value, factor, product]: [&str; 3], rows: usize) -> Markup {
    let products = products(all);
    let order = ranked(&products);
    let (shown, rest) = order.split_at(rows.min(order.len()));
    let finite = products.iter().filter(|product| product.is_finite());
    let largest = finite.fold(0.0, |largest: f64, product| largest.max(product.abs()));
    html! {
        div.scroll tabindex="0" role="region" aria-label="terms" {
            table.list {
                thead { tr {
                    th scope="col" { "from" } th scope="col" { (value) }
                    th scope="col" { (factor) } th scope="col" { (product) }
                } }
                tbody {
                    @for line in shown.iter().filter_map(|&line| all.get(line)) {
                        tr {
                            th scope="row" { (line.name) }
                            td { (number(line.value)) } td { (number(line.factor)) }
                            td class=(colour::class(line.product, largest)) { (number(line.product)) }
                        }
                    }
                }
                @if !rest.is_empty() {
                    @let left = more(&products, rest);
                    tfoot { tr {
                        th scope="row" { (left.count) " more, together" }
                        td {} td {} td { (number(left.sum)) }
                    } }
                }
            }
        }
    }
}

fn softmax(forward: &Forward, rows: usize) -> Markup {
    let Content::Softmax {
        own,
        largest,
        denominator,
    } = forward.content
    else {
        return html! {};
    };
    let part = |line: &Line| (line.value - largest).exp() / denominator;
    let parts: Vec<f64> = forward.terms.iter().map(part).collect();
    let order = ranked(&parts);
    let shown = order
        .iter()
        .take(rows)
        .chain(order.iter().skip(rows).filter(|&&line| line == own));
    html! {
        p { "max = " (number(largest)) ", sum of exp(x - max) = " (number(denominator)) }
        div.scroll tabindex="0" role="region" aria-label="terms" {
            table.list {
                thead { tr {
                    th scope="col" { "from" } th scope="col" { "x" }
                    th scope="col" { "exp(x - max)" } th scope="col" { "share" }
                } }
                tbody {
                    @for &line in shown {
                        @let term = &forward.terms[line];
                        tr.own[line == own] {
                            th scope="row" { (term.name) @if line == own { " (asked)" } }
                            td { (number(term.value)) } td { (number((term.value - largest).exp())) }
                            td class=(colour::class(parts[line], 1.0)) { (number(parts[line])) }
                        }
                    }
                }
            }
        }
        @if order.len() > rows { p { "The " (order.len() - rows) " smallest are left out." } }
    }
}

fn largest(forward: &Forward, winner: usize, margin: Option<f64>) -> Markup {
    let Some(won) = forward.terms.get(winner) else {
        return html! {};
    };
    html! {
        p {
            code { (won.name) } " = " (number(won.value)) " won"
            @match margin {
                Some(0.0) => ", the first of equals.",
                Some(margin) => { ", by " (number(margin)) " over the next." },
                None => ", without rivals.",
            }
            @if forward.terms.iter().any(|line| line.at.is_none()) { " The padding never wins." }
        }
    }
}

/// One value of a trace and, further in, its contributors.
fn step(at: &Step) -> Markup {
    html! {
        li {
            code { (at.name) } " = " (number(at.value))
            @match (at.factor, at.product) {
                (Some(factor), Some(product)) if factor != 1.0 => {
                    span.adds { " times " (number(factor)) " adds " (number(product)) }
                },
                (_, Some(product)) => span.adds { " adds " (number(product)) },
                _ => @if at.role != "asked" { span.adds { " (" (at.role) ")" } },
            }
            @if let Some(raw) = at.raw { span.adds { " raw value " (raw) } }
            @if !at.steps.is_empty() || at.more.is_some() {
                ul {
                    @for below in &at.steps { (step(below)) }
                    @if let Some(left) = at.more {
                        li.adds { (left.count) " more, together " (number(left.sum)) }
                    }
                    @if at.cut { li.adds { "cut off here: the trace is too long" } }
                }
            }
        }
    }
}
