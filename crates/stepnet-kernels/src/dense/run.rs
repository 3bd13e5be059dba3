//! The passes by the method that was chosen for them.

use super::DenseGeometry;
use super::method::{Choice, Method};
use super::methods::{few, small, wide};
use crate::conv::{Direction, SumArguments, WeightsArguments};
use crate::long_sum;
use crate::work::compiled;
use crate::{Real, assert_scratch};

/// A forward pass.
#[derive(Debug)]
pub(crate) struct Forward<'a, T> {
    pub(super) g: &'a DenseGeometry,
    pub(super) choice: Choice,
    pub(super) x: &'a [T],
    pub(super) w: &'a [T],
    pub(super) b: Option<&'a [T]>,
    pub(super) y: &'a mut [T],
    pub(super) scratch: &'a mut [T],
}

/// A data gradient.
#[derive(Debug)]
pub(crate) struct Data<'a, T> {
    pub(super) g: &'a DenseGeometry,
    pub(super) choice: Choice,
    pub(super) dy: &'a [T],
    pub(super) w: &'a [T],
    pub(super) dx: &'a mut [T],
    pub(super) scratch: &'a mut [T],
}

/// A weights gradient.
#[derive(Debug)]
pub(crate) struct Weights<'a, T> {
    pub(super) g: &'a DenseGeometry,
    pub(super) choice: Choice,
    pub(super) x: &'a [T],
    pub(super) dy: &'a [T],
    pub(super) dw: &'a mut [T],
    pub(super) db: Option<&'a mut [T]>,
    pub(super) scratch: &'a mut [T],
}

compiled!(ForwardPass, Forward);
compiled!(DataPass, Data);
compiled!(WeightsPass, Weights);

impl<T: Real> Forward<'_, T> {
    pub(super) fn run(self) {
        let Self {
            g,
            choice: Choice {
                method, set, rows, ..
            },
            x,
            w,
            b,
            y,
            scratch,
        } = self;
        match (method, rows) {
            (_, Some(choice)) => SumArguments {
                name: super::FORWARD,
                g: &g.transposed(),
                choice,
                direction: Direction::Backward,
                source: x,
                w,
                bias: b,
                packed: None,
                out: y,
                scratch,
                relu: false,
            }
            .run(),
            _ if T::NAIVE => unreachable!("{method} for numbers with naive loops alone"),
            (Method::Small, None) => set.run(small::Product::forward(g, x, w, b, y)),
            (Method::Wide, None) => wide::forward(set, g, x, w, b, y),
            (Method::Few, None) => few::forward(set, g, x, w, b, y),
            (Method::Rows, None) => unreachable!("rows without a choice"),
        }
    }
}

impl<T: Real> Data<'_, T> {
    pub(super) fn run(self) {
        let Self {
            g,
            choice,
            dy,
            w,
            dx,
            scratch,
        } = self;
        match (choice.method, choice.rows) {
            (_, Some(choice)) => SumArguments {
                name: super::DATA,
                g: &g.transposed(),
                choice,
                direction: Direction::Forward,
                source: dy,
                w,
                bias: None,
                packed: None,
                out: dx,
                scratch,
                relu: false,
            }
            .run(),
            (method, None) if T::NAIVE => {
                unreachable!("{method} for numbers with naive loops alone")
            }
            (Method::Few, None) => {
                assert_scratch(super::DATA, scratch, few::least_scratch(g));
                few::backward_data(choice.set, g, [dy, w], dx, scratch);
            }
            (_, None) => choice.set.run(small::Product::backward_data(g, dy, w, dx)),
        }
    }
}

impl<T: Real> Weights<'_, T> {
    pub(super) fn run(self) {
        let Self {
            g,
            choice,
            x,
            dy,
            dw,
            db,
            scratch,
        } = self;
        match (choice.method, choice.rows) {
            (_, Some(choice)) => WeightsArguments {
                name: super::WEIGHTS,
                g: &g.transposed(),
                choice,
                x: dy,
                dy: x,
                dw,
                db: None,
                scratch,
            }
            .run(),
            (method, None) if T::NAIVE => {
                unreachable!("{method} for numbers with naive loops alone")
            }
            (Method::Small, None) => {
                return choice.set.run(small::Weights::new(g, x, dy, dw, db));
            }
            (_, None) => wide::backward_weights(choice.set, g, x, dy, dw),
        }
        if let Some(db) = db {
            long_sum::columns(dy, db);
        }
    }
}
