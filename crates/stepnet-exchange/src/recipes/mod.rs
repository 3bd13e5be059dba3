//! Networks whose trained weights others publish: a row each with the network, the names that its layers have in
//! files, and what comes before it.

mod mobile;
mod older;
mod plan;
mod recipe;
mod resnet;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use recipe::Filled;
pub use recipe::{Published, Recipe};
pub use table::recipes;

/// The recipe of a name.
///
/// # Errors
/// In words, with the names that there are.
pub(crate) fn find(name: &str) -> Result<&'static Recipe, String> {
    let found = recipes().iter().find(|recipe| recipe.is_called(name));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = recipes().iter().map(|recipe| recipe.name).collect();
        format!(
            "no recipe is called {name:?}, there are: {}",
            names.join(", ")
        )
    })
}
