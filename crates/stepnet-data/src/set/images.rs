//! Images of one shape, as raw values.

use crate::{Error, Result};

use super::streamed::Streamed;
use crate::limits::elements;

/// Raw values as the source stores them, before any scaling.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// 8-bit values, as images have them.
    U8(Vec<u8>),
    /// Single precision values.
    F32(Vec<f32>),
    /// Double precision values.
    F64(Vec<f64>),
    /// 8-bit values of image files that are decoded as they are needed.
    Streamed(Streamed<u8>),
    /// Values that a program provides as they are needed: those of [`Examples`](crate::Examples).
    Provided(Streamed<f32>),
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Streamed(images) => images.len() * images.per_image(),
            Self::Provided(images) => images.len() * images.per_image(),
        }
    }

    /// Whether there is no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index` as an `f64` (exact), or `None` past the end.
    ///
    /// Of images that are decoded as they are needed each call decodes one; `None` also where that fails.
    pub fn get(&self, index: usize) -> Option<f64> {
        fn value<V: Copy + Into<f64>>(images: &Streamed<V>, index: usize) -> Option<f64> {
            let (image, place) = (index / images.per_image(), index % images.per_image());
            let values = (image < images.len()).then(|| images.image(image).ok());
            values.flatten()?.get(place).map(|&value| value.into())
        }
        match self {
            Self::U8(values) => values.get(index).map(|&v| f64::from(v)),
            Self::F32(values) => values.get(index).map(|&v| f64::from(v)),
            Self::F64(values) => values.get(index).copied(),
            Self::Streamed(images) => value(images, index),
            Self::Provided(images) => value(images, index),
        }
    }

    /// The values at `picks`, each a run of `run` values, one after the other.
    fn gather(&self, picks: &[usize], run: usize) -> Self {
        fn pick<V: Copy>(values: &[V], picks: &[usize], run: usize) -> Vec<V> {
            let mut out = Vec::with_capacity(picks.len() * run);
            for &index in picks {
                out.extend_from_slice(&values[index * run..(index + 1) * run]);
            }
            out
        }
        match self {
            Self::U8(values) => Self::U8(pick(values, picks, run)),
            Self::F32(values) => Self::F32(pick(values, picks, run)),
            Self::F64(values) => Self::F64(pick(values, picks, run)),
            Self::Streamed(images) => Self::Streamed(images.gather(picks)),
            Self::Provided(images) => Self::Provided(images.gather(picks)),
        }
    }
}

/// Images (or other arrays) of one shape, one after the other, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    shape: [usize; 3],
    values: Values,
}

impl Images {
    /// Images of `shape` (height, width, channels) from their values, `(n, h, w, c)` row-major.
    ///
    /// # Errors
    /// A zero in the shape, a shape too large to count, or values that do not fill whole images.
    pub fn new(shape: [usize; 3], values: Values) -> Result<Self> {
        let per_image = elements(shape).filter(|&n| n > 0).ok_or_else(|| {
            Error::value(
                "Images",
                "shape",
                format!("{shape:?}"),
                "three positive numbers",
            )
        })?;
        if !values.len().is_multiple_of(per_image) {
            return Err(Error::value(
                "Images",
                "the number of values",
                values.len(),
                format!("a multiple of {per_image} for images of shape {shape:?}"),
            ));
        }
        Ok(Self { shape, values })
    }

    /// Height, width and channels of every image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The raw values, `(n, h, w, c)` row-major.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Whether they are 8-bit images.
    pub fn are_bytes(&self) -> bool {
        matches!(self.values, Values::U8(_) | Values::Streamed(_))
    }

    /// Whether they are decoded, or provided, as they are needed.
    pub fn are_streamed(&self) -> bool {
        matches!(self.values, Values::Streamed(_) | Values::Provided(_))
    }

    /// The values of the image at `index`, exactly.
    ///
    /// # Errors
    /// An index past the last image, or an image that is decoded as it is needed and cannot be.
    pub fn image(&self, index: usize) -> Result<Vec<f64>> {
        if index >= self.len() {
            let expected = format!("less than the number of images, {}", self.len());
            return Err(Error::value("Images::image", "index", index, expected));
        }
        let run = self.per_image();
        let row = index * run..(index + 1) * run;
        Ok(match &self.values {
            Values::U8(values) => values[row].iter().map(|&v| f64::from(v)).collect(),
            Values::F32(values) => values[row].iter().map(|&v| f64::from(v)).collect(),
            Values::F64(values) => values[row].to_vec(),
            Values::Streamed(images) => images.image(index)?.into_iter().map(f64::from).collect(),
            Values::Provided(images) => images.image(index)?.into_iter().map(f64::from).collect(),
        })
    }

    /// The smallest and the largest value; `None` where there is no value, or where images are decoded
    /// as they are needed.
    pub fn range(&self) -> Option<(f64, f64)> {
        fn ends<V: Copy + PartialOrd + Into<f64>>(values: &[V]) -> Option<(f64, f64)> {
            let first = *values.first()?;
            let (mut low, mut high) = (first, first);
            for &value in values {
                low = if value < low { value } else { low };
                high = if value > high { value } else { high };
            }
            Some((low.into(), high.into()))
        }
        match &self.values {
            Values::U8(values) => ends(values),
            Values::F32(values) => ends(values),
            Values::F64(values) => ends(values),
            Values::Streamed(_) | Values::Provided(_) => None,
        }
    }

    /// The number of values of one image.
    pub fn per_image(&self) -> usize {
        self.shape.iter().product()
    }

    /// The number of images.
    pub fn len(&self) -> usize {
        self.values.len() / self.per_image()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The images at `indices`, which must be there, in that order.
    pub(super) fn gather(&self, indices: &[usize]) -> Self {
        let values = self.values.gather(indices, self.per_image());
        Self {
            shape: self.shape,
            values,
        }
    }

    /// The same values seen as images of another shape with as many values.
    ///
    /// # Errors
    /// A shape with another number of values.
    pub fn reshape(self, shape: [usize; 3]) -> Result<Self> {
        if elements(shape) != Some(self.per_image()) {
            return Err(Error::shape(
                "Images::reshape",
                "the image",
                &self.shape,
                format!("as many values as {shape:?}"),
            ));
        }
        Ok(Self {
            shape,
            values: self.values,
        })
    }
}
