//! The types of numbers that files of weights have.

/// The type of a stored number, in the order of small machines' bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredElement {
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an `f32`.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// Signed and unsigned whole numbers, and truth values.
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

impl StoredElement {
    /// Its bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::F16 | Self::Bf16 | Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 => 8,
        }
    }

    /// The number in `bytes`, of which there are [`size`](Self::size); fewer count as zeros.
    pub(super) fn value(self, bytes: &[u8]) -> f64 {
        let mut whole = [0; 8];
        for (to, &byte) in whole.iter_mut().zip(bytes) {
            *to = byte;
        }
        let bits = u64::from_le_bytes(whole);
        match self {
            Self::F16 => half(bits as u16),
            Self::Bf16 => f32::from_bits((bits as u32) << 16).into(),
            Self::F32 => f32::from_bits(bits as u32).into(),
            Self::F64 => f64::from_bits(bits),
            Self::I8 => (bits as u8 as i8).into(),
            Self::I16 => (bits as u16 as i16).into(),
            Self::I32 => (bits as u32 as i32).into(),
            Self::I64 => bits as i64 as f64,
            Self::U8 | Self::U16 | Self::U32 | Self::U64 => bits as f64,
        }
    }
}

/// A number of half precision: a sign, 5 bits of exponent, 10 of fraction (IEEE 754, binary16).
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff);
    match (bits >> 10) & 0x1f {
        0 => sign * fraction * 2_f64.powi(-24),
        31 if bits & 0x3ff == 0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction / 1024.0) * 2_f64.powi(i32::from(exponent) - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type_are_read() {
        for (element, bytes, value) in [
            (StoredElement::F16, &[0x00, 0x3c][..], 1.0),
            (StoredElement::F16, &[0x01, 0x80], -(2_f64.powi(-24))),
            (StoredElement::F16, &[0xff, 0x7b], 65504.0),
            (StoredElement::F16, &[0x00, 0xfc], f64::NEG_INFINITY),
            (StoredElement::Bf16, &[0x20, 0xc0], -2.5),
            (StoredElement::F32, &[0, 0, 0x20, 0xc0], -2.5),
            (StoredElement::F64, &[0, 0, 0, 0, 0, 0, 0x04, 0xc0], -2.5),
            (StoredElement::I8, &[0xff], -1.0),
            (StoredElement::U8, &[0xff], 255.0),
            (StoredElement::I16, &[0xfe, 0xff], -2.0),
            (StoredElement::U16, &[0xfe, 0xff], 65534.0),
            (StoredElement::I32, &[0xfd, 0xff, 0xff, 0xff], -3.0),
            (
                StoredElement::I64,
                &[0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                -3.0,
            ),
        ] {
            assert_eq!(bytes.len(), element.size(), "{element:?}");
            assert_eq!(element.value(bytes), value, "{element:?}");
        }
        assert!(StoredElement::F16.value(&[1, 0x7c]).is_nan());
    }
}
