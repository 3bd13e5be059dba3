//! The `stepnet` command.

fn main() {}
