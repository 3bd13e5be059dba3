//! The arrays of a `.safetensors` file, and what is said of bytes that are none.

use crate::Element as _;
use crate::memory;
use safetensors::tensor::{Dtype, TensorView};

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
    let len = view.shape().iter().product();
    let values = memory::with_capacity(&format!("the tensor {name:?}"), len);
    let mut values: Vec<f64> = values.map_err(|error| error.to_string())?;
    match view.dtype() {
        Dtype::F32 => {
            let numbers = data.as_chunks().0.iter();
            values.extend(numbers.map(|&bytes| f64::from(f32::from_le_bytes(bytes))));
        }
        Dtype::F64 => {
            let numbers = data.as_chunks().0.iter();
            values.extend(numbers.map(|&bytes| f64::from_le_bytes(bytes)));
        }
        other => {
            return Err(format!(
                "the tensor {name:?} is of type {other:?}, expected F32 or F64"
            ));
        }
    }
    Ok(Tensor {
        name: name.to_owned(),
        shape: view.shape().to_vec(),
        values,
        single: view.dtype() == Dtype::F32,
    })
}
