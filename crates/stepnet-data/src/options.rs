//! How a data set is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use stepnet_base::preprocessing::Resize;

use crate::images::observer::ImageObserver;
use crate::set::targets::TargetKind;

/// The purpose that a data set is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Role {
    /// Training: the training part, and the source's own test part as well.
    #[default]
    Train,
    /// Evaluation: the test part where the source has one, else all of it.
    Test,
}

/// How a data set is opened.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// Whether it is for training or for evaluation.
    pub role: Role,
    /// The wanted height, width and channels; `None` takes the source's own.
    pub input: Option<[usize; 3]>,
    /// Without `input`: the most pixels of images of one size that are taken at that size; larger ones
    /// are resized to the size that images of different sizes get. `None`: any number.
    pub most_pixels: Option<usize>,
    /// How images of another size are resized to `input`.
    pub resize: Resize,
    /// What the examples teach.
    pub targets: TargetKind,
    /// The column of a CSV table that holds the labels; where the targets are not classes, the names of several with
    /// commas between them.
    pub label_column: Option<String>,
    /// The names of the targets, where they are known and are not classes: as a model has them. Without a `label_column` the
    /// columns of these names hold them, if a CSV table has them all.
    pub target_names: Vec<String>,
    /// The encoding of a CSV table that is not in UTF-8, such as `latin1` or `utf-16`.
    pub encoding: Option<String>,
    /// The file of the labels where it is apart from the images: the second of an npy or IDX pair.
    pub labels: Option<PathBuf>,
    /// The divisor of raw values, instead of that of the rule at [`Opened::divisor`](crate::Opened::divisor).
    pub divisor: Option<f64>,
    /// Whether images that cannot be read are left out ([`Opened::skipped`](crate::Opened::skipped) names them) in place of an
    /// error that names them.
    pub skip_bad: bool,
    /// Whether images of folders and archives are decoded as they are needed, however few they are.
    pub stream: bool,
    /// The bytes that such images may take in memory all at once; beyond they are decoded as they are
    /// needed. `None`: as many as there are.
    pub memory: Option<u64>,
    /// Once it is set, images of folders and archives are no longer decoded, and opening ends with
    /// [`Error::Stopped`](crate::Error::Stopped) after those that are under way.
    pub stop: Option<Arc<AtomicBool>>,
    /// Is shown every image of a folder, an archive or a list while `skip_bad` has all of them decoded, the unreadable
    /// ones as well.
    pub observer: Option<ImageObserver>,
}

stepnet_base::setters! { OpenOptions {
    role: Role,
    input: Option<[usize; 3]>,
    most_pixels: Option<usize>,
    resize: Resize,
    targets: TargetKind,
    label_column: Option<String>,
    target_names: Vec<String>,
    encoding: Option<String>,
    labels: Option<PathBuf>,
    divisor: Option<f64>,
    skip_bad: bool,
    stream: bool,
    memory: Option<u64>,
    stop: Option<Arc<AtomicBool>>,
    observer: Option<ImageObserver>,
} }
