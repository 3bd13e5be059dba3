//! The element types of arrays.

/// One value, as it is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// Single precision.
    F32(f32),
    /// Double precision.
    F64(f64),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(&'a str),
}

impl Cell<'_> {
    /// The number as an `f64`; `None` for a text.
    pub fn as_f64(&self) -> Option<f64> {
        Some(match *self {
            Self::F32(value) => value.into(),
            Self::F64(value) => value,
            Self::Signed(value) => value as f64,
            Self::Unsigned(value) => value as f64,
            Self::Bool(value) => f64::from(u8::from(value)),
            Self::Text(_) => return None,
        })
    }
}

/// A type of values that can be [shown](super::show()).
pub trait Value: Clone {
    /// Numpy's name of the type.
    const DTYPE: &'static str;

    /// The value as it is written.
    fn cell(&self) -> Cell<'_>;
}

macro_rules! values {
    ($($type:ty, $name:literal, $kind:ident;)*) => {
        $(impl Value for $type {
            const DTYPE: &'static str = $name;

            fn cell(&self) -> Cell<'_> {
                Cell::$kind((*self).into())
            }
        })*
    };
}

values! {
    f32, "float32", F32;
    f64, "float64", F64;
    i8, "int8", Signed;
    i16, "int16", Signed;
    i32, "int32", Signed;
    i64, "int64", Signed;
    u8, "uint8", Unsigned;
    u16, "uint16", Unsigned;
    u32, "uint32", Unsigned;
    u64, "uint64", Unsigned;
    bool, "bool", Bool;
}

impl Value for usize {
    const DTYPE: &'static str = "uint64";

    fn cell(&self) -> Cell<'_> {
        Cell::Unsigned(*self as u64)
    }
}

impl Value for String {
    const DTYPE: &'static str = "str";

    fn cell(&self) -> Cell<'_> {
        Cell::Text(self)
    }
}
