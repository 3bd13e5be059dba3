//! The weights of a model's layers: by name in files of Keras 1 and 2 and of TensorFlow.js, by class and number in those
//! of Keras 3.

use crate::graph::Numbers;
use crate::problem::Checked;

/// An array of a layer.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) shape: Vec<usize>,
    pub(crate) numbers: Numbers,
}

/// Where a layer stands: in which models, from the outermost in, and under which name; and its number among the layers
/// of its class in its model, as Keras 3 counts them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The names of the models around it.
    pub(crate) around: Vec<String>,
    /// Its name.
    pub(crate) name: String,
    /// The same path as Keras 3 writes it: `layers/functional/layers/conv2d_1`.
    pub(crate) path: String,
}

/// The weights of a file.
pub(crate) trait Weights {
    /// An array of a layer: number `index` of the layer's arrays, which has one of these names. `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    fn find(&self, place: &Place, index: usize, names: &[&str]) -> Checked<Option<Loaded>>;
}

/// A class's name as Keras 3 makes names of it: `Conv2D` is `conv2d`, `BatchNormalization` `batch_normalization`.
pub(crate) fn snake_case(class: &str) -> String {
    let letters: Vec<char> = class
        .chars()
        .filter(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    let mut name = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        // A capital begins a word if a small letter is on either side of it; digits count as neither.
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || (*before != '_' && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn classes_have_keras_names() {
        for (class, name) in [
            ("Conv2D", "conv2d"),
            ("BatchNormalization", "batch_normalization"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("SeparableConv2D", "separable_conv2d"),
            ("MaxPooling2D", "max_pooling2d"),
            ("Dense", "dense"),
            ("Functional", "functional"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
