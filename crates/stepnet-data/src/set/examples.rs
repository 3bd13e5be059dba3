//! Examples that a program has itself, in whatever form.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use super::dataset::Dataset;
use super::images::{Images, Values};
use super::streamed::{ImageSource, Streamed};
use super::targets::Targets;
use crate::limits::elements;
use crate::{Error, Result};

/// Examples of a program's own: drawn, computed, read from a database or a format that Stepnet does not know.
///
/// [`Dataset::of`] makes a data set of them, to train and evaluate on like any other. Their values are asked for
/// batch by batch, by several threads at a time, so that they need not fit into memory.
///
/// ```
/// use stepnet::data::{Dataset, Examples};
///
/// /// Squares of random brightness on the left or the right.
/// #[derive(Debug)]
/// struct Squares(Vec<u32>);
///
/// impl Examples for Squares {
///     fn shape(&self) -> [usize; 3] {
///         [4, 8, 1]
///     }
///
///     fn labels(&self) -> Vec<u32> {
///         self.0.clone()
///     }
///
///     fn classes(&self) -> Vec<String> {
///         vec!["left".into(), "right".into()]
///     }
///
///     fn fill(&self, index: usize, values: &mut [f32]) -> stepnet::Result<()> {
///         let brightness = (index % 7 + 1) as f32;
///         for (at, value) in values.iter_mut().enumerate() {
///             let right = u32::from(at % 8 >= 4);
///             *value = if right == self.0[index] { brightness } else { 0.0 };
///         }
///         Ok(())
///     }
/// }
///
/// let data = Dataset::of(Squares(vec![0, 1, 1, 0]))?;
/// assert_eq!(data.class_counts(), [2, 2]);
/// assert_eq!(data.images().image(1)?[..5], [0.0, 0.0, 0.0, 0.0, 2.0]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub trait Examples: Debug + Send + Sync + 'static {
    /// Height, width and channels of every example.
    fn shape(&self) -> [usize; 3];

    /// The class of every example, in order: its place among the names of [`classes`](Self::classes). Asked for once.
    fn labels(&self) -> Vec<u32> {
        Vec::new()
    }

    /// The names of the classes. Asked for once.
    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The targets of all examples. Asked for once; those of examples with classes are their
    /// [`labels`](Self::labels) and [`classes`](Self::classes), which others need not have.
    fn targets(&self) -> Targets {
        Targets::Classes {
            labels: self.labels(),
            names: self.classes(),
        }
    }

    /// Writes the raw values of the example at `index`, before any scaling, into `values`; the same ones at every call.
    ///
    /// # Shapes
    /// `values`: [`shape`](Self::shape), row-major.
    ///
    /// # Errors
    /// An example that cannot be had. Training ends with this error.
    fn fill(&self, index: usize, values: &mut [f32]) -> Result<()>;
}

impl Dataset {
    /// A data set of a program's own examples, whose values are asked for as they are needed.
    ///
    /// # Errors
    /// As [`Dataset::new`], and 2^32 examples or more.
    pub fn of(examples: impl Examples) -> Result<Self> {
        let shape = examples.shape();
        let wrong = || {
            let expected = "three positive numbers";
            Error::value("Dataset::of", "shape", format!("{shape:?}"), expected)
        };
        let per_image = elements(shape).filter(|&n| n > 0).ok_or_else(wrong)?;
        let targets = examples.targets();
        let width = targets.names().len().max(1);
        let count = match &targets {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Labels { marks, .. } => marks.len() / width,
            Targets::Numbers { values, .. } => values.len() / width,
        };
        if u32::try_from(count).is_err() {
            let found = count;
            return Err(Error::value(
                "Dataset::of",
                "examples",
                found,
                "fewer than 2^32",
            ));
        }
        let source = Provided {
            examples,
            count,
            per_image,
        };
        let streamed = Streamed::new(Arc::new(source), per_image);
        Self::with_targets(Images::new(shape, Values::Provided(streamed))?, targets)
    }
}

/// A program's own examples as a source of values.
#[derive(Debug)]
struct Provided<E> {
    examples: E,
    count: usize,
    per_image: usize,
}

impl<E: Examples> ImageSource<f32> for Provided<E> {
    fn len(&self) -> usize {
        self.count
    }

    fn values(&self, index: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0; self.per_image];
        self.examples.fill(index, &mut values)?;
        Ok(values)
    }

    fn name(&self, _: usize) -> Option<&Path> {
        None
    }
}
