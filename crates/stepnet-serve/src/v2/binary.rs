//! Binary tensors: little-endian numbers, and texts that begin with their length in four bytes.

use super::tensor::Numbers;
use crate::http::{Answer, Refusal};

/// The numbers of a binary tensor.
///
/// # Errors
/// Bytes that are not a whole number of them.
pub(super) fn numbers(bytes: &[u8], datatype: Numbers) -> Answer<Vec<f32>> {
    /// Each array of as many bytes as a number has, read by `read`.
    fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Answer<Vec<f32>> {
        let (whole, rest) = bytes.as_chunks::<N>();
        match rest.is_empty() {
            true => Ok(whole.iter().map(|number| read(*number)).collect()),
            false => Err(Refusal::wrong(format!(
                "a binary tensor of {} bytes, expected a multiple of {N}",
                bytes.len()
            ))),
        }
    }
    match datatype {
        Numbers::Int8 => each(bytes, |b| f32::from(i8::from_le_bytes(b))),
        Numbers::Uint16 => each(bytes, |b| f32::from(u16::from_le_bytes(b))),
        Numbers::Int16 => each(bytes, |b| f32::from(i16::from_le_bytes(b))),
        Numbers::Uint32 => each(bytes, |b| u32::from_le_bytes(b) as f32),
        Numbers::Int32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Numbers::Uint64 => each(bytes, |b| u64::from_le_bytes(b) as f32),
        Numbers::Int64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
        Numbers::Fp32 => each(bytes, f32::from_le_bytes),
        Numbers::Fp64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
    }
}

/// The texts of a binary tensor, of which there are `count`.
///
/// # Errors
/// Lengths that do not add up.
pub(super) fn texts(mut bytes: &[u8], count: usize) -> Answer<Vec<&[u8]>> {
    let wrong = |number: usize| {
        let problem = "its length (four bytes, little-endian) and as many bytes";
        Refusal::wrong(format!("element {number} of the input, expected {problem}"))
    };
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let number = texts.len();
        let length = u32::from_le_bytes(*length) as usize;
        let (text, rest) = rest.split_at_checked(length).ok_or_else(|| wrong(number))?;
        texts.push(text);
        bytes = rest;
        if texts.len() > count {
            break;
        }
    }
    if !bytes.is_empty() && texts.len() <= count {
        return Err(wrong(texts.len()));
    }
    Ok(texts)
}

/// Writes texts as a binary tensor.
pub(super) fn write_texts<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        bytes.extend(length.to_le_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian() {
        let read = |bytes: &[u8], datatype| numbers(bytes, datatype).unwrap();
        assert_eq!(read(&[1, 2, 255, 255], Numbers::Int16), [513.0, -1.0]);
        assert_eq!(read(&[255, 0], Numbers::Int8), [-1.0, 0.0]);
        assert_eq!(read(&0.5_f64.to_le_bytes(), Numbers::Fp64), [0.5]);
        assert_eq!(read(&(-0.5_f32).to_le_bytes(), Numbers::Fp32), [-0.5]);
        assert_eq!(read(&7_u64.to_le_bytes(), Numbers::Uint64), [7.0]);
        let refusal = numbers(&[0; 7], Numbers::Fp32).unwrap_err();
        assert!(
            refusal
                .message
                .contains("7 bytes, expected a multiple of 4")
        );
    }

    #[test]
    fn texts_come_back_and_wrong_lengths_are_refused() {
        let bytes = write_texts(["ab", "", "c"].into_iter());
        assert_eq!(texts(&bytes, 3).unwrap(), [&b"ab"[..], b"", b"c"]);
        for wrong in [
            &bytes[..bytes.len() - 1],
            &[255; 4],
            &[1, 0, 0],
            &[9, 0, 0, 0, 1],
        ] {
            assert!(texts(wrong, 3).is_err(), "{wrong:?}");
        }
        // Many empty ones are not all collected.
        assert_eq!(texts(&[0; 4000], 3).unwrap().len(), 4);
    }
}
