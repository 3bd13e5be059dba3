//! A tensor as it lies in a file: read value by value when a network takes it, never copied before.

use std::ops::Deref;
use std::sync::Arc;

use super::element::StoredElement;

/// A tensor of a file, by where its values lie. Views that share their storage cost nothing.
#[derive(Debug, Clone)]
pub(crate) struct StoredTensor<'a> {
    /// Its name in the file.
    pub(crate) name: String,
    /// Its extents.
    pub(crate) shape: Vec<usize>,
    /// How many elements lie between neighbours along each axis.
    strides: Vec<usize>,
    /// The first element of the tensor among those of its storage.
    offset: usize,
    storage: Storage<'a>,
}

/// Bytes of a file, or bytes that were unpacked from one: copies share them.
#[derive(Debug, Clone)]
pub(crate) enum Bytes<'a> {
    File(&'a [u8]),
    Unpacked(Arc<Vec<u8>>),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::File(bytes) => bytes,
            Self::Unpacked(bytes) => bytes,
        }
    }
}

/// A run of elements in a file.
#[derive(Debug, Clone)]
pub(crate) struct Storage<'a> {
    /// The content that they lie in.
    pub(crate) bytes: Bytes<'a>,
    /// Where they begin, and how many there are.
    pub(crate) start: usize,
    pub(crate) count: usize,
    /// What they are.
    pub(crate) element: StoredElement,
    /// Whether their bytes are in the order of large machines.
    pub(crate) big_endian: bool,
    /// For numbers that stand for others: the factor, and what is added after it.
    pub(crate) quantised: Option<[f64; 2]>,
}

impl<'a> Storage<'a> {
    /// `count` elements that begin at a place of `bytes`.
    ///
    /// # Errors
    /// In words, if the bytes end before them.
    pub(crate) fn new(
        bytes: Bytes<'a>,
        start: usize,
        count: usize,
        element: StoredElement,
    ) -> Result<Self, String> {
        let end = count
            .checked_mul(element.size())
            .and_then(|length| start.checked_add(length));
        if end.is_none_or(|end| end > bytes.len()) {
            let left = bytes.len().saturating_sub(start);
            return Err(format!(
                "{count} values of {} bytes are more than the {left} bytes that follow",
                element.size()
            ));
        }
        Ok(Self {
            bytes,
            start,
            count,
            element,
            big_endian: false,
            quantised: None,
        })
    }

    /// The value of an element, which is one of `count`.
    fn value(&self, at: usize) -> f64 {
        let size = self.element.size();
        let from = self.start + at * size;
        let bytes = self.bytes.get(from..from + size).unwrap_or_default();
        let value = match self.big_endian {
            false => self.element.value(bytes),
            true => {
                let mut turned = [0; 8];
                let turned = &mut turned[..size];
                for (to, &byte) in turned.iter_mut().zip(bytes.iter().rev()) {
                    *to = byte;
                }
                self.element.value(turned)
            }
        };
        match self.quantised {
            Some([factor, added]) => value * factor + added,
            None => value,
        }
    }
}

impl<'a> StoredTensor<'a> {
    /// A tensor whose values lie one after the other, from the first of the storage.
    ///
    /// # Errors
    /// In words, if its shape has more or fewer values than the storage.
    pub(crate) fn contiguous(
        name: impl Into<String>,
        shape: &[usize],
        storage: Storage<'a>,
    ) -> Result<Self, String> {
        let mut strides = vec![1_usize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].saturating_mul(shape[axis]);
        }
        let count = storage.count;
        let tensor = Self::strided(name, shape, &strides, 0, storage)?;
        match tensor.len() == count {
            true => Ok(tensor),
            false => Err(format!(
                "a shape of {} values with {count} values stored",
                tensor.len()
            )),
        }
    }

    /// A tensor whose neighbours along each axis lie `strides` elements apart.
    ///
    /// # Errors
    /// In words, if an element lies outside of the storage, or the shape has more values than are stored.
    pub(crate) fn strided(
        name: impl Into<String>,
        shape: &[usize],
        strides: &[usize],
        offset: usize,
        storage: Storage<'a>,
    ) -> Result<Self, String> {
        let stored = storage.count;
        let len = (shape.iter()).try_fold(1_usize, |len, &extent| len.checked_mul(extent));
        let len = len.filter(|&len| len <= stored.max(1));
        let Some(len) = len.filter(|_| shape.len() == strides.len()) else {
            return Err(format!(
                "shape {shape:?} has more values than the {stored} that are stored"
            ));
        };
        let mut last = Some(offset);
        for (&extent, &stride) in shape.iter().zip(strides) {
            let reach = extent.saturating_sub(1).checked_mul(stride);
            last = last
                .zip(reach)
                .and_then(|(last, reach)| last.checked_add(reach));
        }
        if len > 0 && last.is_none_or(|last| last >= stored) {
            return Err(format!(
                "shape {shape:?} at strides {strides:?} from element {offset} reaches beyond the {stored} values that are stored"
            ));
        }
        Ok(Self {
            name: name.into(),
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            offset,
            storage,
        })
    }

    /// How many values it has.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same values with the axes in another order.
    pub(crate) fn permuted(&self, axes: &[usize]) -> Self {
        debug_assert_eq!(axes.len(), self.shape.len(), "an order of all axes");
        Self {
            shape: axes.iter().map(|&axis| self.shape[axis]).collect(),
            strides: axes.iter().map(|&axis| self.strides[axis]).collect(),
            ..self.clone()
        }
    }

    /// The same values with an axis as several, the last of which is the fastest; `None` if their extents do not
    /// multiply to the axis's.
    pub(crate) fn split(&self, axis: usize, extents: &[usize]) -> Option<Self> {
        let product = (extents.iter()).try_fold(1_usize, |all, &n| all.checked_mul(n))?;
        if self.shape.get(axis) != Some(&product) {
            return None;
        }
        let mut strides = Vec::new();
        let mut stride = self.strides[axis];
        for &extent in extents.iter().rev() {
            strides.insert(0, stride);
            stride = stride.saturating_mul(extent);
        }
        let mut split = self.clone();
        split.shape.splice(axis..=axis, extents.iter().copied());
        split.strides.splice(axis..=axis, strides);
        Some(split)
    }

    /// The same values with axes of extent 1 added at the end, or taken away there, until there are `axes`;
    /// `None` if another axis would have to go.
    pub(crate) fn with_axes(&self, axes: usize) -> Option<Self> {
        let mut same = self.clone();
        while same.shape.len() > axes {
            if same.shape.pop() != Some(1) {
                return None;
            }
            same.strides.pop();
        }
        same.shape.resize(axes, 1);
        same.strides.resize(axes, 0);
        Some(same)
    }

    /// The same values without axes of extent 1.
    pub(crate) fn squeezed(&self) -> Self {
        let kept = (0..self.shape.len()).filter(|&axis| self.shape[axis] != 1);
        let kept: Vec<usize> = kept.collect();
        Self {
            shape: kept.iter().map(|&axis| self.shape[axis]).collect(),
            strides: kept.iter().map(|&axis| self.strides[axis]).collect(),
            ..self.clone()
        }
    }

    /// The same values with an axis and the one after it as one; `None` if they do not lie like one.
    pub(crate) fn merged(&self, axis: usize) -> Option<Self> {
        let (&first, &second) = (self.shape.get(axis)?, self.shape.get(axis + 1)?);
        let (outer, inner) = (self.strides[axis], self.strides[axis + 1]);
        let stride = match (first, second) {
            (_, 1) => outer,
            (1, _) => inner,
            _ if inner.checked_mul(second) == Some(outer) => inner,
            _ => return None,
        };
        let mut merged = self.clone();
        merged.shape.splice(axis..=axis + 1, [first * second]);
        merged.strides.splice(axis..=axis + 1, [stride]);
        Some(merged)
    }

    /// Hands out the values, row-major.
    pub(crate) fn each(&self, mut take: impl FnMut(f64)) {
        let Some((&extent, outer)) = self.shape.split_last() else {
            take(self.storage.value(self.offset));
            return;
        };
        if self.len() == 0 {
            return;
        }
        let stride = self.strides[outer.len()];
        let mut position = vec![0; outer.len()];
        loop {
            let at = position.iter().zip(&self.strides);
            let start = self.offset + at.map(|(&p, &stride)| p * stride).sum::<usize>();
            for number in 0..extent {
                take(self.storage.value(start + number * stride));
            }
            // The next row, as an odometer counts.
            let mut axis = outer.len();
            loop {
                let Some(before) = axis.checked_sub(1) else {
                    return;
                };
                axis = before;
                position[axis] += 1;
                if position[axis] < outer[axis] {
                    break;
                }
                position[axis] = 0;
            }
        }
    }

    /// The values, row-major: for tensors whose size has been checked.
    #[cfg(test)]
    pub(crate) fn values(&self) -> Vec<f64> {
        let mut values = Vec::new();
        self.each(|value| values.push(value));
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bytes: Vec<u8>) -> Bytes<'static> {
        Bytes::Unpacked(Arc::new(bytes))
    }

    fn storage(count: u8) -> Storage<'static> {
        let bytes: Vec<u8> = (0..count).collect();
        Storage::new(unpacked(bytes), 0, count.into(), StoredElement::U8).unwrap()
    }

    #[test]
    fn strides_and_offsets_are_honoured() {
        let tensor = StoredTensor::strided("w", &[2, 3], &[1, 2], 1, storage(7)).unwrap();
        assert_eq!(tensor.values(), [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
        assert_eq!(
            tensor.permuted(&[1, 0]).values(),
            [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        );
        let split = tensor.split(1, &[3, 1]).unwrap();
        assert_eq!(split.shape, [2, 3, 1]);
        assert_eq!(split.values(), tensor.values());
        assert!(tensor.split(1, &[2, 2]).is_none());
        assert_eq!(tensor.with_axes(4).unwrap().shape, [2, 3, 1, 1]);
        assert!(tensor.with_axes(1).is_none());
        let scalar = StoredTensor::strided("s", &[], &[], 6, storage(7)).unwrap();
        assert_eq!(scalar.values(), [6.0]);
    }

    #[test]
    fn what_reaches_beyond_the_storage_is_refused() {
        let reach = |shape: &[usize], strides: &[usize], offset| {
            StoredTensor::strided("w", shape, strides, offset, storage(6)).map(drop)
        };
        assert!(reach(&[2, 3], &[3, 1], 0).is_ok());
        assert!(
            reach(&[2, 3], &[3, 1], 1)
                .unwrap_err()
                .contains("beyond the 6")
        );
        assert!(reach(&[2, 2], &[4, 2], 0).unwrap_err().contains("beyond"));
        // A stride of zero would make a large tensor of a small file.
        assert!(
            reach(&[1 << 40], &[0], 0)
                .unwrap_err()
                .contains("more values")
        );
        assert!(reach(&[1 << 40, 1 << 40], &[1, 1], 0).is_err());
        assert!(reach(&[2], &[usize::MAX], 0).is_err());
        assert!(reach(&[0, 5], &[5, 1], 9).is_ok(), "nothing is read");
        assert!(Storage::new(unpacked(vec![0; 7]), 0, 2, StoredElement::F32).is_err());
        assert!(Storage::new(unpacked(vec![0; 7]), 8, usize::MAX, StoredElement::F32).is_err());
        assert!(StoredTensor::contiguous("w", &[5], storage(6)).is_err());
    }

    #[test]
    fn quantised_and_turned_bytes_are_read() {
        let mut stored = storage(4);
        stored.quantised = Some([0.5, -1.0]);
        let tensor = StoredTensor::contiguous("w", &[4], stored).unwrap();
        assert_eq!(tensor.values(), [-1.0, -0.5, 0.0, 0.5]);
        let bytes = unpacked(1.5_f32.to_be_bytes().to_vec());
        let mut stored = Storage::new(bytes, 0, 1, StoredElement::F32).unwrap();
        stored.big_endian = true;
        let tensor = StoredTensor::contiguous("w", &[1], stored).unwrap();
        assert_eq!(tensor.values(), [1.5]);
    }
}
