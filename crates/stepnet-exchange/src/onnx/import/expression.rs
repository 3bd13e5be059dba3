//! Elementwise operations that are not layers yet.
//!
//! Files write an activation in many ways: hard sigmoid as `Add-Clip-Div`, SiLU as `Sigmoid-Mul`, GELU by an error
//! function, batch normalisation as factors and offsets. So elementwise nodes only build an expression, and when a
//! layer needs its value, the function that it computes is compared with those of the notation
//! ([`recognise`](super::recognise)), however it was written.

use std::cell::Cell;
use std::rc::Rc;

use crate::graph::{Origin, Value};

/// An expression over values of the network.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) term: Term,
    /// The node that it comes from.
    pub(super) origin: Origin,
    /// Its value in the graph, once it was needed.
    pub(super) forced: Cell<Option<Value>>,
    /// How many terms it has, shared ones counted each time.
    size: usize,
}

/// What an expression computes.
#[derive(Debug, Clone)]
pub(super) enum Term {
    /// A value of the graph.
    Value(Value),
    /// A function of each element.
    Function(Function, Rc<Expression>),
    /// Two values of the same shape, element by element.
    Both(Arithmetic, Rc<Expression>, Rc<Expression>),
    /// A value and a constant, element by element; whether the constant comes first.
    Constant(Arithmetic, Rc<Expression>, Coefficients, bool),
}

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Function {
    Relu,
    Sigmoid,
    Tanh,
    Erf,
    Exp,
    Log,
    Sqrt,
    Abs,
    Negative,
    Reciprocal,
    Softplus,
    Softsign,
    Clip(f64, f64),
    LeakyRelu(f64),
    Elu(f64),
    Selu(f64, f64),
    HardSigmoid(f64, f64),
    HardSwish,
    Gelu { tanh: bool },
    Silu(f64),
}

/// An operation of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Minimum,
    Maximum,
}

/// A constant of an expression.
#[derive(Debug, Clone)]
pub(super) enum Coefficients {
    One(f64),
    /// A number for each channel.
    Channels(Rc<Vec<f64>>),
}

impl Term {
    /// The same term over the parts that `change` gives for its own.
    pub(super) fn over<E>(
        self,
        mut change: impl FnMut(&Rc<Expression>) -> Result<Rc<Expression>, E>,
    ) -> Result<Self, E> {
        Ok(match self {
            Self::Value(value) => Self::Value(value),
            Self::Function(function, a) => Self::Function(function, change(&a)?),
            Self::Both(arithmetic, a, b) => Self::Both(arithmetic, change(&a)?, change(&b)?),
            Self::Constant(arithmetic, a, constant, first) => {
                Self::Constant(arithmetic, change(&a)?, constant, first)
            }
        })
    }
}

impl Coefficients {
    /// The number for a channel.
    pub(super) fn of(&self, channel: usize) -> f64 {
        match self {
            Self::One(value) => *value,
            Self::Channels(values) => values.get(channel).copied().unwrap_or(f64::NAN),
        }
    }
}

/// The most terms of an expression: evaluating it stays cheap, however often a file uses a value in itself.
const MAX_TERMS: usize = 256;

impl Expression {
    /// A value of the graph.
    pub(super) fn value(value: Value) -> Rc<Self> {
        Rc::new(Self {
            term: Term::Value(value),
            origin: Origin::new("", ""),
            forced: Cell::new(Some(value)),
            size: 1,
        })
    }

    /// A term that the node `origin` made; `None` if it would have too many terms.
    pub(super) fn new(term: Term, origin: Origin) -> Option<Rc<Self>> {
        let size = 1 + match &term {
            Term::Value(_) => 0,
            Term::Function(_, a) | Term::Constant(_, a, ..) => a.size,
            Term::Both(_, a, b) => a.size + b.size,
        };
        (size <= MAX_TERMS).then(|| {
            Rc::new(Self {
                term,
                origin,
                forced: Cell::new(None),
                size,
            })
        })
    }

    /// The parts of its term.
    pub(super) fn parts(&self) -> Vec<&Rc<Self>> {
        match &self.term {
            Term::Value(_) => Vec::new(),
            Term::Function(_, a) | Term::Constant(_, a, ..) => vec![a],
            Term::Both(_, a, b) => vec![a, b],
        }
    }

    /// The only value of the graph that it depends on; `None` if there are several.
    pub(super) fn base(&self) -> Option<Value> {
        if let Some(value) = self.forced.get() {
            return Some(value);
        }
        let mut bases = self.parts().into_iter().map(|part| part.base());
        let first = bases.next()??;
        bases.all(|base| base == Some(first)).then_some(first)
    }

    /// How many channels its constants are for; 0 if all are single numbers.
    pub(super) fn channels(&self) -> usize {
        if self.forced.get().is_some() {
            return 0;
        }
        let own = match &self.term {
            Term::Constant(_, _, Coefficients::Channels(values), _) => values.len(),
            _ => 0,
        };
        let parts = self.parts().into_iter().map(|part| part.channels());
        parts.fold(own, usize::max)
    }

    /// Its origin with the nodes of all its terms that have no value yet.
    pub(super) fn origins(&self) -> Origin {
        let mut sources = Vec::new();
        self.collect(&mut sources);
        Origin {
            sources: Vec::new(),
            ..self.origin.clone()
        }
        .and(sources)
    }

    fn collect(&self, sources: &mut Vec<String>) {
        if self.forced.get().is_some() {
            return;
        }
        for part in self.parts() {
            part.collect(sources);
        }
        sources.extend(self.origin.sources.iter().cloned());
    }

    /// What it makes of a number `x` of a channel, where it depends on one value of the graph only.
    pub(super) fn eval(&self, x: f64, channel: usize) -> f64 {
        if self.forced.get().is_some() {
            return x;
        }
        match &self.term {
            Term::Value(_) => x,
            Term::Function(function, a) => function.of(a.eval(x, channel)),
            Term::Both(arithmetic, a, b) => arithmetic.of(a.eval(x, channel), b.eval(x, channel)),
            Term::Constant(arithmetic, a, constant, first) => {
                let (a, c) = (a.eval(x, channel), constant.of(channel));
                match first {
                    true => arithmetic.of(c, a),
                    false => arithmetic.of(a, c),
                }
            }
        }
    }
}

impl Arithmetic {
    pub(super) fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Power => a.powf(b),
            Self::Minimum => a.min(b),
            Self::Maximum => a.max(b),
        }
    }
}

impl Function {
    pub(super) fn of(self, x: f64) -> f64 {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        match self {
            Self::Relu => x.max(0.0),
            Self::Sigmoid => sigmoid(x),
            Self::Tanh => x.tanh(),
            Self::Erf => libm::erf(x),
            Self::Exp => x.exp(),
            Self::Log => x.ln(),
            Self::Sqrt => x.sqrt(),
            Self::Abs => x.abs(),
            Self::Negative => -x,
            Self::Reciprocal => 1.0 / x,
            Self::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Self::Softsign => x / (1.0 + x.abs()),
            Self::Clip(low, high) => x.max(low).min(high),
            Self::LeakyRelu(slope) => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
            Self::Elu(alpha) => {
                if x < 0.0 {
                    alpha * x.exp_m1()
                } else {
                    x
                }
            }
            Self::Selu(alpha, gamma) => gamma * if x < 0.0 { alpha * x.exp_m1() } else { x },
            Self::HardSigmoid(slope, offset) => (slope * x + offset).clamp(0.0, 1.0),
            Self::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Self::Gelu { tanh: false } => {
                0.5 * x * (1.0 + libm::erf(x * std::f64::consts::FRAC_1_SQRT_2))
            }
            Self::Gelu { tanh: true } => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
                0.5 * x * (1.0 + inner.tanh())
            }
            Self::Silu(alpha) => x * sigmoid(alpha * x),
        }
    }
}
