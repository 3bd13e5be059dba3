//! What is wrong with a data set of images, before a network learns it.
//!
//! [`Survey`] looks at the image files of a data set while it is opened; [`examine`] puts together what is odd in it:
//! files that cannot be read, images that occur more than once (above all in the training part and in the test part, which
//! makes the test worthless), images of one colour, dark, blurred or of an unusual shape, classes of unequal size,
//! labels that are probably wrong, and what a network could learn instead of the classes.
//!
//! ```
//! use stepnet::data::digits;
//! use stepnet_examine::{Examination, ExamineOptions, Source, Survey, examine};
//!
//! let digits = digits();
//! let source = Source::new(&digits, None, stepnet::data::DIGITS_DIVISOR);
//! let found: Examination = examine(&source, &Survey::default(), &ExamineOptions::default())?;
//! assert_eq!(found.training.examples, 1797);
//! assert_eq!(found.problems(), 0);
//! # Ok::<(), stepnet::Error>(())
//! ```

mod classes;
mod copies;
mod examination;
mod finding;
mod hash;
mod labels;
mod look;
mod near;
mod odd;
mod page;
mod shortcut;
mod source;
mod survey;
mod table;
mod text;

pub use examination::{Examination, ExamineOptions, PartFacts, examine};
pub use finding::{Finding, FindingKind, Place};
pub use hash::{DIFFERENT, perceptual_hash};
pub use labels::{
    Features, FoldProgress, LabelCheck, LabelOptions, Suspect, check_labels, suspects,
};
pub use shortcut::{Cue, Shortcut};
pub use source::Source;
pub use survey::Survey;
