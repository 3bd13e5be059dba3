//! What the examples of a data set teach: classes, labels that apply or not, or numbers.

use std::fmt;

use crate::limits::MAX_CLASSES;
use crate::{Element, Error, Result};
use stepnet_base::text::quoted;
use stepnet_base::{TargetScale, Task};

/// The targets of all examples of a data set.
///
/// Exhaustive, so that the compiler finds every place that a new kind concerns: adding one is a breaking change.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// Each example is of one class.
    Classes {
        /// The class of each example, an index into `names`.
        labels: Vec<u32>,
        /// The names of the classes.
        names: Vec<String>,
    },
    /// To each example some of several labels apply, or none.
    Labels {
        /// A row for each example: for each label 1 where it applies, else 0.
        marks: Vec<u8>,
        /// The names of the labels.
        names: Vec<String>,
    },
    /// Each example has one or several numbers.
    Numbers {
        /// A row for each example.
        values: Vec<f64>,
        /// What the numbers of a row are called.
        names: Vec<String>,
    },
}

/// The kind of a data set's targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetKind {
    /// One class for each example.
    #[default]
    Classes,
    /// For each of several labels, whether it applies.
    Labels,
    /// One or several numbers.
    Numbers,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Classes => "classes",
            Self::Labels => "labels",
            Self::Numbers => "numbers",
        })
    }
}

impl TargetKind {
    /// The kind of targets that a task has.
    pub fn of(task: &Task) -> Self {
        match task {
            Task::Classes => Self::Classes,
            Task::Labels => Self::Labels,
            Task::Numbers(_) => Self::Numbers,
        }
    }
}

/// What is called what, in messages.
struct Words {
    one: &'static str,
    several: &'static str,
}

impl Targets {
    /// Labels from a matrix of zeros and ones, a row for each example.
    ///
    /// # Errors
    /// A value that is neither, with its place.
    pub fn labels(matrix: &[f64], names: Vec<String>) -> Result<Self> {
        let mark = |(at, &value): (usize, &f64)| match value {
            0.0 => Ok(0),
            1.0 => Ok(1),
            _ => {
                let (example, label) = (at / names.len().max(1), at % names.len().max(1));
                let argument = match names.get(label) {
                    Some(name) => format!("the label {} of example {example}", quoted(name)),
                    None => format!("a label of example {example}"),
                };
                let expected = "0 or 1: whether the label applies";
                Err(Error::value("Dataset", argument, value, expected))
            }
        };
        let marks = matrix.iter().enumerate().map(mark).collect::<Result<_>>()?;
        Ok(Self::Labels { marks, names })
    }

    /// Their kind.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Classes { .. } => TargetKind::Classes,
            Self::Labels { .. } => TargetKind::Labels,
            Self::Numbers { .. } => TargetKind::Numbers,
        }
    }

    /// The names of the classes, the labels or the numbers.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Classes { names, .. }
            | Self::Labels { names, .. }
            | Self::Numbers { names, .. } => names,
        }
    }

    /// What a network learns from them. The scale of numbers is that of these examples.
    pub fn task(&self) -> Task {
        match self {
            Self::Classes { .. } => Task::Classes,
            Self::Labels { .. } => Task::Labels,
            Self::Numbers { values, names } => Task::Numbers(TargetScale::of(values, names.len())),
        }
    }

    /// The values that a network's outputs should have for the examples at `indices`, which must be there: 0 and 1 of
    /// labels, numbers scaled as `task` says. None where the targets are classes.
    ///
    /// # Panics
    /// Past the last example.
    pub fn write_outputs<T: Element>(&self, indices: &[usize], task: &Task, values: &mut Vec<T>) {
        values.clear();
        match self {
            Self::Classes { .. } => {}
            Self::Labels { marks, names } => {
                let rows = indices.iter().map(|&index| row(marks, names.len(), index));
                values.extend(rows.flatten().map(|&mark| T::from_f64(mark.into())));
            }
            Self::Numbers {
                values: numbers,
                names,
            } => {
                let scaled = |(output, &number): (usize, &f64)| match task.scale() {
                    Some(scale) => T::from_f64(scale.scaled(number, output)),
                    None => T::from_f64(number),
                };
                let rows = indices
                    .iter()
                    .map(|&index| row(numbers, names.len(), index));
                values.extend(rows.flat_map(|row| row.iter().enumerate().map(scaled)));
            }
        }
    }

    fn words(&self) -> Words {
        let (one, several) = match self {
            Self::Classes { .. } => ("class", "classes"),
            Self::Labels { .. } => ("label", "labels"),
            Self::Numbers { .. } => ("number", "numbers"),
        };
        Words { one, several }
    }

    /// Fails unless they are those of `images` examples.
    pub(super) fn check(&self, images: usize) -> Result<()> {
        let wrong = |argument: String, found: String, expected: String| {
            Err(Error::value("Dataset", argument, found, expected))
        };
        if images == 0 {
            return wrong(
                "the number of images".into(),
                "0".into(),
                "at least 1".into(),
            );
        }
        let (names, Words { one, several }) = (self.names(), self.words());
        let count = format!("the number of {several}");
        if names.len() > MAX_CLASSES {
            return wrong(
                count,
                names.len().to_string(),
                format!("at most {MAX_CLASSES}"),
            );
        }
        let (found, expected) = match self {
            Self::Classes { labels, .. } => (labels.len(), Some(images)),
            Self::Labels { marks, .. } => (marks.len(), images.checked_mul(names.len())),
            Self::Numbers { values, .. } => (values.len(), images.checked_mul(names.len())),
        };
        if expected != Some(found) {
            let (argument, expected) = match self {
                Self::Classes { .. } => (
                    "the number of labels",
                    format!("{images}, one for each image"),
                ),
                _ => {
                    let expected =
                        format!("{images} x {}, {} for each image", names.len(), names.len());
                    ("the number of targets", expected)
                }
            };
            return wrong(argument.into(), found.to_string(), expected);
        }
        if names.is_empty() {
            return wrong(count, "0".into(), "at least 1".into());
        }
        match self {
            Self::Classes { labels, .. } => {
                if let Some(at) = labels
                    .iter()
                    .position(|&label| label as usize >= names.len())
                {
                    let expected = format!("less than the number of classes, {}", names.len());
                    return wrong(format!("label {at}"), labels[at].to_string(), expected);
                }
            }
            Self::Labels { marks, .. } => {
                if let Some(at) = marks.iter().position(|&mark| mark > 1) {
                    let argument = format!("a label of example {}", at / names.len());
                    let expected = "0 or 1: whether the label applies".to_owned();
                    return wrong(argument, marks[at].to_string(), expected);
                }
            }
            Self::Numbers { values, .. } => {
                if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                    let name = quoted(&names[at % names.len()]);
                    let argument = format!("the target {name} of example {}", at / names.len());
                    return wrong(argument, values[at].to_string(), "a finite number".into());
                }
            }
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => wrong(
                format!("a {one} name"),
                format!("{} twice", quoted(pair[0])),
                "different names".into(),
            ),
        }
    }

    /// Those of the examples at `indices`, which must be there.
    pub(crate) fn gather(&self, indices: &[usize]) -> Self {
        match self {
            Self::Classes { labels, names } => Self::Classes {
                labels: indices.iter().map(|&index| labels[index]).collect(),
                names: names.clone(),
            },
            Self::Labels { marks, names } => Self::Labels {
                marks: rows(marks, names.len(), indices),
                names: names.clone(),
            },
            Self::Numbers { values, names } => Self::Numbers {
                values: rows(values, names.len(), indices),
                names: names.clone(),
            },
        }
    }

    /// The same targets, those that are not classes in the order and under the names of a model.
    ///
    /// # Errors
    /// Other names.
    pub(super) fn renamed(self, wanted: &[String]) -> Result<Self> {
        let names = self.names();
        let place = |name: &String| names.iter().position(|own| own == name);
        let places: Option<Vec<usize>> = wanted.iter().map(place).collect();
        let Some(places) = places.filter(|places| places.len() == names.len()) else {
            return Err(Error::value(
                "target names",
                format!("the list of the {}", self.words().several),
                names.join(", "),
                wanted.join(", "),
            ));
        };
        let outputs = names.len();
        let wanted = wanted.to_vec();
        Ok(match self {
            Self::Classes { labels, .. } => Self::Classes {
                labels,
                names: wanted,
            },
            Self::Labels { marks, .. } => Self::Labels {
                marks: columns(&marks, outputs, &places),
                names: wanted,
            },
            Self::Numbers { values, .. } => Self::Numbers {
                values: columns(&values, outputs, &places),
                names: wanted,
            },
        })
    }
}

fn rows<V: Copy>(values: &[V], width: usize, indices: &[usize]) -> Vec<V> {
    let rows = indices.iter().map(|&index| row(values, width, index));
    rows.flatten().copied().collect()
}

fn row<V>(values: &[V], width: usize, index: usize) -> &[V] {
    &values[index * width..][..width]
}

fn columns<V: Copy>(values: &[V], width: usize, places: &[usize]) -> Vec<V> {
    let rows = values.chunks_exact(width);
    rows.flat_map(|row| places.iter().map(|&place| row[place]))
        .collect()
}

#[cfg(any(feature = "files", feature = "parquet"))]
/// The number in a field of targets that are not classes, or what is expected there.
pub(crate) fn target_value(number: Option<f64>, kind: TargetKind) -> Result<f64, &'static str> {
    match (number, kind) {
        (Some(value), TargetKind::Labels) if value == 0.0 || value == 1.0 => Ok(value),
        (_, TargetKind::Labels) => Err("0 or 1: whether the label applies"),
        (Some(value), _) if value.is_finite() => Ok(value),
        _ => Err("a finite number"),
    }
}
