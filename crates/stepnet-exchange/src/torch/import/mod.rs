//! Weights in PyTorch's files, of both forms: a zip archive with a pickle and the storages, and the older sequence of
//! pickles that is followed by the storages.

mod dicts;
mod legacy;
mod pickle;
mod storages;
mod tensors;
mod zipped;

#[cfg(test)]
mod tests;

use crate::problem::Checked;
use crate::weights::StateDict;

/// Whether bytes are a file of PyTorch's, of either form.
pub(crate) fn recognises(bytes: &[u8]) -> bool {
    legacy::recognises(bytes) || zipped::recognises(bytes)
}

/// The weights in a file. `part` names the ones that are meant where a file has several, such as `ema`.
///
/// # Errors
/// A damaged file, one without weights, or a part that is not there.
pub(crate) fn read<'a>(bytes: &'a [u8], part: Option<&str>) -> Checked<StateDict<'a>> {
    let state = match legacy::recognises(bytes) {
        true => legacy::read(bytes, part)?,
        false => zipped::read(bytes, part)?,
    };
    Ok(state.without_wrapping())
}
