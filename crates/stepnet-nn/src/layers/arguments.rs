//! Arguments of layers as numbers.

use crate::notation::LayerText;

/// A count argument as a number.
pub(super) fn count(text: &LayerText, name: &str) -> Result<usize, String> {
    text.count(name)
        .number()
        .ok_or_else(|| format!("its {name} are `classes`, and how many classes there are is not known here; give a number"))
}
