//! What a server tells whoever runs it.

/// What happens while a server runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A model's file was replaced, and the new model answers from now on.
    Replaced {
        /// The name of the model.
        name: String,
        /// The beginning of the hash of its weights.
        hash: String,
    },
    /// A model's file was replaced by something that cannot be used, and the model that was read before goes on answering.
    Kept {
        /// The name of the model.
        name: String,
        /// What is wrong with the file.
        problem: String,
    },
}
