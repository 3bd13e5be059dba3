//! Damaged files are refused, or read as what they are by chance; none makes the reader panic.

use super::{Writer, plain, read};

/// A small file with one of everything that reading has to do.
fn whole() -> Vec<u8> {
    let mut file = Writer::new(&[1, 3, 6, 6]);
    file.weights("w", &[4, 3, 3, 3]);
    file.weights("g", &[4]);
    file.weights("v", &[36, 2]);
    file.whole("shape", &[1, -1]);
    file.whole("half", &[2, 2]);
    file.node("c = Conv(x, w)")
        .ints("pads", &[1, 1, 1, 1])
        .ints("strides", &[2, 2]);
    file.node("n = BatchNormalization(c, g, g, g, g)")
        .float("epsilon", 1.0);
    file.nodes("s = Sigmoid(n)\n m = Mul(n, s)");
    file.node("a, b = Split(m, half)").int("axis", 1);
    file.node("t = Concat(a, b)").int("axis", 1);
    file.nodes("o = Add(t, m)\n f = Reshape(o, shape)\n y = MatMul(f, v)");
    file.bytes()
}

#[test]
fn files_that_end_early_are_refused() {
    let bytes = whole();
    assert!(read(&bytes, &plain()).is_ok());
    let read_in_part = (0..bytes.len()).filter(|&length| read(&bytes[..length], &plain()).is_ok());
    // The version of the operators stands at the end.
    assert!(read_in_part.count() <= 2);
}

#[test]
fn flipped_bits_and_other_bytes_make_no_panic() {
    let bytes = whole();
    let mut refused = 0;
    for at in 0..bytes.len() {
        for change in [0x01, 0x02, 0x10, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            refused += usize::from(read(&damaged, &plain()).is_err());
        }
    }
    assert!(
        refused > bytes.len(),
        "{refused} of {} changes were seen",
        5 * bytes.len()
    );
}
