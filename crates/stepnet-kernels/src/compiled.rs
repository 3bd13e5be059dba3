//! The heavy passes, compiled here once for each number type.
//!
//! A generic function is compiled anew in every program that calls it, and these are many innermost
//! loops for several instruction sets: minutes. The methods of [`Compiled`] are not generic: what they
//! call is part of this library, and a program that uses it builds in seconds.

use crate::conv::pooled::{Gradient, Gradients, PooledGeometry};
use crate::norm::batch::{self, Given, Gradients as NormGradients, Norm};
use crate::norm::{Affine, NormGeometry, layer};
use crate::simd::InstructionSet;
use crate::{ConvGeometry, DenseGeometry, PoolGeometry, conv, dense, pool};

/// The passes by number type; what they do and ask for is told by the public functions that call them.
macro_rules! passes {
    ($(fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $body:block)*) => {
        /// See the module.
        #[allow(missing_docs)]
        pub trait Compiled: Sized {
            $(fn $name($($argument: $kind),*);)*
        }

        passes!(@of f32: $($name [$($argument: $kind),*] $body)*);
        passes!(@of f64: $($name [$($argument: $kind),*] $body)*);
    };
    (@of $t:ty: $($name:ident [$($argument:ident: $kind:ty),*] $body:block)*) => {
        impl Compiled for $t {
            $(fn $name($($argument: $kind),*) $body)*
        }
    };
}

passes! {
    fn conv_forward(
        g: &ConvGeometry,
        x: &[Self],
        w: &[Self],
        b: Option<&[Self]>,
        y: &mut [Self],
        scratch: &mut [Self],
        rectified: bool,
    ) {
        conv::forward_on(InstructionSet::best(), g, [x, w], b, y, scratch, rectified);
    }

    fn conv_backward_data(
        g: &ConvGeometry,
        dy: &[Self],
        w: &[Self],
        dx: &mut [Self],
        scratch: &mut [Self],
    ) {
        conv::backward_data_on(InstructionSet::best(), g, dy, w, dx, scratch);
    }

    fn conv_backward_weights(
        g: &ConvGeometry,
        x: &[Self],
        dy: &[Self],
        dw: &mut [Self],
        db: Option<&mut [Self]>,
        scratch: &mut [Self],
    ) {
        conv::backward_weights_on(InstructionSet::best(), g, x, dy, dw, db, scratch);
    }

    fn pooled_forward(
        g: &PooledGeometry,
        x: &[Self],
        w: &[Self],
        b: Option<&[Self]>,
        y: &mut [Self],
        winners: Option<&mut [u32]>,
        scratch: &mut [Self],
    ) {
        conv::pooled::run_forward(g, x, w, b, y, winners, scratch);
    }

    fn pooled_backward(
        g: &PooledGeometry,
        x: &[Self],
        w: &[Self],
        gradient: Gradient<'_, Self>,
        to: Gradients<'_, Self>,
        scratch: &mut [Self],
    ) {
        conv::pooled::run_backward(g, x, w, gradient, to, scratch);
    }

    fn dense_forward(
        g: &DenseGeometry,
        x: &[Self],
        w: &[Self],
        b: Option<&[Self]>,
        y: &mut [Self],
        scratch: &mut [Self],
    ) {
        dense::run_forward(g, x, w, b, y, scratch);
    }

    fn dense_backward_data(
        g: &DenseGeometry,
        dy: &[Self],
        w: &[Self],
        dx: &mut [Self],
        scratch: &mut [Self],
    ) {
        dense::run_backward_data(g, dy, w, dx, scratch);
    }

    fn dense_backward_weights(
        g: &DenseGeometry,
        x: &[Self],
        dy: &[Self],
        dw: &mut [Self],
        db: Option<&mut [Self]>,
        scratch: &mut [Self],
    ) {
        dense::run_backward_weights(g, x, dy, dw, db, scratch);
    }

    fn batch_statistics(
        g: &NormGeometry,
        x: &[Self],
        mean: &mut [Self],
        variance: &mut [Self],
        scratch: &mut [Self],
    ) {
        batch::run_statistics(InstructionSet::best(), g, x, mean, variance, scratch);
    }

    fn batch_forward(
        g: &NormGeometry,
        norm: Norm<'_, Self>,
        x: &[Self],
        y: &mut [Self],
        scratch: &mut [Self],
    ) {
        batch::run_forward(InstructionSet::best(), g, norm, x, y, scratch);
    }

    fn batch_backward(
        g: &NormGeometry,
        epsilon: f64,
        given: Given<'_, Self>,
        to: NormGradients<'_, Self>,
        scratch: &mut [Self],
    ) {
        batch::run_backward(InstructionSet::best(), g, epsilon, given, to, scratch);
    }

    fn layer_forward(
        g: &NormGeometry,
        epsilon: f64,
        x: &[Self],
        affine: Affine<'_, Self>,
        y: &mut [Self],
        kept: &mut [Self],
    ) {
        layer::run_forward(InstructionSet::best(), g, epsilon, x, affine, y, kept);
    }

    fn layer_backward(
        g: &NormGeometry,
        given: [&[Self]; 4],
        dx: Option<&mut [Self]>,
        affine: Option<[&mut [Self]; 2]>,
        scratch: &mut [Self],
    ) {
        layer::run_backward(InstructionSet::best(), g, given, dx, affine, scratch);
    }

    fn max_forward(g: &PoolGeometry, x: &[Self], y: &mut [Self], winners: Option<&mut [u32]>) {
        pool::max_forward_on(InstructionSet::best(), g, x, y, winners);
    }

    fn max_backward_all(g: &PoolGeometry, x: &[Self], y: &[Self], dy: &[Self], dx: &mut [Self]) {
        pool::run_all(g, x, y, dy, dx);
    }

    fn average_forward(g: &PoolGeometry, count_padding: bool, x: &[Self], y: &mut [Self]) {
        pool::average_forward_on(InstructionSet::best(), g, count_padding, x, y);
    }

    fn average_backward(g: &PoolGeometry, count_padding: bool, dy: &[Self], dx: &mut [Self]) {
        pool::run_average(g, count_padding, dy, dx);
    }
}
