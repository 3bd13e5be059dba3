//! A machine for pickles that runs nothing: of Python's instructions it has those that build plain data, and of the
//! names that a pickle may call it knows a short table (`names.rs`). Everything else becomes an object that is
//! kept with its class's name and that nothing is done with.
//!
//! Memory: texts stay in the input, values are handles into an arena, and the number of instructions is bounded.
//! The instructions are those of Python's `pickletools`.

mod machine;
mod names;
mod opcodes;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use machine::{Pickle, read};
pub(crate) use value::{Object, TensorRef, Value};
