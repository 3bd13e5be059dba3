//! Networks in the arrow notation, put together as the notebooks put together Keras's layers: what is a tensor there is here the
//! text of the network up to it.

/// The text with more layers after it.
pub(super) fn then(X: &str, layers: &str) -> String {
    match X.trim() {
        "" => layers.to_owned(),
        X => format!("{X} -> {layers}"),
    }
}
