//! Passes that are compiled in this crate, once for each number type.
//!
//! A generic function is compiled again in every program that calls it, and a heavy pass is many innermost loops for
//! several instruction sets: minutes. So its public function, which is generic, hands its arguments to
//! [`Real::run`]; from there on nothing is generic to the caller, and a program builds in seconds. [`compiled!`] makes a
//! pass of a function, or of a struct of arguments with a method `run`.

use crate::Real;

/// A pass, with a function for each number type.
pub trait Work {
    /// The arguments of the pass.
    type Arguments<'a, T: Real>;

    /// The pass in `f32`.
    fn run_f32(arguments: Self::Arguments<'_, f32>);

    /// The pass in `f64`.
    fn run_f64(arguments: Self::Arguments<'_, f64>);
}

/// A pass that is compiled in this crate:
///
/// - `compiled!(Pass, Arguments)`: the type `Pass`, which runs `Arguments<'_, T>` by their method `run`;
/// - `compiled!(Pass<'a, T>(argument: Type, ...) => function)`: the type `Pass`, which calls `function` with the best
///   instruction set (`InstructionSet` is in scope there) and the arguments, which it takes as a tuple.
macro_rules! compiled {
    ($pass:ident, $arguments:ident) => {
        #[derive(Debug)]
        pub(crate) struct $pass;

        impl $crate::work::Work for $pass {
            type Arguments<'a, T: $crate::Real> = $arguments<'a, T>;

            #[inline(never)]
            fn run_f32(arguments: $arguments<'_, f32>) {
                arguments.run();
            }

            #[inline(never)]
            fn run_f64(arguments: $arguments<'_, f64>) {
                arguments.run();
            }
        }
    };
    ($pass:ident<$a:lifetime, $t:ident>($($argument:ident: $type:ty),* $(,)?) => $function:ident) => {
        struct $pass;

        impl $crate::work::Work for $pass {
            type Arguments<$a, $t: $crate::Real> = ($($type,)*);

            #[inline(never)]
            fn run_f32(($($argument,)*): Self::Arguments<'_, f32>) {
                $function(InstructionSet::best(), $($argument),*);
            }

            #[inline(never)]
            fn run_f64(($($argument,)*): Self::Arguments<'_, f64>) {
                $function(InstructionSet::best(), $($argument),*);
            }
        }
    };
}

pub(crate) use compiled;
