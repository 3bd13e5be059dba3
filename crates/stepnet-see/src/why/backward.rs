//! The effect of a value on the loss: the outputs that consume it, and the gradient each passes back.

use super::Why;
use super::at::{Spot, name_of};
use super::explanation::{Gradient, Line, More, kept};
use super::forward::MOST_LINES;
use super::sum::{Check, Exact, gamma, tiny};
use super::target::Target;
use crate::error::Result;
use crate::memory;
use stepnet_nn::Number;
use stepnet_nn::account::{number, operand};
use stepnet_nn::{Loss, largest};

/// Roundings of the network's probability: two for a sigmoid's or softmax's exponential on each
/// side, and those around it.
const PROBABILITY_ROUNDINGS: f64 = 16.0;

/// The terms of a gradient: symbols, lines, the sum next to the network's gradient, remarks.
struct BackwardTerms {
    through: Option<String>,
    formula: String,
    terms: Vec<Line>,
    more: Option<More>,
    check: Option<Check>,
    note: Option<String>,
}

impl<T: Number> Why<'_, T> {
    pub(super) fn gradient(&mut self, spot: Spot, class: Option<&str>) -> Result<Gradient> {
        let wanted = match class {
            Some(wanted) => self.wanted(wanted)?,
            None => self.said(),
        };
        self.run_backward(&wanted)?;
        let nodes = self.network.nodes().len();
        let fused = self.network.loss().fused_kind().is_some();
        let returned = if fused && spot.value == nodes {
            self.by_fused_output(spot, &wanted)
        } else if spot.value == nodes - usize::from(fused) {
            self.by_loss(spot, &wanted)
        } else {
            self.by_layers(spot)?
        };
        Ok(Gradient {
            class: match &wanted {
                Target::Class(class) => Some(*class),
                Target::Values(_) => None,
            },
            class_name: self.target_name(&wanted),
            predicted: class.is_none(),
            loss: self.network.loss().to_string(),
            loss_value: self
                .backward
                .as_ref()
                .map_or(f64::NAN, |(_, loss, _)| *loss),
            value: self
                .returned(spot.value)
                .get(spot.place)
                .map(|v| v.as_f64()),
            through: returned.through,
            formula: returned.formula,
            terms: returned.terms,
            more: returned.more,
            check: returned.check,
            note: returned.note,
        })
    }

    /// The network's gradient with respect to value number `value`; empty where it has none.
    fn returned(&self, value: usize) -> &[T] {
        let passes = self.backward.as_ref();
        passes
            .and_then(|(_, _, workspace)| workspace.value_gradient(value, 1))
            .unwrap_or(&[])
    }

    /// The gradient with respect to one value, as the backward pass computed it.
    fn own_gradient(&self, spot: Spot) -> f64 {
        let gradients = self.returned(spot.value);
        gradients.get(spot.place).map_or(f64::NAN, |v| v.as_f64())
    }

    fn target(&self, place: usize, target: &Target) -> f64 {
        match (target, self.outputs().len()) {
            (Target::Values(values), _) => values.get(place).copied().unwrap_or(f64::NAN),
            (Target::Class(class), 1) => *class as f64,
            (Target::Class(class), _) => f64::from(u8::from(place == *class)),
        }
    }

    /// An output that training leaves to the loss.
    fn by_fused_output(&self, spot: Spot, target: &Target) -> BackwardTerms {
        let (p, t) = (self.value(spot), self.target(spot.place, target));
        let logit = self.name(Spot {
            value: spot.value - 1,
            ..spot
        });
        let layer = name_of(self.network, spot.value);
        let (formula, result) = match self.network.loss() {
            Loss::BinaryCrossEntropy => ("dp = (1 - t) / (1 - p) - t / p", {
                let missed = if t == 1.0 { 0.0 } else { (1.0 - t) / (1.0 - p) };
                let hit = if t == 0.0 { 0.0 } else { t / p };
                missed - hit
            }),
            _ => ("dp = -t / p", if t == 0.0 { 0.0 } else { -t / p }),
        };
        let numbers = formula.replace("dp = ", "");
        let note = format!(
            "the loss is computed from {logit}, so the backward passes never form this gradient; \
             with p = {} and t = {t}, {numbers} = {}; ask for {logit}, where {layer} and the loss together send back p - t",
            number(p),
            number(result),
        );
        BackwardTerms {
            through: None,
            formula: formula.into(),
            terms: Vec::new(),
            more: None,
            check: None,
            note: Some(note),
        }
    }

    /// A value that the loss itself takes.
    fn by_loss(&self, spot: Spot, target: &Target) -> BackwardTerms {
        let t = self.target(spot.place, target);
        let outputs = self.outputs().len();
        let own = self.name(spot);
        // The network's closing activation, or its last layer.
        let output = Spot {
            value: self.network.nodes().len(),
            ..spot
        };
        let p = self.value(output);
        let (formula, factor, own_error) = match self.network.loss() {
            Loss::MeanSquaredError => ("dy = 2 (y - t) / outputs", 2.0 / outputs as f64, 0.0),
            Loss::MeanAbsoluteError => (
                "dy = sign(y - t) / outputs",
                over(p - t, 0.0) / outputs as f64,
                0.0,
            ),
            Loss::Huber => (
                "dy = (y - t, at most 1 and at least -1) / outputs",
                over(p - t, 1.0) / outputs as f64,
                0.0,
            ),
            loss => {
                let formula = match loss {
                    Loss::BinaryCrossEntropy => "dz = p - t, with p = sigmoid(z)",
                    _ => "dz = p - t, with p = softmax(z)",
                };
                // The loss recomputes p, with arithmetic that may differ from the activation's.
                let error = 2.0 * self.probability_bound(spot, p);
                (formula, 1.0, error)
            }
        };
        let line = |name: String, value: f64| Line {
            name,
            at: None,
            value,
            factor,
            product: value * factor,
        };
        let terms = vec![
            Line {
                at: Some(super::indices(self.network.output(), spot.place)),
                ..line(self.name(output), p)
            },
            line(format!("- target of {own}"), -t),
        ];
        let mut sum = Exact::default();
        sum.add(p, factor, 0.0);
        sum.add(-t, factor, 0.0);
        let result = sum.value();
        let bound = gamma::<T>(8.0) * result.abs() + own_error + tiny::<T>();
        let size = p.abs() + t.abs();
        let check = Check::new::<T>(result, self.own_gradient(spot), bound, size);
        BackwardTerms {
            through: None,
            formula: formula.into(),
            terms,
            more: None,
            check: Some(check),
            note: None,
        }
    }

    /// How far a probability may be off: by the distances of the logits, as in the forward check.
    fn probability_bound(&self, spot: Spot, p: f64) -> f64 {
        let logits = self.values(spot.value);
        let moved = match self.network.loss() {
            Loss::SoftmaxCrossEntropy => {
                let top = logits.get(largest(logits)).map_or(0.0, |z| z.as_f64());
                let seen = logits.iter().zip(self.outputs());
                let mean: f64 = seen
                    .map(|(z, p)| (top - z.as_f64()) * p.as_f64())
                    .filter(|moved| moved.is_finite())
                    .sum();
                let own = logits.get(spot.place).map_or(0.0, |z| top - z.as_f64());
                mean + if p > 0.0 { own } else { 0.0 } + logits.len() as f64
            }
            _ => 0.0,
        };
        gamma::<T>(PROBABILITY_ROUNDINGS + moved) * p + tiny::<T>()
    }

    /// The gradients passed back by the outputs of the layers that consume the value.
    fn by_layers(&self, spot: Spot) -> Result<BackwardTerms> {
        let readers = &self.readers[spot.value];
        let names: Vec<&str> = readers
            .iter()
            .map(|&number| self.network.nodes()[number].name())
            .collect();
        let through = Some(names.join(" and "));
        let mut formulas = Vec::new();
        let mut silent = Vec::new();
        let mut all: Vec<OutputGradient> = Vec::new();
        let (mut sum, mut slack) = (Exact::default(), 0.0);
        for (&number, &name) in readers.iter().zip(&names) {
            let place = self.place_in(number, spot);
            let layer = self.network.nodes()[number].layer();
            let feeds = match layer.explain().feeds(place, &self.seen(number))? {
                Some(feeds) => feeds,
                None => match self.opaque_feeds(number, place)? {
                    Some(feeds) => {
                        silent.push(name);
                        feeds
                    }
                    None => return Ok(BackwardTerms::unknown(through, name)),
                },
            };
            let dy = self.returned(number + 1);
            slack += feeds
                .reaches
                .iter()
                .map(|reach| reach.slack(dy))
                .sum::<f64>();
            for feed in feeds.feeds {
                let dy = dy.get(feed.place).map_or(f64::NAN, |dy| dy.as_f64());
                sum.add(dy, feed.factor, (dy * feed.size).abs());
                all.push(OutputGradient {
                    spot: Spot {
                        value: number + 1,
                        place: feed.place,
                    },
                    dy,
                    factor: feed.factor,
                });
            }
            formulas.push((name, feeds.formula));
        }
        let own = self.own_gradient(spot);
        let (check, note) = match silent[..] {
            [] => (Some(sum.check::<T>(1.0, own, slack)), None),
            [name, ..] => {
                let note = format!(
                    "{name} does not account for itself; the derivatives are those its backward pass gives, \
                     and add up to {}",
                    operand(sum.value())
                );
                (None, Some(note))
            }
        };
        let formula = match &formulas[..] {
            [(_, formula)] => formula.clone(),
            several => {
                let names = several
                    .iter()
                    .map(|(name, formula)| format!("{formula} of {name}"));
                format!("{}, added up", names.collect::<Vec<_>>().join(", "))
            }
        };
        let more = shorten(&mut all);
        Ok(BackwardTerms {
            through,
            more,
            terms: self.sent_lines(&all)?,
            formula,
            check,
            note,
        })
    }

    fn sent_lines(&self, sent: &[OutputGradient]) -> Result<Vec<Line>> {
        memory::ensure::<Line>("the outputs of one value", sent.len())?;
        let line = |sent: &OutputGradient| {
            let shape = super::shape_of(self.network, sent.spot.value);
            Line {
                name: self.name(sent.spot),
                at: Some(super::indices(shape, sent.spot.place)),
                value: sent.dy,
                factor: sent.factor,
                product: sent.dy * sent.factor,
            }
        };
        Ok(sent.iter().map(line).collect())
    }
}

/// The gradient that one output of a layer passes back.
#[derive(Clone, Copy)]
struct OutputGradient {
    spot: Spot,
    /// The gradient with respect to the output.
    dy: f64,
    /// The derivative of the output with respect to the value.
    factor: f64,
}

impl BackwardTerms {
    /// A layer of which nothing more than the gradient can be said.
    fn unknown(through: Option<String>, name: &str) -> Self {
        let note = format!(
            "{name} does not account for itself, and has too many values to ask its backward pass for each"
        );
        Self {
            through,
            formula: "dx by the layer's own backward pass".into(),
            terms: Vec::new(),
            more: None,
            check: None,
            note: Some(note),
        }
    }
}

/// Leaves the outputs that sent back most, where there are too many to list, and adds up the others.
fn shorten(sent: &mut Vec<OutputGradient>) -> Option<More> {
    if sent.len() <= MOST_LINES {
        return None;
    }
    let sizes: Vec<f64> = sent
        .iter()
        .map(|sent| (sent.dy * sent.factor).abs())
        .collect();
    let kept = kept(&sizes, MOST_LINES, None);
    let mut sum = Exact::default();
    let mut left = kept.iter().copied().peekable();
    for (number, sent) in sent.iter().enumerate() {
        if left.next_if_eq(&number).is_none() {
            sum.add(sent.dy, sent.factor, 0.0);
        }
    }
    let count = sent.len() - kept.len();
    *sent = kept.iter().map(|&number| sent[number]).collect();
    Some(More {
        count,
        sum: sum.value(),
    })
}

/// What brings a difference to size 1, where it is larger than `inside`: 1 within, 0 for no difference.
fn over(difference: f64, inside: f64) -> f64 {
    match difference.abs() {
        0.0 => 0.0,
        size if size <= inside => 1.0,
        size => 1.0 / size,
    }
}
