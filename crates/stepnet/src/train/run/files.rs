//! The names of the files in a run's folder.

/// The weights to keep, with everything needed to use them.
pub const MODEL: &str = "model.safetensors";

/// The model with the best score on the test data.
pub const BEST: &str = "best.safetensors";

/// The data needed to resume.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// The checkpoint before that one, for where it is damaged.
pub const CHECKPOINT_BEFORE: &str = "checkpoint.previous.safetensors";

/// A line for each epoch, as JSON.
pub const METRICS: &str = "metrics.jsonl";

/// Loss and accuracy over the epochs, as a drawing.
pub const CURVES: &str = "curves.svg";

/// The run on one page.
pub const REPORT: &str = "report.html";

/// What the model is, for people who may use it.
pub const CARD: &str = "model-card.md";

/// The run's description: what it was started with, and how it ended.
pub const DESCRIPTION: &str = "run.json";

/// The settings of the run that are not at their defaults.
pub const SETTINGS: &str = "settings.toml";

/// Hashes of every step's results, where asked for.
pub const TRACE: &str = "trace.jsonl";

/// The features of the images that a pretrained network starts from, where the last layer is fitted to them.
pub const FEATURES: &str = "features.cache";

/// The folder of event files for TensorBoard, unless another is named.
pub const BOARD: &str = "tensorboard";

/// The files that a run leaves, without event files.
pub const ALL: [&str; 12] = [
    MODEL,
    METRICS,
    CURVES,
    REPORT,
    CARD,
    DESCRIPTION,
    CHECKPOINT,
    CHECKPOINT_BEFORE,
    BEST,
    TRACE,
    SETTINGS,
    FEATURES,
];
