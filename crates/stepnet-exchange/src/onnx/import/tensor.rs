//! Arrays of a file whose numbers are known.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use crate::graph::Numbers;
use crate::onnx::proto::{EXTERNAL, TensorProto, data_type};
use crate::problem::Checked;
use stepnet_files as files;
use stepnet_files::disk::File;

/// An array whose numbers are known: weights, and what shapes are computed with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) extents: Vec<usize>,
    pub(super) data: Data,
}

/// Its elements, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Integers and truth values.
    Whole(Vec<i64>),
}

impl Data {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Whole(values) => values.len(),
        }
    }

    /// The elements at `places`.
    pub(super) fn picked(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::F32(values) => Self::F32(places.map(|at| values[at]).collect()),
            Self::F64(values) => Self::F64(places.map(|at| values[at]).collect()),
            Self::Whole(values) => Self::Whole(places.map(|at| values[at]).collect()),
        }
    }
}

impl Tensor {
    /// Whole numbers in a row.
    pub(super) fn whole(values: Vec<i64>) -> Self {
        Self {
            extents: vec![values.len()],
            data: Data::Whole(values),
        }
    }

    /// How many elements it has.
    pub(super) fn len(&self) -> usize {
        self.data.len()
    }

    /// The element at a place.
    pub(super) fn at(&self, place: usize) -> f64 {
        match &self.data {
            Data::F32(values) => f64::from(values[place]),
            Data::F64(values) => values[place],
            #[allow(clippy::cast_precision_loss)] // sizes and indices are far smaller
            Data::Whole(values) => values[place] as f64,
        }
    }

    /// Its elements as `f64`.
    pub(super) fn all(&self) -> Vec<f64> {
        (0..self.len()).map(|place| self.at(place)).collect()
    }

    /// Its elements as whole numbers, if they are.
    pub(super) fn integers(&self) -> Option<&[i64]> {
        match &self.data {
            Data::Whole(values) => Some(values),
            _ => None,
        }
    }

    /// Its only element.
    pub(super) fn single(&self) -> Option<f64> {
        (self.len() == 1).then(|| self.at(0))
    }

    /// Its numbers as an array of a layer.
    pub(super) fn numbers(&self) -> Numbers {
        match &self.data {
            Data::F32(values) => Numbers::F32(values.clone()),
            Data::F64(values) => Numbers::F64(values.clone()),
            Data::Whole(_) => Numbers::F64(self.all()),
        }
    }

    /// The array of a message. `beside` is asked for the bytes of arrays in other files.
    ///
    /// # Errors
    /// When its elements are not as many as its extents say, or of a type that networks do not have.
    pub(super) fn of(message: &TensorProto, beside: &mut Beside<'_>) -> Checked<Self> {
        let extents = message.dims.iter().map(|&extent| usize::try_from(extent));
        let extents: Result<Vec<usize>, _> = extents.collect();
        let extents = extents.map_err(|_| "it has a negative extent")?;
        let product = extents
            .iter()
            .try_fold(1_usize, |product, &extent| product.checked_mul(extent));
        let count = product.ok_or("it has more elements than can be addressed")?;
        let outside;
        let raw = if message.data_location == EXTERNAL {
            outside = beside.read(message)?;
            Some(outside.as_slice())
        } else {
            message.raw_data.as_deref()
        };
        let data = match raw {
            Some(bytes) => of_bytes(message.data_type, bytes)?,
            None => of_fields(message)?,
        };
        if data.len() != count {
            let found = data.len();
            return Err(format!("it has {found} elements, expected {count} ({extents:?})").into());
        }
        Ok(Self { extents, data })
    }
}

/// Elements that lie in the file as they do in memory, little-endian.
fn of_bytes(kind: i32, bytes: &[u8]) -> Checked<Data> {
    fn each<const N: usize, V>(bytes: &[u8], value: impl Fn([u8; N]) -> V) -> Checked<Vec<V>> {
        let (whole, rest) = bytes.as_chunks::<N>();
        if !rest.is_empty() {
            return Err(format!("it has {} bytes, expected a multiple of {N}", bytes.len()).into());
        }
        Ok(whole.iter().map(|&bytes| value(bytes)).collect())
    }
    let whole = |values: Vec<i64>| Data::Whole(values);
    Ok(match kind {
        data_type::FLOAT => Data::F32(each(bytes, f32::from_le_bytes)?),
        data_type::DOUBLE => Data::F64(each(bytes, f64::from_le_bytes)?),
        data_type::FLOAT16 => Data::F32(each(bytes, |bytes| half(u16::from_le_bytes(bytes)))?),
        data_type::BFLOAT16 => Data::F32(each(bytes, |bytes| brain(u16::from_le_bytes(bytes)))?),
        data_type::UINT8 | data_type::BOOL => whole(each(bytes, |[byte]| byte.into())?),
        data_type::INT8 => whole(each(bytes, |bytes| i8::from_le_bytes(bytes).into())?),
        data_type::UINT16 => whole(each(bytes, |bytes| u16::from_le_bytes(bytes).into())?),
        data_type::INT16 => whole(each(bytes, |bytes| i16::from_le_bytes(bytes).into())?),
        data_type::INT32 => whole(each(bytes, |bytes| i32::from_le_bytes(bytes).into())?),
        data_type::UINT32 => whole(each(bytes, |bytes| u32::from_le_bytes(bytes).into())?),
        data_type::INT64 | data_type::UINT64 => whole(each(bytes, i64::from_le_bytes)?),
        _ => return Err(unknown(kind)),
    })
}

/// Elements in the field of their type.
fn of_fields(message: &TensorProto) -> Checked<Data> {
    let bits = || {
        message
            .int32_data
            .iter()
            .map(|&bits| (bits & 0xffff) as u16)
    };
    Ok(match message.data_type {
        data_type::FLOAT => Data::F32(message.float_data.clone()),
        data_type::DOUBLE => Data::F64(message.double_data.clone()),
        data_type::FLOAT16 => Data::F32(bits().map(half).collect()),
        data_type::BFLOAT16 => Data::F32(bits().map(brain).collect()),
        data_type::INT64 => Data::Whole(message.int64_data.clone()),
        data_type::UINT32 | data_type::UINT64 => {
            let values = message.uint64_data.iter();
            Data::Whole(values.map(|&value| value.cast_signed()).collect())
        }
        data_type::UINT8
        | data_type::INT8
        | data_type::UINT16
        | data_type::INT16
        | data_type::INT32
        | data_type::BOOL => {
            let values = message.int32_data.iter();
            Data::Whole(values.map(|&value| value.into()).collect())
        }
        kind => return Err(unknown(kind)),
    })
}

fn unknown(kind: i32) -> crate::problem::Problem {
    let name = match kind {
        data_type::STRING => "text".to_owned(),
        kind => format!("of type {kind}"),
    };
    format!("its elements are {name}, expected numbers").into()
}

/// A number of 16 bits: a sign, 5 bits of exponent, 10 bits of fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2_f32.powi(exponent - 25),
    }
}

/// The upper half of an `f32`.
fn brain(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The other files of a model, in its folder.
#[derive(Debug)]
pub(super) struct Beside<'a> {
    folder: &'a Path,
    /// The files that were read from, and how many bytes may still be read: as many as they have.
    seen: Vec<String>,
    left: u64,
}

impl<'a> Beside<'a> {
    /// The files beside the one at `path`.
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            folder: path.parent().unwrap_or(Path::new("")),
            seen: Vec::new(),
            left: 0,
        }
    }

    /// How many bytes those files have that were read from.
    fn read(&mut self, message: &TensorProto) -> Checked<Vec<u8>> {
        let entry = |key: &str| {
            let mut entries = message.external_data.iter();
            entries
                .find(|entry| entry.key == key)
                .map(|entry| entry.value.as_str())
        };
        let location = entry("location").unwrap_or_default();
        let inside = Path::new(location)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if location.is_empty() || !inside {
            return Err(format!(
                "its elements are in another file, {location:?}, which is not in the model's folder; \
                 onnx.save_model(model, path, save_as_external_data=False) writes everything into one file"
            )
            .into());
        }
        let path = self.folder.join(location);
        let mut file: File = files::open_input(&path)?;
        let size = file.metadata().map_err(|error| error.to_string())?.len();
        if !self.seen.iter().any(|seen| seen == location) {
            self.seen.push(location.to_owned());
            self.left = self.left.saturating_add(size);
        }
        let number =
            |key: &str, usual: u64| entry(key).map_or(Some(usual), |text| text.parse().ok());
        let offset = number("offset", 0).ok_or("its offset is not a number")?;
        let rest = size
            .checked_sub(offset)
            .ok_or("its offset is beyond the end of the file with its elements")?;
        let length = number("length", rest).ok_or("its length is not a number")?;
        if length > rest || length > self.left {
            return Err(format!("{location:?} is too short for its elements").into());
        }
        self.left -= length;
        let failed = |error: std::io::Error| format!("cannot read {location:?}: {error}");
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_what_the_standard_says() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
            (0x8000, 0.0),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value);
        }
        assert!(half(0x7e00).is_nan());
        assert_eq!(brain(0x3f80), 1.0);
    }

    #[test]
    fn arrays_have_as_many_elements_as_they_say() {
        let mut message = TensorProto {
            dims: vec![2, 2],
            data_type: data_type::FLOAT,
            float_data: vec![1.0; 3],
            ..TensorProto::default()
        };
        let mut beside = Beside::new(Path::new("model.onnx"));
        let problem = Tensor::of(&message, &mut beside).unwrap_err().to_string();
        assert_eq!(problem, "it has 3 elements, expected 4 ([2, 2])");
        message.raw_data = Some([2.0_f32.to_le_bytes(); 4].concat());
        let tensor = Tensor::of(&message, &mut beside).unwrap();
        assert_eq!(tensor.all(), [2.0; 4]);
        message.raw_data = Some(vec![0; 7]);
        assert!(Tensor::of(&message, &mut beside).is_err());
        message.dims = vec![i64::MAX, i64::MAX];
        assert!(Tensor::of(&message, &mut beside).is_err());
    }

    #[test]
    fn other_files_are_read_inside_the_folder_only() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("w.bin"), [0, 0, 128, 63, 0, 0, 0, 64]).unwrap();
        let model = folder.path().join("model.onnx");
        let message = |location: &str, offset: &str| TensorProto {
            dims: vec![1],
            data_type: data_type::FLOAT,
            data_location: EXTERNAL,
            external_data: [("location", location), ("offset", offset), ("length", "4")]
                .map(|(key, value)| crate::onnx::proto::StringStringEntryProto {
                    key: key.into(),
                    value: value.into(),
                })
                .into(),
            ..TensorProto::default()
        };
        let mut beside = Beside::new(&model);
        let read = |message: TensorProto, beside: &mut Beside<'_>| Tensor::of(&message, beside);
        assert_eq!(
            read(message("w.bin", "4"), &mut beside).unwrap().all(),
            [2.0]
        );
        assert!(read(message("w.bin", "6"), &mut beside).is_err());
        assert!(read(message("../w.bin", "0"), &mut beside).is_err());
        assert!(read(message("/etc/hostname", "0"), &mut beside).is_err());
        assert_eq!(
            read(message("w.bin", "0"), &mut beside).unwrap().all(),
            [1.0]
        );
        let again = read(message("w.bin", "0"), &mut beside).unwrap_err();
        assert!(
            again.to_string().contains("too short"),
            "no more bytes than there are"
        );
    }
}
