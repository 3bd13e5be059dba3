//! The recipes, the likeliest to be of use first.

mod mobile;
mod others;

use std::sync::LazyLock;

use super::recipe::Recipe;

/// The licence of torchvision, with what its authors say of trained weights.
const TORCHVISION: &str = "BSD-3-Clause (the terms of the training data may apply)";

/// All networks that weights of others can be read into by name.
pub fn recipes() -> &'static [&'static Recipe] {
    static ALL: LazyLock<Vec<&Recipe>> =
        LazyLock::new(|| mobile::ROWS.iter().chain(others::ROWS).collect());
    &ALL
}
