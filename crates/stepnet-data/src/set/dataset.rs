//! Data sets in memory: images, labels and class names.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stepnet_base::Task;
use stepnet_base::text::{check_class_names, listed, quoted};

use crate::{Element, Error, Result};
use stepnet_base::preprocessing::Preprocessing;

use super::images::{Images, Values};
use super::targets::Targets;
use crate::batch::fill::AugmentBuffers;

/// Examples for training or evaluation: an image and its target each, most often a class label.
///
/// Every label is smaller than the number of classes, there are as many targets as images and at
/// least one, and no name occurs twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    images: Images,
    targets: Targets,
    names: Names,
}

/// The files that examples are from, where each is from one.
#[derive(Debug, Clone, Default)]
struct Names(Option<(Arc<[PathBuf]>, Vec<u32>)>);

/// Data sets are equal wherever their examples came from.
impl PartialEq for Names {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Names {
    fn gather(&self, indices: &[usize]) -> Self {
        let (all, picks) = match &self.0 {
            Some((all, picks)) => (all, picks),
            None => return Self(None),
        };
        let picks = indices.iter().map(|&index| picks[index]).collect();
        Self(Some((Arc::clone(all), picks)))
    }
}

impl Dataset {
    /// A data set of images, their labels, and the classes' names.
    ///
    /// # Errors
    /// No image, numbers of images and labels that differ, a label without a class, a class
    /// named twice or by more than `MAX_CLASS_NAME` characters, or too many classes.
    pub fn new(images: Images, labels: Vec<u32>, classes: Vec<String>) -> Result<Self> {
        let names = classes;
        Self::with_targets(images, Targets::Classes { labels, names })
    }

    /// A data set of images and their targets, of any kind.
    ///
    /// # Errors
    /// As [`Dataset::new`]; a number that is not finite, a label that is neither 0 nor 1.
    pub fn with_targets(images: Images, targets: Targets) -> Result<Self> {
        check_class_names(targets.names())?;
        Self::with_any_names(images, targets)
    }

    /// [`Dataset::with_targets`] for names that a model has, which may be of any length.
    fn with_any_names(images: Images, targets: Targets) -> Result<Self> {
        targets.check(images.len())?;
        Ok(Self {
            images,
            targets,
            names: Names::default(),
        })
    }

    /// The same examples with the files they are from, one for each.
    #[cfg(feature = "pictures")]
    pub(crate) fn with_names(mut self, names: Vec<PathBuf>) -> Self {
        if names.len() == self.len() {
            let picks = (0..).take(names.len()).collect();
            self.names = Names(Some((names.into(), picks)));
        }
        self
    }

    /// The file that an example is from, or its name in an archive; `None` where it is not from one.
    pub fn name(&self, index: usize) -> Option<&Path> {
        match self.images.values() {
            Values::Streamed(images) => return images.name(index),
            Values::Provided(images) => return images.name(index),
            Values::U8(_) | Values::F32(_) | Values::F64(_) => {}
        }
        let (all, picks) = self.names.0.as_ref()?;
        let name = all.get(*picks.get(index)? as usize)?;
        Some(name)
    }

    /// The images.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// What the examples teach.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// What a network learns from them, as its [`Preprocessing`] has it; the scale of numbers is that of these
    /// examples.
    pub fn task(&self) -> Task {
        self.targets.task()
    }

    /// The labels: the index of each image's class. None where the targets are not classes.
    pub fn labels(&self) -> &[u32] {
        match &self.targets {
            Targets::Classes { labels, .. } => labels,
            Targets::Labels { .. } | Targets::Numbers { .. } => &[],
        }
    }

    /// The classes' names, in the order of the labels; where the targets are labels or numbers, the names of those.
    pub fn classes(&self) -> &[String] {
        self.targets.names()
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is no example; never true, as an empty data set cannot be made.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The number of examples of each class, or of those that each label applies to; none where the targets are
    /// numbers.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes().len()];
        match &self.targets {
            Targets::Classes { labels, .. } => {
                for &label in labels {
                    counts[label as usize] += 1;
                }
            }
            Targets::Labels { marks, names } => {
                for row in marks.chunks_exact(names.len()) {
                    let pairs = counts.iter_mut().zip(row);
                    pairs.for_each(|(count, &mark)| *count += usize::from(mark));
                }
            }
            Targets::Numbers { .. } => counts.clear(),
        }
        counts
    }

    /// The examples at `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// No index, or an index past the last example.
    pub fn subset(&self, indices: &[usize]) -> Result<Self> {
        self.check_indices("Dataset::subset", indices)?;
        if indices.is_empty() {
            return Err(Error::value(
                "Dataset::subset",
                "the number of indices",
                0,
                "at least 1",
            ));
        }
        let images = self.images.gather(indices);
        Ok(Self {
            images,
            targets: self.targets.gather(indices),
            names: self.names.gather(indices),
        })
    }

    /// The same examples labelled by the classes `wanted`, as a model or a training set has them.
    ///
    /// Classes are matched by name. Where this side has only numbers for names (`0`, `1`, ...: the
    /// source named none), or the other side has and there are as many, they are matched by
    /// position. Labels and numbers are matched by their names alone.
    ///
    /// # Errors
    /// A class that is not among `wanted`, naming it; other names of labels or numbers.
    pub fn with_classes(self, wanted: &[String]) -> Result<Self> {
        let Targets::Classes { labels, names } = &self.targets else {
            return Ok(Self {
                targets: self.targets.renamed(wanted)?,
                ..self
            });
        };
        let map = match_classes(names, wanted);
        let counts = self.class_counts();
        let unknown = |class: usize| map[class].is_none() && counts[class] > 0;
        if let Some(class) = (0..names.len()).find(|&class| unknown(class)) {
            return Err(Error::value(
                "class names",
                format!("the name of class {class}"),
                quoted(&names[class]),
                format!("one of {}", listed(wanted)),
            ));
        }
        let relabel = |&label: &u32| map[label as usize].unwrap_or_default() as u32;
        let targets = Targets::Classes {
            labels: labels.iter().map(relabel).collect(),
            names: wanted.to_vec(),
        };
        let named = Self::with_any_names(self.images, targets)?;
        Ok(Self {
            names: self.names,
            ..named
        })
    }

    /// Writes the images at `indices` into `out` as the network sees them, one after the other:
    /// `out[i, h, w, c] = preprocessing.value(images[indices[i], h, w, c], c)`, computed in `T`.
    ///
    /// # Shapes
    /// `out`: `(indices.len(), height, width, channels)`, row-major.
    ///
    /// # Errors
    /// An index past the last example, an `out` of another length, or a preprocessing that does
    /// not fit the images' shape.
    pub fn fill_batch<T: Element>(
        &self,
        indices: &[usize],
        preprocessing: &Preprocessing,
        out: &mut [T],
    ) -> Result<()> {
        self.fill(
            indices,
            preprocessing,
            None,
            &mut AugmentBuffers::default(),
            out,
        )
    }

    /// Fails if an index is past the last example.
    pub(crate) fn check_indices(&self, operation: &'static str, indices: &[usize]) -> Result<()> {
        match indices.iter().position(|&index| index >= self.len()) {
            None => Ok(()),
            Some(at) => Err(Error::value(
                operation,
                format!("index {at}"),
                indices[at],
                format!("less than the number of examples, {}", self.len()),
            )),
        }
    }
}

/// The names `0`, `1`, ... for classes without names.
pub(crate) fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|class| class.to_string()).collect()
}

/// Whether the names are those of [`numbered`].
fn is_numbered(names: &[String]) -> bool {
    names
        .iter()
        .enumerate()
        .all(|(at, name)| name.parse() == Ok(at))
}

/// Which of `wanted` each class of `classes` is: by name; by position where these are only numbers
/// (`0`, `1`, ...: the source named none), or where the others are and there are as many.
pub fn match_classes(classes: &[String], wanted: &[String]) -> Vec<Option<usize>> {
    let as_many = classes.len() == wanted.len();
    let by_position = is_numbered(classes) || (is_numbered(wanted) && as_many);
    let places: HashMap<&String, usize> = wanted.iter().zip(0..).collect();
    let matched = classes.iter().enumerate().map(|(position, name)| {
        let by_name = places.get(name).copied();
        by_name.or_else(|| (by_position && position < wanted.len()).then_some(position))
    });
    matched.collect()
}
