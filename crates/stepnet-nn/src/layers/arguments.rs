//! Arguments of layers as numbers, and the numbers that are suggested for them.

use crate::layer::LayerError;
use crate::notation::LayerText;

/// A count argument as a number.
pub(super) fn count(text: &LayerText, name: &str) -> Result<usize, LayerError> {
    text.count(name).number().ok_or_else(|| {
        let message = format!(
            "its {name} are `classes`, and how many classes there are is not known here; give a number"
        );
        message.into()
    })
}

/// The numbers that divide `number`, in no order; the root of a square twice.
pub(super) fn divisors(number: usize) -> impl Iterator<Item = usize> {
    let small = (1..=number.isqrt()).filter(move |&by| number.is_multiple_of(by));
    small.flat_map(move |by| [by, number / by])
}
