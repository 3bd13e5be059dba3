//! The arrays of a `.safetensors` file, and what is said of bytes that are none.

use crate::Element as _;
use safetensors::tensor::{Dtype, TensorView};

use crate::data::Kind;
use crate::nn::Number;

/// One tensor of a file, as `f64` (exact for `f32`).
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its extents.
    pub shape: Vec<usize>,
    /// Its values, row-major.
    pub values: Vec<f64>,
    single: bool,
}

impl Tensor {
    /// The type of its values in the file: `"f32"` or `"f64"`.
    pub fn element(&self) -> &'static str {
        if self.single { f32::NAME } else { f64::NAME }
    }

    /// How many values are infinite or not a number.
    pub fn non_finite(&self) -> usize {
        self.values
            .iter()
            .filter(|value| !value.is_finite())
            .count()
    }
}

/// The values of a tensor of a file.
pub(super) fn read_tensor(
    name: &str,
    view: &TensorView<'_>,
) -> std::result::Result<Tensor, String> {
    let data = view.data();
    let values = match view.dtype() {
        Dtype::F32 => data
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f64::from(f32::from_le_bytes(bytes)))
            .collect(),
        Dtype::F64 => data
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f64::from_le_bytes(bytes))
            .collect(),
        other => {
            return Err(format!(
                "the tensor {name:?} is of type {other:?}, expected F32 or F64"
            ));
        }
    };
    Ok(Tensor {
        name: name.to_owned(),
        shape: view.shape().to_vec(),
        values,
        single: view.dtype() == Dtype::F32,
    })
}

/// The type of values in files.
pub(super) fn dtype_of<T: Number>() -> Dtype {
    if T::NAME == f32::NAME {
        Dtype::F32
    } else {
        Dtype::F64
    }
}

/// Values as files hold them.
pub(super) fn to_little_endian<T: Number>(values: &[T]) -> Vec<u8> {
    if T::NAME == f32::NAME {
        // Exact: the values are f32 to begin with.
        #[allow(clippy::cast_possible_truncation)]
        return values
            .iter()
            .flat_map(|value| (value.as_f64() as f32).to_le_bytes())
            .collect();
    }
    values
        .iter()
        .flat_map(|value| value.as_f64().to_le_bytes())
        .collect()
}

/// Why the bytes are not a `.safetensors` file, with the numbers that the reader's error leaves out.
pub(crate) fn refusal(bytes: &[u8], error: &safetensors::SafeTensorError) -> String {
    #[cfg(feature = "files")]
    if let Some(problem) = crate::data::refused(bytes) {
        return format!("{problem} (a model is a .safetensors file)");
    }
    let length = bytes.first_chunk().map(|&first| u64::from_le_bytes(first));
    match length {
        _ if !matches!(
            Kind::of(bytes),
            Kind::Unknown | Kind::Safetensors | Kind::Idx | Kind::Text
        ) =>
        {
            let kind = Kind::of(bytes).name();
            format!("is {kind}, not a .safetensors file")
        }
        Some(length) if length > (bytes.len() as u64).saturating_sub(8) => format!(
            "not a .safetensors file: the first 8 bytes say that a header of {length} bytes follows, but the file has {} bytes",
            bytes.len()
        ),
        _ => format!(
            "not a sound .safetensors file of {} bytes: {error}",
            bytes.len()
        ),
    }
}
