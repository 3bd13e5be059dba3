//! An explanation as text.

mod gradient;
pub(super) mod layout;
mod trace;

use std::fmt::{self, Display, Formatter};

use layout::{WIDEST, by, columns, grid, short, side_by_side};
use trace::step;

use super::explanation::{
    Content, Explanation, Forward, Line, More, channel_sums, more, products, ranked,
};
use super::sum::Check;
use stepnet_nn::account::number;

/// The number of terms shown by default.
const USUAL_TOP: usize = 10;

/// The most channels of a window that are drawn, and the widest and highest window.
const MOST_GRIDS: usize = 3;
const LARGEST_GRID: [usize; 2] = [12, 8];

impl Explanation {
    /// The explanation as text with the `top` largest terms of each sum.
    pub fn text(&self, top: usize) -> impl Display {
        Text {
            explanation: self,
            top,
        }
    }

    /// A value with the digits that distinguish it from its neighbours in the network's element type.
    pub(super) fn exactly(&self, value: f64) -> String {
        if !(1e-5..1e7).contains(&value.abs()) && value != 0.0 {
            return match self.element {
                "f32" => format!("{:e}", value as f32),
                _ => format!("{value:e}"),
            };
        }
        match self.element {
            "f32" => (value as f32).to_string(),
            _ => value.to_string(),
        }
    }
}

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.text(USUAL_TOP).fmt(f)
    }
}

struct Text<'a> {
    explanation: &'a Explanation,
    top: usize,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let explanation = self.explanation;
        self.head(f)?;
        writeln!(f, "\nforward: {}", explanation.forward.formula)?;
        self.forward(f, &explanation.forward)?;
        if let Some(then) = &explanation.then {
            let result = explanation.exactly(then.value);
            writeln!(f, "\nthen {} = {} = {result}", then.name, then.numbers)?;
            writeln!(f, "  {}; {}", then.formula, then.check.words())?;
        }
        if let Some(gradient) = &explanation.gradient {
            self.gradient(f, gradient)?;
        }
        if let Some(trace) = &explanation.trace {
            writeln!(f, "\nthe largest contributors, layer by layer:")?;
            step(f, trace, 1)?;
        }
        Ok(())
    }
}

impl Text<'_> {
    /// The sum, the network's value, their difference and its bound.
    fn check(&self, f: &mut Formatter<'_>, check: &Check, what: &str) -> fmt::Result {
        let computed = format!("{what} as the network computed it");
        let rows = [
            ["what these add up to".into(), format!("{}", check.sum)],
            [computed, self.explanation.exactly(check.value)],
            ["difference".into(), number(check.difference)],
            [
                "bound on rounding".into(),
                format!("{}: {}", check.bound_words(), check.verdict()),
            ],
        ];
        let width = rows.iter().map(|[name, _]| name.len()).max().unwrap_or(0);
        for [name, value] in rows {
            writeln!(f, "  {name:<width$}  {value}")?;
        }
        Ok(())
    }

    fn head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let explanation = self.explanation;
        let value = explanation.exactly(explanation.value);
        writeln!(
            f,
            "{} = {value} ({})",
            explanation.name, explanation.element
        )?;
        if explanation.layer == explanation.text {
            writeln!(f, "  the network's input, {}", by(&explanation.output))?;
        } else {
            let (input, output) = (by(&explanation.input), by(&explanation.output));
            writeln!(
                f,
                "  {}: {input} -> {} -> {output}",
                explanation.layer, explanation.text
            )?;
        }
        let said = &explanation.prediction;
        let subject = explanation.subject.as_deref().unwrap_or("this example");
        writeln!(
            f,
            "  for {subject} the network predicts {}: {} = {}",
            said.name,
            said.at,
            explanation.exactly(said.value)
        )?;
        if let Some(field) = explanation.receptive_field {
            let ([top, bottom], [left, right]) = (field.rows, field.columns);
            writeln!(
                f,
                "  it sees rows {top} to {bottom} and columns {left} to {right} of the input"
            )?;
        }
        Ok(())
    }

    fn forward(&self, f: &mut Formatter<'_>, forward: &Forward) -> fmt::Result {
        let explanation = self.explanation;
        match &forward.content {
            Content::Input { raw, numbers } => {
                let value = explanation.exactly(explanation.value);
                return match (raw, numbers) {
                    (Some(raw), Some(numbers)) => {
                        writeln!(f, "  {numbers} = {value}, from the raw value {raw}")
                    }
                    _ => writeln!(f, "  {value}"),
                };
            }
            Content::Function { numbers } => {
                self.argument(f, forward)?;
                writeln!(f, "  {numbers}")?;
            }
            Content::Same => self.argument(f, forward)?,
            Content::Softmax { own, .. } => self.softmax(f, forward, *own)?,
            Content::Largest { winner, margin } => self.largest(f, forward, *winner, *margin)?,
            Content::Sum { bias, divisor } => {
                self.grids(f, forward)?;
                let weighted = forward.terms.iter().any(|line| line.factor != 1.0);
                let heads = weighted.then_some(["x", "w", "x w"]);
                let mut extra = Vec::new();
                if let Some(bias) = bias {
                    extra.push(("bias".to_owned(), number(*bias)));
                }
                if *divisor != 1.0 {
                    extra.push(("divided by".to_owned(), number(*divisor)));
                }
                self.lines(f, &forward.terms, forward.more, heads, &extra)?;
            }
            Content::Opaque => {
                let heads = Some(["x", "dy/dx", "x dy/dx"]);
                self.lines(f, &forward.terms, forward.more, heads, &[])?;
            }
        }
        match &forward.check {
            Some(check) => self.check(f, check, &explanation.name),
            None => Ok(()),
        }
    }

    fn argument(&self, f: &mut Formatter<'_>, forward: &Forward) -> fmt::Result {
        match forward.terms.first() {
            Some(line) => writeln!(
                f,
                "  x = {} = {}",
                line.name,
                self.explanation.exactly(line.value)
            ),
            None => Ok(()),
        }
    }

    fn softmax(&self, f: &mut Formatter<'_>, forward: &Forward, own: usize) -> fmt::Result {
        let Content::Softmax {
            largest,
            denominator,
            ..
        } = forward.content
        else {
            return Ok(());
        };
        let part = |line: &Line| (line.value - largest).exp() / denominator;
        let parts: Vec<f64> = forward.terms.iter().map(part).collect();
        let order = ranked(&parts);
        let mut rows = vec![["from", "x", "exp(x - max)", "share"].map(str::to_owned)];
        let shown =
            |&line: &usize| line == own || order.iter().take(self.top).any(|&at| at == line);
        for line in order.iter().copied().filter(shown) {
            let term = &forward.terms[line];
            let mark = if line == own { "  <- asked" } else { "" };
            rows.push([
                term.name.clone(),
                number(term.value),
                number((term.value - largest).exp()),
                format!("{}{mark}", number(parts[line])),
            ]);
        }
        let hidden = forward.terms.len() + 1 - rows.len();
        columns(f, &rows)?;
        if hidden > 0 {
            writeln!(f, "  and {hidden} more")?;
        }
        let (largest, denominator) = (number(largest), number(denominator));
        writeln!(f, "  max = {largest}, sum of exp(x - max) = {denominator}")
    }

    fn largest(
        &self,
        f: &mut Formatter<'_>,
        forward: &Forward,
        winner: usize,
        margin: Option<f64>,
    ) -> fmt::Result {
        self.grids(f, forward)?;
        let values: Vec<f64> = forward.terms.iter().map(|line| line.value).collect();
        let mut order: Vec<usize> = (0..values.len())
            .filter(|&line| forward.terms[line].at.is_some() && line != winner)
            .collect();
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let mut rows = vec![["from", "x", "below by"].map(str::to_owned)];
        let of = |line: usize| {
            let term = forward.terms.get(line)?;
            Some((term.name.clone(), term.value))
        };
        let won = of(winner);
        let best = won.as_ref().map_or(f64::NAN, |(_, value)| *value);
        if let Some((name, value)) = won {
            rows.push([name, number(value), "winner".into()]);
        }
        for (name, value) in order.iter().take(self.top).filter_map(|&line| of(line)) {
            rows.push([name, number(value), number(best - value)]);
        }
        columns(f, &rows)?;
        let hidden = order.len().saturating_sub(self.top);
        if hidden > 0 {
            writeln!(f, "  and {hidden} more rivals")?;
        }
        let padding = forward
            .terms
            .iter()
            .filter(|line| line.at.is_none())
            .count();
        if padding > 0 {
            writeln!(
                f,
                "  {padding} of the window's positions lie in the padding, which never wins"
            )?;
        }
        match margin {
            Some(0.0) => writeln!(f, "  a tie: the first of equals wins"),
            _ => Ok(()),
        }
    }

    /// The largest lines, the sum of the others, and what else is added.
    fn lines(
        &self,
        f: &mut Formatter<'_>,
        lines: &[Line],
        limited: Option<More>,
        heads: Option<[&str; 3]>,
        extra: &[(String, String)],
    ) -> fmt::Result {
        let products = products(lines);
        let order = ranked(&products);
        let (shown, rest) = order.split_at(self.top.min(order.len()));
        let row = |name: String, value: String, factor: String, product: String| match heads {
            Some(_) => vec![name, value, factor, product],
            None => vec![name, value],
        };
        let [x, w, product] = heads.unwrap_or(["x", "", ""]).map(str::to_owned);
        let mut rows = vec![row("from".into(), x, w, product)];
        for &line in shown {
            let line = &lines[line];
            let [value, factor, product] = [line.value, line.factor, line.product].map(number);
            rows.push(row(line.name.clone(), value, factor, product));
        }
        let left = [(!rest.is_empty()).then(|| more(&products, rest)), limited];
        let left = left.into_iter().flatten();
        for More { count, sum } in left {
            let last = number(sum);
            let name = format!("{count} more");
            rows.push(match heads {
                Some(_) => vec![name, String::new(), String::new(), last],
                None => vec![name, last],
            });
        }
        for (name, value) in extra {
            rows.push(match heads {
                Some(_) => vec![name.clone(), String::new(), String::new(), value.clone()],
                None => vec![name.clone(), value.clone()],
            });
        }
        columns(f, &rows)
    }

    /// The window of each channel as a grid, of the channels that matter most.
    fn grids(&self, f: &mut Formatter<'_>, forward: &Forward) -> fmt::Result {
        let Some([height, width, channels]) = forward.window else {
            return Ok(());
        };
        if height > LARGEST_GRID[0] || width > LARGEST_GRID[1] || height * width == 1 {
            return Ok(());
        }
        let sums = channel_sums(&forward.terms, channels);
        let weighted = !matches!(forward.content, Content::Largest { .. })
            && forward.terms.iter().any(|line| line.factor != 1.0);
        // Where three grids do not fit side by side, one channel fills enough of the screen.
        let wide = weighted && 3 * (7 * width + 4) > WIDEST;
        let most = if wide { 1 } else { MOST_GRIDS };
        let mut drawn = ranked(&sums);
        drawn.truncate(most);
        drawn.sort_unstable();
        for channel in drawn {
            let cells = forward.terms.iter().skip(channel).step_by(channels);
            if channels > 1 {
                let sum = number(sums[channel]);
                writeln!(f, "  channel {channel} of the window, which adds {sum}:")?;
            }
            let grid = |name: &str, of: fn(&Line) -> String| {
                grid(name, width, cells.clone().map(of).collect())
            };
            let mut grids = vec![grid("window x", |line| match line.at {
                Some(_) => short(line.value),
                None => "pad".into(),
            })];
            if weighted {
                grids.push(grid("filter w", |line| short(line.factor)));
                grids.push(grid("x w", |line| short(line.product)));
            }
            side_by_side(f, &grids)?;
        }
        if channels > most {
            writeln!(f, "  (of {channels} channels, those that add most)")?;
        }
        Ok(())
    }
}
