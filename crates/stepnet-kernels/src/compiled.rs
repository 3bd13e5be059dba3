//! Where the heavy passes are compiled, once for each number type.

use crate::passes::{Compiled, Passes};
use crate::simd::InstructionSet;
use crate::{norm, pool};

macro_rules! compiled {
    ($($t:ty),*) => {$(
        impl Compiled for $t {
            fn passes() -> &'static Passes<Self> {
                const PASSES: &Passes<$t> = &Passes {
                    batch_statistics: |g, x, mean, variance, scratch| {
                        norm::batch::run_statistics(InstructionSet::best(), g, x, mean, variance, scratch);
                    },
                    batch_forward: |g, norm, x, y, scratch| {
                        norm::batch::run_forward(InstructionSet::best(), g, norm, x, y, scratch);
                    },
                    batch_backward: |g, epsilon, given, to, scratch| {
                        norm::batch::run_backward(InstructionSet::best(), g, epsilon, given, to, scratch);
                    },
                    layer_forward: |g, epsilon, x, affine, y, kept| {
                        norm::layer::run_forward(InstructionSet::best(), g, epsilon, x, affine, y, kept);
                    },
                    layer_backward: |g, given, dx, affine, scratch| {
                        norm::layer::run_backward(InstructionSet::best(), g, given, dx, affine, scratch);
                    },
                    max_forward: |g, x, y, winners| {
                        pool::max_forward_on(InstructionSet::best(), g, x, y, winners);
                    },
                    max_backward_all: pool::run_all,
                    average_forward: |g, count_padding, x, y| {
                        pool::average_forward_on(InstructionSet::best(), g, count_padding, x, y);
                    },
                    average_backward: pool::run_average,
                };
                PASSES
            }
        }
    )*};
}

compiled!(f32, f64);
