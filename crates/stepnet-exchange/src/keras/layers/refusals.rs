//! What layers refuse alike.

use crate::graph::Value;
use crate::keras::build::Site;
use crate::problem::Checked;

/// The one value that a layer takes.
pub(super) fn one(site: &Site<'_>, inputs: &[Value]) -> Checked<Value> {
    match inputs {
        [input] => Ok(*input),
        _ => Err(format!(
            "{} takes {} values, expected one",
            site.layer.shown(),
            inputs.len()
        )
        .into()),
    }
}

/// Refuses what a layer is asked for.
pub(super) fn refuse<T>(site: &Site<'_>, problem: &str) -> Checked<T> {
    Err(format!("{}: {problem}", site.layer.shown()).into())
}

/// Refuses images whose channels come first.
pub(super) fn channels_last(site: &Site<'_>) -> Checked<()> {
    let order = site
        .layer
        .word("data_format")
        .or_else(|| site.layer.word("dim_ordering"));
    match order {
        None | Some("channels_last" | "tf" | "default") => Ok(()),
        Some(other) => refuse(
            site,
            &format!("its images are {other:?}, expected \"channels_last\""),
        ),
    }
}
