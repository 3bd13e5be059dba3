//! The passes by the method that was chosen for them.

use crate::Real;
use crate::aligned::{LINE, first_of_line};
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::{Choice, Method};
use crate::conv::methods::reference;
use crate::conv::methods::winograd::{Weights, Winograd, serves};
use crate::conv::parts::schedule::Sums;
use crate::conv::parts::tasks::Tasks;
use crate::decision::Pass;
use crate::work::compiled;
use crate::{assert_len, assert_scratch, long_sum, relu};

impl Choice {
    /// Elements of scratch memory, for the geometry's batch and every smaller one.
    pub(crate) fn scratch<T: Real>(&self, g: &ConvGeometry, pass: Pass) -> usize {
        let Some(direction) = Direction::of(pass) else {
            return self.weights_scratch::<T>(g);
        };
        let line = LINE / size_of::<T>();
        match self.method {
            Method::Reference => 0,
            Method::Winograd => line + Winograd::new::<T>(g, direction, self.set).scratch(),
            method => line + Sums::new::<T>(g, direction, method, self.set).scratch(),
        }
    }

    fn weights_scratch<T: Real>(&self, g: &ConvGeometry) -> usize {
        // A smaller batch may be too small for Winograd's method, and the sums over pixels are also what runs where
        // one of its results is not finite.
        let turned = g.turned();
        let g_of_sums = turned.as_ref().unwrap_or(g);
        let sums = || Tasks::new::<T>(g_of_sums, self.asked, Method::Windows).scratch();
        match self.method {
            Method::Reference => 0,
            Method::Winograd => sums().max(Weights::new::<T>(g, self.set).scratch()),
            Method::Channels => Tasks::new::<T>(g, self.asked, Method::Channels).scratch(),
            _ => sums(),
        }
    }
}

/// A forward pass or a data gradient.
#[derive(Debug)]
pub(crate) struct SumArguments<'a, T> {
    /// The operation's name in messages.
    pub(crate) name: &'static str,
    pub(crate) g: &'a ConvGeometry,
    pub(crate) choice: Choice,
    pub(crate) direction: Direction,
    pub(crate) source: &'a [T],
    pub(crate) w: &'a [T],
    pub(crate) bias: Option<&'a [T]>,
    /// The filters and the bias as the method reads them, where they are packed already.
    pub(crate) packed: Option<&'a [T]>,
    pub(crate) out: &'a mut [T],
    pub(crate) scratch: &'a mut [T],
    /// Whether a ReLU follows.
    pub(crate) relu: bool,
}

compiled!(SumPass, SumArguments);

/// The packed filters of a pass, `packed` or else what `pack` writes to the start of the scratch memory, and the rest of
/// the scratch memory, of which the pass needs `least` elements.
pub(in crate::conv) fn packed_or<'a, T: Real>(
    name: &str,
    packed: Option<&'a [T]>,
    [len, least]: [usize; 2],
    scratch: &'a mut [T],
    pack: impl FnOnce(&mut [T], &mut [T]),
) -> (&'a [T], &'a mut [T]) {
    let own = if packed.is_some() { 0 } else { len };
    assert_scratch(name, scratch, LINE / size_of::<T>() + own + least);
    let (_, scratch) = scratch.split_at_mut(first_of_line(scratch));
    let (to, scratch) = scratch.split_at_mut(own);
    match packed {
        Some(packed) => {
            assert_len(name, "the packed filters", packed, len);
            (packed, scratch)
        }
        None => {
            pack(to, scratch);
            (to, scratch)
        }
    }
}

impl<T: Real> SumArguments<'_, T> {
    pub(crate) fn run(self) {
        let Self {
            name,
            g,
            choice,
            direction,
            source,
            w,
            bias,
            packed,
            out,
            scratch,
            relu,
        } = self;
        let Choice { method, set, .. } = choice;
        match method {
            Method::Reference => {
                match direction {
                    Direction::Forward => reference::forward(g, source, w, bias, out),
                    Direction::Backward => {
                        reference::backward_data(g, source, w, out);
                        // Of a dense layer's forward pass, which is this pass of a convolution of single pixels.
                        if let Some(bias) = bias {
                            for out in out.chunks_exact_mut(bias.len()) {
                                out.iter_mut().zip(bias).for_each(|(y, &b)| *y += b);
                            }
                        }
                    }
                }
                if relu {
                    relu::in_place(out);
                }
            }
            Method::Winograd => {
                if const { serves::<T>() } {
                    let winograd = Winograd::new::<T>(g, direction, set);
                    let sizes = [winograd.packed_len(), winograd.least_scratch()];
                    let pack =
                        |to: &mut [T], scratch: &mut [T]| winograd.pack(w, bias, to, scratch);
                    let (packed, scratch) = packed_or(name, packed, sizes, scratch, pack);
                    winograd.run([source, w], packed, out, scratch, relu);
                }
            }
            _ if T::NAIVE => unreachable!("{method} for numbers with naive loops alone"),
            method => {
                let sums = Sums::new::<T>(g, direction, method, set);
                let sizes = [sums.packed_len(), sums.least_scratch()];
                let pack = |to: &mut [T], _: &mut [T]| sums.pack(w, bias, to);
                let (packed, scratch) = packed_or(name, packed, sizes, scratch, pack);
                sums.run(source, packed, out, scratch, relu);
            }
        }
    }
}

/// A weights gradient.
#[derive(Debug)]
pub(crate) struct WeightsArguments<'a, T> {
    pub(crate) name: &'static str,
    pub(crate) g: &'a ConvGeometry,
    pub(crate) choice: Choice,
    pub(crate) x: &'a [T],
    pub(crate) dy: &'a [T],
    pub(crate) dw: &'a mut [T],
    pub(crate) db: Option<&'a mut [T]>,
    pub(crate) scratch: &'a mut [T],
}

compiled!(WeightsPass, WeightsArguments);

impl<T: Real> WeightsArguments<'_, T> {
    pub(crate) fn run(self) {
        let Self {
            name,
            g,
            choice,
            x,
            dy,
            dw,
            mut db,
            scratch,
        } = self;
        let method = match choice.method {
            Method::Reference => return reference::backward_weights(g, x, dy, dw, db),
            method if T::NAIVE => unreachable!("{method} for numbers with naive loops alone"),
            Method::Winograd => {
                if const { serves::<T>() } {
                    let winograd = Weights::new::<T>(g, choice.set);
                    assert_scratch(name, scratch, winograd.least_scratch());
                    if winograd.run([x, dy], dw, db.as_deref_mut(), scratch) {
                        return;
                    }
                }
                // Values that are not finite give the same result as sums over pixels.
                Method::Windows
            }
            method => method,
        };
        if let (Method::Windows, Some(turned)) = (method, g.turned()) {
            let tasks = Tasks::new::<T>(&turned, choice.asked, method);
            let partial = tasks.partial(name, [dy, x], false, scratch);
            tasks.add_up_turned(partial, dw);
            if let Some(db) = db {
                long_sum::columns(dy, db);
            }
            return;
        }
        let tasks = Tasks::new::<T>(g, choice.asked, method);
        let partial = tasks.partial(name, [x, dy], db.is_some(), scratch);
        tasks.add_up(partial, dw, db);
    }
}
