//! A fingerprint of data, to find out whether it is the data that a run was started with.

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::images::Values;
use super::targets::Targets;
use crate::Result;
use stepnet_base::{Hash, Hasher};

/// A data set's numbers, and a hash of everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How many examples there are.
    pub examples: usize,
    /// Height, width and channels of an image.
    pub shape: [usize; 3],
    /// The classes' names.
    pub classes: Vec<String>,
    /// Hash of labels and values, in order.
    pub hash: Hash,
}

impl Fingerprint {
    /// The first difference from data that should be the same, in words; `None` if there is none.
    pub fn difference(&self, found: &Self) -> Option<String> {
        if found.examples != self.examples {
            return Some(format!(
                "{} examples instead of {}",
                found.examples, self.examples
            ));
        }
        if found.shape != self.shape {
            return Some(format!(
                "images of {:?} instead of {:?}",
                found.shape, self.shape
            ));
        }
        if found.classes.len() != self.classes.len() {
            return Some(format!(
                "{} classes instead of {}",
                found.classes.len(),
                self.classes.len()
            ));
        }
        let classes = self.classes.iter().zip(&found.classes);
        if let Some((was, is)) = classes.into_iter().find(|(was, is)| was != is) {
            return Some(format!("the class {is:?} instead of {was:?}"));
        }
        (found.hash != self.hash)
            .then(|| "other labels or other values in as many images".to_owned())
    }
}

impl Dataset {
    /// The fingerprint of this data. Reads all of it; images that are decoded as they are needed
    /// give what they would give in memory.
    ///
    /// # Errors
    /// Such an image that cannot be read.
    pub fn fingerprint(&self) -> Result<Fingerprint> {
        let mut hasher = Hasher::new("stepnet data");
        match self.targets() {
            Targets::Classes { labels, .. } => {
                hasher.number(labels.len() as u64);
                for &label in labels {
                    hasher.number(label.into());
                }
            }
            Targets::Labels { marks, .. } => {
                hasher.text("labels");
                hasher.bytes(marks);
            }
            Targets::Numbers { values, .. } => hasher.array("numbers", &[], values),
        }
        match self.images().values() {
            Values::U8(values) => {
                hasher.text("u8");
                hasher.bytes(values);
            }
            Values::F32(values) => hasher.array("f32", &[], values),
            Values::F64(values) => hasher.array("f64", &[], values),
            Values::Streamed(images) => {
                hasher.text("u8");
                hasher.number(self.images().values().len() as u64);
                images.each(|image| hasher.part(&image))?;
            }
            Values::Provided(images) => {
                hasher.text("provided f32");
                images.each(|image| hasher.values(&image))?;
            }
        }
        Ok(Fingerprint {
            examples: self.len(),
            shape: self.images().shape(),
            classes: self.classes().to_vec(),
            hash: hasher.finish(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Images, digits};

    #[test]
    fn what_differs_is_named() {
        let data = digits();
        let whole = data.fingerprint().unwrap();
        assert_eq!(whole.difference(&data.clone().fingerprint().unwrap()), None);
        let said = |other: &Dataset| whole.difference(&other.fingerprint().unwrap()).unwrap();

        let all: Vec<usize> = (0..data.len()).collect();
        assert_eq!(
            said(&data.subset(&all[1..]).unwrap()),
            "1796 examples instead of 1797"
        );
        let mut swapped = all;
        swapped.swap(3, 4);
        let swapped = data.subset(&swapped).unwrap();
        assert!(said(&swapped).contains("other labels or other values"));

        let with = |images: Images, labels: &[u32], classes: &[String]| {
            Dataset::new(images, labels.to_vec(), classes.to_vec()).unwrap()
        };
        let images = || data.images().clone();
        let flat = images().reshape([1, 64, 1]).unwrap();
        let flat = with(flat, data.labels(), data.classes());
        assert!(said(&flat).contains("[1, 64, 1] instead of [8, 8, 1]"));

        let mut classes = data.classes().to_vec();
        classes[4] = "four".into();
        let named = with(images(), data.labels(), &classes);
        assert_eq!(said(&named), "the class \"four\" instead of \"4\"");
        classes.push("more".into());
        let more = with(images(), data.labels(), &classes);
        assert_eq!(said(&more), "11 classes instead of 10");

        let mut labels = data.labels().to_vec();
        labels[1796] = (labels[1796] + 1) % 10;
        let relabelled = with(images(), &labels, data.classes());
        assert!(said(&relabelled).contains("other labels"));
        let Values::U8(mut values) = images().values().clone() else {
            panic!("digits are bytes");
        };
        *values.last_mut().unwrap() ^= 1;
        let changed = Images::new([8, 8, 1], Values::U8(values)).unwrap();
        assert!(said(&with(changed, data.labels(), data.classes())).contains("other values"));
    }
}
